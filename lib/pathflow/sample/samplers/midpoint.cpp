// midpoint: x_s = x_t + h v(x_t + (h/2) v_t, t + h/2), h = s - t. Order 2, two evaluations a step,
// none at s.
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Midpoint final : public Sampler<T> {
 public:
  Midpoint(Flow<T>& flow, const SampleOptions&)
      : flow_(flow), slopes_{flow.buffer(), flow.buffer()}, stage_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    constexpr double kHalf[] = {0.5}, kWeights[] = {0, 1};
    const double h = step.s - step.t;
    flow_.velocity(x, step.t, slopes_[0]);
    combine<T>(x, h, kHalf, slopes_, stage_);
    flow_.velocity(stage_, step.t + 0.5 * h, slopes_[1]);
    combine<T>(x, h, kWeights, slopes_, x);
    return step.s;
  }
  void interpolate(const StepEnds<T>& ends, double u, std::span<T> out) const override {
    interpolate_parabola<T>(ends, slopes_[0], u, out);
  }

 private:
  Flow<T>& flow_;
  std::vector<T> slopes_[2], stage_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_midpoint, Midpoint);

}  // namespace pathflow::sample
