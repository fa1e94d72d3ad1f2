// pathflow sample
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include "figure/figure.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/option_table.hpp"
#include "pathflow/sample/time_grid.hpp"
#include "progress.hpp"
#include "sampled_model.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

using sample::SampleOptions;
using sample::SampleResult;

const std::vector<std::string> kFigures = {"scatter", "density", "trajectories"};
const std::vector<std::string> kEnds = {"data", "source"};

struct SampleCommand {
  SampleOptions options;
  ModelRequest model;
  std::string out, trajectories, plot, figure, toward = "data";
  std::vector<std::string> grid_times;
  std::int64_t n = 1000;
  int keep = 33, threads = 1;
  std::optional<int> label;
  bool json = false;

  ExitCode run();
  void check();
  SampleResult<float> draw(const SampledModel& source);
  void write(const SampleResult<float>& result) const;
  figure::Png draw_figure(const SampledModel& source, const SampleResult<float>& result) const;
  void tell(const SampleResult<float>& result, double seconds) const;

  bool plots_paths() const { return !plot.empty() && figure == "trajectories"; }
};

void SampleCommand::check() {
  check_at_least("sample", "n", n, 1);
  check_between("sample", "keep", std::int64_t{keep}, 2, 100000);
  if (!figure.empty() && plot.empty()) {
    throw InvalidArgument("sample", "--figure needs --plot FILE.png, got none");
  }
  if (!figure.empty()) check_name("sample", "figure", figure, kFigures);
  check_name("sample", "direction", toward, kEnds);
  for (const std::string& time : grid_times)
    options.times.push_back(number_of("sample", "--times", time));
  check_targets({out, trajectories, plot});
}

SampleResult<float> SampleCommand::draw(const SampledModel& source) {
  if (!trajectories.empty() || plots_paths()) {
    const auto span = source.span(options);
    options.keep = sample::even_times(span.from, span.to, static_cast<std::size_t>(keep));
  }
  Progress progress(json);
  options.progress = [&](double share) {
    if (progress.due()) {
      const double left = progress.seconds() * (1 - share) / share;
      progress.update(
          share, fmt::format("{} points by {}  {} left", n, options.sampler, duration_text(left)));
    }
    return true;
  };
  return source.sample(static_cast<std::size_t>(n), options, label);
}

void SampleCommand::write(const SampleResult<float>& result) const {
  write_file(out, io::write_npy(result.points));
  if (trajectories.empty()) return;
  tensor::Vector<float> kept = tensor::Vector<float>::from_shape({result.times.size()});
  for (std::size_t i = 0; i < result.times.size(); ++i) {
    kept(i) = static_cast<float>(result.times[i]);
  }
  write_file(trajectories, io::write_npy(result.trajectories));
  write_file(times_file(trajectories), io::write_npy(kept));
}

figure::Png SampleCommand::draw_figure(const SampledModel& source,
                                       const SampleResult<float>& result) const {
  const std::string title = source.title();
  if (plots_paths()) return figure::trajectories(title, result.trajectories, result.times);
  const figure::Cloud samples{result.points, fmt::format("samples by {}", options.sampler)};
  if (figure == "density") return figure::density(title, {result.points, "samples"}, {});
  const std::optional<tensor::Points> truth = source.truth(result.points.shape(0), options.seed);
  std::vector<figure::Cloud> clouds;
  const bool flat = result.points.shape(1) == 1;
  const bool to_data = !options.toward_source;
  if (to_data && truth && !(flat && source.law())) clouds.push_back({*truth, "data"});
  clouds.push_back(samples);
  if (!flat) return figure::scatter(title, clouds);
  return figure::histogram(title, clouds, to_data ? source.law() : figure::Law{});
}

void SampleCommand::tell(const SampleResult<float>& result, double seconds) const {
  if (json) {
    Json line = {{"out", out},
                 {"n", result.points.shape(0)},
                 {"dimension", result.points.shape(1)},
                 {"sampler", options.sampler},
                 {"evaluations", result.evaluations},
                 {"seconds", seconds}};
    if (!trajectories.empty()) {
      line["trajectories"] = trajectories;
      line["times"] = times_file(trajectories).string();
    }
    if (!plot.empty()) line["plot"] = plot;
    return print_json(line);
  }
  print("{}: {} points of {} coordinates by {}, {} evaluations, {}\n", out, result.points.shape(0),
        result.points.shape(1), options.sampler, result.evaluations, duration_text(seconds));
  if (!trajectories.empty()) {
    print("{}: {} times, in {}\n", trajectories, result.times.size(),
          times_file(trajectories).string());
  }
  if (!plot.empty()) print("{}: {}\n", plot, figure);
}

ExitCode SampleCommand::run() {
  set_threads(threads);
  check();
  if (figure.empty()) figure = trajectories.empty() ? "scatter" : "trajectories";
  model.quiet = json;
  options.toward_source = toward == "source";
  const std::unique_ptr<SampledModel> source = open_model(model);
  const Progress clock(true);
  const SampleResult<float> result = draw(*source);
  const double seconds = clock.seconds();
  write(result);
  if (!plot.empty()) write_file(plot, draw_figure(*source, result));
  tell(result, seconds);
  return kDone;
}

void add_model_options(Verb& verb, SampleCommand& c) {
  verb.group("Model");
  add_model_options(verb, c.model);
  verb.plain_option("--predict", c.model.predict,
                    "gmm: what the model gives, velocity if not given",
                    {.names = path::prediction_names()});
  verb.plain_option("--label", c.label, "Class to draw; without: the null label");
  verb.plain_option("--guide", c.model.guide,
                    "Runs: a worse version of the same model, smaller or less trained, away from "
                    "which --guidance leads (autoguidance)",
                    {.names = {}, .extension = "safetensors"});
  verb.plain_option("--reschedule", c.model.reschedule,
                    "Runs with a score: another schedule to be sampled on",
                    {.names = path::schedule_names()});
}

void add_sampler_options(Verb& verb, SampleOptions& o) {
  verb.group("Sampler");
  sample::for_each_option(o, [&](const char* key, auto& field, auto names, const char* help) {
    Values values;
    if constexpr (!std::is_null_pointer_v<decltype(names)>) values.names = names();
    verb.option(option_of(key), field, help, values);
  });
}

}  // namespace

Run add_sample(Verb& verb) {
  const auto c = std::make_shared<SampleCommand>();
  add_model_options(verb, *c);
  add_sampler_options(verb, c->options);
  verb.plain_option("--times", c->grid_times,
                    "A grid of your own in place of --steps and --grid: 1,0.5,0",
                    {.names = {}, .several = true});
  verb.group("Draw");
  verb.option("--n", c->n, "Points to draw");
  verb.option("--toward", c->toward, "source: from the data to it", {.names = kEnds});
  verb.option("--seed", c->options.seed, "Seed of starting points and noise");
  verb.option("--threads", c->threads, "Threads; the numbers do not depend on it");
  verb.group("Output");
  verb.plain_option("--out", c->out, "samples.npy, float32 [n, d]",
                    {.names = {}, .extension = "npy"})
      .required();
  verb.plain_option("--trajectories", c->trajectories,
                    "traj.npy, float32 [times, n, d] in travel order; times in traj.times.npy",
                    {.names = {}, .extension = "npy"});
  verb.option("--keep", c->keep, "Times kept in the trajectories");
  verb.plain_option("--plot", c->plot, "Figure, fig.png", {.names = {}, .extension = "png"});
  verb.plain_option("--figure", c->figure,
                    "What --plot shows; trajectories with --trajectories, else scatter",
                    {.names = kFigures});
  verb.json_flag(c->json);
  verb.footer(
      "Examples:\n"
      "  pathflow sample --model run.safetensors --n 2000 --sampler dopri5 --out samples.npy\n"
      "  pathflow sample --model few.safetensors --sampler jump --steps 1 --out samples.npy\n"
      "  pathflow sample --model run.safetensors --out s.npy --trajectories t.npy --plot t.png\n"
      "  pathflow sample --model run.safetensors --guide early.safetensors --guidance 2 --out "
      "g.npy\n"
      "  pathflow sample --model run.safetensors --reschedule vp-linear --sampler ddpm --out "
      "s.npy\n"
      "  pathflow sample --model gmm:mixture.json --schedule vp-linear --sampler ddpm \\\n"
      "    --steps 200 --out samples.npy");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
