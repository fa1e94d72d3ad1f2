// consistency: x_s = alpha_s D(x_t, t) + sigma_s z, z ~ N(0, I) afresh: to the data, and back to
// the noise level of s. Of a consistency model, whose D is the end of the path through x_t, one
// step gives samples and each further one corrects them. Any other model's D is the mean of the
// data, with which many steps are needed. Without noise at the schedule's data end (last_step
// "euler": at none but sigma = 0). Source: Song et al., "Consistency models", 2023, algorithm 1.
#include "pathflow/base/error.hpp"
#include "pathflow/sample/samplers/noise.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Consistency final : public Sampler<T> {
 public:
  Consistency(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        increments_(flow, options),
        q_(flow.buffer()),
        gaussian_(options.gaussian_source && options.independent),
        noisy_(options.steps > 1),
        noisy_end_(options.last_step == "euler") {}

  double advance(const Step& step, std::span<T> x) override {
    const path::Coefficients at = flow_.schedule().at(step.s);
    const double sigma = flow_.at_data_end(step.s) && !noisy_end_ ? 0 : at.sigma;
    if (sigma > 0 && !gaussian_) {
      throw_error(ErrorCode::kInvalidArgument, "sample",
                  "sampler \"consistency\" puts fresh noise in between its steps, which needs an "
                  "independent Gaussian source; got another one: take steps 1, to the data");
    }
    const path::Conversion data = flow_.conversion(path::Prediction::kData, step.t);
    flow_.predict(x, step.t, q_);
    linear_combination<T>(at.alpha * data.x_coefficient, x, at.alpha * data.q_coefficient, q_, x);
    increments_.add(step.index, sigma, x);
    return step.s;
  }
  bool reversible() const override { return false; }
  bool draws_noise() const override { return noisy_ || noisy_end_; }

 private:
  Flow<T>& flow_;
  detail::Increments<T> increments_;
  std::vector<T> q_;
  bool gaussian_, noisy_, noisy_end_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_consistency, Consistency);

}  // namespace pathflow::sample
