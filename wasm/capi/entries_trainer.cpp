// The entry points of pathflow.h for trainers.
#include <algorithm>
#include <cmath>

#include "pathflow/density/path_errors.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/sample/langevin.hpp"
#include "pathflow/train/config.hpp"
#include "pathflow/train/reflow.hpp"
#include "pathflow/train/trainer.hpp"
#include "wasm/capi/boundary.hpp"
#include "wasm/capi/objects.hpp"
#include "wasm/capi/options.hpp"

using namespace pathflow;
using namespace pathflow::capi;

namespace {

/// Cell centres, row 0 at ymin, x fastest.
tensor::Points grid_points(const FieldRequest& request) {
  const auto side = static_cast<std::size_t>(request.grid);
  const auto [xmin, xmax, ymin, ymax] = request.bounds;
  const double dx = (xmax - xmin) / static_cast<double>(side);
  const double dy = (ymax - ymin) / static_cast<double>(side);
  tensor::Points points = tensor::Points::from_shape({side * side, 2});
  for (std::size_t row = 0; row < side; ++row) {
    for (std::size_t column = 0; column < side; ++column) {
      points(row * side + column, 0) =
          static_cast<float>(xmin + dx * (static_cast<double>(column) + 0.5));
      points(row * side + column, 1) =
          static_cast<float>(ymin + dy * (static_cast<double>(row) + 0.5));
    }
  }
  return points;
}

/// The quantity wanted at every grid point, [grid * grid, 2].
tensor::Points evaluate_field(const train::Trainer& trainer, const FieldRequest& request, double t,
                              std::vector<int> labels) {
  const auto model = trainer.model(std::move(labels));
  tensor::Points points = grid_points(request);
  tensor::Points field = tensor::Points::from_shape({points.shape(0), 2});
  const std::span<const float> x(points.data(), points.size());
  const std::span<float> out(field.data(), field.size());
  if (request.quantity == path::Prediction::kScore) {  // of a path with noise of its own, by that
    trainer.check_score("field");
    sample::score_at<float>(*model, trainer.schedule(), t)(x, out);
    return field;
  }
  const path::Conversion conversion = model->conversion(request.quantity, trainer.schedule(), t);
  model->predict(x, static_cast<float>(t), out);
  for (std::size_t i = 0; i < field.size(); ++i) {
    field.data()[i] = static_cast<float>(conversion.x_coefficient * points.data()[i] +
                                         conversion.q_coefficient * field.data()[i]);
  }
  return field;
}

train::Trainer::Inputs inputs_of(std::string_view where, const pf_points* data,
                                 const pf_points* source, const std::int32_t* labels,
                                 std::size_t label_count) {
  train::Trainer::Inputs inputs;
  if (data != nullptr) inputs.data = points_of(where, "data", data);
  if (source != nullptr) inputs.source = points_of(where, "source", source);
  if (label_count > 0) inputs.labels = labels_of(where, labels, label_count);
  return inputs;
}

std::vector<train::Snapshot> snapshots_of(std::string_view where, const pf_points* snapshots,
                                          const double* times, std::size_t count) {
  check_pointer(where, "times", times);
  check_between(where, "number of snapshots", static_cast<std::int64_t>(count), 2, 65536);
  std::vector<train::Snapshot> list(count);
  for (std::size_t k = 0; k < count; ++k) {
    list[k] = {times[k], points_of(where, message({"snapshot ", k}), &snapshots[k])};
  }
  return list;
}

/// JSON has no infinity.
std::string number(double value) { return std::isfinite(value) ? to_text(value) : "null"; }

Result result_of_sample(const sample::SampleResult<float>& sampled) {
  Result out;
  out.text = message({"{\"evaluations\":", sampled.evaluations});
  out.add("points", sampled.points);
  if (!sampled.times.empty()) {
    out.add("trajectories", sampled.trajectories);
    out.add("times", sampled.times.data(), {sampled.times.size()});
  }
  if (sampled.times.size() >= 2) {
    const metric::PathShape shape = metric::path_shape(sampled.trajectories, sampled.times);
    append(out.text, {",\"straightness\":", number(shape.straightness),
                      ",\"energy\":", number(shape.energy)});
  }
  out.text += '}';
  return out;
}

Result result_of_likelihood(const density::LikelihoodResult<float>& found) {
  Result out;
  out.add("points", found.points);
  out.add("log_density", found.log_density.data(), {found.log_density.size()});
  out.text = message({"{\"evaluations\":", found.evaluations, "}"});
  return out;
}

void check_start(const char* where, const pf_points* start, bool rows_given) {
  if (start == nullptr || !rows_given) return;
  throw_error(ErrorCode::kInvalidArgument, where,
              "n must not be given beside start rows, got both");
}

/// From the rows given, or from rows drawn.
Result run_sample(const train::Trainer& trainer, const SampleRequest& request,
                  const pf_points* start, std::vector<int> labels, const train::Trainer* guide) {
  check_start("sample", start, request.rows_given);
  const auto rows = static_cast<std::size_t>(request.rows);
  const sample::SampleOptions& options = request.options;
  const train::SampleWith with{guide, request.schedule};
  if (request.log_density) {
    density::LikelihoodOptions likelihood = request.likelihood;
    likelihood.solver = options;
    likelihood.seed = options.seed;
    return result_of_likelihood(trainer.sample_with_log_density(
        start != nullptr ? points_of("sample", "start", start) : trainer.start(rows, options.seed),
        likelihood, std::move(labels)));
  }
  return result_of_sample(start == nullptr
                              ? trainer.sample(rows, options, std::move(labels), with)
                              : trainer.sample_from(points_of("sample", "start", start), options,
                                                    std::move(labels), with));
}

std::string floor_text(const train::LossFloor& found) {
  return message({"{\"floor\":", number(found.floor), ",\"floor_standard_error\":",
                  number(found.floor_standard_error), ",\"excess\":", number(found.excess),
                  ",\"excess_standard_error\":", number(found.excess_standard_error), "}"});
}

/// Adds the errors' arrays; their text is {}.
std::string add_errors(const train::Trainer& trainer, const MeasureRequest& request,
                       std::vector<int> labels, Result& out) {
  check_between("measure", "number of labels", static_cast<std::int64_t>(labels.size()), 0, 1);
  density::PathErrorOptions options{.seed = request.seed};
  if (request.rows > 0) options.n = request.rows;
  const auto exact = trainer.exact_minimiser(labels.empty() ? std::optional<int>() : labels[0]);
  const auto errors = density::path_errors<float>(*trainer.model(std::move(labels)), *exact,
                                                  request.times, options);
  std::vector<double> values(errors.size());
  const auto add = [&](const char* name, double (*value)(const density::PathError& at)) {
    std::transform(errors.begin(), errors.end(), values.begin(), value);
    out.add(name, values.data(), {values.size()});
  };
  add("velocity", [](const density::PathError& at) { return at.velocity.error; });
  add("velocity_relative", [](const density::PathError& at) { return at.velocity.relative(); });
  add("score", [](const density::PathError& at) { return at.score.error; });
  add("score_relative", [](const density::PathError& at) { return at.score.relative(); });
  return "{}";
}

}  // namespace

extern "C" {

pf_status pf_create_trainer(const char* options, size_t options_length, const pf_points* data,
                            const pf_points* source, const int32_t* labels, size_t label_count,
                            const pf_points* snapshots, const double* times, size_t snapshot_count,
                            const uint8_t* teacher, size_t teacher_size, pf_handle* trainer) {
  constexpr const char* kWhere = "Trainer";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "trainer", trainer);
    const std::string_view text = text_of(kWhere, "options", options, options_length);
    train::Trainer::Inputs inputs = inputs_of(kWhere, data, source, labels, label_count);
    if (snapshots != nullptr) {
      inputs.snapshots = snapshots_of(kWhere, snapshots, times, snapshot_count);
    }
    const auto bytes = bytes_of("teacher", teacher, teacher_size);
    inputs.teacher.assign(bytes.begin(), bytes.end());
    hand_out(train::Trainer(train::options_from_json(text.empty() ? "{}" : text, {}, kWhere),
                            std::move(inputs)),
             trainer);
  });
}

pf_status pf_restore_trainer(const uint8_t* bytes, size_t size, pf_handle* trainer) {
  return guarded("restore", [&] {
    check_pointer("restore", "trainer", trainer);
    hand_out(train::Trainer::restore(bytes_of("restore", bytes, size)), trainer);
  });
}

pf_status pf_reflow_trainer(pf_handle trainer, const char* options, size_t options_length,
                            const pf_points* start, const pf_points* reached, const int32_t* labels,
                            size_t label_count, int32_t keep_weights, pf_handle* student) {
  constexpr const char* kWhere = "reflow";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "student", student);
    const auto held = trainer_of(kWhere, trainer);
    const std::string_view text = text_of(kWhere, "options", options, options_length);
    const train::TrainOptions chosen = train::options_from_json(
        text.empty() ? "{}" : text, train::reflow_options(held->options()), kWhere);
    train::TrainInputs pairs = inputs_of(kWhere, nullptr, nullptr, labels, label_count);
    pairs.data = points_of(kWhere, "reached", reached);
    pairs.source = train::source_of_start(*held, points_of(kWhere, "start", start));
    hand_out(train::make_student(*held, chosen, std::move(pairs), keep_weights != 0), student);
  });
}

pf_status pf_step_trainer(pf_handle trainer, int64_t steps, pf_step_report* report) {
  return guarded("step", [&] {
    const train::StepReport done = trainer_of("step", trainer)->step(steps);
    if (report == nullptr) return;
    *report = {static_cast<double>(done.step), done.loss, done.mean_loss, done.gradient_norm,
               done.learning_rate};
  });
}

pf_status pf_save_trainer(pf_handle trainer, pf_handle* result) {
  return guarded("save", [&] {
    check_pointer("save", "result", result);
    Result out;
    out.add_bytes("bytes", trainer_of("save", trainer)->save());
    hand_out(std::move(out), result);
  });
}

pf_status pf_describe_trainer(pf_handle trainer, pf_handle* result) {
  return guarded("describe", [&] {
    check_pointer("describe", "result", result);
    const auto held = trainer_of("describe", trainer);
    Result out;
    out.text = message({"{\"options\":", train::to_json(held->options()), ",\"steps\":",
                        held->steps_done(), ",\"parameters\":", held->parameter_count(), "}"});
    hand_out(std::move(out), result);
  });
}

pf_status pf_draw_data(pf_handle trainer, size_t rows, uint64_t seed, pf_handle* result) {
  return guarded("data", [&] {
    check_pointer("data", "result", result);
    const auto held = trainer_of("data", trainer);
    check_elements("data", {rows, static_cast<std::uint64_t>(held->options().dimension)});
    Result out;
    out.add("points", held->data(rows, seed));
    const std::vector<int> labels = held->data_labels(rows, seed);
    if (!labels.empty()) out.add("labels", labels.data(), {labels.size()});
    hand_out(std::move(out), result);
  });
}

pf_status pf_draw_start(pf_handle trainer, size_t rows, uint64_t seed, pf_handle* result) {
  return guarded("start", [&] {
    check_pointer("start", "result", result);
    const auto held = trainer_of("start", trainer);
    check_elements("start", {rows, static_cast<std::uint64_t>(held->options().dimension)});
    Result out;
    out.add("points", held->start(rows, seed));
    hand_out(std::move(out), result);
  });
}

pf_status pf_evaluate_likelihood(pf_handle trainer, const char* options, size_t options_length,
                                 const pf_points* points, const int32_t* labels, size_t label_count,
                                 pf_progress progress, void* user, pf_handle* result) {
  constexpr const char* kWhere = "log_density";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto held = trainer_of(kWhere, trainer);
    density::LikelihoodOptions request =
        likelihood_request(text_of(kWhere, "options", options, options_length));
    request.solver.progress = watcher(progress, user);
    hand_out(result_of_likelihood(held->log_density(points_of(kWhere, "points", points), request,
                                                    labels_of(kWhere, labels, label_count))),
             result);
  });
}

pf_status pf_sample_guided(pf_handle trainer, pf_handle guide, const char* options,
                           size_t options_length, const pf_points* start, const int32_t* labels,
                           size_t label_count, pf_progress progress, void* user,
                           pf_handle* result) {
  constexpr const char* kWhere = "sample";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto held = trainer_of(kWhere, trainer);
    SampleRequest request = sample_request(text_of(kWhere, "options", options, options_length),
                                           *held->model(), held->schedule());
    const std::uint64_t rows =
        start != nullptr ? start->rows : static_cast<std::uint64_t>(request.rows);
    check_elements(kWhere, {rows, static_cast<std::uint64_t>(held->options().dimension),
                            std::max<std::uint64_t>(request.options.keep.size(), 1)});
    request.options.progress = watcher(progress, user);
    const auto other = guide == 0 ? nullptr : trainer_of(kWhere, guide);
    if (request.log_density && other != nullptr) {
      throw_error(ErrorCode::kInvalidArgument, kWhere,
                  "log_density must not be asked for beside a guide, got both");
    }
    hand_out(run_sample(*held, request, start, labels_of(kWhere, labels, label_count),
                        other == nullptr ? nullptr : &*other),
             result);
  });
}

pf_status pf_sample_trainer(pf_handle trainer, const char* options, size_t options_length,
                            const pf_points* start, const int32_t* labels, size_t label_count,
                            pf_progress progress, void* user, pf_handle* result) {
  return pf_sample_guided(trainer, 0, options, options_length, start, labels, label_count, progress,
                          user, result);
}

pf_status pf_run_langevin(pf_handle trainer, const char* options, size_t options_length,
                          const pf_points* start, const int32_t* labels, size_t label_count,
                          pf_progress progress, void* user, pf_handle* result) {
  constexpr const char* kWhere = "langevin";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto held = trainer_of(kWhere, trainer);
    LangevinRequest request = langevin_request(text_of(kWhere, "options", options, options_length));
    check_start(kWhere, start, request.rows_given);
    const std::uint64_t rows =
        start != nullptr ? start->rows : static_cast<std::uint64_t>(request.rows);
    check_elements(kWhere, {rows, static_cast<std::uint64_t>(held->options().dimension),
                            std::max<std::uint64_t>(request.run.chain.keep.size(), 1)});
    request.run.chain.progress = watcher(progress, user);
    std::vector<int> classes = labels_of(kWhere, labels, label_count);
    const auto found = start == nullptr ? held->langevin(rows, request.run, std::move(classes))
                                        : held->langevin_from(points_of(kWhere, "start", start),
                                                              request.run, std::move(classes));
    Result out;
    out.add("points", found.points);
    if (!request.run.chain.keep.empty()) out.add("trajectories", found.trajectories);
    out.text = message({"{\"evaluations\":", found.evaluations,
                        ",\"acceptance\":", number(found.acceptance), "}"});
    hand_out(std::move(out), result);
  });
}

pf_status pf_measure_trainer(pf_handle trainer, const char* options, size_t options_length,
                             const int32_t* labels, size_t label_count, pf_handle* result) {
  constexpr const char* kWhere = "measure";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto held = trainer_of(kWhere, trainer);
    const MeasureRequest request =
        measure_request(text_of(kWhere, "options", options, options_length));
    Result out;
    out.text =
        request.times.empty()
            ? floor_text(held->loss_floor(request.rows > 0 ? request.rows : 4096, request.seed))
            : add_errors(*held, request, labels_of(kWhere, labels, label_count), out);
    hand_out(std::move(out), result);
  });
}

pf_status pf_evaluate_field(pf_handle trainer, const char* options, size_t options_length,
                            const int32_t* labels, size_t label_count, pf_handle* result) {
  constexpr const char* kWhere = "field";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto held = trainer_of(kWhere, trainer);
    check_size(kWhere, "points", static_cast<std::size_t>(held->options().dimension), 2);
    const FieldRequest request = field_request(text_of(kWhere, "options", options, options_length));
    const path::Schedule& schedule = held->schedule();
    const double t = std::clamp(request.t, schedule.t_min(), schedule.t_max());
    const tensor::Points field =
        evaluate_field(*held, request, t, labels_of(kWhere, labels, label_count));
    const auto side = static_cast<std::size_t>(request.grid);
    Result out;
    out.add("field", field.data(), {side, side, 2});
    out.text = message({"{\"t\":", t, "}"});
    hand_out(std::move(out), result);
  });
}

}  // extern "C"
