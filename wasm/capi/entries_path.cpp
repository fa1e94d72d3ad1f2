// The entry point of pathflow.h for schedules.
#include <functional>

#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "wasm/capi/boundary.hpp"
#include "wasm/capi/objects.hpp"
#include "wasm/capi/options.hpp"

using namespace pathflow;
using namespace pathflow::capi;

namespace {

/// Adds what `value` (a member or a function) says of each of `rows`.
template <class Row, class Value>
void add_column(Result& out, std::string_view name, const std::vector<Row>& rows, Value value) {
  std::vector<double> column;
  for (const Row& row : rows) column.push_back(std::invoke(value, row));
  out.add(name, column.data(), {column.size()});
}

Result evaluate_schedule(const ScheduleRequest& request) {
  const auto schedule = path::make_schedule(request.schedule);
  std::vector<path::Coefficients> mixes;
  std::vector<path::TargetWeights> targets;
  for (const double t : request.times) {
    mixes.push_back(schedule->at(t));
    targets.push_back(path::target_weights(request.predict, mixes.back()));
  }
  Result out;
  add_column(out, "alpha", mixes, &path::Coefficients::alpha);
  add_column(out, "sigma", mixes, &path::Coefficients::sigma);
  add_column(out, "alpha_dot", mixes, &path::Coefficients::alpha_dot);
  add_column(out, "sigma_dot", mixes, &path::Coefficients::sigma_dot);
  add_column(out, "a", targets, &path::TargetWeights::a);
  add_column(out, "b", targets, &path::TargetWeights::b);
  const path::Interval interval = path::time_interval(request.predict, *schedule);
  out.text = message({"{\"t_min\":", interval.low, ",\"t_max\":", interval.high, "}"});
  return out;
}

}  // namespace

extern "C" {

pf_status pf_evaluate_schedule(const char* options, size_t options_length, pf_handle* result) {
  constexpr const char* kWhere = "schedule";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    hand_out(
        evaluate_schedule(schedule_request(text_of(kWhere, "options", options, options_length))),
        result);
  });
}

}  // extern "C"
