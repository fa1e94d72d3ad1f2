// consistency and consistency-distillation: f(x, t), where the ODE's path through x at t ends at
// the data, from its being the same along the path and x there:
//     E w |f(x_t, t) - f(x_r, r)|^2,   r before t,   f(x, t_min) = x / alpha
// with f(x_r, r) held fixed and made by the averaged weights. x_r is the same endpoints' point at r
// (training), or where one midpoint step of a teacher's ODE brings x_t (distillation). The boundary
// holds by construction, for any schedule: with s, r the scales of data and source, V = alpha^2 s^2
// + sigma^2 r^2 and Delta = sigma - alpha sigma_min / alpha_min, which is 0 at t_min,
//     f = alpha s^2 / (Delta^2 r^2 + alpha^2 s^2) x + Delta s r / sqrt(V) F(x / sqrt(V), t).
// w is 1 over F's factor: with 1 on f's own error many-step samples of 8 gaussians were twice as
// far off, with its square, F's own error, one-step samples a tenth farther. N doubles from 4 to
// consistency_steps over the first half of the steps. Source: Song et al., "Consistency models",
// 2023, eq. 5, 7, 10 and appendix C, whose variable is sigma at alpha = 1.
#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/train/loss.hpp"
#include "pathflow/train/teacher.hpp"

namespace pathflow::train {
namespace {

using graph::Value;

// The last two are distillation's, in place of kOther.
enum Input { kX, kAt, kOtherAt, kWeight, kOther, kTeacher = kOther, kMiddle };

constexpr std::int64_t kFirstSteps = 4;
/// Nearer to the data all times weigh alike.
constexpr double kLeastOutput = 1e-3;

class Consistency final : public Loss {
 public:
  Consistency(const LossSetup& setup, bool distils) : Loss(setup), distils_(distils) {
    require(options().predict == "velocity" || options().predict == "data",
            message({"gives the data end, predict must be \"data\" or left out, got \"",
                     options().predict, "\""}));
    require_default_weight();
    require_all_times();
    if (distils) check_teacher();
  }

  std::vector<LossInput> inputs() const override {
    const std::int64_t d = options().dimension;
    std::vector<LossInput> list{{"x", d}, {"at", 4}, {"other_at", 4}, {"weight"}};
    if (!distils_) list.push_back({"other", d});
    if (distils_) list.insert(list.end(), {{"teacher", 4}, {"middle", 4}});
    return list;
  }

  Value record(const RecordedNetwork& network, std::span<const Value> in) const override {
    const Value other = distils_ ? teacher_step(network, in) : in[kOther];
    const Value target = graph::detach(end_of_path(network.average(), other, in[kOtherAt]));
    return mean_of_rows(in[kWeight] *
                        graph::square(end_of_path(network, in[kX], in[kAt]) - target));
  }

  void fill(const Draws& draws, std::span<const std::span<float>> out) const override {
    const path::Interval all = interval();
    const double turn =
        (angle(all.high) - angle(all.low)) / static_cast<double>(steps_at(draws.step));
    for (std::size_t i = 0; i < draws.rows; ++i) {
      const double t = draws.times[i], r = nearer(t, turn);
      write_reading(t, out[kAt].subspan(4 * i, 4));
      out[kWeight][i] = static_cast<float>(1 / std::max(reading(t).output, kLeastOutput));
      write_reading(r, out[kOtherAt].subspan(4 * i, 4));
      if (distils_) {
        const double middle = 0.5 * (t + r);
        ends().teacher->write_velocity(t, middle - t, out[kTeacher].subspan(4 * i, 4));
        ends().teacher->write_velocity(middle, r - t, out[kMiddle].subspan(4 * i, 4));
      } else {
        write_points(draws, i, r, out[kOther]);
      }
      write_points(draws, i, t, out[kX]);
    }
  }

  const Teacher* teacher() const override { return distils_ ? ends().teacher.get() : nullptr; }
  Objective::Reading reading(double t) const override {
    const path::Coefficients at = schedule().at(t), least = schedule().at(schedule().t_min());
    const double s = objective().scales().data, r = objective().scales().source;
    const double data = at.alpha * s, source = at.sigma * r;
    const double delta = (at.sigma - at.alpha * least.sigma / least.alpha) * r;
    const double size = std::hypot(data, source);
    return {.input = 1 / size,
            .skip = data * s / (delta * delta + data * data),
            .output = delta * s / size};
  }
  path::Prediction prediction() const override { return path::Prediction::kData; }
  bool has_velocity() const override { return false; }

 private:
  void check_teacher() const {
    require(ends().teacher != nullptr,
            "learns from a teacher, a run saved before (--teacher, teacher): got none; objective "
            "\"consistency\" needs none");
    const TrainOptions& known = ends().teacher->options();
    const auto same = [&](const char* what, MessagePart wanted, MessagePart got, bool equal) {
      require(equal, message({"needs its teacher's ", what, ", ", wanted, ", got ", got}));
    };
    same("schedule", known.schedule, options().schedule, known.schedule == options().schedule);
    same("dimension", known.dimension, options().dimension, known.dimension == options().dimension);
    same("classes", known.classes, options().classes, known.classes == options().classes);
    same("source", known.source, options().source,
         (known.source == "gaussian") == ends().source.gaussian());
  }

  std::int64_t steps_at(std::uint64_t step) const {
    std::int64_t doublings = 0;
    while ((kFirstSteps << doublings) < options().consistency_steps) ++doublings;
    const double share = 2 * static_cast<double>(step) / static_cast<double>(options().steps);
    const auto done = static_cast<std::int64_t>(share * static_cast<double>(doublings));
    return std::min(kFirstSteps << std::min(done, doublings), options().consistency_steps);
  }

  /// Of (alpha, sigma) in the plane: it rises at a finite rate on every schedule, from about 0 to a
  /// quarter turn.
  double angle(double t) const {
    const path::Coefficients at = schedule().at(t);
    return std::atan2(at.sigma, at.alpha);
  }
  /// The time whose angle is `turn` less, or the first.
  double nearer(double t, double turn) const {
    const double wanted = angle(t) - turn, first = schedule().t_min();
    if (wanted <= angle(first)) return first;
    return std::clamp(schedule().time_of_log_snr(-2 * std::log(std::tan(wanted))), first, t);
  }

  /// (t, input, skip, output)
  void write_reading(double t, std::span<float> out) const {
    const Objective::Reading read = reading(t);
    out[0] = static_cast<float>(t);
    out[1] = static_cast<float>(read.input);
    out[2] = static_cast<float>(read.skip);
    out[3] = static_cast<float>(read.output);
  }
  void write_points(const Draws& draws, std::size_t i, double t, std::span<float> x) const {
    const path::Coefficients at = schedule().at(t);
    draws.mix(i, at.alpha, at.sigma, x);
  }

  static Value end_of_path(const RecordedNetwork& network, Value x, Value at) {
    const auto column = [&](std::int64_t k) { return graph::slice(at, 1, k, k + 1); };
    return column(2) * x + column(3) * network(column(1) * x, column(0));
  }
  Value teacher_step(const RecordedNetwork& network, std::span<const Value> in) const {
    const std::vector<Value> weights = ends().teacher->record_weights(network.graph);
    const auto step = [&](Value at_point, Value how) {
      return ends().teacher->step(network, weights, at_point, how);
    };
    return in[kX] + step(in[kX] + step(in[kX], in[kTeacher]), in[kMiddle]);
  }

  bool distils_;
};

}  // namespace

std::unique_ptr<Loss> make_consistency(const LossSetup& setup) {
  return std::make_unique<Consistency>(setup, false);
}
std::unique_ptr<Loss> make_consistency_distillation(const LossSetup& setup) {
  return std::make_unique<Consistency>(setup, true);
}

}  // namespace pathflow::train
