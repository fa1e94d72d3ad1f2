// pathflow compare
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include "figure/figure.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/sample/option_table.hpp"
#include "progress.hpp"
#include "sampled_model.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

using tensor::Points;

/// Between the seeds of the samples and those of the reference and its floor, so that none is drawn
/// as another.
constexpr std::uint64_t kReferenceSeed = 0x5eed0000, kFloorSeed = 0x5eed0001;

/// One run of a sampler.
struct Quality {
  int steps = 0;
  std::int64_t evaluations = 0;
  double distance = 0, seconds = 0;
};
struct Curve {
  std::string sampler;
  std::vector<Quality> points;
};

struct CompareCommand {
  sample::SampleOptions options;
  ModelRequest model;
  std::vector<std::string> samplers = {"euler", "heun", "dpmpp-2m"};
  std::vector<std::string> steps = {"2", "4", "8", "16", "32", "64"};
  std::string out, plot, errors_plot;
  std::int64_t n = 2000, floor_rows = 4096;
  std::uint64_t seed = 0;
  int repeats = 10, times = 9, threads = 1;
  std::optional<int> label;
  bool errors = false, json = false;

  ExitCode run();
  void check();
  std::vector<Curve> measure(const SampledModel& source, const Points& reference);
  metric::DistanceFloor floor(const SampledModel& source) const;
  std::vector<density::PathError> path_errors(const SampledModel& source) const;
  Json described(const std::vector<Curve>& curves, const metric::DistanceFloor& floor) const;
  void draw(const SampledModel& source, const std::vector<Curve>& curves,
            const metric::DistanceFloor& floor) const;

  std::string metric;
  std::vector<int> step_counts;
};

/// The law's own points where the model has them.
Points truth(const SampledModel& source, std::size_t n, std::uint64_t seed) {
  if (auto points = source.truth(n, seed)) return std::move(*points);
  throw InvalidArgument("compare",
                        "the run's data must be at hand, got a file that cannot be read");
}

std::string distance_text(const std::string& metric) {
  if (metric == "w2") return "Wasserstein-2 distance";
  if (metric == "sliced") return "sliced Wasserstein-2 distance";
  return metric == "energy" ? "energy distance" : "maximum mean discrepancy";
}

void CompareCommand::check() {
  check_at_least("compare", "n", n, 1);
  check_at_least("compare", "repeats", repeats, 1);
  check_between("compare", "times", std::int64_t{times}, 2, 1000);
  errors = errors || !errors_plot.empty();
  if (samplers.empty()) throw InvalidArgument("compare", "--samplers must name one, got none");
  for (const std::string& name : samplers) {
    check_name("compare", "sampler", name, sample::sampler_names());
  }
  check_name("compare", "metric", metric, metric::distance_names());
  for (const std::string& text : steps) {
    const double count = number_of("compare", "--steps", text);
    if (!(count >= 1 && count <= 1e6 && count == std::floor(count))) {
      throw InvalidArgument("compare",
                            "--steps must be whole numbers from 1 to 1,000,000, got " + text);
    }
    step_counts.push_back(static_cast<int>(count));
  }
  if (step_counts.empty()) throw InvalidArgument("compare", "--steps must name a number, got none");
  std::sort(step_counts.begin(), step_counts.end());
  check_targets({out, plot, errors_plot});
}

std::vector<Curve> CompareCommand::measure(const SampledModel& source, const Points& reference) {
  std::vector<Curve> curves;
  Progress progress(json);
  const auto runs = static_cast<double>(samplers.size() * step_counts.size());
  double done = 0;
  for (const std::string& sampler : samplers) {
    curves.push_back({sampler, {}});
    for (const int count : step_counts) {
      options.sampler = sampler;
      options.steps = count;
      options.seed = seed;
      options.progress = [&](double share) {
        if (progress.due()) {
          progress.update((done + share) / runs, fmt::format("{} in {} steps", sampler, count));
        }
        return true;
      };
      const Progress clock(true);
      const auto result = source.sample(static_cast<std::size_t>(n), options, label);
      const double seconds = clock.seconds();
      curves.back().points.push_back(
          {count, result.evaluations, metric::distance(metric, result.points, reference), seconds});
      ++done;
      if (result.accepted > 0) break;  // one that chooses its own steps has one point
    }
  }
  progress.clear();
  return curves;
}

metric::DistanceFloor CompareCommand::floor(const SampledModel& source) const {
  return metric::floor(
      metric, [&](std::size_t count, std::uint64_t from) { return truth(source, count, from); },
      static_cast<std::size_t>(n), repeats, seed + kFloorSeed);
}

std::vector<density::PathError> CompareCommand::path_errors(const SampledModel& source) const {
  const path::Interval span = source.interval();
  std::vector<double> at;
  for (int k = 0; k < times; ++k) {  // inside: at the ends one of the two is seldom finite
    at.push_back(span.low + (span.high - span.low) * (k + 0.5) / times);
  }
  return source.errors(at, {.seed = seed}, label);
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json described(const density::MeanSquareError& found) {
  return {{"mean_square", number(found.error)},
          {"standard_error", number(found.standard_error)},
          {"relative", number(found.relative())}};
}

Json CompareCommand::described(const std::vector<Curve>& curves,
                               const metric::DistanceFloor& floor) const {
  Json list = Json::array();
  for (const Curve& curve : curves) {
    Json points = Json::array();
    for (const Quality& m : curve.points) {
      points.push_back({{"steps", m.steps},
                        {"evaluations", m.evaluations},
                        {"distance", m.distance},
                        {"seconds", m.seconds}});
    }
    list.push_back({{"sampler", curve.sampler}, {"points", points}});
  }
  return {{"model", model.name}, {"metric", metric},           {"n", n},
          {"seed", seed},        {"floor", floor_json(floor)}, {"curves", list}};
}

Json described(const std::vector<density::PathError>& errors) {
  Json list = Json::array();
  for (const density::PathError& at : errors) {
    list.push_back(
        {{"t", at.t}, {"velocity", described(at.velocity)}, {"score", described(at.score)}});
  }
  return list;
}

Json described(const train::LossFloor& found) {
  return {{"floor", found.floor},
          {"floor_standard_error", found.floor_standard_error},
          {"excess", found.excess},
          {"excess_standard_error", found.excess_standard_error},
          {"loss", found.floor + found.excess}};
}

std::string table(const std::vector<Curve>& curves, const std::string& metric,
                  const metric::DistanceFloor& floor) {
  std::string text =
      fmt::format("{:20} {:>6} {:>6} {:>12} {:>9}\n", "sampler", "steps", "NFE", metric, "floors");
  for (const Curve& curve : curves) {
    for (const Quality& m : curve.points) {
      text += fmt::format("{:20} {:>6} {:>6} {:>12.5g} {:>9.3g}\n", curve.sampler, m.steps,
                          m.evaluations, m.distance, m.distance / floor.mean);
    }
  }
  return text + fmt::format(
                    "floor {:.5g}, 95 % from {:.5g} to {:.5g}: what two samples of the "
                    "model's own data differ by\n",
                    floor.mean, floor.low, floor.high);
}

std::string table(const std::vector<density::PathError>& errors) {
  std::string text = fmt::format("\n{:>8} {:>14} {:>10} {:>14} {:>10}\n", "t", "E|v - v*|^2",
                                 "relative", "E|s - s*|^2", "relative");
  for (const density::PathError& at : errors) {
    text +=
        fmt::format("{:>8.4g} {:>14.5g} {:>10.3g} {:>14.5g} {:>10.3g}\n", at.t, at.velocity.error,
                    at.velocity.relative(), at.score.error, at.score.relative());
  }
  return text;
}

void CompareCommand::draw(const SampledModel& source, const std::vector<Curve>& curves,
                          const metric::DistanceFloor& floor) const {
  std::vector<figure::Series> series;
  for (const Curve& curve : curves) {
    figure::Series one{curve.sampler, {}};
    for (const Quality& m : curve.points) {
      if (m.distance > 0) one.points.emplace_back(m.evaluations, m.distance);
    }
    series.push_back(std::move(one));
  }
  std::optional<figure::FloorBand> band;
  if (floor.low > 0) band = figure::FloorBand{"floor, 95 %", floor.mean, floor.low, floor.high};
  write_file(plot, figure::curves({source.title(), "model evaluations a sample (NFE)",
                                   fmt::format("{}, n = {}", distance_text(metric),
                                               grouped(static_cast<std::uint64_t>(n)))},
                                  series, true, band));
}

figure::Png errors_figure(const std::string& title, const std::vector<density::PathError>& errors) {
  std::vector<figure::Series> series{{"velocity", {}}, {"score", {}}};
  for (const density::PathError& at : errors) {
    if (at.velocity.relative() > 0) series[0].points.emplace_back(at.t, at.velocity.relative());
    if (at.score.relative() > 0) series[1].points.emplace_back(at.t, at.score.relative());
  }
  return figure::curves({title, "t: 0 data, 1 source", "share of the exact mean square in error"},
                        series, false);
}

ExitCode CompareCommand::run() {
  set_threads(threads);
  check();
  model.quiet = json;
  model.data = true;
  const std::unique_ptr<SampledModel> source = open_model(model);
  const Points reference = truth(*source, static_cast<std::size_t>(n), seed + kReferenceSeed);
  const std::vector<Curve> curves = measure(*source, reference);
  const metric::DistanceFloor least = floor(*source);
  Json found = described(curves, least);
  std::string text = table(curves, metric, least);
  if (!plot.empty()) draw(*source, curves, least);
  if (errors) {
    const std::vector<density::PathError> over_time = path_errors(*source);
    found["errors"] = cli::described(over_time);
    text += table(over_time);
    if (!errors_plot.empty()) {
      write_file(errors_plot, errors_figure(source->title(), over_time));
    }
    if (const auto loss = source->loss_floor(floor_rows, seed)) {
      found["loss_floor"] = cli::described(*loss);
      text += fmt::format(
          "\nloss {:.5g} = floor {:.5g} (standard error {:.2g}) + excess {:.5g} ({:.2g}): no "
          "network "
          "of this run's loss comes below the floor\n",
          loss->floor + loss->excess, loss->floor, loss->floor_standard_error, loss->excess,
          loss->excess_standard_error);
    }
  }
  if (!out.empty()) {
    const std::string document = found.dump(2) + "\n";
    write_file(out, std::vector<std::uint8_t>(document.begin(), document.end()));
  }
  if (json) {
    print_json(found);
  } else {
    write_out(text);
    for (const std::string* file : {&out, &plot, &errors_plot}) {
      if (!file->empty()) print("{}\n", *file);
    }
  }
  return kDone;
}

void add_sampler_options(Verb& verb, sample::SampleOptions& o) {
  verb.group("Sampler");
  sample::for_each_option(o, [&](const char* key, auto& field, auto names, const char* help) {
    if (std::string_view(key) == "sampler" || std::string_view(key) == "steps") return;
    Values values;
    if constexpr (!std::is_null_pointer_v<decltype(names)>) values.names = names();
    verb.option(option_of(key), field, help, values);
  });
}

}  // namespace

Run add_compare(Verb& verb) {
  const auto c = std::make_shared<CompareCommand>();
  c->metric = "sliced";
  verb.group("Compared");
  add_model_options(verb, c->model);
  verb.plain_option("--predict", c->model.predict, "gmm: what the model gives, or velocity",
                    {.names = path::prediction_names()});
  verb.plain_option("--label", c->label, "Class to draw; without: the null label");
  verb.option("--samplers", c->samplers, "Methods, joined by commas",
              {.names = sample::sampler_names(), .several = true});
  verb.option("--steps", c->steps, "Steps of each method, joined by commas; dopri5 has its own",
              {.names = {}, .several = true});
  verb.option("--metric", c->metric, "Distance to the model's own data",
              {.names = metric::distance_names()});
  verb.option("--n", c->n, "Points of each sample");
  verb.option("--repeats", c->repeats, "Pairs of samples behind the floor");
  verb.option("--seed", c->seed, "Seed of starting points, noise, reference and floor");
  verb.option("--threads", c->threads, "Threads; the numbers do not depend on it");
  verb.group("Errors over time");
  verb.flag("--errors", c->errors,
            "Velocity and score error over t against the exact ones, and the floor of the loss");
  verb.option("--times", c->times, "Times at which they are measured");
  verb.option("--floor-rows", c->floor_rows, "Draws behind the floor of the loss");
  add_sampler_options(verb, c->options);
  verb.group("Output");
  verb.plain_option("--plot", c->plot, "Figure: distance over evaluations, fig.png",
                    {.names = {}, .extension = "png"});
  verb.plain_option("--errors-plot", c->errors_plot, "Figure: relative errors over t, err.png",
                    {.names = {}, .extension = "png"});
  verb.plain_option("--out", c->out, "All numbers, result.json",
                    {.names = {}, .extension = "json"});
  verb.json_flag(c->json);
  verb.footer(
      "Each distance stands beside its floor: what two samples of the data differ by at the same "
      "n.\n"
      "Errors are held against the exact minimiser: the mixture's own velocity and score, or "
      "those\n"
      "of the run's rows as they are, which no network beats on its own loss.\n"
      "Examples:\n"
      "  pathflow compare --model run.safetensors --plot quality.png --out quality.json\n"
      "  pathflow compare --model gmm:mixture.json --schedule vp-linear \\\n"
      "    --samplers ddim,dpmpp-2m,dpmpp-3m,unipc --steps 4,8,16,32 --metric energy\n"
      "  pathflow compare --model run.safetensors --errors --errors-plot errors.png");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
