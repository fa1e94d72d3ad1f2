// pathflow langevin
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "figure/figure.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/path/schedule.hpp"
#include "progress.hpp"
#include "sampled_model.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

using tensor::Points;

struct LangevinCommand {
  train::LangevinRun run_options;
  ModelRequest model;
  std::string out, trajectories, plot, start;
  std::int64_t n = 1000;
  int keep = 33, threads = 1;
  std::optional<int> label;
  bool json = false;

  ExitCode run();
  void check() const;
  void keep_evenly();
  std::optional<Points> start_rows() const;
  figure::Png draw(const SampledModel& source, const Points& points) const;
  void tell(const sample::LangevinResult<float>& result, double seconds) const;
};

void LangevinCommand::check() const {
  check_at_least("langevin", "n", n, 1);
  check_at_least("langevin", "steps", std::int64_t{run_options.chain.steps}, 1);
  check_between("langevin", "keep", std::int64_t{keep}, 2, 100000);
  check_targets({out, trajectories, plot});
}

/// The start, the end and so many steps evenly between.
void LangevinCommand::keep_evenly() {
  const std::int64_t steps = run_options.chain.steps;
  for (std::int64_t i = 0; i < keep; ++i) {
    run_options.chain.keep.push_back(static_cast<int>(i * steps / (keep - 1)));
  }
}

std::optional<Points> LangevinCommand::start_rows() const {
  if (start.empty()) return std::nullopt;
  return io::read_npy_points(io::read_file(start), start);
}

/// The chains over the data's own law at t, where the data is at hand.
figure::Png LangevinCommand::draw(const SampledModel& source, const Points& points) const {
  const std::size_t count = points.shape(0);
  std::optional<Points> truth = source.truth(count, run_options.chain.seed + 1);
  std::vector<figure::Cloud> clouds;
  if (truth) {
    const path::Coefficients at = source.schedule().at(run_options.t);
    const Random random(run_options.chain.seed, Purpose::kSourceNoise);
    for (std::size_t i = 0; i < truth->size(); ++i) {
      truth->data()[i] =
          static_cast<float>(at.alpha * truth->data()[i] + at.sigma * random.normal(0, i));
    }
    clouds.push_back({*truth, fmt::format("data at t = {:g}", run_options.t)});
  }
  clouds.push_back({points, run_options.metropolis ? "MALA" : "ULA"});
  return points.shape(1) == 1 ? figure::histogram(source.title(), clouds, {})
                              : figure::scatter(source.title(), clouds);
}

void LangevinCommand::tell(const sample::LangevinResult<float>& result, double seconds) const {
  if (json) {
    Json line = {{"out", out},
                 {"n", result.points.shape(0)},
                 {"dimension", result.points.shape(1)},
                 {"t", run_options.t},
                 {"step", run_options.chain.step},
                 {"steps", run_options.chain.steps},
                 {"metropolis", run_options.metropolis},
                 {"acceptance", result.acceptance},
                 {"evaluations", result.evaluations},
                 {"seconds", seconds}};
    if (!trajectories.empty()) line["trajectories"] = trajectories;
    if (!plot.empty()) line["plot"] = plot;
    return print_json(line);
  }
  print("{}: {} chains of {} coordinates, {} steps of {:g} at t = {:g}\n", out,
        result.points.shape(0), result.points.shape(1), run_options.chain.steps,
        run_options.chain.step, run_options.t);
  if (run_options.metropolis) print("acceptance {:.4g}\n", result.acceptance);
  print("{} evaluations, {}\n", result.evaluations, duration_text(seconds));
  if (!trajectories.empty()) print("{}: {} steps\n", trajectories, run_options.chain.keep.size());
  if (!plot.empty()) print("{}: scatter\n", plot);
}

ExitCode LangevinCommand::run() {
  set_threads(threads);
  check();
  if (!trajectories.empty()) keep_evenly();
  model.quiet = json;
  model.data = !plot.empty();
  const std::unique_ptr<SampledModel> source = open_model(model);
  Progress progress(json);
  run_options.chain.progress = [&](double share) {
    if (progress.due()) {
      progress.update(share,
                      fmt::format("{} chains by {}", n, run_options.metropolis ? "MALA" : "ULA"));
    }
    return true;
  };
  const auto result =
      source->langevin(static_cast<std::size_t>(n), run_options, label, start_rows());
  progress.clear();
  write_file(out, io::write_npy(result.points));
  if (!trajectories.empty()) {
    write_file(trajectories, io::write_npy(result.trajectories));
  }
  if (!plot.empty()) write_file(plot, draw(*source, result.points));
  tell(result, progress.seconds());
  return kDone;
}

}  // namespace

Run add_langevin(Verb& verb) {
  const auto c = std::make_shared<LangevinCommand>();
  sample::LangevinOptions& chain = c->run_options.chain;
  verb.group("Model");
  add_model_options(verb, c->model);
  verb.plain_option("--label", c->label, "Class asked about; without: the null label");
  verb.group("Chains");
  verb.option("--t", c->run_options.t, "Time of the path whose law is sampled");
  verb.option("--step", chain.step, "h of x += h/2 score + sqrt(h) z");
  verb.option("--steps", chain.steps, "Steps");
  verb.flag("--metropolis", c->run_options.metropolis,
            "Accept or refuse each step (MALA): exact for any h");
  verb.option("--likelihood-steps", c->run_options.likelihood_steps,
              "Runs, --metropolis: steps of rk4 behind each log p");
  verb.option("--n", c->n, "Chains");
  verb.plain_option("--start", c->start,
                    "Rows to begin with, [n, d]; without: noise of the size at t",
                    {.names = {}, .extension = "npy"});
  verb.option("--seed", chain.seed, "Seed of start, noise and acceptance");
  verb.option("--threads", c->threads, "Threads; the numbers do not depend on it");
  verb.group("Output");
  verb.plain_option("--out", c->out, "samples.npy, float32 [n, d]",
                    {.names = {}, .extension = "npy"})
      .required();
  verb.plain_option("--trajectories", c->trajectories, "chains.npy, float32 [kept, n, d]",
                    {.names = {}, .extension = "npy"});
  verb.option("--keep", c->keep, "Steps kept in the trajectories");
  verb.plain_option("--plot", c->plot, "Figure of the chains' ends over the data at t, fig.png",
                    {.names = {}, .extension = "png"});
  verb.json_flag(c->json);
  verb.footer(
      "Without --metropolis the law is off by about h (on N(0, 1) its variance is 1 / (1 - h / "
      "4)).\n"
      "With it the law is the model's own at t; a run's log p is its probability-flow ODE's, some\n"
      "hundred times the cost of the score. Annealed chains: sample --sampler predictor-corrector\n"
      "--predictor none.\n"
      "Examples:\n"
      "  pathflow langevin --model run.safetensors --t 0.1 --step 0.01 --steps 2000 --out s.npy\n"
      "  pathflow langevin --model gmm:mixture.json --t 0 --step 0.2 --metropolis --out s.npy");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
