// pathflow density
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "figure/figure.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/path/prediction.hpp"
#include "plane_grid.hpp"
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
  PlaneGrid grid;
  int threads = 1;
  std::optional<int> label;
  bool json = false;

  ExitCode run();
  void check() const;
  void find_bounds(const SampledModel& source);
  void tell(const density::LikelihoodResult<float>& found, double mass, double seconds) const;
};

void DensityCommand::check() const {
  check_between("density", "grid", std::int64_t{grid.side}, 2, 2048);
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
    Bounds& x = grid.x;
    Bounds& y = grid.y;
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
  grid = PlaneGrid::about(*data, grid.side);
}

void DensityCommand::tell(const density::LikelihoodResult<float>& found, double mass,
                          double seconds) const {
  const auto& [x, y, side] = grid;
  if (json) {
    Json line = {{"grid", side},
                 {"bounds", {x.low, x.high, y.low, y.high}},
                 {"mass", mass},
                 {"evaluations", found.evaluations},
                 {"seconds", seconds}};
    if (!out.empty()) line["out"] = out;
    if (!plot.empty()) line["plot"] = plot;
    return print_json(line);
  }
  print("mass on the grid {:.6g}: {} x {} cells of [{:.4g}, {:.4g}] x [{:.4g}, {:.4g}]\n", mass,
        side, side, x.low, x.high, y.low, y.high);
  print("{} evaluations, {}\n", found.evaluations, duration_text(seconds));
  if (!out.empty()) print("{}: log p at the cells' centres\n", out);
  if (!plot.empty()) print("{}: density\n", plot);
}

ExitCode DensityCommand::run() {
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
    return true;
  };
  const auto found = source->log_density(grid.centres(), options, label);
  progress.clear();
  const auto [density, mass] = grid.density(found);
  if (!out.empty()) {
    const auto size = static_cast<std::size_t>(grid.side);
    tensor::Points values = tensor::Points::from_shape({size, size});
    std::copy(found.log_density.begin(), found.log_density.end(), values.begin());
    write_file(out, io::write_npy(values));
  }
  if (!plot.empty()) {
    write_file(plot, figure::density_map(fmt::format("{}: mass {:.4f}", source->title(), mass),
                                         density, grid.x, grid.y));
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
  verb.option("--grid", c->grid.side, "Cells along each side");
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
