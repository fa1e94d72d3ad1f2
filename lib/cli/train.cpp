// pathflow train
#include "train.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "files.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "pathflow/base/decimal.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/train/config.hpp"
#include "progress.hpp"

namespace pathflow::cli {
namespace {

using train::Trainer;
using train::TrainOptions;

}  // namespace

bool TrainCommand::was_given(const std::string& key) const {
  return std::any_of(given.begin(), given.end(),
                     [&](const auto& entry) { return entry.second == key && entry.first.given(); });
}

void TrainCommand::check() const {
  check_not_negative("train", "save-every", loop.save_every);
  check_targets({loop.out, loop.plot});
  if (!loop.plot.empty() && is_npy(loop.plot)) {
    throw InvalidArgument("train", "--plot must be FILE.png, got \"" + loop.plot + "\"");
  }
}

Trainer TrainCommand::begin() const {
  train::validate(options, "train");
  Trainer::Inputs inputs;
  if (is_npy(options.data)) inputs.data_rows = open_rows(options.data, loop.json);
  if (is_npy(options.source)) inputs.source_rows = open_rows(options.source, loop.json);
  if (!snapshots.empty()) {
    if (was_given("data") || was_given("source") || !labels.empty()) {
      throw InvalidArgument(
          "train", "--snapshots take the place of --data, --source and --labels, got both");
    }
    inputs.snapshots = read_snapshots();
  }
  TrainOptions asked = options;
  if (!labels.empty()) {
    if (!inputs.data_rows) throw InvalidArgument("train", "--labels needs --data FILE.npy");
    inputs.labels = io::read_npy_labels(labels);
    asked.conditional = true;
  }
  if (!teacher.empty()) inputs.teacher = io::read_file(teacher);
  return Trainer(std::move(asked), std::move(inputs));
}

std::vector<train::Snapshot> TrainCommand::read_snapshots() const {
  std::vector<train::Snapshot> list;
  for (const std::string& text : snapshots) {
    const std::size_t at = text.rfind('@');
    double time = 0;
    if (at == text.npos || !is_npy(text.substr(0, at)) ||
        !read_double(std::string_view(text).substr(at + 1), time)) {
      throw InvalidArgument("train",
                            "--snapshots must be FILE.npy@TIME and so on, got \"" + text + "\"");
    }
    list.push_back({time, io::all_rows(*open_rows(text.substr(0, at), loop.json))});
  }
  return list;
}

/// The saved run, after checking that nothing on the command line contradicts it. Rows that it left
/// in their file are looked for where --data or --source says, else where they were.
Trainer TrainCommand::go_on() const {
  if (!teacher.empty()) {
    throw InvalidArgument("train",
                          "--teacher must be left out, as it is part of the run that "
                          "--resume goes on with, got \"" +
                              teacher + "\"");
  }
  bool data_filed = false, source_filed = false;
  const auto open = [&](const train::FiledRows& wanted) {
    const std::string key = wanted.data ? "data" : "source";
    const std::string& named = wanted.data ? options.data : options.source;
    (wanted.data ? data_filed : source_filed) = true;
    return open_rows(was_given(key) && is_npy(named) ? named : wanted.contents.path, loop.json);
  };
  Trainer trainer = Trainer::restore(io::read_file(loop.out), loop.out, open);
  const auto moved = [&](const std::string& key) {
    // The same contents, as restore() made sure.
    return (key == "data" && data_filed && is_npy(options.data)) ||
           (key == "source" && source_filed && is_npy(options.source));
  };
  check_same("train", given, options, trainer.options(), moved);
  if (!snapshots.empty() && read_snapshots() != trainer.snapshots()) {
    throw InvalidArgument("train",
                          "--snapshots must stay those of the run that --resume goes on with");
  }
  if (was_given("steps")) trainer.plan_steps(options.steps);
  return trainer;
}

std::string TrainCommand::title(const Trainer& trainer) const {
  const TrainOptions& o = trainer.options();
  return fmt::format("Training loss: {}, {} on {}",
                     std::filesystem::path(o.data).filename().string(), o.predict, o.schedule);
}

void TrainCommand::tell(const Trainer& trainer, const TrainingLoop::Outcome& outcome) const {
  const auto& [last, seconds, taken] = outcome;
  const std::string& out = loop.out;
  const double rate = taken > 0 ? static_cast<double>(taken) / seconds : 0.0;
  if (loop.json) {
    Json result = {{"out", out},
                   {"step", trainer.steps_done()},
                   {"loss", taken > 0 ? Json(last.mean_loss) : Json()},
                   {"seconds", seconds},
                   {"steps_per_second", rate},
                   {"interrupted", interrupted()},
                   {"parameters", trainer.parameter_count()}};
    if (!loop.plot.empty()) result["plot"] = loop.plot;
    return print_json(result);
  }
  std::string text = fmt::format("{}: {} steps", out, trainer.steps_done());
  if (taken > 0) {
    text += fmt::format(", loss {:.4f}, {:.0f} steps/s, {}", last.mean_loss, rate,
                        duration_text(seconds));
  }
  write_out(text + (interrupted() ? ", stopped and saved: go on with --resume\n" : "\n"));
}

ExitCode TrainCommand::run() {
  set_threads(threads);
  options.schedule = schedule_of(options.schedule);
  check();
  const bool exists = std::filesystem::exists(loop.out);
  if (resume && !exists && !loop.json) {
    complain(loop.out + " does not exist yet: starting from the beginning");
  }
  Trainer trainer = resume && exists ? go_on() : begin();
  loop.title = title(trainer);
  if (resume) loop.go_on(trainer.steps_done());
  tell(trainer, loop.run(trainer));
  return interrupted() ? kInterrupted : kDone;
}

}  // namespace pathflow::cli
