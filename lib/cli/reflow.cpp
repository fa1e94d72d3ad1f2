// pathflow reflow
#include "pathflow/train/reflow.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <vector>

#include "figure/figure.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/path/time_sampling.hpp"
#include "pathflow/sample/sampler.hpp"
#include "pathflow/sample/time_grid.hpp"
#include "pathflow/train/config.hpp"
#include "pathflow/train/option_table.hpp"
#include "training.hpp"

namespace pathflow::cli {
namespace {

using tensor::Points;
using train::Trainer;
using train::TrainOptions;

constexpr int kKept = 33;  ///< times behind straightness, energy and the figure
/// Turns of the seeds within Purpose::kMetric: pairs of round r take 2 r.
constexpr std::uint64_t kMeasureTurn = 1, kReferenceTurn = 3;

/// What is said of a run, the first or that of a round.
struct RoundReport {
  std::string file;
  std::int64_t step = 0;
  std::optional<double> straightness = {}, energy = {};  ///< none of a distilled run
  double sliced = 0, w2 = 0;  ///< from the data, as the run is meant to be sampled
  double one_step = 0;        ///< w2 of one Euler step
};

struct ReflowCommand {
  std::string model, out, plot;
  TrainOptions asked;
  GivenOptions given;
  train::ReflowOptions reflow;
  std::int64_t pairs = 16384, n = 1000;
  int rounds = 1, threads = 1;
  bool fresh = false, resume = false;
  TrainingLoop loop;

  ExitCode run();

 private:
  void check() const;
  int stages() const { return rounds + (reflow.distill > 0 ? 1 : 0); }
  std::string file_of(int stage) const;
  std::uint64_t seed_of(std::uint64_t turn) const {
    return Random(asked.seed, Purpose::kMetric).index(turn, 0, std::uint64_t{1} << 53);
  }
  TrainOptions options_of(const Trainer& teacher, int stage) const;
  sample::SampleOptions solver_of(int stage) const;
  Trainer make_student(const Trainer& teacher, int stage);
  std::optional<Trainer> go_on(const Trainer& teacher, int stage) const;
  bool train_rounds(Trainer teacher);
  void learn_reference(const Trainer& first);
  void measure(const Trainer& trainer, std::string file);
  void draw() const;
  void tell(double seconds, bool interrupted) const;

  Points reference_;
  metric::DistanceFloor sliced_floor_, w2_floor_;
  std::vector<RoundReport> reports_;
  tensor::Cube<float> paths_;  ///< of the last run measured
  std::vector<double> times_;
  std::string title_;
};

void ReflowCommand::check() const {
  check_between("reflow", "rounds", std::int64_t{rounds}, 0, 1000);
  check_at_least("reflow", "rounds and distillation together", std::int64_t{stages()}, 1);
  check_between("reflow", "distill", std::int64_t{reflow.distill}, 0, path::kMostSourceEndSteps);
  check_at_least("reflow", "pairs", pairs, 1);
  check_between("reflow", "n", n, 2, 5000);
  check_not_negative("reflow", "save-every", loop.save_every);
  check_targets({out, plot});
  train::validate(asked, "reflow");
}

/// The last stage is --out itself, the others stand beside it.
std::string ReflowCommand::file_of(int stage) const {
  if (stage == stages()) return out;
  std::filesystem::path path(out);
  const std::string extension = path.extension().string();
  return path.replace_extension(fmt::format(".round{}{}", stage, extension)).string();
}

/// The teacher's options but for those on the command line.
TrainOptions ReflowCommand::options_of(const Trainer& teacher, int stage) const {
  auto options = nlohmann::json::parse(train::to_json(
      train::reflow_options(teacher.options(), stage > rounds ? reflow.distill : 0)));
  const auto wanted = nlohmann::json::parse(train::to_json(asked));
  for (const auto& [option, key] : given) {
    if (option.given()) options[key] = wanted[key];
  }
  return train::options_from_json(options.dump(), {}, "reflow");
}

sample::SampleOptions ReflowCommand::solver_of(int stage) const {
  sample::SampleOptions solver = reflow.solver;
  solver.seed = seed_of(2 * static_cast<std::uint64_t>(stage));
  return solver;
}

Trainer ReflowCommand::make_student(const Trainer& teacher, int stage) {
  Progress progress(loop.json);
  sample::SampleOptions solver = solver_of(stage);
  solver.progress = [&](double share) {
    if (progress.due()) {
      progress.update(share, fmt::format("{}{} pairs by {}", loop.prefix, pairs, solver.sampler));
    }
    return true;
  };
  return train::make_student(teacher, options_of(teacher, stage),
                             train::draw_pairs(teacher, static_cast<std::size_t>(pairs), solver),
                             !fresh);
}

/// The stage's run as an earlier call left it.
std::optional<Trainer> ReflowCommand::go_on(const Trainer& teacher, int stage) const {
  const std::string file = file_of(stage);
  if (!resume || !std::filesystem::exists(file)) return std::nullopt;
  Trainer saved = Trainer::restore(io::read_file(file), file);
  const TrainOptions wanted = options_of(teacher, stage);
  check_same("reflow", given, wanted, saved.options());
  const TrainOptions& is = saved.options();
  const train::TrainInputs pairs_of_it = saved.pairs();
  if (is.time_law != wanted.time_law || is.steps != wanted.steps || !pairs_of_it.data ||
      pairs_of_it.data->shape(0) != static_cast<std::size_t>(pairs)) {
    throw InvalidArgument("reflow", file +
                                        " must be the run of an earlier call with the same "
                                        "--rounds, --distill, --pairs and --steps to go on with");
  }
  if (!train::drawn_from(pairs_of_it, teacher, solver_of(stage))) {
    throw InvalidArgument("reflow",
                          file +
                              " must hold the pairs of the run before it to go on with: another "
                              "--model or solver drew them");
  }
  return saved;
}

/// False: interrupted on the way.
bool ReflowCommand::train_rounds(Trainer teacher) {
  measure(teacher, model);
  for (int stage = 1; stage <= stages(); ++stage) {
    loop.out = file_of(stage);
    loop.prefix =
        stage > rounds ? "distillation, " : fmt::format("round {} of {}, ", stage, rounds);
    std::optional<Trainer> begun = go_on(teacher, stage);
    Trainer student = begun ? std::move(*begun) : make_student(teacher, stage);
    if (!begun || student.steps_done() < student.options().steps) loop.run(student);
    if (student.steps_done() < student.options().steps) return false;
    measure(student, loop.out);
    teacher = std::move(student);
  }
  return true;
}

/// The law of the first run's data where it has a name, else its rows.
void ReflowCommand::learn_reference(const Trainer& first) {
  std::shared_ptr<const data::Distribution> law;
  try {
    law = data::make_dataset(first.options().data);
  } catch (const InvalidArgument&) {  // rows of a file
  }
  const auto rows = [&](std::size_t count, std::uint64_t seed) {
    return law ? law->draw(count, seed) : first.data(count, seed);
  };
  const auto count = static_cast<std::size_t>(n);
  reference_ = rows(count, seed_of(kReferenceTurn));
  sliced_floor_ = metric::floor("sliced", rows, count, 10, asked.seed);
  w2_floor_ = metric::floor("w2", rows, count, 5, asked.seed);
}

void ReflowCommand::measure(const Trainer& trainer, std::string file) {
  RoundReport report{.file = std::move(file), .step = trainer.steps_done()};
  const auto count = static_cast<std::size_t>(n);
  std::vector<int> labels;
  const Points start = trainer.start(count, seed_of(kMeasureTurn));
  if (trainer.options().classes > 0) labels = trainer.data_labels(count, seed_of(kMeasureTurn));
  sample::SampleOptions solver = reflow.solver;
  const int k = trainer.distilled_steps();
  if (k > 0) solver = {.sampler = "euler", .steps = k};
  const sample::Span span = sample::sample_span(*trainer.model(), trainer.schedule(), solver);
  solver.keep = sample::even_times(span.from, span.to, kKept);
  const auto moved = trainer.sample_from(start, solver, labels);
  const auto one = trainer.sample_from(start, {.sampler = "euler", .steps = 1}, labels);
  if (k == 0) {
    const metric::PathShape shape = metric::path_shape(moved.trajectories, moved.times);
    report.straightness = shape.straightness;
    report.energy = shape.energy;
  }
  report.sliced = metric::distance("sliced", moved.points, reference_);
  report.w2 = metric::distance("w2", moved.points, reference_);
  report.one_step = metric::distance("w2", one.points, reference_);
  paths_ = moved.trajectories;
  times_ = moved.times;
  reports_.push_back(std::move(report));
}

void ReflowCommand::draw() const {
  if (plot.empty()) return;
  const std::string title =
      fmt::format("{} after {} rounds", title_,
                  std::min<std::size_t>(reports_.size() - 1, static_cast<std::size_t>(rounds)));
  write_file(plot, figure::trajectories(title, paths_, times_));
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "-";
}

void ReflowCommand::tell(double seconds, bool stopped) const {
  if (loop.json) {
    Json list = Json::array();
    for (const RoundReport& r : reports_) {
      list.push_back({{"file", r.file},
                      {"step", r.step},
                      {"straightness", r.straightness ? Json(*r.straightness) : Json()},
                      {"energy", r.energy ? Json(*r.energy) : Json()},
                      {"sliced", r.sliced},
                      {"w2", r.w2},
                      {"w2_one_step", r.one_step}});
    }
    Json result = {
        {"out", out},
        {"rounds", list},
        {"floor", {{"sliced", floor_json(sliced_floor_)}, {"w2", floor_json(w2_floor_)}}},
        {"n", n},
        {"seconds", seconds},
        {"interrupted", stopped}};
    if (!plot.empty()) result["plot"] = plot;
    return print_json(result);
  }
  std::string text = fmt::format("{:>12} {:>10} {:>10} {:>10} {:>12}   {}\n", "straightness",
                                 "energy", "sliced", "w2", "w2, 1 step", "run");
  for (const RoundReport& r : reports_) {
    text +=
        fmt::format("{:>12} {:>10} {:>10.4g} {:>10.4g} {:>12.4g}   {}\n", number(r.straightness),
                    number(r.energy), r.sliced, r.w2, r.one_step, r.file);
  }
  text += fmt::format("{:>12} {:>10} {:>10.4g} {:>10.4g} {:>12}   floor at n = {}\n", "", "",
                      sliced_floor_.mean, w2_floor_.mean, "", n);
  if (!plot.empty()) text += plot + ": trajectories\n";
  if (stopped) text += loop.out + ": stopped and saved: go on with --resume\n";
  write_out(text);
}

ExitCode ReflowCommand::run() {
  set_threads(threads);
  check();
  const Progress clock(true);
  const auto open = [&](const train::FiledRows& wanted) {
    return open_rows(wanted.contents.path, loop.json);
  };
  Trainer first = Trainer::restore(io::read_file(model), model, open);
  title_ = std::filesystem::path(first.options().data).filename().string();
  train::draw_pairs(first, 1, reflow.solver);  // a sampler of no use is refused before the work
  learn_reference(first);
  const bool done = train_rounds(std::move(first));
  if (!done) plot.clear();
  draw();
  tell(clock.seconds(), !done);
  return done ? kDone : kInterrupted;
}

/// What of a run may differ from its teacher's: the network and how it is trained.
void add_run_options(Verb& verb, ReflowCommand& c) {
  train::for_each_option(c.asked, [&](const char* key, auto& field, auto names,
                                      std::string_view group, const char* help) {
    if (group != "Network" && group != "Steps") return;
    verb.group(std::string(group));
    Values values;
    if constexpr (!std::is_null_pointer_v<decltype(names)>) values.names = names();
    if constexpr (std::is_same_v<decltype(field), bool&>) {
      c.given.emplace_back(verb.flag(option_of(key), field, help), key);
    } else {
      c.given.emplace_back(verb.plain_option(option_of(key), field, help, values), key);
    }
  });
  verb.option("--save-every", c.loop.save_every, "Seconds between saves, 0: only at the end");
  verb.option("--threads", c.threads, "Threads; the numbers do not depend on it");
}

void add_pair_options(Verb& verb, ReflowCommand& c) {
  verb.group("Pairs");
  verb.option("--pairs", c.pairs, "Rows that the teacher's ODE moves, for each round");
  verb.option("--sampler", c.reflow.solver.sampler, "Solver of that ODE; none that draws noise",
              {.names = sample::sampler_names()});
  verb.option("--sampler-steps", c.reflow.solver.steps, "Its steps, where it has a grid");
  verb.option("--rtol", c.reflow.solver.rtol, "dopri5: relative error per step");
  verb.option("--atol", c.reflow.solver.atol, "dopri5: absolute error per step");
}

}  // namespace

Run add_reflow(Verb& verb) {
  const auto c = std::make_shared<ReflowCommand>();
  verb.group("Rounds");
  verb.plain_option("--model", c->model, "The run to begin with, FILE.safetensors",
                    {.names = {}, .extension = "safetensors"})
      .required();
  verb.option("--rounds", c->rounds, "Rounds of reflow, each on the pairs of the one before");
  verb.option("--distill", c->reflow.distill, "At last distil to so many Euler steps; 0: not");
  verb.flag("--fresh", c->fresh, "Begin each round with random weights, not with its teacher's");
  add_pair_options(verb, *c);
  add_run_options(verb, *c);
  verb.group("Output");
  verb.plain_option(
          "--out", c->out,
          "The last run, FILE.safetensors; those before go to FILE.round1.safetensors, ...",
          {.names = {}, .extension = "safetensors"})
      .required();
  verb.flag("--resume", c->resume, "Go on where an earlier call of the same options stopped");
  verb.option("--n", c->n, "Points behind each distance");
  verb.plain_option("--plot", c->plot, "Figure of the last run's trajectories, fig.png",
                    {.names = {}, .extension = "png"});
  verb.json_flag(c->loop.json);
  verb.footer(
      "Network and steps are the first run's unless said. Straightness and energy fall from round "
      "to\nround while the distances stay near their floor. Ctrl-C saves and stops (exit code "
      "130).\n"
      "Examples:\n"
      "  pathflow reflow --model run.safetensors --rounds 2 --out straight.safetensors\n"
      "  pathflow reflow --model run.safetensors --distill 1 --steps 5000 --out one.safetensors\n"
      "  pathflow sample --model one.safetensors --sampler euler --steps 1 --out samples.npy");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
