// The JSON options of sampling, of fields and of schedules, read strictly: unknown keys and other
// types are refused by name. (A trainer's options are train/config.hpp's.)
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/density/likelihood.hpp"
#include "pathflow/density/plane_flow.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/sample.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::capi {

struct SampleRequest {
  std::int64_t rows = 1000;  ///< points drawn
  bool rows_given = false;   ///< whether the caller named "n"
  bool log_density = false;  ///< whether to give it at the points, by `likelihood`
  sample::SampleOptions options;
  density::LikelihoodOptions likelihood;  ///< but for its solver: that is `options`
  std::string schedule;                   ///< another one to be sampled on; empty: the run's
};

/// Errors: InvalidArgument for text that is no JSON object, an unknown key, another type, a number
/// of kept times below 2, "toward" together with "from" or "to", "log_density" together with
/// "keep".
SampleRequest sample_request(std::string_view json, sample::Model<float>& model,
                             const path::Schedule& schedule);

struct LangevinRequest {
  std::int64_t rows = 1000;  ///< chains
  bool rows_given = false;   ///< whether the caller named "n"
  train::LangevinRun run;
};
/// Errors: as above.
LangevinRequest langevin_request(std::string_view json);

struct MeasureRequest {
  std::vector<double> times;  ///< of the errors; none: the floor of the loss
  std::int64_t rows = 0;      ///< draws; 0: the library's own number
  std::uint64_t seed = 0;
};
/// Errors: as above.
MeasureRequest measure_request(std::string_view json);

/// Errors: as above.
density::LikelihoodOptions likelihood_request(std::string_view json);

struct PlaneRequest {
  density::PlaneGrid grid;  ///< as many columns as rows
  density::PlaneFlowOptions flow;
  std::uint64_t seed = 0;
};

/// Errors: as above; InvalidArgument for an impossible grid or bounds.
PlaneRequest plane_request(std::string_view json);
/// Where to move, `here` if nothing is said. Errors: as above; InvalidArgument for a t behind
/// `here` on the way of `span`.
double plane_time(std::string_view json, double here, const sample::Span& span);

struct FieldRequest {
  double t = 0;
  std::int64_t grid = 24;                      ///< cells per side, 1..1024
  std::array<double, 4> bounds{-4, 4, -4, 4};  ///< xmin, xmax, ymin, ymax
  path::Prediction quantity = path::Prediction::kVelocity;
};

/// Errors: as above; InvalidArgument for a missing or impossible t, grid or bounds.
FieldRequest field_request(std::string_view json);

struct ScheduleRequest {
  std::string schedule = "linear";
  path::Prediction predict = path::Prediction::kVelocity;
  std::vector<double> times;
};

/// Errors: as above; InvalidArgument for times that are missing, none, more than 65,536 or outside
/// [0, 1].
ScheduleRequest schedule_request(std::string_view json);

/// The text of pf_describe_library().
std::string describe_library();

}  // namespace pathflow::capi
