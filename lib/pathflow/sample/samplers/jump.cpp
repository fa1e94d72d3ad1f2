// jump: x_s = x_t - (t - s) u(x_t, s, t) by a model that knows its mean velocity u over [s, t]
// (objectives mean-flow and shortcut): one evaluation a step, exact at any step for the exact u, so
// that one step is enough. Source: Geng et al., "Mean flows for one-step generative modeling",
// 2025, eq. 12; Frans et al., "One step diffusion via shortcut models", 2024, algorithm 2.
#include <algorithm>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Jump final : public Sampler<T> {
 public:
  Jump(Flow<T>& flow, const SampleOptions&) : flow_(flow), end_(flow.buffer()) {
    if (flow.jumps()) return;
    throw_error(ErrorCode::kInvalidArgument, "sample",
                "sampler \"jump\" needs a model of mean velocities (objective mean-flow or "
                "shortcut), got one without: use an ODE sampler, or \"consistency\"");
  }

  double advance(const Step& step, std::span<T> x) override {
    flow_.jump(x, step.t, step.s, end_);
    std::copy(end_.begin(), end_.end(), x.begin());
    return step.s;
  }
  bool reversible() const override { return false; }
  bool draws_noise() const override { return false; }

 private:
  Flow<T>& flow_;
  std::vector<T> end_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_jump, Jump);

}  // namespace pathflow::sample
