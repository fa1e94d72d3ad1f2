// dopri5: the Dormand-Prince 5(4) pair with local extrapolation, adaptive steps, first-same-as-last
// and fourth-order dense output.
//
// Error of a step: e = h (b - b^) . k against atol + rtol max(|x_t|, |x_s|), as the RMS over a
// point's coordinates and the largest over the batch: every point keeps its tolerance whatever else
// is in the batch. A step is accepted at ratio <= 1; the next is 0.9 ratio^(-1/5) times as long,
// between 0.2 and 10 times, and not longer right after a rejection. The last step is cut to end at
// `to`, so NFE = 2 + 6 (accepted + rejected): the first slope, one more to choose the first step,
// and six a step.
// Source: Dormand and Prince 1980; Hairer, Norsett, Wanner, "Solving ODEs I", II.4 (first step) and
// II.6 (dense output).
#include <algorithm>
#include <cmath>
#include <limits>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample {
namespace {

constexpr double kNodes[] = {0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1};
constexpr double kStage2[] = {1.0 / 5};
constexpr double kStage3[] = {3.0 / 40, 9.0 / 40};
constexpr double kStage4[] = {44.0 / 45, -56.0 / 15, 32.0 / 9};
constexpr double kStage5[] = {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729};
constexpr double kStage6[] = {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176,
                              -5103.0 / 18656};
constexpr double kStage7[] = {35.0 / 384,     0,        500.0 / 1113, 125.0 / 192,
                              -2187.0 / 6784, 11.0 / 84};  // the fifth-order answer
constexpr std::span<const double> kStages[] = {{},      kStage2, kStage3, kStage4,
                                               kStage5, kStage6, kStage7};
constexpr double kError[] = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                             -17253.0 / 339200, 22.0 / 525, -1.0 / 40};
constexpr double kDense[] = {-12715105075.0 / 11282082432.0,  0,
                             87487479700.0 / 32700410799.0,   -10690763975.0 / 1880347072.0,
                             701980252875.0 / 199316789632.0, -1453857185.0 / 822651844.0,
                             69997945.0 / 29380423.0};
constexpr std::int64_t kMaxAttempts = 1'000'000;

template <class T>
class Dopri5 final : public Sampler<T> {
 public:
  Dopri5(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow), rtol_(options.rtol), atol_(options.atol), next_(flow.buffer()) {
    check_not_negative("sample", "rtol", rtol_);
    check_not_negative("sample", "atol", atol_);
    check_positive("sample", "rtol + atol", rtol_ + atol_);
    for (std::vector<T>& slope : slopes_) slope = flow.buffer();
  }

  double advance(const Step& step, std::span<T> x) override {
    if (length_ == 0) {
      flow_.velocity(x, step.t, slopes_[0]);
      length_ = first_length(step, x);
    } else {
      std::swap(slopes_[0], slopes_[6]);
    }
    const double remaining = std::abs(step.s - step.t), sign = step.s < step.t ? -1 : 1;
    for (bool rejected = false;; rejected = true) {
      const bool last = length_ >= remaining;
      const double h = sign * (last ? remaining : length_);
      const double ratio = attempt(step.t, h, x);
      const double factor = std::clamp(0.9 * std::pow(ratio, -0.2), 0.2, 10.0);
      length_ = std::abs(h) * (rejected || ratio > 1 ? std::min(factor, 1.0) : factor);
      check_progress(step, h, ratio);
      if (ratio > 1) {
        ++rejected_;
        continue;
      }
      ++accepted_;
      std::copy(next_.begin(), next_.end(), x.begin());
      return last ? step.s : step.t + h;
    }
  }

  // Hairer's contd5: the quartic that matches both ends and both end slopes.
  void interpolate(const StepEnds<T>& ends, double u, std::span<T> out) const override {
    const T h = static_cast<T>(ends.s - ends.t);
    const T r = static_cast<T>((u - ends.t) / (ends.s - ends.t)), l = 1 - r;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const T rise = ends.after[i] - ends.before[i];
      const T start = h * slopes_[0][i] - rise, end = rise - h * slopes_[6][i] - start;
      T quartic = 0;
      for (std::size_t s = 0; s < 7; ++s) quartic += static_cast<T>(kDense[s]) * slopes_[s][i];
      out[i] = ends.before[i] + r * (rise + l * (start + r * (end + l * h * quartic)));
    }
  }
  bool evaluates_end() const override { return true; }
  bool adaptive() const override { return true; }
  std::int64_t accepted() const override { return accepted_; }
  std::int64_t rejected() const override { return rejected_; }

 private:
  // Largest over points of the RMS over coordinates of |value| / tolerance.
  template <class Value>
  double norm(std::span<const T> x, std::span<const T> y, Value value) const {
    const std::size_t d = flow_.dimension();
    double largest = 0;
    for (std::size_t row = 0; row < x.size(); row += d) {
      double squares = 0;
      for (std::size_t i = row; i < row + d; ++i) {
        const double size = static_cast<double>(std::max(std::abs(x[i]), std::abs(y[i])));
        const double scaled = value(i) / (atol_ + rtol_ * size);
        squares += scaled * scaled;
      }
      // Written so that a NaN (0 / 0 where atol and x are both 0) counts as too large.
      if (!(squares <= largest)) largest = squares;
    }
    return std::sqrt(largest / static_cast<double>(d));
  }

  // Stages and answer from (x, t) with step h; returns the error ratio.
  double attempt(double t, double h, std::span<const T> x) {
    for (std::size_t s = 1; s < 7; ++s) {
      combine<T>(x, h, kStages[s], slopes_, next_);
      flow_.velocity(next_, t + kNodes[s] * h, slopes_[s]);
    }
    return norm(x, next_, [&](std::size_t i) {
      double error = 0;
      for (std::size_t s = 0; s < 7; ++s) error += kError[s] * static_cast<double>(slopes_[s][i]);
      return h * error;
    });
  }

  // A first step whose explicit Euler error is a hundredth of the tolerance.
  double first_length(const Step& step, std::span<const T> x) {
    const double whole = std::abs(step.s - step.t), sign = step.s < step.t ? -1 : 1;
    const double d0 = norm(x, x, [&](std::size_t i) { return static_cast<double>(x[i]); });
    const double d1 = norm(x, x, [&](std::size_t i) { return static_cast<double>(slopes_[0][i]); });
    const double trial = std::min(whole, d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : 0.01 * d0 / d1);
    combine<T>(x, sign * trial, kStageOne, slopes_, next_);
    flow_.velocity(next_, step.t + sign * trial, slopes_[1]);
    const double d2 = norm(x, x, [&](std::size_t i) {
      return static_cast<double>(slopes_[1][i] - slopes_[0][i]) / trial;
    });
    const double curvature = std::max(d1, d2);
    const double by_curvature =
        curvature <= 1e-15 ? std::max(1e-6, 1e-3 * trial) : std::pow(0.01 / curvature, 0.2);
    return std::min({100 * trial, by_curvature, whole});
  }

  void check_progress(const Step& step, double h, double ratio) const {
    const double smallest = 16 * static_cast<double>(std::numeric_limits<T>::epsilon()) *
                            std::max(std::abs(step.t), std::abs(step.s));
    const bool stuck = !(ratio <= 1) && !(length_ > smallest);
    if (!stuck && accepted_ + rejected_ < kMaxAttempts) return;
    throw_error(ErrorCode::kNumeric, "sample",
                {"dopri5 cannot keep rtol ", rtol_, ", atol ", atol_, ": step ", std::abs(h),
                 " at t = ", step.t, " is too short to go on"});
  }

  static constexpr double kStageOne[] = {1};
  Flow<T>& flow_;
  double rtol_, atol_;
  std::vector<T> next_, slopes_[7];
  double length_ = 0;  // of the next step; 0 before the first
  std::int64_t accepted_ = 0, rejected_ = 0;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_dopri5, Dopri5);

}  // namespace pathflow::sample
