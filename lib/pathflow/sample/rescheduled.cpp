#include "pathflow/sample/rescheduled.hpp"

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/flow.hpp"

namespace pathflow::sample {

template <class T>
void RescheduledModel<T>::predict(std::span<const T> x, T r, std::span<T> q) {
  const path::Coefficients to = to_->at(static_cast<double>(r));
  // The time as the model sees it, so that coefficients and prediction belong together.
  const T t = static_cast<T>(from_->time_of_log_snr(to_->log_snr(static_cast<double>(r))));
  const path::Coefficients from = from_->at(static_cast<double>(t));
  const double c = std::hypot(to.alpha, to.sigma) / std::hypot(from.alpha, from.sigma);
  scaled_.resize(x.size());
  linear_combination<T>(1 / c, x, 0, x, scaled_);
  const auto convert = [&](path::Prediction end) {
    return model_.conversion(end, *from_, static_cast<double>(t));
  };
  const path::Conversion data = convert(path::Prediction::kData);
  const path::Conversion noise = convert(path::Prediction::kNoise);
  model_.predict(scaled_, t, q);
  // v = alpha N - sigma D of the new schedule.
  linear_combination<T>(to.alpha * noise.x_coefficient - to.sigma * data.x_coefficient, scaled_,
                        to.alpha * noise.q_coefficient - to.sigma * data.q_coefficient,
                        std::span<const T>(q), q);
}

template class RescheduledModel<float>;
template class RescheduledModel<double>;

}  // namespace pathflow::sample
