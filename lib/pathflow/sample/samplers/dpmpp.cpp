// dpmpp-2s, dpmpp-2m, dpmpp-3m: DPM-Solver++, exponential integrators of the probability-flow ODE
// in lambda = ln(alpha / sigma) that hold the denoiser's slope. With h = lambda_s - lambda_t,
//   x_s = alpha_s D + sigma_s N + alpha_s (1 - e^-h) (D^ - D),
// whose first part is ddim, and D^ - D extrapolates D in lambda:
//   2s   (D_u - D) / (2 r), u half way in lambda: two evaluations a step, none at s
//   2m   (D - D_before) / (2 r) from the step before: one evaluation a step
//   3m   a parabola through the two steps before, begun by one step of 2s
// Orders 2, 2, 3. A step that begins or ends at infinite lambda is ddim. For any source, both ways.
// Source: Lu et al., "DPM-Solver++", 2022, algorithms 1 and 2; k-diffusion's 3M for the parabola.
#include <limits>
#include <utility>

#include "pathflow/sample/samplers/ends.hpp"

namespace pathflow::sample {
namespace {

using detail::add_difference;
using detail::Level;

/// D of the present and its extrapolations.
template <class T>
class Denoised {
 public:
  explicit Denoised(Flow<T>& flow)
      : flow_(flow), ends_(flow), data_(flow.buffer()), stage_(flow.buffer()) {}

  /// x goes to s by ddim; D at (x, t) stays in data().
  void ddim(const Level& at, const Level& to, std::span<T> x) {
    ends_.evaluate(x, at.t);
    ends_.combine(1, 0, x, data_);
    ends_.combine(to.alpha, to.sigma, x, x);
  }
  /// The same by the singlestep method of second order.
  void singlestep(const Level& at, const Level& to, std::span<T> x) {
    const Level middle = detail::level_between<T>(flow_.schedule(), at, to, 0.5);
    ends_.evaluate(x, at.t);
    ends_.combine(1, 0, x, data_);
    ends_.combine(middle.alpha, middle.sigma, x, stage_);
    ends_.combine(to.alpha, to.sigma, x, x);
    ends_.evaluate(stage_, middle.t);
    ends_.combine(1, 0, stage_, stage_);
    const double h = to.lambda - at.lambda, r = (middle.lambda - at.lambda) / h;
    add_difference<T>(to.alpha * -std::expm1(-h) / (2 * r), stage_, data_, x);
  }
  std::vector<T>& data() { return data_; }

 private:
  Flow<T>& flow_;
  detail::Ends<T> ends_;
  std::vector<T> data_, stage_;
};

template <class T>
class Singlestep final : public Sampler<T> {
 public:
  Singlestep(Flow<T>& flow, const SampleOptions&) : flow_(flow), denoised_(flow) {}

  double advance(const Step& step, std::span<T> x) override {
    const Level at = detail::level_at(flow_.schedule(), step.t);
    const Level to = detail::level_at(flow_.schedule(), step.s);
    if (std::isfinite(to.lambda - at.lambda)) {
      denoised_.singlestep(at, to, x);
    } else {
      denoised_.ddim(at, to, x);
    }
    return step.s;
  }

 private:
  Flow<T>& flow_;
  Denoised<T> denoised_;
};

template <class T>
class Multistep2 final : public Sampler<T> {
 public:
  Multistep2(Flow<T>& flow, const SampleOptions&)
      : flow_(flow), denoised_(flow), before_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    const Level at = detail::level_at(flow_.schedule(), step.t);
    const Level to = detail::level_at(flow_.schedule(), step.s);
    const double h = to.lambda - at.lambda;
    denoised_.ddim(at, to, x);
    if (std::isfinite(h) && std::isfinite(last_)) {
      add_difference<T>(to.alpha * -std::expm1(-h) * h / (2 * last_), denoised_.data(), before_, x);
    }
    std::swap(before_, denoised_.data());
    last_ = h;
    return step.s;
  }

 private:
  Flow<T>& flow_;
  Denoised<T> denoised_;
  std::vector<T> before_;
  double last_ =
      std::numeric_limits<double>::infinity();  ///< h of the step before, if there is one
};

template <class T>
class Multistep3 final : public Sampler<T> {
 public:
  Multistep3(Flow<T>& flow, const SampleOptions&)
      : flow_(flow), denoised_(flow), before_(flow.buffer()), earlier_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    const Level at = detail::level_at(flow_.schedule(), step.t);
    const Level to = detail::level_at(flow_.schedule(), step.s);
    const double h = to.lambda - at.lambda;
    if (std::isfinite(h) && !std::isfinite(last_)) {
      denoised_.singlestep(at, to, x);
    } else {
      denoised_.ddim(at, to, x);
      if (std::isfinite(h)) extrapolate(h, to, x);
    }
    std::swap(earlier_, before_);
    std::swap(before_, denoised_.data());
    last_but_one_ = last_;
    last_ = h;
    return step.s;
  }

 private:
  /// x += alpha_s [phi_2 h D' - phi_3 h^2 D''], derivatives in lambda from the last three D;
  /// phi_2 = (e^-h - 1) / h + 1, phi_3 = phi_2 / h - 1/2.
  void extrapolate(double h, const Level& to, std::span<T> x) {
    const double r0 = last_ / h, phi2 = std::expm1(-h) / h + 1;
    const std::vector<T>& data = denoised_.data();
    if (!std::isfinite(last_but_one_)) {
      return add_difference<T>(to.alpha * phi2 / r0, data, before_, x);
    }
    const double r1 = last_but_one_ / h, phi3 = phi2 / h - 0.5;
    // With d0 = (D - D_before) / r0 and d1 = (D_before - D_earlier) / r1, the slopes half way back,
    // h^2 D'' = 2 (d0 - d1) / (r0 + r1) and h D' = d0 + r0 h^2 D'' / 2. (The authors' code and
    // those that follow it lack the 2 and converge with second order.)
    const double curve = (phi2 * r0 - 2 * phi3) / (r0 + r1);
    add_difference<T>(to.alpha * (phi2 + curve) / r0, data, before_, x);
    add_difference<T>(-to.alpha * curve / r1, before_, earlier_, x);
  }

  Flow<T>& flow_;
  Denoised<T> denoised_;
  std::vector<T> before_, earlier_;
  double last_ = std::numeric_limits<double>::infinity();
  double last_but_one_ = std::numeric_limits<double>::infinity();
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_dpmpp_2s, Singlestep);
PATHFLOW_DEFINE_SAMPLER(make_dpmpp_2m, Multistep2);
PATHFLOW_DEFINE_SAMPLER(make_dpmpp_3m, Multistep3);

}  // namespace pathflow::sample
