// pathflow likelihood
#include <fmt/core.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "files.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/path/prediction.hpp"
#include "progress.hpp"
#include "sampled_model.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

struct LikelihoodCommand {
  density::LikelihoodOptions options;
  ModelRequest model;
  std::string data, out;
  std::int64_t n = 1000;
  std::uint64_t seed = 0;
  int threads = 1;
  double scale = 1;
  std::optional<int> label;
  bool json = false;

  ExitCode run();
  tensor::Points rows() const;
  void tell(const density::LikelihoodResult<float>& found, double seconds) const;
};

tensor::Points LikelihoodCommand::rows() const {
  if (is_npy(data)) return io::read_npy_points(io::read_file(data), data);
  return data::make_dataset(data)->draw(static_cast<std::size_t>(n), seed);
}

void LikelihoodCommand::tell(const density::LikelihoodResult<float>& found, double seconds) const {
  const auto count = static_cast<double>(found.log_density.size());
  double mean = 0, squares = 0;
  for (const double value : found.log_density) mean += value / count;
  for (const double value : found.log_density) squares += (value - mean) * (value - mean);
  const double error = count > 1 ? std::sqrt(squares / (count - 1) / count) : 0;
  const std::size_t d = found.points.shape(1);
  const double bits = density::bits_per_dimension(mean, d, scale);
  if (json) {
    Json line = {{"n", found.log_density.size()},
                 {"dimension", d},
                 {"nats", mean},
                 {"standard_error", count > 1 ? Json(error) : Json()},
                 {"bits_per_dimension", bits},
                 {"divergence", options.divergence},
                 {"evaluations", found.evaluations},
                 {"seconds", seconds}};
    if (!out.empty()) line["out"] = out;
    return print_json(line);
  }
  print("log p: {:.5g} nats, standard error {:.2g}; {:.5g} bits per dimension\n", mean, error,
        bits);
  print("{} points of {} coordinates, {} evaluations, {}\n", found.log_density.size(), d,
        found.evaluations, duration_text(seconds));
  if (!out.empty()) print("{}: log p of each\n", out);
}

ExitCode LikelihoodCommand::run() {
  watch_interrupts();
  set_threads(threads);
  check_at_least("likelihood", "n", n, 1);
  check_positive("likelihood", "scale", scale);
  if (!out.empty()) check_writable(out);
  model.quiet = json;
  const std::unique_ptr<SampledModel> source = open_model(model);
  options.seed = seed;
  Progress progress(json);
  options.solver.progress = [&](double share) {
    if (progress.due()) progress.update(share, "log p by " + options.solver.sampler);
    return !interrupted();
  };
  const auto found = source->log_density(rows(), options, label);
  progress.clear();
  if (!out.empty()) {
    tensor::Vector<float> values = xt::cast<float>(found.log_density);
    io::write_file_atomic(out, io::write_npy(values));
  }
  tell(found, progress.seconds());
  return kDone;
}

void add_solver_options(Verb& verb, density::LikelihoodOptions& o) {
  verb.group("Divergence and solver");
  verb.option("--divergence", o.divergence, "Of the velocity", {.names = {"exact", "hutchinson"}});
  verb.option("--probes", o.probes, "hutchinson: directions a row");
  verb.option("--probe", o.probe, "hutchinson", {.names = {"rademacher", "gaussian"}});
  add_ode_options(verb, o.solver);
}

}  // namespace

Run add_likelihood(Verb& verb) {
  const auto c = std::make_shared<LikelihoodCommand>();
  verb.group("Model and data");
  add_model_options(verb, c->model);
  verb.plain_option("--predict", c->model.predict, "gmm: what the model gives, or velocity",
                    {.names = path::prediction_names()});
  verb.plain_option("--label", c->label, "Class asked about; without: the null label");
  verb.plain_option("--data", c->data, "FILE.npy of [n, d] points, or a data set's name",
                    {.names = {}, .extension = "npy"})
      .required();
  verb.option("--n", c->n, "Points drawn where --data names a data set");
  verb.option("--seed", c->seed, "Seed of those points and of the probes");
  verb.option("--scale", c->scale,
              "Bits per dimension: the data's own unit in the model's (1 / 127.5 for bytes)");
  add_solver_options(verb, c->options);
  verb.option("--threads", c->threads, "Threads; the numbers do not depend on it");
  verb.group("Output");
  verb.plain_option("--out", c->out, "logp.npy, float32 [n]: nats of each point",
                    {.names = {}, .extension = "npy"});
  verb.json_flag(c->json);
  verb.footer(
      "Example:\n"
      "  pathflow likelihood --model run.safetensors --data moons --n 2000 --out logp.npy");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
