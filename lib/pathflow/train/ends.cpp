#include "pathflow/train/ends.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/train/teacher.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

constexpr std::uint64_t kDataEnd = 0, kSourceEnd = 1;

/// Seeds of the pools, so that a source and a data set of one name are not the same rows.
std::uint64_t pool_seed(std::uint64_t seed, std::uint64_t end) {
  const PhiloxCounter bits = Random(seed, Purpose::kDataset).bits(0, end);
  return (std::uint64_t{bits[1]} << 32) | bits[0];
}

void check_rows(const char* name, const Points& rows) {
  if (rows.shape(0) == 0 || rows.shape(1) == 0) {
    throw_error(ErrorCode::kShape, "Trainer",
                {name, " must have at least one row and one column, got [", rows.shape(0), ", ",
                 rows.shape(1), "]"});
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::isfinite(rows.data()[i])) continue;
    throw_error(ErrorCode::kNumeric, "Trainer",
                {name, " must be finite, got ", static_cast<double>(rows.data()[i]), " in row ",
                 i / rows.shape(1)});
  }
}

/// The rows that were given in either form; null if none were.
std::shared_ptr<const io::Rows> given_rows(const char* name, std::optional<Points>& points,
                                           const std::shared_ptr<const io::Rows>& rows) {
  if (points && rows) {
    throw_error(ErrorCode::kInvalidArgument, "Trainer",
                {name, " must be given once, got both points and the rows of a file"});
  }
  if (!points) return rows;
  check_rows(name, *points);
  return io::rows_in_memory(std::move(*points));
}

Pool drawn_pool(const std::string& name, std::uint64_t seed) {
  const auto distribution = data::make_dataset(name);
  return {io::rows_in_memory(distribution->draw(kPoolRows, seed)),
          distribution->labels(kPoolRows, seed), false};
}

Pool data_pool(const TrainOptions& options, TrainInputs& inputs) {
  std::shared_ptr<const io::Rows> rows = given_rows("data", inputs.data, inputs.data_rows);
  if (rows == nullptr) {
    if (inputs.labels) {
      throw_error(ErrorCode::kInvalidArgument, "Trainer",
                  "labels need rows of data, got labels alone");
    }
    return drawn_pool(options.data, pool_seed(options.seed, kDataEnd));
  }
  std::vector<int> labels = inputs.labels ? std::move(*inputs.labels) : std::vector<int>{};
  if (inputs.labels) check_size("Trainer", "labels", labels.size(), rows->size());
  for (const int label : labels) {
    check_between("Trainer", "labels", std::int64_t{label}, 0, 65535);
  }
  return {std::move(rows), std::move(labels), true};
}

/// Rows that are said to be draws of N(0, I) have a mean square of 1 within six deviations: rows of
/// another law that nobody named would pass for it.
void check_normal(const io::Rows& rows) {
  const double count = static_cast<double>(rows.size()) * static_cast<double>(rows.dimension());
  const double mean = rows.sum_of_squares() / count, most = 6 * std::sqrt(2 / count);
  if (std::abs(mean - 1) <= most) return;
  throw_error(
      ErrorCode::kInvalidArgument, "Trainer",
      {"source rows under the name \"gaussian\" must be draws of N(0, I), whose mean square "
       "is 1 within ",
       most, ", got ", mean, ": name the source otherwise"});
}

Pool source_pool(const TrainOptions& options, TrainInputs& inputs) {
  const bool drawn = inputs.source.has_value();
  std::shared_ptr<const io::Rows> rows = given_rows("source", inputs.source, inputs.source_rows);
  if (rows != nullptr) {
    const bool normal = options.source == "gaussian" && options.coupling == "pairs";
    if (normal && drawn) check_normal(*rows);
    return {std::move(rows), {}, true, normal};
  }
  if (options.source == "gaussian") return {};
  return drawn_pool(options.source, pool_seed(options.seed, kSourceEnd));
}

/// Takes classes from the labels, or drops the labels of an unconditional run.
void settle_classes(TrainOptions& options, std::vector<int>& labels) {
  if (!options.conditional && options.classes == 0) {
    labels.clear();
    return;
  }
  if (labels.empty()) {
    throw_error(ErrorCode::kInvalidArgument, "Trainer",
                {"conditional needs labelled data, got none with \"", options.data, "\""});
  }
  const int present = *std::max_element(labels.begin(), labels.end()) + 1;
  options.conditional = true;
  if (options.classes == 0) options.classes = present;
  if (present > options.classes) {
    throw_error(ErrorCode::kInvalidArgument, "Trainer",
                {"labels must be below classes = ", options.classes, ", got ", present - 1});
  }
}

void check_source(const TrainOptions& options, const Pool& source, const Pool& data) {
  const bool independent = options.coupling == "independent";
  if (options.predict == "score" && !(source.gaussian() && independent)) {
    throw_error(ErrorCode::kInvalidArgument, "Trainer",
                {"predict \"score\" needs source \"gaussian\" and coupling \"independent\" (only "
                 "then is -x1 / sigma the score), got \"",
                 options.source, "\" and \"", options.coupling, "\""});
  }
  if (source.fresh()) {
    if (options.coupling != "pairs") return;
    throw_error(ErrorCode::kInvalidArgument, "Trainer",
                "coupling \"pairs\" needs source rows, one for each data row, got none with "
                "source \"gaussian\"");
  }
  if (source.rows->dimension() != static_cast<std::size_t>(options.dimension)) {
    throw_error(ErrorCode::kShape, "Trainer",
                {"source must have the data's ", options.dimension, " columns, got ",
                 source.rows->dimension()});
  }
  if (options.coupling == "pairs" && source.count() != data.count()) {
    throw_error(ErrorCode::kShape, "Trainer",
                {"coupling \"pairs\" needs as many source rows as data rows, got ", source.count(),
                 " and ", data.count()});
  }
}

void check_times(const std::vector<Snapshot>& snapshots) {
  const std::size_t count = snapshots.size();
  bool path = count >= 2 && snapshots.front().time == 0 && snapshots.back().time == 1;
  std::string times;
  for (std::size_t k = 0; k < count; ++k) {
    if (k > 0 && !(snapshots[k - 1].time < snapshots[k].time)) path = false;
    times += (k ? ", " : "") + to_text(snapshots[k].time);
  }
  if (path) return;
  throw_error(ErrorCode::kInvalidArgument, "Trainer",
              {"snapshots must be at least 2, at ascending times from 0 to 1, got ", count,
               " at times [", times, "]"});
}

Ends snapshot_ends(TrainOptions& options, TrainInputs& inputs) {
  if (inputs.data || inputs.data_rows || inputs.source || inputs.source_rows || inputs.labels) {
    throw_error(ErrorCode::kInvalidArgument, "Trainer",
                "snapshots take the place of data, source and labels, got both");
  }
  if (options.coupling == "pairs") {
    throw_error(ErrorCode::kInvalidArgument, "Trainer",
                "coupling must not be \"pairs\" with snapshots, whose rows are not joined to one "
                "another, got \"pairs\"");
  }
  check_times(*inputs.snapshots);
  Ends ends;
  for (Snapshot& snapshot : *inputs.snapshots) {
    const std::string name = message({"snapshot ", ends.times.size()});
    check_rows(name.c_str(), snapshot.points);
    ends.times.push_back(snapshot.time);
    ends.snapshots.push_back(io::rows_in_memory(std::move(snapshot.points)));
    const std::size_t columns = ends.snapshots.back()->dimension();
    const std::size_t first = ends.snapshots.front()->dimension();
    if (columns != first) {
      throw_error(ErrorCode::kShape, "Trainer",
                  {name, " must have the first's ", first, " columns, got ", columns});
    }
  }
  ends.data.rows = ends.snapshots.front();
  ends.source.rows = ends.snapshots.back();
  options.data = options.source = "snapshots";
  return ends;
}

}  // namespace

std::size_t Ends::piece(double t) const {
  std::size_t k = 0;
  while (k + 2 < times.size() && times[k + 1] <= t) ++k;
  return k;
}

double Pool::scale() const {
  if (gaussian()) return 1.0;
  const double sum = rows->sum_of_squares();
  const double count = static_cast<double>(rows->size()) * static_cast<double>(rows->dimension());
  return sum > 0 ? std::sqrt(sum / count) : 1.0;
}

Ends make_ends(TrainOptions& options, TrainInputs inputs) {
  Ends ends = inputs.snapshots ? snapshot_ends(options, inputs)
                               : Ends{data_pool(options, inputs), source_pool(options, inputs)};
  if (!inputs.teacher.empty()) ends.teacher = std::make_shared<const Teacher>(inputs.teacher);
  options.dimension = static_cast<std::int64_t>(ends.data.rows->dimension());
  settle_classes(options, ends.data.labels);
  check_source(options, ends.source, ends.data);
  return ends;
}

}  // namespace pathflow::train
