// mean-flow: u(x, t, t - r), the mean velocity over [r, t], from its own derivative along the path,
//     u = v - (t - r) (v . du/dx + du/dt),   the total derivative of (t - r) u = int_r^t v,
// with the right-hand side held fixed, and v replaced by the conditional velocity, whose mean it is
// in a form linear in it. The derivative is one Jacobian-vector product, along (v, 1) in (x, t): t
// - r, which the network sees beside t, grows as t does. r and t are two draws of the time law,
// sorted. Source: Geng et al., "Mean flows for one-step generative modeling", 2025, eq. 6 to 11
// and 22.
#include "pathflow/base/random.hpp"
#include "pathflow/train/losses/flow_map.hpp"

namespace pathflow::train {
namespace {

using graph::Value;

enum Input { kX, kT, kSpan, kVelocity };

/// Of the adaptive weight: errors well below its root weigh alike.
constexpr double kAdaptiveFloor = 1e-3;

class MeanFlow final : public FlowMap {
 public:
  explicit MeanFlow(const LossSetup& setup)
      : FlowMap(setup), law_(options().time_law, interval(), schedule()) {}

  std::vector<LossInput> inputs() const override {
    return {{"x", options().dimension}, {"t"}, {"span"}, {"velocity", options().dimension}};
  }

  Value record(const RecordedNetwork& network, std::span<const Value> in) const override {
    const Value error =
        with_flow_error(step_error(network, in), network, in[kX], in[kT], in[kVelocity]);
    const double p = options().adaptive_power;
    if (p == 0) return mean_of_rows(graph::square(error));
    const Value squares = graph::sum(graph::square(error), 1, true);
    return mean_of_rows(graph::detach(graph::exp(-p * graph::log(squares + kAdaptiveFloor))) *
                        squares);
  }

  void fill(const Draws& draws, std::span<const std::span<float>> out) const override {
    const Random random(draws.seed, Purpose::kSecondTime);
    const bool stratified = options().time_law == "stratified";
    const std::size_t steps = static_cast<std::size_t>(step_rows());
    for (std::size_t i = 0; i < draws.rows; ++i) {
      double t = time_of(draws, i), r = t;
      if (i < steps) {
        // Two stratified draws of one row would fall into one stratum.
        r = stratified ? law_.at(random.uniform(draws.step, i))
                       : law_.time(random, draws.step, i, draws.rows);
        if (r > t) std::swap(r, t);
      }
      out[kT][i] = static_cast<float>(t);
      out[kSpan][i] = static_cast<float>(t - r);
      write_row(draws, i, t, out[kX], out[kVelocity]);
    }
  }

 private:
  Value step_error(const RecordedNetwork& network, std::span<const Value> in) const {
    const std::int64_t n = step_rows();
    const auto cut = [&](Input which) { return graph::slice(in[which], 0, 0, n); };
    const Value x = cut(kX), t = cut(kT), span = cut(kSpan), v = cut(kVelocity);
    const Value u = mean_velocity(network.part(0, n), x, t, span);
    const Value one = graph::constant(network.graph, 1.0, t.shape());
    const Value along = graph::jvp({u}, {x, t, span}, {v, one, one})[0];
    return u - graph::detach(v - span * along);
  }

  path::TimeLaw law_;
};

}  // namespace

std::unique_ptr<Loss> make_mean_flow(const LossSetup& setup) {
  return std::make_unique<MeanFlow>(setup);
}

}  // namespace pathflow::train
