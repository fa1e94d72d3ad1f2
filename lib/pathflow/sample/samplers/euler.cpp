// euler: x_s = x_t + (s - t) v(x_t, t). Order 1, one evaluation a step. On `linear` this is
// alpha-deblending, bit for bit.
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Euler final : public Sampler<T> {
 public:
  Euler(Flow<T>& flow, const SampleOptions&) : flow_(flow), slopes_{flow.buffer()} {}

  double advance(const Step& step, std::span<T> x) override {
    constexpr double kWeights[] = {1};
    flow_.velocity(x, step.t, slopes_[0]);
    combine<T>(x, step.s - step.t, kWeights, slopes_, x);
    return step.s;
  }
  void interpolate(const StepEnds<T>& ends, double u, std::span<T> out) const override {
    interpolate_parabola<T>(ends, slopes_[0], u, out);  // the parabola of a straight step: a line
  }

 private:
  Flow<T>& flow_;
  std::vector<T> slopes_[1];
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_euler, Euler);

}  // namespace pathflow::sample
