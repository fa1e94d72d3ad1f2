#include "pathflow/train/reflow.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/path/time_sampling.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

constexpr const char* kWhere = "reflow";
/// Rows whose ODE is solved at once: what any other caller who goes by blocks gets, too.
constexpr std::size_t kBlock = 256;

Points rows_of(const Points& all, std::size_t begin, std::size_t count) {
  const std::size_t d = all.shape(1);
  Points rows = Points::from_shape({count, d});
  std::copy_n(all.data() + begin * d, count * d, rows.data());
  return rows;
}

/// A velocity on the linear path by plain regression: what student and teacher must both be for
/// weights to mean the same.
bool rectified(const TrainOptions& o) {
  return o.schedule == "linear" && o.predict == "velocity" && o.objective == "regression";
}

void check_solver(const sample::SampleOptions& solver) {
  if (!solver.from && !solver.to && !solver.toward_source && solver.keep.empty()) return;
  throw_error(ErrorCode::kInvalidArgument, kWhere,
              "the solver must go from the source to the data and keep no times, got from, to, "
              "toward_source or keep");
}

}  // namespace

TrainOptions reflow_options(const TrainOptions& teacher, int distill) {
  check_between(kWhere, "distill", std::int64_t{distill}, 0, path::kMostSourceEndSteps);
  TrainOptions options = teacher;
  const TrainOptions plain;
  options.coupling = "pairs";
  options.schedule = plain.schedule;
  options.predict = plain.predict;
  options.objective = plain.objective;
  options.gamma = plain.gamma;
  options.weight = plain.weight;
  options.time_law = distill > 0 ? message({"source-end:", distill}) : plain.time_law;
  return options;
}

Points source_of_start(const Trainer& teacher, Points start) {
  const float sigma = static_cast<float>(teacher.schedule().at(teacher.schedule().t_max()).sigma);
  for (float& value : start) value /= sigma;
  return start;
}

TrainInputs draw_pairs(const Trainer& teacher, std::size_t n, const sample::SampleOptions& solver) {
  check_solver(solver);
  Points start = teacher.start(n, solver.seed);
  std::vector<int> labels;
  if (teacher.options().classes > 0) labels = teacher.data_labels(n, solver.seed);
  Points data = Points::from_shape({n, start.shape(1)});
  sample::SampleOptions block = solver;
  block.deterministic = true;
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t count = std::min(kBlock, n - begin);
    if (solver.progress) {
      block.progress = [&](double share) {
        return solver.progress((static_cast<double>(begin) + share * static_cast<double>(count)) /
                               static_cast<double>(n));
      };
    }
    const auto first = labels.begin() + static_cast<std::ptrdiff_t>(labels.empty() ? 0 : begin);
    const auto last = labels.empty() ? first : first + static_cast<std::ptrdiff_t>(count);
    const auto moved = teacher.sample_from(rows_of(start, begin, count), block, {first, last});
    std::copy(moved.points.begin(), moved.points.end(), data.data() + begin * data.shape(1));
  }
  TrainInputs pairs{.data = std::move(data), .source = source_of_start(teacher, std::move(start))};
  if (!labels.empty()) pairs.labels = std::move(labels);
  return pairs;
}

bool drawn_from(const TrainInputs& pairs, const Trainer& teacher,
                const sample::SampleOptions& solver) {
  if (!pairs.data || !pairs.source || pairs.data->size() == 0) return false;
  const std::size_t n = std::min(kBlock, pairs.data->shape(0));
  const TrainInputs own = draw_pairs(teacher, n, solver);
  if (own.data->shape(1) != pairs.data->shape(1) ||
      own.labels.has_value() != pairs.labels.has_value()) {
    return false;
  }
  if (own.labels && !std::equal(own.labels->begin(), own.labels->end(), pairs.labels->begin())) {
    return false;
  }
  return std::equal(own.source->begin(), own.source->end(), pairs.source->data()) &&
         std::equal(own.data->begin(), own.data->end(), pairs.data->data(),
                    [](float a, float b) { return std::abs(a - b) <= 1e-4f * (1 + std::abs(a)); });
}

Trainer make_student(const Trainer& teacher, TrainOptions options, TrainInputs pairs,
                     bool keep_weights) {
  if (options.coupling != "pairs") {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"coupling must be \"pairs\", got \"", options.coupling, "\""});
  }
  const bool keep = keep_weights && rectified(options) && rectified(teacher.options());
  Trainer student(std::move(options), std::move(pairs));
  if (keep) student.begin_with(teacher);
  return student;
}

Trainer reflow(const Trainer& teacher, const ReflowOptions& options) {
  TrainOptions student = reflow_options(teacher.options(), options.distill);
  return make_student(teacher, std::move(student),
                      draw_pairs(teacher, options.pairs, options.solver), options.keep_weights);
}

}  // namespace pathflow::train
