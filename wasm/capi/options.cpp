#include "wasm/capi/options.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/cpu/kernels.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/graph/graph.hpp"
#include "pathflow/io/json.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/nn/mlp.hpp"
#include "pathflow/path/coupling.hpp"
#include "pathflow/path/gamma.hpp"
#include "pathflow/sample/guidance.hpp"
#include "pathflow/sample/option_table.hpp"
#include "pathflow/sample/time_grid.hpp"
#include "pathflow/train/config.hpp"

namespace pathflow::capi {
namespace {

using io::Json;
using io::JsonKind;

/// Takes the known keys out of an object one by one; what is left over is unknown.
class Reader {
 public:
  Reader(std::string_view where, std::string_view text) : where_(where) {
    if (text.empty()) return;
    try {
      const Json json = io::parse_json(text);
      if (!json.is(JsonKind::kObject)) refuse_text(text);
      items_ = json.items();
    } catch (const io::JsonError&) {
      refuse_text(text);
    }
  }

  /// Whether the key was there.
  bool take(const char* key, std::string& value) {
    const Json* found = next(key);
    if (found == nullptr) return false;
    if (!found->is(JsonKind::kString)) refuse(key, "text", *found);
    value = found->string();
    return true;
  }
  bool take(const char* key, double& value) {
    const Json* found = next(key);
    if (found == nullptr) return false;
    if (!found->is(JsonKind::kNumber)) refuse(key, "a number", *found);
    value = found->number();
    return true;
  }
  bool take(const char* key, std::int64_t& value) {
    const Json* found = next(key);
    if (found == nullptr) return false;
    if (!found->integer(value)) refuse(key, "a whole number", *found);
    return true;
  }
  bool take(const char* key, bool& value) {
    const Json* found = next(key);
    if (found == nullptr) return false;
    if (!found->is(JsonKind::kBoolean)) refuse(key, "true or false", *found);
    value = found->boolean();
    return true;
  }
  /// An integer that an int holds; what it means is the callee's to check.
  bool take(const char* key, int& value) {
    std::int64_t wide = value;
    const bool found = take(key, wide);
    check_between(where_, key, wide, -(1 << 24), 1 << 24);
    value = static_cast<int>(wide);
    return found;
  }
  bool take(const char* key, std::uint64_t& value) {
    std::int64_t wide = 0;
    if (!take(key, wide)) return false;
    check_at_least(where_, key, wide, 0);
    value = static_cast<std::uint64_t>(wide);
    return true;
  }
  bool take(const char* key, std::vector<double>& values) {
    const Json* found = next(key);
    if (found == nullptr) return false;
    if (!found->is(JsonKind::kArray)) refuse(key, "a list of numbers", *found);
    values.clear();
    for (const auto& [name, value] : found->items()) {
      if (!value.is(JsonKind::kNumber)) refuse(key, "a list of numbers", *found);
      values.push_back(value.number());
    }
    return true;
  }
  bool holds_list(const char* key) const {
    const Json* found = find(key);
    return found != nullptr && found->is(JsonKind::kArray);
  }

  /// Errors: InvalidArgument for the first key that nobody asked for.
  void finish() const {
    for (const auto& [key, value] : items_) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        throw_unknown_name(where_, "option", key, known_);
      }
    }
  }

 private:
  const Json* next(const char* key) {
    known_.emplace_back(key);
    return find(key);
  }
  /// Of equal keys the last counts, as in JavaScript.
  const Json* find(std::string_view key) const {
    const Json* found = nullptr;
    for (const auto& [name, value] : items_) {
      if (name == key) found = &value;
    }
    return found;
  }
  [[noreturn]] void refuse(const char* key, const char* wanted, const Json& got) const {
    throw_error(ErrorCode::kInvalidArgument, where_,
                {key, " must be ", wanted, ", got ", got.text().substr(0, 40)});
  }
  [[noreturn]] void refuse_text(std::string_view text) const {
    throw_error(ErrorCode::kInvalidArgument, where_,
                {"options must be one JSON object, got \"", text.substr(0, 40), "\""});
  }

  std::string_view where_;
  std::vector<io::JsonItem> items_;
  std::vector<std::string> known_;
};

void append_names(std::string& text, const char* key, const std::vector<std::string>& names) {
  append(text, {(text.back() == '{' ? "\"" : ",\""), key, "\":["});
  for (const std::string& name : names) {
    append(text, {(text.back() == '[' ? "\"" : ",\""), name, "\""});
  }
  text += ']';
}

void append_all_names(std::string& text) {
  text += '{';
  append_names(text, "schedules", path::schedule_names());
  append_names(text, "predictions", path::prediction_names());
  append_names(text, "couplings", path::coupling_names());
  append_names(text, "diffusions", path::diffusion_names());
  append_names(text, "samplers", sample::sampler_names());
  append_names(text, "grids", sample::grid_names());
  append_names(text, "activations", graph::activation_names());
  append_names(text, "time_features", nn::time_feature_names());
  append_names(text, "lr_schedules", train::lr_schedule_names());
  append_names(text, "weights", train::weight_names());
  append_names(text, "objectives", train::objective_names());
  append_names(text, "gammas", path::gamma_names());
  append_names(text, "metrics", metric::distance_names());
  text += '}';
}

/// Their texts need no escapes.
void append_dataset(std::string& text, const data::DatasetInfo& info) {
  append(text, {(text.back() == '[' ? "" : ","), "{\"name\":\"", info.name, "\",\"title\":\"",
                info.title, "\",\"description\":\"", info.description, "\",\"has_density\":",
                (info.has_density ? "true" : "false"), ",\"classes\":", info.classes, "}"});
}

/// A square grid over bounds.
void take_square(Reader& reader, const char* where, std::int64_t least, std::int64_t& grid,
                 std::array<double, 4>& bounds) {
  reader.take("grid", grid);
  check_between(where, "grid", grid, least, 1024);
  std::vector<double> given(bounds.begin(), bounds.end());
  reader.take("bounds", given);
  check_size(where, "bounds", given.size(), 4);
  for (const double bound : given) check_finite(where, "bounds", bound);
  if (!(given[0] < given[1] && given[2] < given[3])) {
    throw_error(ErrorCode::kInvalidArgument, where,
                {"bounds must be xmin < xmax and ymin < ymax, got [", given[0], ", ", given[1],
                 ", ", given[2], ", ", given[3], "]"});
  }
  std::copy(given.begin(), given.end(), bounds.begin());
}

/// Whether "toward" says the source.
bool take_toward(Reader& reader, const char* where, bool* by_name = nullptr) {
  std::string toward = "data";
  const bool given = reader.take("toward", toward);
  if (by_name != nullptr) *by_name = given;
  if (toward != "data" && toward != "source") {
    throw_unknown_name(where, "direction", toward, {"data", "source"});
  }
  return toward == "source";
}

void take_interval(Reader& reader, sample::SampleOptions& options) {
  bool by_name = false;
  options.toward_source = take_toward(reader, "sample", &by_name);
  double from = 0, to = 0;
  if (reader.take("from", from)) options.from = from;
  if (reader.take("to", to)) options.to = to;
  if (by_name && (options.from || options.to)) {
    throw_error(ErrorCode::kInvalidArgument, "sample",
                "toward must not be given beside from or to, got both");
  }
}

void take_sampler(Reader& reader, sample::SampleOptions& options) {
  sample::for_each_option(
      options, [&](const char* key, auto& field, auto, auto) { reader.take(key, field); });
}

void take_divergence(Reader& reader, density::LikelihoodOptions& options) {
  reader.take("divergence", options.divergence);
  reader.take("probes", options.probes);
  reader.take("probe", options.probe);
}

}  // namespace

SampleRequest sample_request(std::string_view text, sample::Model<float>& model,
                             const path::Schedule& schedule) {
  Reader reader("sample", text);
  SampleRequest request;
  sample::SampleOptions& options = request.options;
  request.rows_given = reader.take("n", request.rows);
  check_at_least("sample", "n", request.rows, 1);
  take_sampler(reader, options);
  check_at_least("sample", "steps", std::int64_t{options.steps}, 1);
  reader.take("seed", options.seed);
  reader.take("deterministic", options.deterministic);
  reader.take("log_density", request.log_density);
  take_divergence(reader, request.likelihood);
  take_interval(reader, options);
  if (reader.take("times", options.times) && options.times.empty()) {
    throw_error(ErrorCode::kInvalidArgument, "sample", "times must be at least two, got none");
  }
  reader.take("schedule", request.schedule);
  const auto other =
      request.schedule.empty() ? nullptr : path::make_schedule(request.schedule, "sample");
  // On another schedule every model predicts v (sample/rescheduled.hpp).
  const sample::Span span = other == nullptr
                                ? sample::sample_span(model, schedule, options)
                                : sample::sample_span(path::Prediction::kV, *other, options);
  if (options.times.empty()) {
    options.from = span.from;
    options.to = span.to;
  }
  std::int64_t kept = 0;
  if (reader.holds_list("keep")) {
    reader.take("keep", options.keep);
  } else if (reader.take("keep", kept)) {
    check_between("sample", "keep", kept, 2, 1 << 16);
    options.keep = sample::even_times(span.from, span.to, static_cast<std::size_t>(kept));
  }
  if (request.log_density && sample::guidance_scale(options) != 1) {
    throw_error(
        ErrorCode::kInvalidArgument, "sample",
        "log_density must not be asked for beside guidance, whose samples follow no density "
        "of the model, got both");
  }
  if (request.log_density && other != nullptr) {
    throw_error(ErrorCode::kInvalidArgument, "sample",
                "log_density must not be asked for beside another schedule, got both");
  }
  if (request.log_density && !options.keep.empty()) {
    throw_error(ErrorCode::kInvalidArgument, "sample",
                "log_density must not be asked for beside kept times, got both");
  }
  reader.finish();
  return request;
}

LangevinRequest langevin_request(std::string_view text) {
  Reader reader("langevin", text);
  LangevinRequest request;
  request.rows_given = reader.take("n", request.rows);
  check_at_least("langevin", "n", request.rows, 1);
  sample::LangevinOptions& chain = request.run.chain;
  reader.take("t", request.run.t);
  reader.take("step", chain.step);
  reader.take("steps", chain.steps);
  reader.take("seed", chain.seed);
  reader.take("metropolis", request.run.metropolis);
  reader.take("likelihood_steps", request.run.likelihood_steps);
  std::vector<double> keep;
  reader.take("keep", keep);
  for (const double step : keep) {
    check_between("langevin", "keep", step, 0.0, static_cast<double>(1 << 24));
    chain.keep.push_back(static_cast<int>(step));
  }
  reader.finish();
  return request;
}

MeasureRequest measure_request(std::string_view text) {
  Reader reader("measure", text);
  MeasureRequest request;
  reader.take("times", request.times);
  reader.take("rows", request.rows);
  check_at_least("measure", "rows", request.rows, 0);
  reader.take("seed", request.seed);
  reader.finish();
  return request;
}

density::LikelihoodOptions likelihood_request(std::string_view text) {
  Reader reader("log_density", text);
  density::LikelihoodOptions options;
  take_divergence(reader, options);
  take_sampler(reader, options.solver);
  reader.take("seed", options.seed);
  reader.take("first_row", options.solver.first_row);
  reader.finish();
  return options;
}

PlaneRequest plane_request(std::string_view text) {
  Reader reader("fokker_planck", text);
  PlaneRequest request;
  std::int64_t grid = 64;
  std::array<double, 4> bounds{-4, 4, -4, 4};
  take_square(reader, "fokker_planck", 2, grid, bounds);
  const int cells = static_cast<int>(grid);
  request.grid = {bounds[0], bounds[1], bounds[2], bounds[3], cells, cells};
  reader.take("diffusion", request.flow.diffusion);
  reader.take("diffusion_scale", request.flow.diffusion_scale);
  request.flow.toward_source = take_toward(reader, "fokker_planck");
  reader.take("knots", request.flow.knots);
  reader.take("seed", request.seed);
  reader.finish();
  return request;
}

double plane_time(std::string_view text, double here, const sample::Span& span) {
  Reader reader("fokker_planck", text);
  double t = here;
  if (reader.take("t", t)) {
    check_between("fokker_planck", "t", t, 0.0, 1.0);
    t = std::clamp(t, std::min(span.from, span.to), std::max(span.from, span.to));
    if ((t - here) * (span.to - span.from) < 0) {
      throw_error(ErrorCode::kInvalidArgument, "fokker_planck",
                  {"t must not lie behind where the density is, t = ", here, ", got ", t});
    }
  }
  reader.finish();
  return t;
}

FieldRequest field_request(std::string_view text) {
  Reader reader("field", text);
  FieldRequest request;
  if (!reader.take("t", request.t))
    throw_error(ErrorCode::kInvalidArgument, "field", "t must be given, got none");
  check_between("field", "t", request.t, 0.0, 1.0);
  take_square(reader, "field", 1, request.grid, request.bounds);
  std::string quantity(path::prediction_name(request.quantity));
  reader.take("quantity", quantity);
  request.quantity = path::prediction_of(quantity);
  reader.finish();
  return request;
}

ScheduleRequest schedule_request(std::string_view text) {
  Reader reader("schedule", text);
  ScheduleRequest request;
  reader.take("schedule", request.schedule);
  std::string predict(path::prediction_name(request.predict));
  reader.take("predict", predict);
  request.predict = path::prediction_of(predict);
  reader.take("times", request.times);
  const auto count = static_cast<std::int64_t>(request.times.size());
  check_between("schedule", "number of times", count, 1, 1 << 16);
  for (const double t : request.times) check_between("schedule", "times", t, 0.0, 1.0);
  reader.finish();
  return request;
}

std::string describe_library() {
  std::string text =
      message({"{\"version\":\"" PATHFLOW_VERSION "\",\"isa\":\"", cpu::isa(), "\",\"names\":"});
  append_all_names(text);
  text += ",\"datasets\":[";
  for (const data::DatasetInfo& info : data::datasets()) append_dataset(text, info);
  append(text, {"],\"defaults\":", train::to_json({}), "}"});
  return text;
}

}  // namespace pathflow::capi
