// rk4: the classical Runge-Kutta method, weights 1/6, 1/3, 1/3, 1/6. Order 4, four evaluations a
// step, the last at s.
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Rk4 final : public Sampler<T> {
 public:
  Rk4(Flow<T>& flow, const SampleOptions&)
      : flow_(flow),
        slopes_{flow.buffer(), flow.buffer(), flow.buffer(), flow.buffer()},
        stage_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    constexpr double kSecond[] = {0.5}, kThird[] = {0, 0.5}, kFourth[] = {0, 0, 1};
    constexpr double kWeights[] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    const double h = step.s - step.t, middle = step.t + 0.5 * h;
    flow_.velocity(x, step.t, slopes_[0]);
    combine<T>(x, h, kSecond, slopes_, stage_);
    flow_.velocity(stage_, middle, slopes_[1]);
    combine<T>(x, h, kThird, slopes_, stage_);
    flow_.velocity(stage_, middle, slopes_[2]);
    combine<T>(x, h, kFourth, slopes_, stage_);
    flow_.velocity(stage_, step.s, slopes_[3]);
    combine<T>(x, h, kWeights, slopes_, x);
    return step.s;
  }
  void interpolate(const StepEnds<T>& ends, double u, std::span<T> out) const override {
    interpolate_parabola<T>(ends, slopes_[0], u, out);
  }
  bool evaluates_end() const override { return true; }

 private:
  Flow<T>& flow_;
  std::vector<T> slopes_[4], stage_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_rk4, Rk4);

}  // namespace pathflow::sample
