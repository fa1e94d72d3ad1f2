// pathflow train
#include "train.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "figure/figure.hpp"
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

using train::StepReport;
using train::Trainer;
using train::TrainOptions;

constexpr double kSliceSeconds = 0.05;  ///< between looks at the clock and the interrupt flag
constexpr std::int64_t kCurvePoints = 500;

std::filesystem::path numbers_file(std::filesystem::path plot) {
  return plot.replace_extension(".npy");
}

tensor::Points points_of(const io::Rows& rows) {
  tensor::Points points = tensor::Points::from_shape({rows.size(), rows.dimension()});
  rows.read(0, rows.size(), {points.data(), points.size()});
  return points;
}

std::string progress_text(const StepReport& report, std::int64_t steps, double rate) {
  const double left = static_cast<double>(steps - report.step) / rate;
  return fmt::format("step {} of {}  loss {:.4f}  {:.0f} steps/s  {} left", report.step, steps,
                     report.mean_loss, rate, duration_text(left));
}

/// Steps between two looks at the clock.
class Slice {
 public:
  explicit Slice(std::int64_t most) : most_(most) {}
  std::int64_t steps() const { return steps_; }
  void took(double seconds) {
    if (seconds < kSliceSeconds) steps_ = std::min(2 * steps_, most_);
    if (seconds > 4 * kSliceSeconds && steps_ > 1) steps_ /= 2;
  }

 private:
  std::int64_t most_, steps_ = 1;
};

}  // namespace

bool TrainCommand::was_given(const std::string& key) const {
  return std::any_of(given.begin(), given.end(),
                     [&](const auto& entry) { return entry.second == key && entry.first.given(); });
}

void TrainCommand::check() const {
  check_not_negative("train", "save-every", save_every);
  for (const std::string* file : {&out, &plot}) {
    if (!file->empty()) check_writable(*file);
  }
  if (!plot.empty() && is_npy(plot)) {
    throw InvalidArgument("train", "--plot must be FILE.png, got \"" + plot + "\"");
  }
}

Trainer TrainCommand::begin() const {
  train::validate(options, "train");
  Trainer::Inputs inputs;
  if (is_npy(options.data)) inputs.data_rows = open_rows(options.data, json);
  if (is_npy(options.source)) inputs.source_rows = open_rows(options.source, json);
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
    list.push_back({time, points_of(*open_rows(text.substr(0, at), json))});
  }
  return list;
}

/// The saved run, after checking that nothing on the command line contradicts it. Rows that it left
/// in their file are looked for where --data or --source says, else where they were.
Trainer TrainCommand::go_on() const {
  bool data_filed = false, source_filed = false;
  const auto open = [&](const train::FiledRows& wanted) {
    const std::string key = wanted.data ? "data" : "source";
    const std::string& named = wanted.data ? options.data : options.source;
    (wanted.data ? data_filed : source_filed) = true;
    return open_rows(was_given(key) && is_npy(named) ? named : wanted.contents.path, json);
  };
  Trainer trainer = Trainer::restore(io::read_file(out), out, open);
  check_same(trainer.options(), data_filed, source_filed);
  if (!snapshots.empty() && read_snapshots() != trainer.snapshots()) {
    throw InvalidArgument("train",
                          "--snapshots must stay those of the run that --resume goes on with");
  }
  if (was_given("steps")) trainer.plan_steps(options.steps);
  return trainer;
}

void TrainCommand::check_same(const TrainOptions& saved_options, bool data_filed,
                              bool source_filed) const {
  const auto wanted = nlohmann::json::parse(train::to_json(options));
  const auto saved = nlohmann::json::parse(train::to_json(saved_options));
  for (const auto& [option, key] : given) {
    if (!option.given() || key == "steps" || wanted[key] == saved[key]) continue;
    const bool moved = (key == "data" && data_filed) || (key == "source" && source_filed);
    if (moved && is_npy(wanted[key])) continue;  // the same contents, as restore() made sure
    throw InvalidArgument("train", option_of(key) + " must stay " + saved[key].dump() +
                                       " as in the run that --resume goes on with, got " +
                                       wanted[key].dump());
  }
}

std::string TrainCommand::title(const Trainer& trainer) const {
  const TrainOptions& o = trainer.options();
  return fmt::format("Training loss: {}, {} on {}",
                     std::filesystem::path(o.data).filename().string(), o.predict, o.schedule);
}

void TrainCommand::save(const Trainer& trainer) const {
  io::write_file_atomic(out, trainer.save());
  if (plot.empty() || history_.empty()) return;
  history_.write(numbers_file(plot));
  io::write_file_atomic(plot, figure::loss_curve(title(trainer), history_.curve()));
}

/// A save that fails in the middle is said and tried again at the next: hours of training are not
/// given up for a disk that is full for a minute.
void TrainCommand::save_on_the_way(const Trainer& trainer, Progress& progress) const {
  try {
    save(trainer);
  } catch (const IoError& error) {
    progress.clear();
    complain(fmt::format("pathflow: {}; training goes on, and the next save is tried in {}",
                         error.what(), duration_text(save_every)));
  }
}

void TrainCommand::save_at_the_end(const Trainer& trainer, Progress& progress) const {
  try {
    save(trainer);
  } catch (const IoError&) {
    progress.clear();
    std::error_code error;
    if (std::filesystem::exists(out, error)) {
      complain("pathflow: " + out + " is as its last save left it: go on with --resume");
    }
    throw;
  }
}

void TrainCommand::train(Trainer& trainer) {
  Progress progress(json);
  const std::int64_t first = trainer.steps_done(), steps = trainer.options().steps;
  // A curve wants points enough even where all steps take but a moment.
  Slice slice(plot.empty() ? steps : std::max<std::int64_t>(1, (steps - first) / kCurvePoints));
  double saved_at = 0;
  StepReport report;
  while (trainer.steps_done() < steps && !interrupted()) {
    const double before = progress.seconds();
    report = trainer.step(std::min(slice.steps(), steps - trainer.steps_done()));
    const double now = progress.seconds();
    slice.took(now - before);
    if (!plot.empty()) history_.add(report.step, report.mean_loss);
    if (progress.due()) {
      const double rate = static_cast<double>(report.step - first) / now;
      progress.update(static_cast<double>(report.step) / static_cast<double>(steps),
                      progress_text(report, steps, rate));
    }
    if (save_every > 0 && now - saved_at >= save_every) {
      save_on_the_way(trainer, progress);
      saved_at = progress.seconds();
    }
  }
  save_at_the_end(trainer, progress);
  progress.clear();
  tell(trainer, report, progress.seconds(), trainer.steps_done() - first);
}

void TrainCommand::tell(const Trainer& trainer, const StepReport& last, double seconds,
                        std::int64_t taken) const {
  const double rate = taken > 0 ? static_cast<double>(taken) / seconds : 0.0;
  if (json) {
    Json result = {{"out", out},
                   {"step", trainer.steps_done()},
                   {"loss", taken > 0 ? Json(last.mean_loss) : Json()},
                   {"seconds", seconds},
                   {"steps_per_second", rate},
                   {"interrupted", interrupted()},
                   {"parameters", trainer.parameter_count()}};
    if (!plot.empty()) result["plot"] = plot;
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
  watch_interrupts();
  set_threads(threads);
  options.schedule = schedule_of(options.schedule);
  check();
  const bool exists = std::filesystem::exists(out);
  if (resume && !exists && !json) {
    complain(out + " does not exist yet: starting from the beginning");
  }
  Trainer trainer = resume && exists ? go_on() : begin();
  if (!plot.empty() && resume) history_.go_on(numbers_file(plot), trainer.steps_done());
  train(trainer);
  return interrupted() ? kInterrupted : kDone;
}

}  // namespace pathflow::cli
