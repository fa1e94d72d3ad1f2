#include "pathflow/path/schedule.hpp"

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

struct Entry {
  const char* name;
  std::shared_ptr<const Schedule> (*make)();
};

constexpr Entry kSchedules[] = {
    {"linear", make_linear_schedule},       {"trig", make_trig_schedule},
    {"vp-linear", make_vp_linear_schedule}, {"vp-cosine", make_vp_cosine_schedule},
    {"sub-vp", make_sub_vp_schedule},       {"ve", make_ve_schedule},
};

}  // namespace

double Schedule::log_snr(double t) const {
  const Coefficients c = at(t);
  return 2 * (std::log(c.alpha) - std::log(c.sigma));
}

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& entry : kSchedules) list.emplace_back(entry.name);
    return list;
  }();
  return names;
}

std::shared_ptr<const Schedule> make_schedule(std::string_view name) {
  for (const Entry& entry : kSchedules) {
    if (name == entry.name) return entry.make();
  }
  throw_unknown_name("make_schedule", "schedule", name, schedule_names());
}

}  // namespace pathflow::path
