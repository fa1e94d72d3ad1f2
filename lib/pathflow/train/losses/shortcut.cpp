// shortcut: u(x, t, d), a step of length d from t, is what two steps of half that length do,
//     u(x, t, d) = (u(x, t, d/2) + u(x', t - d/2, d/2)) / 2,   x' = x - d/2 u(x, t, d/2)
// with the right-hand side held fixed and made by the averaged weights, for lengths of 2^-k of the
// path; the shortest half steps are taken by the velocity, which the other rows learn.
// Source: Frans et al., "One step diffusion via shortcut models", 2024, eq. 4 and 5, algorithm 1.
#include "pathflow/base/random.hpp"
#include "pathflow/train/losses/flow_map.hpp"

namespace pathflow::train {
namespace {

using graph::Value;

enum Input { kX, kT, kStep, kHalf, kVelocity };

/// Lengths learnt: 1, 1/2, ... 2^-(kLengths - 1); two velocity steps of 2^-kLengths make the last.
constexpr std::uint64_t kLengths = 7;

class Shortcut final : public FlowMap {
 public:
  using FlowMap::FlowMap;

  std::vector<LossInput> inputs() const override {
    return {
        {"x", options().dimension}, {"t"}, {"step"}, {"half"}, {"velocity", options().dimension}};
  }

  Value record(const RecordedNetwork& network, std::span<const Value> in) const override {
    return mean_of_rows(graph::square(
        with_flow_error(step_error(network, in), network, in[kX], in[kT], in[kVelocity])));
  }

  void fill(const Draws& draws, std::span<const std::span<float>> out) const override {
    const Random random(draws.seed, Purpose::kSecondTime);
    const path::Interval all = interval();
    const std::size_t steps = static_cast<std::size_t>(step_rows());
    for (std::size_t i = 0; i < draws.rows; ++i) {
      double t = time_of(draws, i), step = 0, half = 0;
      if (i < steps) {
        const auto k = static_cast<int>(random.index(draws.step, i, kLengths));
        step = std::ldexp(all.high - all.low, -k);
        half = k + 1 == static_cast<int>(kLengths) ? 0 : step / 2;
        // The whole step lies on the path.
        const double share = (t - all.low) / (all.high - all.low);
        t = all.low + step + share * (all.high - all.low - step);
      }
      out[kT][i] = static_cast<float>(t);
      out[kStep][i] = static_cast<float>(step);
      out[kHalf][i] = static_cast<float>(half);
      write_row(draws, i, t, out[kX], out[kVelocity]);
    }
  }

 private:
  Value step_error(const RecordedNetwork& network, std::span<const Value> in) const {
    const std::int64_t n = step_rows();
    const auto cut = [&](Input which) { return graph::slice(in[which], 0, 0, n); };
    const Value x = cut(kX), t = cut(kT), step = cut(kStep), half = cut(kHalf);
    const RecordedNetwork part = network.part(0, n), target = part.average();
    const Value length = 0.5 * step;
    const Value first = mean_velocity(target, x, t, half);
    const Value second = mean_velocity(target, x - length * first, t - length, half);
    return mean_velocity(part, x, t, step) - graph::detach(0.5 * (first + second));
  }
};

}  // namespace

std::unique_ptr<Loss> make_shortcut(const LossSetup& setup) {
  return std::make_unique<Shortcut>(setup);
}

}  // namespace pathflow::train
