// implicit and sliced score matching: the score from points of p_t alone, without the noise that
// made them. With y = sigma s and w the weight on |y - sigma score|^2 (w = 1 is sigma^2 on the
// score), they minimise
//     implicit   E w [|y|^2 + 2 sigma div y]
//     sliced     E w [|y|^2 + 2 sigma u . grad(u . y)],   u of random signs
// which are the denoising loss less the constant E w |sigma score|^2, so the same network is best
// for all three (integration by parts; the loss is negative where it is good). The divergence is
// exact, by d Jacobian-vector products, which reverse mode goes through for the gradient. y is read
// off the network as everywhere: s = -N / sigma, N converted from what is predicted.
// Source: Hyvarinen, "Estimation of non-normalized statistical models by score matching", 2005;
// Song et al., "Sliced score matching", 2019, the variant with |s|^2 exact.
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/train/loss.hpp"

namespace pathflow::train {
namespace {

using graph::Value;

enum Input { kX, kT, kScaleX, kScaleF, kInput, kSigma, kWeight, kDirection };

class ScoreMatching final : public Loss {
 public:
  ScoreMatching(const LossSetup& setup, bool sliced) : Loss(setup), sliced_(sliced) {
    require(ends().source.gaussian() && options().coupling == "independent",
            "learns a score, which gives a velocity for source \"gaussian\" and coupling "
            "\"independent\" alone; objective \"interpolant\" with a gamma learns both between any "
            "two laws");
    require(options().weight != "velocity",
            "has the weights default (sigma2), sigma2, g2 and one, got weight \"velocity\"");
    require(sliced || options().dimension <= kMostExact,
            message({"takes one derivative a coordinate, at most ", kMostExact, ", got dimension ",
                     options().dimension, ": objective \"sliced\" takes one in all"}));
  }

  path::Interval interval() const override {
    path::Interval interval = Loss::interval();
    if (!std::isfinite(weight(interval.low))) interval.low += path::kSingularMargin;
    if (!std::isfinite(weight(interval.high))) interval.high -= path::kSingularMargin;
    return interval;
  }

  std::vector<LossInput> inputs() const override {
    std::vector<LossInput> list{{"x", options().dimension},
                                {"t"},
                                {"scale_x"},
                                {"scale_f"},
                                {"input"},
                                {"sigma"},
                                {"weight"}};
    if (sliced_) list.push_back({"u", options().dimension});
    return list;
  }

  Value record(const RecordedNetwork& network, std::span<const Value> in) const override {
    const Value x = in[kX];
    const Value y = in[kScaleX] * x + in[kScaleF] * network(in[kInput] * x, in[kT]);
    const Value slope = sliced_ ? divergence_along(y, x, in[kDirection]) : divergence(y, x);
    return mean_of_rows(in[kWeight] *
                        (graph::sum(graph::square(y), 1, true) + 2 * in[kSigma] * slope));
  }

  // E w [|y|^2 + 2 sigma div y] = E w |y - y*|^2 - E w |y*|^2, y* = -N, and |N|^2 is d less what is
  // left to guess of x1.
  std::optional<LossParts> parts(double t) const override {
    const double alpha = schedule().at(t).alpha, w = weight(t);
    const double gain =
        path::convert(prediction(), path::Prediction::kNoise, schedule(), t).q_coefficient;
    return LossParts{-w * static_cast<double>(options().dimension), w * alpha * alpha,
                     w * gain * gain};
  }

  void fill(const Draws& draws, std::span<const std::span<float>> out) const override {
    for (std::size_t i = 0; i < draws.rows; ++i) {
      const double t = draws.times[i];
      const Objective::Reading read = reading(t);
      const path::Conversion noise =
          path::convert(prediction(), path::Prediction::kNoise, schedule(), t);
      out[kT][i] = static_cast<float>(t);
      // y = -N, N = noise.x x + noise.q (skip x + output F(input x, t)).
      out[kScaleX][i] =
          static_cast<float>(-(noise.x_coefficient + noise.q_coefficient * read.skip));
      out[kScaleF][i] = static_cast<float>(-noise.q_coefficient * read.output);
      out[kInput][i] = static_cast<float>(read.input);
      out[kSigma][i] = static_cast<float>(schedule().at(t).sigma);
      out[kWeight][i] = static_cast<float>(weight(t));
    }
    const std::span<const float> x = draws.points(schedule());
    std::copy(x.begin(), x.end(), out[kX].begin());
    if (sliced_) draws.signs(Purpose::kProbe, out[kDirection]);
  }

 private:
  /// On |y|^2: sigma2, g2 or one on the score, over sigma^2.
  double weight(double t) const { return objective().score_weight(t); }

  bool sliced_;
};

}  // namespace

std::unique_ptr<Loss> make_implicit(const LossSetup& setup) {
  return std::make_unique<ScoreMatching>(setup, false);
}
std::unique_ptr<Loss> make_sliced(const LossSetup& setup) {
  return std::make_unique<ScoreMatching>(setup, true);
}

}  // namespace pathflow::train
