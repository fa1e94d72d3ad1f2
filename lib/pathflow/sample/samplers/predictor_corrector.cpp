// predictor-corrector: at each level first `corrector_steps` steps of Langevin dynamics at the
// level's own law, then a step to the next level,
//   corrector  x += e s + sqrt(2 e) z,   e = 2 (snr sigma_t)^2
//   predictor  "reverse-diffusion": euler-maruyama with w = g^2; "ode": euler; "none"
// With predictor "none" it is annealed Langevin dynamics (Song & Ermon 2019): the points stay where
// they are until the next level's corrector moves them, and the last level is left by its denoiser.
// The corrector's step is the paper's with |z| / |s| at its expected value sigma, so that a row
// does not depend on the others of its batch. The last step to the schedule's t_min is by its mean.
// Gaussian source, toward the data; no evaluation at s. Source: Song et al., "Score-based
// generative modeling through SDEs", ICLR 2021, algorithms 2 to 5.
#include <cmath>

#include "pathflow/sample/option_table.hpp"
#include "pathflow/sample/samplers/noise.hpp"
#include "pathflow/sample/samplers/sde_family.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class PredictorCorrector final : public Sampler<T> {
 public:
  PredictorCorrector(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        family_(flow, options, options.predictor == "reverse-diffusion" ? "g2" : "zero", 1,
                "predictor-corrector"),
        increments_(flow, options),
        moves_(options.predictor != "none"),
        corrections_(options.corrector_steps),
        snr_(options.corrector_snr),
        q_(flow.buffer()) {
    if (moves_ && options.predictor != "reverse-diffusion" && options.predictor != "ode") {
      throw_unknown_name("sample", "predictor", options.predictor, predictor_names());
    }
    check_between("sample", "corrector_steps", std::int64_t{corrections_}, 0, 100000);
    check_positive("sample", "corrector_snr", snr_);
    require_gaussian_source(options, "predictor-corrector");
  }

  double advance(const Step& step, std::span<T> x) override {
    const std::uint64_t draw = step.index * static_cast<std::uint64_t>(corrections_ + 1);
    for (int k = 0; k < corrections_; ++k) correct(step.t, draw + static_cast<std::uint64_t>(k), x);
    predict(step, draw + static_cast<std::uint64_t>(corrections_), x);
    return step.s;
  }
  bool reversible() const override { return false; }
  path::Interval interval(path::Interval usable) const override { return family_.interval(usable); }

 private:
  void correct(double t, std::uint64_t draw, std::span<T> x) {
    const double sigma = flow_.schedule().at(t).sigma, e = 2 * snr_ * snr_ * sigma * sigma;
    const path::Conversion score = flow_.conversion(path::Prediction::kScore, t);
    flow_.predict(x, t, q_);
    linear_combination<T>(1 + e * score.x_coefficient, x, e * score.q_coefficient, q_, x);
    increments_.add(draw, std::sqrt(2 * e), x);
  }

  void predict(const Step& step, std::uint64_t draw, std::span<T> x) {
    if (!moves_) return;
    const double h = step.s - step.t;
    const path::Diffusion diffusion = family_.diffusion(step.t);
    const path::Conversion drift = family_.drift(x, step.t, true, diffusion, q_);
    linear_combination<T>(1 + h * drift.x_coefficient, x, h * drift.q_coefficient, q_, x);
    if (!flow_.at_data_end(step.s)) increments_.add(draw, std::sqrt(-h * diffusion.w), x);
  }

  Flow<T>& flow_;
  detail::SdeFamily<T> family_;
  detail::Increments<T> increments_;
  bool moves_;
  int corrections_;
  double snr_;
  std::vector<T> q_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_predictor_corrector, PredictorCorrector);

}  // namespace pathflow::sample
