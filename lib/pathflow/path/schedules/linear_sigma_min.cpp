// linear-sigma-min: alpha = 1 - t, sigma = s + (1 - s) t. Flow matching's own path: the data end is
// blurred by s, so that every conversion exists there.
// Source: Lipman et al., "Flow matching for generative modeling", ICLR 2023, eq. 20 (time
// reversed).
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

constexpr std::string_view kName = "linear-sigma-min";
// Invisible beside 2-D data of scale 3, as in ve.
constexpr double kStandard = 0.01;

class LinearSigmaMin final : public Schedule {
 public:
  explicit LinearSigmaMin(double least) : least_(least) {}
  std::string name() const override {
    return least_ == kStandard ? std::string(kName) : message({kName, ":", least_});
  }
  Coefficients at(double t) const override {
    detail::check_time(t);
    const double rate = 1 - least_, sigma = least_ + rate * t;
    return {1 - t, sigma, -1, rate, sigma * rate};
  }
  double time_of_log_snr(double value) const override {
    // 1 - t = q sigma, q = alpha / sigma; divided by q where q is large.
    if (value > 0) {
      const double r = std::exp(-0.5 * value);
      return detail::clamp_time((r - least_) / (r + 1 - least_));
    }
    const double q = std::exp(0.5 * value);
    return detail::clamp_time((1 - q * least_) / (1 + q * (1 - least_)));
  }

 private:
  double least_;
};

}  // namespace

std::shared_ptr<const Schedule> make_linear_sigma_min_schedule(std::string_view parameter,
                                                               std::string_view where) {
  return std::make_shared<LinearSigmaMin>(
      detail::number_parameter(where, kName, parameter, kStandard, 1e-6, 0.999999));
}

}  // namespace pathflow::path
