// interpolant: stochastic interpolants, x_t = alpha x0 + sigma x1 + gamma z between any two laws. A
// network of two heads learns the velocity b and, where gamma is not zero, the denoiser eta:
//     b    E |b - I|^2 - 2 gamma_dot z . b,     I = alpha_dot x0 + sigma_dot x1
//     eta  E |eta - z|^2,                       score = -eta / gamma
// Both are regressions. The first is |b - (I + gamma_dot z)|^2 less E gamma_dot^2 |z|^2 and its
// cross term with I, whose integral is infinite for a Brownian gamma: the gradient is the same, and
// the loss reported is finite and, without gamma, flow matching's. Each row is taken at x+ = ... +
// gamma z and x- = ... - gamma z, so that gamma_dot, infinite at the ends, only multiplies b(x+) -
// b(x-), which vanishes there as gamma does. The second head gives eta, but with a Brownian gamma
// eta / gamma, minus the score: between smooth laws eta then falls as the root of the time left,
// faster than a network of t can follow, and an SDE divides what is left by gamma. Source: Albergo,
// Boffi & Vanden-Eijnden, "Stochastic interpolants: a unifying framework for flows and diffusions",
// 2023, theorem 7 and section 6; with entropic couplings, a Brownian gamma and that second head,
// Tong et al., "Simulation-free Schrodinger bridges via score and flow matching", 2023.
#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/train/loss.hpp"

namespace pathflow::train {
namespace {

using graph::Value;

enum Input { kT, kPlus, kVelocity, kMinus, kNoise, kGammaDot };

class Interpolant final : public Loss {
 public:
  explicit Interpolant(const LossSetup& setup)
      : Loss(setup), gamma_(setup.options.gamma, setup.options.gamma_scale) {
    require_velocity();
  }

  nn::MlpOptions network(nn::MlpOptions plain) const override {
    plain.outputs = (gamma_.zero() ? 1 : 2) * plain.dimension;
    return plain;
  }
  path::Interval interval() const override {
    const path::Interval all = Loss::interval(), own = gamma_.interval();
    return {std::max(all.low, own.low), std::min(all.high, own.high)};
  }

  std::vector<LossInput> inputs() const override {
    const std::int64_t d = options().dimension;
    std::vector<LossInput> list{{"t"}, {"x", d}, {"velocity", d}};
    if (!gamma_.zero()) list.insert(list.end(), {{"x_minus", d}, {"z", d}, {"gamma_dot"}});
    return list;
  }

  Value record(const RecordedNetwork& network, std::span<const Value> in) const override {
    const Heads plus = read(network, in[kPlus], in[kT]);
    const Value error = graph::square(plus.prediction - in[kVelocity]);
    if (gamma_.zero()) return mean_of_rows(error);
    const Heads minus = read(network, in[kMinus], in[kT]);
    const Value velocity = 0.5 * (error + graph::square(minus.prediction - in[kVelocity])) -
                           in[kGammaDot] * in[kNoise] * (plus.prediction - minus.prediction);
    const Value denoiser =
        0.5 * (graph::square(plus.noise - in[kNoise]) + graph::square(minus.noise + in[kNoise]));
    return mean_of_rows(velocity + denoiser);
  }

  void fill(const Draws& draws, std::span<const std::span<float>> out) const override {
    if (!gamma_.zero()) draws.normals(Purpose::kPathNoise, out[kNoise]);
    const std::size_t d = draws.dimension;
    for (std::size_t i = 0; i < draws.rows; ++i) {
      const double t = draws.times[i];
      const path::Coefficients at = schedule().at(t);
      const float alpha = static_cast<float>(at.alpha), sigma = static_cast<float>(at.sigma);
      const float a = static_cast<float>(at.alpha_dot), b = static_cast<float>(at.sigma_dot);
      out[kT][i] = static_cast<float>(t);
      for (std::size_t k = i * d; k < (i + 1) * d; ++k) {
        out[kPlus][k] = alpha * draws.data[k] + sigma * draws.source[k];
        out[kVelocity][k] = a * draws.data[k] + b * draws.source[k];
      }
      if (gamma_.zero()) continue;
      const float gamma = static_cast<float>(gamma_.at(t));
      out[kGammaDot][i] = static_cast<float>(gamma_.dot(t));
      for (std::size_t k = i * d; k < (i + 1) * d; ++k) {
        const float shift = gamma * out[kNoise][k];
        out[kMinus][k] = out[kPlus][k] - shift;
        out[kPlus][k] += shift;
      }
    }
  }

  std::optional<LossParts> parts(double t) const override {
    if (!gamma_.zero()) return std::nullopt;
    const path::Coefficients at = schedule().at(t);
    const double turn = at.alpha_dot * at.sigma - at.sigma_dot * at.alpha;
    return LossParts{0, turn * turn, 1};
  }

  Heads read(const RecordedNetwork& network, Value x, Value t) const override {
    const Value all = network(x, t);
    if (gamma_.zero()) return {all};
    const std::int64_t d = network.dimension();
    return {graph::slice(all, 1, 0, d), eta_of(graph::slice(all, 1, d, 2 * d), t)};
  }
  Objective::Reading reading(double) const override { return {}; }
  path::Prediction prediction() const override { return path::Prediction::kVelocity; }
  const path::Gamma* gamma() const override { return gamma_.zero() ? nullptr : &gamma_; }

 private:
  /// What the second head is multiplied by to be eta: a Brownian gamma, else 1.
  Value eta_of(Value head, Value t) const {
    if (options().gamma != "brownian") return head;
    return std::sqrt(options().gamma_scale) * graph::sqrt(t * (1 - t)) * head;
  }

  path::Gamma gamma_;
};

}  // namespace

std::unique_ptr<Loss> make_interpolant(const LossSetup& setup) {
  return std::make_unique<Interpolant>(setup);
}

}  // namespace pathflow::train
