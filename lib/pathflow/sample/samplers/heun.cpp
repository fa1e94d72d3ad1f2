// heun: the trapezoidal rule with an Euler predictor, x_s = x_t + (h/2) (v_t + v(x_t + h v_t, s)).
// Order 2, two evaluations a step, the second at s.
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Heun final : public Sampler<T> {
 public:
  Heun(Flow<T>& flow, const SampleOptions&)
      : flow_(flow), slopes_{flow.buffer(), flow.buffer()}, stage_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    constexpr double kFull[] = {1}, kWeights[] = {0.5, 0.5};
    const double h = step.s - step.t;
    flow_.velocity(x, step.t, slopes_[0]);
    combine<T>(x, h, kFull, slopes_, stage_);
    flow_.velocity(stage_, step.s, slopes_[1]);
    combine<T>(x, h, kWeights, slopes_, x);
    return step.s;
  }
  void interpolate(const StepEnds<T>& ends, double u, std::span<T> out) const override {
    interpolate_parabola<T>(ends, slopes_[0], u, out);
  }
  bool evaluates_end() const override { return true; }

 private:
  Flow<T>& flow_;
  std::vector<T> slopes_[2], stage_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_heun, Heun);

}  // namespace pathflow::sample
