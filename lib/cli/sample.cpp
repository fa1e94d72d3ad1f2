// pathflow sample
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.hpp"
#include "files.hpp"
#include "interrupt.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/train/trainer.hpp"
#include "progress.hpp"

namespace pathflow::cli {
namespace {

using sample::SampleOptions;
using sample::SampleResult;
using train::Trainer;

struct SampleCommand {
  SampleOptions options;
  std::string model, out, trajectories;
  std::int64_t n = 1000;
  int keep = 33, threads = 1;
  std::optional<int> label;
  bool json = false;

  ExitCode run();
  void write(const SampleResult<float>& result) const;
  void tell(const SampleResult<float>& result, double seconds) const;
};

/// count times from `from` to `to`, both ends exactly.
std::vector<double> even_times(double from, double to, int count) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / (count - 1);
    times.push_back(i + 1 == count ? to : from + (to - from) * share);
  }
  return times;
}

void SampleCommand::write(const SampleResult<float>& result) const {
  io::write_file_atomic(out, io::write_npy(result.points));
  if (trajectories.empty()) return;
  tensor::Vector<float> times = tensor::Vector<float>::from_shape({result.times.size()});
  for (std::size_t i = 0; i < result.times.size(); ++i) {
    times(i) = static_cast<float>(result.times[i]);
  }
  io::write_file_atomic(trajectories, io::write_npy(result.trajectories));
  io::write_file_atomic(times_file(trajectories), io::write_npy(times));
}

void SampleCommand::tell(const SampleResult<float>& result, double seconds) const {
  if (json) {
    const nlohmann::ordered_json line = {{"out", out},
                                         {"n", result.points.shape(0)},
                                         {"dimension", result.points.shape(1)},
                                         {"evaluations", result.evaluations},
                                         {"seconds", seconds}};
    fmt::print("{}\n", line.dump());
    return;
  }
  fmt::print("{}: {} points of {} coordinates by {}, {} evaluations, {}\n", out,
             result.points.shape(0), result.points.shape(1), options.sampler, result.evaluations,
             duration_text(seconds));
}

ExitCode SampleCommand::run() {
  set_threads(threads);
  check_at_least("sample", "n", n, 1);
  check_between("sample", "keep", std::int64_t{keep}, 2, 100000);
  check_writable(out);
  if (!trajectories.empty()) check_writable(trajectories);
  const Trainer trainer = Trainer::restore(io::read_file(model), model);
  if (!trajectories.empty()) {
    const auto span =
        sample::sample_span(trainer.model()->prediction(), trainer.schedule(), options);
    options.keep = even_times(span.from, span.to, keep);
  }
  Progress progress(json);
  options.progress = [&](double share) {
    if (progress.due()) progress.update(fmt::format("{:.0f} %", 100 * share));
    return !interrupted();
  };
  const std::vector<int> labels = label ? std::vector<int>{*label} : std::vector<int>{};
  const auto result = trainer.sample(static_cast<std::size_t>(n), options, labels);
  write(result);
  progress.clear();
  tell(result, progress.seconds());
  return kDone;
}

}  // namespace

Run add_sample(CLI::App& app) {
  const auto c = std::make_shared<SampleCommand>();
  const auto option = [&](const char* name, auto& field, const char* text) {
    return app.add_option(name, field, text)->capture_default_str();
  };
  app.add_option("--model", c->model, "A run written by `pathflow train` or the JS module")
      ->required();
  option("--n", c->n, "Points to draw");
  option("--sampler", c->options.sampler,
         "euler, midpoint, heun, rk4, dopri5, ddim, ddpm or euler-maruyama");
  option("--steps", c->options.steps, "Steps of the time grid");
  option("--seed", c->options.seed, "Seed of starting points and noise");
  option("--eta", c->options.eta, "ddim: 0 deterministic to 1 ancestral");
  option("--diffusion", c->options.diffusion, "euler-maruyama: zero, g2, sigma, time or constant");
  option("--diffusion-scale", c->options.diffusion_scale, "Factor on the diffusion");
  option("--rtol", c->options.rtol, "dopri5: relative error per step");
  option("--atol", c->options.atol, "dopri5: absolute error per step");
  app.add_option("--label", c->label, "Class to draw; without: the null label");
  app.add_option("--out", c->out, "samples.npy, float32 [n, d]")->required();
  app.add_option("--trajectories", c->trajectories,
                 "traj.npy, float32 [times, n, d] from source to data; times in traj.times.npy");
  option("--keep", c->keep, "Times kept in --trajectories");
  option("--threads", c->threads, "Threads; the numbers do not depend on it");
  app.add_flag("--json", c->json, "One JSON object on standard output and nothing else");
  app.footer(
      "Example:\n"
      "  pathflow sample --model run.safetensors --n 2000 --sampler dopri5 --out samples.npy");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
