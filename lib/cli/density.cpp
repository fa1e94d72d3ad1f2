// pathflow density
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "figure/figure.hpp"
#include "files.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/path/prediction.hpp"
#include "progress.hpp"
#include "sampled_model.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

using figure::Bounds;

struct DensityCommand {
  density::LikelihoodOptions options;
  ModelRequest model;
  std::string out, plot;
  std::vector<std::string> bounds;
  int grid = 128, threads = 1;
  std::optional<int> label;
  bool json = false;

  ExitCode run();
  void check() const;
  void find_bounds(const SampledModel& source);
  tensor::Points centres() const;
  void tell(const density::LikelihoodResult<float>& found, double mass, double seconds) const;

  Bounds x, y;
};

void DensityCommand::check() const {
  check_between("density", "grid", std::int64_t{grid}, 2, 2048);
  if (out.empty() && plot.empty()) {
    throw InvalidArgument("density", "--plot or --out must name a file, got neither");
  }
  check_targets({out, plot});
}

/// As given, or a square about the data with a fifth of its side as margin.
void DensityCommand::find_bounds(const SampledModel& source) {
  if (!bounds.empty()) {
    if (bounds.size() != 4) {
      throw InvalidArgument(
          "density", fmt::format("--bounds must be x0,x1,y0,y1, got {} numbers", bounds.size()));
    }
    double at[4];
    for (std::size_t k = 0; k < 4; ++k) at[k] = number_of("density", "--bounds", bounds[k]);
    x = {at[0], at[1]};
    y = {at[2], at[3]};
    if (!(x.low < x.high && y.low < y.high && std::isfinite(x.high - x.low) &&
          std::isfinite(y.high - y.low))) {
      throw InvalidArgument("density", fmt::format("--bounds must rise, got {},{},{},{}", x.low,
                                                   x.high, y.low, y.high));
    }
    return;
  }
  const auto data = source.truth(4096, 0);
  if (!data) throw InvalidArgument("density", "--bounds is needed where the data is not at hand");
  const auto range = [&](std::size_t k) {
    Bounds found{(*data)(0, k), (*data)(0, k)};
    for (std::size_t i = 0; i < data->shape(0); ++i) {
      found.low = std::min(found.low, static_cast<double>((*data)(i, k)));
      found.high = std::max(found.high, static_cast<double>((*data)(i, k)));
    }
    return found;
  };
  x = range(0);
  y = range(1);
  const double half = 0.7 * std::max({x.high - x.low, y.high - y.low, 1e-6});
  for (Bounds* one : {&x, &y}) {
    const double middle = (one->low + one->high) / 2;
    *one = {middle - half, middle + half};
  }
}

tensor::Points DensityCommand::centres() const {
  const auto size = static_cast<std::size_t>(grid);
  tensor::Points points = tensor::Points::from_shape({size * size, 2});
  const auto at = [&](Bounds range, std::size_t k) {
    return static_cast<float>(range.low +
                              (range.high - range.low) * (static_cast<double>(k) + 0.5) / grid);
  };
  for (std::size_t i = 0; i < points.shape(0); ++i) {
    points(i, 0) = at(x, i % size);
    points(i, 1) = at(y, i / size);
  }
  return points;
}

void DensityCommand::tell(const density::LikelihoodResult<float>& found, double mass,
                          double seconds) const {
  if (json) {
    Json line = {{"grid", grid},
                 {"bounds", {x.low, x.high, y.low, y.high}},
                 {"mass", mass},
                 {"evaluations", found.evaluations},
                 {"seconds", seconds}};
    if (!out.empty()) line["out"] = out;
    if (!plot.empty()) line["plot"] = plot;
    return print_json(line);
  }
  print("mass on the grid {:.6g}: {} x {} cells of [{:.4g}, {:.4g}] x [{:.4g}, {:.4g}]\n", mass,
        grid, grid, x.low, x.high, y.low, y.high);
  print("{} evaluations, {}\n", found.evaluations, duration_text(seconds));
  if (!out.empty()) print("{}: log p at the cells' centres\n", out);
  if (!plot.empty()) print("{}: density\n", plot);
}

ExitCode DensityCommand::run() {
  watch_interrupts();
  set_threads(threads);
  check();
  model.quiet = json;
  model.data = bounds.empty();
  const std::unique_ptr<SampledModel> source = open_model(model);
  if (source->dimension() != 2) {
    throw InvalidArgument("density", fmt::format("the model must have 2 coordinates, got {}; "
                                                 "`pathflow likelihood` asks at points",
                                                 source->dimension()));
  }
  find_bounds(*source);
  Progress progress(json);
  options.solver.progress = [&](double share) {
    if (progress.due()) progress.update(share, "log p on the grid");
    return !interrupted();
  };
  const auto found = source->log_density(centres(), options, label);
  progress.clear();
  const double cell = (x.high - x.low) * (y.high - y.low) / (static_cast<double>(grid) * grid);
  std::vector<double> density(found.log_density.begin(), found.log_density.end());
  double mass = 0;
  for (double& value : density) mass += (value = std::exp(value)) * cell;
  if (!out.empty()) {
    const auto size = static_cast<std::size_t>(grid);
    tensor::Points values = tensor::Points::from_shape({size, size});
    std::copy(found.log_density.begin(), found.log_density.end(), values.begin());
    io::write_file_atomic(out, io::write_npy(values));
  }
  if (!plot.empty()) {
    io::write_file_atomic(
        plot,
        figure::density_map(fmt::format("{}: mass {:.4f}", source->title(), mass), density, x, y));
  }
  tell(found, mass, progress.seconds());
  return kDone;
}

}  // namespace

Run add_density(Verb& verb) {
  const auto c = std::make_shared<DensityCommand>();
  c->options.solver = {.sampler = "dopri5", .rtol = 1e-4, .atol = 1e-4};
  verb.group("Model");
  add_model_options(verb, c->model);
  verb.plain_option("--predict", c->model.predict, "gmm: what the model gives, or velocity",
                    {.names = path::prediction_names()});
  verb.plain_option("--label", c->label, "Class asked about; without: the null label");
  verb.group("Grid and solver");
  verb.option("--grid", c->grid, "Cells along each side");
  verb.plain_option("--bounds", c->bounds, "x0,x1,y0,y1; without: a square about the data",
                    {.names = {}, .several = true});
  add_ode_options(verb, c->options.solver);
  verb.option("--threads", c->threads, "Threads; the numbers do not depend on it");
  verb.group("Output");
  verb.plain_option("--plot", c->plot, "Heat map, fig.png", {.names = {}, .extension = "png"});
  verb.plain_option("--out", c->out,
                    "logp.npy, float32 [grid, grid]: nats, rows along the second "
                    "coordinate",
                    {.names = {}, .extension = "npy"});
  verb.json_flag(c->json);
  verb.footer(
      "The density is the model's own, by its probability-flow ODE; on a grid that holds all of "
      "it\n"
      "its mass is 1, and what is missing says how much lies outside or between the cells.\n"
      "Example:\n"
      "  pathflow density --model run.safetensors --plot density.png --out logp.npy --grid 200");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
