// polynomial: alpha = 1 - t^n, sigma = t^n: the linear path at another speed, slow near the data.
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

constexpr std::string_view kName = "polynomial";
constexpr double kStandard = 2;

class Polynomial final : public Schedule {
 public:
  explicit Polynomial(double power) : power_(power) {}
  std::string name() const override {
    return power_ == kStandard ? std::string(kName) : message({kName, ":", power_});
  }
  Coefficients at(double t) const override {
    detail::check_time(t);
    const double sigma = std::pow(t, power_), rate = power_ * std::pow(t, power_ - 1);
    return {1 - sigma, sigma, -rate, rate, sigma * rate};
  }
  double time_of_log_snr(double value) const override {
    return std::pow(1 / (1 + std::exp(0.5 * value)), 1 / power_);
  }
  // At t = 0 the path stands still and its velocity says nothing of the ends. At the least time
  // sigma is 1e-4, far below what can be seen of the data.
  double t_min() const override { return power_ > 1 ? std::pow(1e-4, 1 / power_) : 0; }

 private:
  double power_;
};

}  // namespace

std::shared_ptr<const Schedule> make_polynomial_schedule(std::string_view parameter,
                                                         std::string_view where) {
  return std::make_shared<Polynomial>(
      detail::number_parameter(where, kName, parameter, kStandard, 1.0, 16.0));
}

}  // namespace pathflow::path
