// pathflow likelihood
#include <fmt/core.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "figure/figure.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/path/prediction.hpp"
#include "plane_grid.hpp"
#include "progress.hpp"
#include "sampled_model.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

constexpr int kCells = 128;  ///< a side of the figure

struct LikelihoodCommand {
  density::LikelihoodOptions options;
  ModelRequest model;
  std::string data, out, plot;
  std::int64_t n = 1000;
  std::uint64_t seed = 0;
  int threads = 1;
  double scale = 1;
  std::optional<int> label;
  bool json = false;

  ExitCode run();
  tensor::Points rows() const;
  void draw(const SampledModel& source, const tensor::Points& rows) const;
  void tell(const density::LikelihoodResult<float>& found, double seconds) const;
};

tensor::Points LikelihoodCommand::rows() const {
  if (is_npy(data)) return io::read_npy_points(io::read_file(data), data);
  return data::make_dataset(data)->draw(static_cast<std::size_t>(n), seed);
}

/// The model's density about the points, and the points on it.
void LikelihoodCommand::draw(const SampledModel& source, const tensor::Points& rows) const {
  const PlaneGrid grid = PlaneGrid::about(rows, kCells);
  Progress progress(json);
  density::LikelihoodOptions exact{.solver = options.solver};
  exact.solver.progress = [&](double share) {
    if (progress.due()) progress.update(share, "the density about the points");
    return true;
  };
  const auto [values, mass] = grid.density(source.log_density(grid.centres(), exact, label));
  write_file(plot, figure::density_map(fmt::format("{}: mass {:.4f}", source.title(), mass), values,
                                       grid.x, grid.y, &rows));
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
    if (!plot.empty()) line["plot"] = plot;
    return print_json(line);
  }
  print("log p: {:.5g} nats, standard error {:.2g}; {:.5g} bits per dimension\n", mean, error,
        bits);
  print("{} points of {} coordinates, {} evaluations, {}\n", found.log_density.size(), d,
        found.evaluations, duration_text(seconds));
  if (!out.empty()) print("{}: log p of each\n", out);
  if (!plot.empty()) print("{}: density\n", plot);
}

ExitCode LikelihoodCommand::run() {
  set_threads(threads);
  check_at_least("likelihood", "n", n, 1);
  check_positive("likelihood", "scale", scale);
  check_targets({out, plot});
  model.quiet = json;
  const std::unique_ptr<SampledModel> source = open_model(model);
  if (!plot.empty() && source->dimension() != 2) {
    throw InvalidArgument("likelihood", fmt::format("--plot needs a model of 2 coordinates, got {}",
                                                    source->dimension()));
  }
  options.seed = seed;
  const tensor::Points points = rows();
  Progress progress(json);
  options.solver.progress = [&](double share) {
    if (progress.due()) progress.update(share, "log p by " + options.solver.sampler);
    return true;
  };
  const auto found = source->log_density(points, options, label);
  progress.clear();
  if (!out.empty()) {
    tensor::Vector<float> values = xt::cast<float>(found.log_density);
    write_file(out, io::write_npy(values));
  }
  const double seconds = progress.seconds();
  if (!plot.empty()) draw(*source, points);
  tell(found, seconds);
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
  verb.plain_option("--plot", c->plot,
                    "2-D models: heat map of the density, and the points, fig.png",
                    {.names = {}, .extension = "png"});
  verb.json_flag(c->json);
  verb.footer(
      "Example:\n"
      "  pathflow likelihood --model run.safetensors --data moons --n 2000 --out logp.npy \\\n"
      "    --plot density.png");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
