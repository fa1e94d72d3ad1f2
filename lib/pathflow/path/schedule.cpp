#include "pathflow/path/schedule.hpp"

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

// A schedule takes no parameter, or any, or must have one.
struct Entry {
  std::string_view name;
  std::shared_ptr<const Schedule> (*make)();
  std::shared_ptr<const Schedule> (*make_with)(std::string_view parameter,
                                               std::string_view where) = nullptr;
};

constexpr Entry kSchedules[] = {
    {"linear", make_linear_schedule},
    {"linear-sigma-min", nullptr, make_linear_sigma_min_schedule},
    {"polynomial", nullptr, make_polynomial_schedule},
    {"trig", make_trig_schedule},
    {"vp-linear", make_vp_linear_schedule},
    {"vp-cosine", make_vp_cosine_schedule},
    {"sub-vp", make_sub_vp_schedule},
    {"ve", make_ve_schedule},
    {"edm", make_edm_schedule},
    {"ddpm-linear", make_ddpm_linear_schedule},
    {"ddpm-scaled-linear", make_ddpm_scaled_linear_schedule},
    {"ddpm-cosine", make_ddpm_cosine_schedule},
};
// Not among the names: it is nothing without its rows.
constexpr Entry kTable{"table", nullptr, make_table_schedule};

std::shared_ptr<const Schedule> make(const Entry& entry, std::string_view where,
                                     std::string_view name) {
  const bool has_parameter = name.size() > entry.name.size();
  if (entry.make_with != nullptr) {
    return entry.make_with(has_parameter ? name.substr(entry.name.size() + 1) : "", where);
  }
  if (!has_parameter) return entry.make();
  throw_error(ErrorCode::kInvalidArgument, where,
              {"schedule ", entry.name, " takes no parameter, got \"", name.substr(0, 60), "\""});
}

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

std::shared_ptr<const Schedule> make_schedule(std::string_view name, std::string_view where) {
  const std::string_view kind = name.substr(0, name.find(':'));
  for (const Entry& entry : kSchedules) {
    if (kind == entry.name) return make(entry, where, name);
  }
  if (kind == kTable.name) return make(kTable, where, name);
  std::vector<std::string> valid = schedule_names();
  valid.emplace_back("table:ROWS");
  throw_unknown_name(where, "schedule", name.substr(0, 60), valid);
}

}  // namespace pathflow::path
