#include "training.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "figure/figure.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/train/config.hpp"

namespace pathflow::cli {
namespace {

using train::StepReport;
using train::Trainer;

constexpr double kSliceSeconds = 0.05;  ///< between looks at the clock and the interrupt flag
constexpr std::int64_t kCurvePoints = 500;

std::filesystem::path numbers_file(std::filesystem::path plot) {
  return plot.replace_extension(".npy");
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

void check_same(std::string_view verb, const GivenOptions& given,
                const train::TrainOptions& options, const train::TrainOptions& saved_options,
                const std::function<bool(const std::string&)>& allowed) {
  const auto wanted = nlohmann::json::parse(train::to_json(options));
  const auto saved = nlohmann::json::parse(train::to_json(saved_options));
  for (const auto& [option, key] : given) {
    if (!option.given() || key == "steps" || wanted[key] == saved[key]) continue;
    if (allowed && allowed(key)) continue;
    throw InvalidArgument(verb, option_of(key) + " must stay " + saved[key].dump() +
                                    " as in the run that --resume goes on with, got " +
                                    wanted[key].dump());
  }
}

void TrainingLoop::go_on(std::int64_t step) {
  if (!plot.empty()) history_.go_on(numbers_file(plot), step);
}

std::string TrainingLoop::progress_text(const StepReport& report, std::int64_t steps,
                                        double rate) const {
  const double left = static_cast<double>(steps - report.step) / rate;
  return fmt::format("{}step {} of {}  loss {:.4f}  {:.0f} steps/s  {} left", prefix, report.step,
                     steps, report.mean_loss, rate, duration_text(left));
}

void TrainingLoop::save(const Trainer& trainer) const {
  io::write_file_atomic(out, trainer.save());
  if (plot.empty() || history_.empty()) return;
  history_.write(numbers_file(plot));
  io::write_file_atomic(plot, figure::loss_curve(title, history_.curve()));
}

/// A save that fails in the middle is said and tried again at the next: hours of training are not
/// given up for a disk that is full for a minute.
void TrainingLoop::save_on_the_way(const Trainer& trainer, Progress& progress) const {
  try {
    save(trainer);
  } catch (const IoError& error) {
    progress.complain(
        fmt::format("pathflow: {}; training goes on, and the next save is tried in {}",
                    error.what(), duration_text(save_every)));
  }
}

void TrainingLoop::save_at_the_end(const Trainer& trainer, Progress& progress) const {
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

/// The trainer is as it was before the step that failed: what was learnt until then is kept.
void TrainingLoop::give_up(const Trainer& trainer, std::int64_t first, Progress& progress,
                           const NumericError& error) const {
  if (trainer.steps_done() == first) throw error;
  save_at_the_end(trainer, progress);
  progress.clear();
  const std::string what = std::string(error.what()).substr(error.where().size() + 2);
  throw NumericError(error.where(),
                     what + "; " + out + " holds the run as it was before that step");
}

TrainingLoop::Outcome TrainingLoop::run(Trainer& trainer) {
  const Unfinished training;
  Progress progress(json);
  const std::int64_t first = trainer.steps_done(), steps = trainer.options().steps;
  // A curve wants points enough even where all steps take but a moment.
  Slice slice(plot.empty() ? steps : std::max<std::int64_t>(1, (steps - first) / kCurvePoints));
  double saved_at = 0;
  StepReport report;
  while (trainer.steps_done() < steps && !interrupted()) {
    const double before = progress.seconds();
    try {
      report = trainer.step(std::min(slice.steps(), steps - trainer.steps_done()));
    } catch (const NumericError& error) {
      give_up(trainer, first, progress, error);
    }
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
  return {report, progress.seconds(), trainer.steps_done() - first};
}

}  // namespace pathflow::cli
