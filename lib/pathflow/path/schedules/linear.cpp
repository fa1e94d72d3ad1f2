// linear: alpha = 1 - t, sigma = t. Flow matching's OT path, rectified flow, alpha-blending.
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

// Everything is finite on [0, 1], so the interval is whole; predictions that lose an endpoint at
// t = 0 or 1 bring their own margin (time_interval in prediction.hpp).
class Linear final : public Schedule {
 public:
  std::string name() const override { return "linear"; }
  Coefficients at(double t) const override {
    detail::check_time(t);
    return {1 - t, t, -1, 1, t};
  }
  double time_of_log_snr(double value) const override { return 1 / (1 + std::exp(0.5 * value)); }
};

}  // namespace

std::shared_ptr<const Schedule> make_linear_schedule() { return std::make_shared<Linear>(); }

}  // namespace pathflow::path
