// regression: mean of w(t) |F(x, t) - (a x0 + b x1)|^2. Flow matching, denoising score matching,
// DDPM, v, EDM and alpha-(de)blending are this loss for one schedule, prediction and weight each
// (MATH sections 2 and 5); what F's target is, Objective says.
#include "pathflow/train/loss.hpp"

namespace pathflow::train {
namespace {

enum Input { kX, kT, kTarget, kWeight };

class Regression final : public Loss {
 public:
  using Loss::Loss;

  path::Interval interval() const override { return objective().interval(); }
  std::vector<LossInput> inputs() const override {
    return {{"x", options().dimension}, {"t"}, {"target", options().dimension}, {"weight"}};
  }

  graph::Value record(const RecordedNetwork& network,
                      std::span<const graph::Value> in) const override {
    const graph::Value q = network(in[kX], in[kT]);
    return mean_of_rows(in[kWeight] * graph::square(q - in[kTarget]));
  }

  // F's target varies by a (x0 - D) + b (x1 - N), two residuals of one line: alpha r0 + sigma r1 =
  // 0.
  std::optional<LossParts> parts(double t) const override {
    const Objective::Row row = objective().row(t);
    const double turn = row.a * row.sigma - row.b * row.alpha;
    const double output = reading(t).output;
    return LossParts{0, row.weight * turn * turn, row.weight / (output * output)};
  }

  void fill(const Draws& draws, std::span<const std::span<float>> out) const override {
    const std::size_t d = draws.dimension;
    for (std::size_t i = 0; i < draws.rows; ++i) {
      const Objective::Row row = objective().row(draws.times[i]);
      out[kT][i] = static_cast<float>(draws.times[i]);
      out[kWeight][i] = static_cast<float>(row.weight);
      const float to_data = static_cast<float>(row.input * row.alpha);
      const float to_source = static_cast<float>(row.input * row.sigma);
      const float a = static_cast<float>(row.a), b = static_cast<float>(row.b);
      for (std::size_t k = i * d; k < (i + 1) * d; ++k) {
        out[kX][k] = to_data * draws.data[k] + to_source * draws.source[k];
        out[kTarget][k] = a * draws.data[k] + b * draws.source[k];
      }
    }
  }
};

}  // namespace

std::unique_ptr<Loss> make_regression(const LossSetup& setup) {
  return std::make_unique<Regression>(setup);
}

}  // namespace pathflow::train
