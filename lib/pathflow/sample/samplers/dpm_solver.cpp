// dpm-solver-2, dpm-solver-3: singlestep exponential integrators of the probability-flow ODE in
// lambda = ln(alpha / sigma) that hold the noise's slope. With h = lambda_s - lambda_t,
//   2   x_s = ddim - sigma_s (e^h - 1) (N_u - N) / (2 r),                 u half way in lambda
//   3   x_s = ddim - (sigma_s / r2) ((e^h - 1) / h - 1) (N_u2 - N),       u1, u2 at 1/3 and 2/3
// Orders 2 and 3 with two and three evaluations a step, none at s. Order 1 is ddim. A step that
// begins or ends at infinite lambda is ddim. For any source, both ways. Source: Lu et al.,
// "DPM-Solver", NeurIPS 2022, algorithms 1 and 2.
#include <utility>

#include "pathflow/sample/samplers/ends.hpp"

namespace pathflow::sample {
namespace {

using detail::add_difference;
using detail::Level;

template <class T>
class DpmSolver : public Sampler<T> {
 public:
  double advance(const Step& step, std::span<T> x) override {
    const Level at = detail::level_at(flow_.schedule(), step.t);
    const Level to = detail::level_at(flow_.schedule(), step.s);
    ends_.evaluate(x, step.t);
    ends_.combine(0, 1, x, noise_);
    if (std::isfinite(to.lambda - at.lambda)) {
      correct(at, to, x);
    } else {
      ends_.combine(to.alpha, to.sigma, x, x);
    }
    return step.s;
  }

 protected:
  explicit DpmSolver(Flow<T>& flow)
      : flow_(flow), ends_(flow), noise_(flow.buffer()), stage_(flow.buffer()) {}

  /// x goes to `to`; N at `at` is in noise_, the model's ends are those of x.
  virtual void correct(const Level& at, const Level& to, std::span<T> x) = 0;

  Level between(const Level& at, const Level& to, double share) const {
    return detail::level_between<T>(flow_.schedule(), at, to, share);
  }
  /// stage_ = N at (stage_, t).
  void noise_of_stage(double t) {
    ends_.evaluate(stage_, t);
    ends_.combine(0, 1, stage_, stage_);
  }

  Flow<T>& flow_;
  detail::Ends<T> ends_;
  std::vector<T> noise_, stage_;
};

template <class T>
class DpmSolver2 final : public DpmSolver<T> {
 public:
  DpmSolver2(Flow<T>& flow, const SampleOptions&) : DpmSolver<T>(flow) {}

 private:
  void correct(const Level& at, const Level& to, std::span<T> x) override {
    const Level middle = this->between(at, to, 0.5);
    const double h = to.lambda - at.lambda, r = (middle.lambda - at.lambda) / h;
    this->ends_.combine(middle.alpha, middle.sigma, x, this->stage_);
    this->ends_.combine(to.alpha, to.sigma, x, x);
    this->noise_of_stage(middle.t);
    add_difference<T>(-to.sigma * std::expm1(h) / (2 * r), this->stage_, this->noise_, x);
  }
};

template <class T>
class DpmSolver3 final : public DpmSolver<T> {
 public:
  DpmSolver3(Flow<T>& flow, const SampleOptions&) : DpmSolver<T>(flow), second_(flow.buffer()) {}

 private:
  void correct(const Level& at, const Level& to, std::span<T> x) override {
    const Level one = this->between(at, to, 1.0 / 3), two = this->between(at, to, 2.0 / 3);
    const double h = to.lambda - at.lambda;
    const double h1 = one.lambda - at.lambda, h2 = two.lambda - at.lambda;
    this->ends_.combine(one.alpha, one.sigma, x, this->stage_);
    this->ends_.combine(two.alpha, two.sigma, x, second_);
    this->ends_.combine(to.alpha, to.sigma, x, x);
    this->noise_of_stage(one.t);
    const double first = -two.sigma * (h2 / h1) * (std::expm1(h2) / h2 - 1);
    add_difference<T>(first, this->stage_, this->noise_, second_);
    std::swap(this->stage_, second_);
    this->noise_of_stage(two.t);
    const double last = -to.sigma * (h / h2) * (std::expm1(h) / h - 1);
    add_difference<T>(last, this->stage_, this->noise_, x);
  }

  std::vector<T> second_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_dpm_solver_2, DpmSolver2);
PATHFLOW_DEFINE_SAMPLER(make_dpm_solver_3, DpmSolver3);

}  // namespace pathflow::sample
