#include "pathflow/sample/sample.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/guidance.hpp"
#include "pathflow/sample/option_table.hpp"
#include "pathflow/sample/sampler.hpp"
#include "pathflow/sample/samplers/ends.hpp"
#include "pathflow/sample/time_grid.hpp"

namespace pathflow::sample {
namespace {

constexpr std::string_view kWhere = "sample";

template <class T>
Span resolve_span(const Sampler<T>& sampler, const Flow<T>& flow, const SampleOptions& options) {
  const path::Schedule& schedule = flow.schedule();
  const path::Interval usable = sampler.interval(path::time_interval(flow.prediction(), schedule));
  Span span{usable.high, sampler.evaluates_end() ? usable.low : schedule.t_min()};
  if (options.toward_source) {
    span = {usable.low, sampler.evaluates_end() ? usable.high : schedule.t_max()};
  }
  span.from = options.from.value_or(span.from);
  span.to = options.to.value_or(span.to);
  if (!options.times.empty()) return {options.times.front(), options.times.back()};
  return span;
}

void check_span(const Span& span, const path::Schedule& schedule, bool reversible,
                const SampleOptions& options) {
  check_between(kWhere, "from", span.from, schedule.t_min(), schedule.t_max());
  check_between(kWhere, "to", span.to, schedule.t_min(), schedule.t_max());
  if (span.from == span.to) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"from and to must differ, got ", span.to, " for both"});
  }
  if (span.from < span.to && !reversible) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {options.sampler, " goes from source to data only (from > to), got from ",
                 span.from, " to ", span.to});
  }
}

/// A grid of the caller's own.
void check_times(const SampleOptions& options, const path::Schedule& schedule, bool adaptive) {
  const std::vector<double>& times = options.times;
  if (times.empty()) return;
  if (times.size() == 1 || options.from || options.to || adaptive) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"times must be at least two, of a sampler with a grid, without from or to, got ",
                 times.size(), " for ", options.sampler,
                 options.from || options.to ? " beside from or to" : ""});
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    check_between(kWhere, "times", times[i], schedule.t_min(), schedule.t_max());
    if (i == 0 || (times[i] - times[i - 1]) * (times.back() - times.front()) > 0) continue;
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"times must rise or fall from each to the next, got ", times[i - 1], " before ",
                 times[i]});
  }
}

void check_keep(const Span& span, const std::vector<double>& keep) {
  const double low = std::min(span.from, span.to), high = std::max(span.from, span.to);
  for (std::size_t k = 0; k < keep.size(); ++k) {
    check_between(kWhere, message({"keep[", k, "]"}), keep[k], low, high);
    if (k > 0 && (keep[k] - keep[k - 1]) * (span.to - span.from) < 0) {
      throw_error(
          ErrorCode::kInvalidArgument, kWhere,
          {"keep must be ordered from `from` to `to`, got ", keep[k - 1], " before ", keep[k]});
    }
  }
}

template <class T>
void check_start(const tensor::Matrix<T>& start, std::size_t d) {
  if (start.shape(1) != d || start.shape(0) == 0) {
    throw_error(ErrorCode::kShape, kWhere,
                {"start must have at least one row of the model's ", d, " coordinates, got shape [",
                 start.shape(0), ", ", start.shape(1), "]"});
  }
  const std::size_t row = first_bad_row(std::span<const T>(start.data(), start.size()), d);
  if (row < start.shape(0)) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"start must be finite, got a value that is not in row ", row});
  }
}

void check_last_step(const std::string& name, bool adaptive) {
  const std::vector<std::string>& names = last_step_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw_unknown_name(kWhere, "last_step", name, names);
  }
  if (name == "tweedie" && adaptive) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                "last_step \"tweedie\" needs a sampler with a grid of steps, got one that chooses "
                "its own");
  }
}

// The grid in the precision of T, so that step sizes and the times the model sees agree.
template <class T>
std::vector<double> rounded_grid(const Span& span, const path::Schedule& schedule,
                                 const SampleOptions& options, bool adaptive) {
  std::vector<double> grid =
      !options.times.empty()
          ? options.times
          : time_grid(options.grid, schedule, span.from, span.to, adaptive ? 1 : options.steps,
                      {.rho = options.grid_rho, .shift = options.grid_shift});
  if (adaptive) grid = {span.from, span.to};
  for (double& t : grid) t = static_cast<double>(static_cast<T>(t));
  for (std::size_t i = 1; i < grid.size(); ++i) {
    if ((grid[i] - grid[i - 1]) * (span.to - span.from) > 0) continue;
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"steps must leave times that differ in this precision, got ", options.steps,
                 " steps that meet at t = ", grid[i]});
  }
  return grid;
}

// Keeps the points at chosen times while the driver passes them.
template <class T>
class Recorder {
 public:
  Recorder(const std::vector<double>& keep, std::size_t rows, std::size_t d)
      : keep_(keep), size_(rows * d), kept_(tensor::Cube<T>::from_shape({keep.size(), rows, d})) {
    if (!keep.empty()) before_.resize(size_);
  }

  // Times not after t, from which the run goes to s.
  void start(double t, double s, std::span<const T> x) {
    while (next_ < keep_.size() && (rounded(next_) - t) * (s - t) <= 0) copy(x);
  }
  // Times beyond the end of a grid that stops short.
  void finish(std::span<const T> x) {
    while (next_ < keep_.size()) copy(x);
  }
  void before_step(std::span<const T> x) {
    if (next_ < keep_.size()) std::copy(x.begin(), x.end(), before_.begin());
  }
  void after_step(const Sampler<T>& sampler, double t, double s, std::span<const T> x) {
    for (; next_ < keep_.size(); ++next_) {
      const double u = rounded(next_);
      if ((s - u) * (s - t) < 0) return;
      if (u == s) {
        std::copy(x.begin(), x.end(), slot().begin());
      } else {
        sampler.interpolate({t, s, before_, x}, u, slot());
      }
    }
  }
  tensor::Cube<T>& kept() { return kept_; }

 private:
  double rounded(std::size_t k) const { return static_cast<double>(static_cast<T>(keep_[k])); }
  std::span<T> slot() { return {kept_.data() + next_ * size_, size_}; }
  void copy(std::span<const T> x) {
    std::copy(x.begin(), x.end(), slot().begin());
    ++next_;
  }

  const std::vector<double>& keep_;
  std::size_t size_, next_ = 0;
  tensor::Cube<T> kept_;
  std::vector<T> before_;
};

/// The last step as Tweedie's formula: x_s = alpha_s D(x_t, t).
template <class T>
class Tweedie final : public Sampler<T> {
 public:
  explicit Tweedie(Flow<T>& flow) : flow_(flow), ends_(flow) {}
  double advance(const Step& step, std::span<T> x) override {
    ends_.evaluate(x, step.t);
    ends_.combine(flow_.schedule().at(step.s).alpha, 0, x, x);
    return step.s;
  }

 private:
  Flow<T>& flow_;
  detail::Ends<T> ends_;
};

template <class T>
void check_points(const Flow<T>& flow, double t, std::span<const T> x) {
  const std::size_t row = first_bad_row(x, flow.dimension());
  if (row == flow.rows()) return;
  throw_error(
      ErrorCode::kNumeric, kWhere,
      {"the points stopped being finite at t = ", t, ", first in row ", row, flow.step_text()});
}

template <class T>
void run(Flow<T>& flow, Sampler<T>& method, const std::vector<double>& grid,
         const SampleOptions& options, std::span<T> x, Recorder<T>& recorder) {
  Tweedie<T> tweedie(flow);
  const double from = grid.front(), whole = grid.back() - from;
  recorder.start(from, grid.back(), x);
  std::int64_t taken = 0;
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    const bool denoise = options.last_step == "tweedie" && flow.at_data_end(grid[i + 1]);
    Sampler<T>& sampler = denoise ? static_cast<Sampler<T>&>(tweedie) : method;
    for (double t = grid[i]; t != grid[i + 1];) {
      recorder.before_step(x);
      flow.begin_step(++taken);
      const double reached = sampler.advance({t, grid[i + 1], i}, x);
      check_points(flow, reached, std::span<const T>(x));
      recorder.after_step(sampler, t, reached, x);
      t = reached;
      if (options.progress && !options.progress((t - from) / whole)) {
        throw_error(ErrorCode::kCancelled, kWhere, {"stopped by progress at t = ", t});
      }
    }
  }
  recorder.finish(x);
}

}  // namespace

Span sample_span(path::Prediction prediction, const path::Schedule& schedule,
                 const SampleOptions& options) {
  // float, as nearly every caller samples: a sampler's interval does not depend on the scalar.
  FunctionModel<float> model(1, prediction, nullptr);
  return sample_span(model, schedule, options);
}

Span sample_span(Model<float>& model, const path::Schedule& schedule,
                 const SampleOptions& options) {
  Flow<float> flow(model, schedule, 1);
  return resolve_span(*make_sampler(flow, options), flow, options);
}

template <class T>
SampleResult<T> sample(Model<T>& model, const path::Schedule& schedule,
                       const SampleOptions& options, const tensor::Matrix<T>& start) {
  check_between(kWhere, "steps", static_cast<std::int64_t>(options.steps), 1, 1'000'000);
  check_start(start, model.dimension());
  if (guidance_scale(options) != 1) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"guidance needs a conditional run and a label, got guidance ", options.guidance,
                 " (", options.guidance_convention, ") for a model without"});
  }
  if (model.prediction() == path::Prediction::kScore) {
    require_gaussian_source(options, "a model that predicts the score");
  }
  Flow<T> flow(model, schedule, start.shape(0));
  const std::unique_ptr<Sampler<T>> sampler = make_sampler(flow, options);
  check_last_step(options.last_step, sampler->adaptive());
  if (options.deterministic && sampler->draws_noise()) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"an ODE is wanted, whose ends belong together, got ", options.sampler,
                 ", which draws noise"});
  }
  check_times(options, schedule, sampler->adaptive());
  const Span span = resolve_span(*sampler, flow, options);
  check_span(span, schedule, sampler->reversible(), options);
  check_keep(span, options.keep);
  const std::vector<double> grid = rounded_grid<T>(span, schedule, options, sampler->adaptive());

  SampleResult<T> result;
  result.points = start;
  const std::span<T> x(result.points.data(), result.points.size());
  Recorder<T> recorder(options.keep, flow.rows(), flow.dimension());
  run(flow, *sampler, grid, options, x, recorder);
  result.trajectories = std::move(recorder.kept());
  result.times = options.keep;
  result.evaluations = flow.evaluations();
  result.accepted = sampler->accepted();
  result.rejected = sampler->rejected();
  return result;
}

template SampleResult<float> sample(Model<float>&, const path::Schedule&, const SampleOptions&,
                                    const tensor::Matrix<float>&);
template SampleResult<double> sample(Model<double>&, const path::Schedule&, const SampleOptions&,
                                     const tensor::Matrix<double>&);

}  // namespace pathflow::sample
