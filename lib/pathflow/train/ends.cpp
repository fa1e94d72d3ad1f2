#include "pathflow/train/ends.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/data/distribution.hpp"

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
    throw ShapeError(
        "Trainer", std::string(name) + " must have at least one row and one column, got [" +
                       std::to_string(rows.shape(0)) + ", " + std::to_string(rows.shape(1)) + "]");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::isfinite(rows.data()[i])) continue;
    throw NumericError("Trainer", std::string(name) + " must be finite, got " +
                                      to_text(static_cast<double>(rows.data()[i])) + " in row " +
                                      std::to_string(i / rows.shape(1)));
  }
}

Pool given_pool(const char* name, Points rows, std::vector<int> labels) {
  check_rows(name, rows);
  for (const int label : labels) {
    check_between("Trainer", "labels", std::int64_t{label}, 0, 65535);
  }
  return {std::move(rows), std::move(labels), true};
}

Pool drawn_pool(const std::string& name, std::uint64_t seed) {
  const auto distribution = data::make_dataset(name);
  return {distribution->draw(kPoolRows, seed), distribution->labels(kPoolRows, seed), false};
}

Pool data_pool(const TrainOptions& options, TrainInputs& inputs) {
  if (!inputs.data) {
    if (inputs.labels) {
      throw InvalidArgument("Trainer", "labels need rows of data, got labels alone");
    }
    return drawn_pool(options.data, pool_seed(options.seed, kDataEnd));
  }
  if (inputs.labels) {
    check_size("Trainer", "labels", inputs.labels->size(), inputs.data->shape(0));
  }
  return given_pool("data", std::move(*inputs.data),
                    inputs.labels ? std::move(*inputs.labels) : std::vector<int>{});
}

Pool source_pool(const TrainOptions& options, TrainInputs& inputs) {
  if (inputs.source) return given_pool("source", std::move(*inputs.source), {});
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
    throw InvalidArgument(
        "Trainer", "conditional needs labelled data, got none with \"" + options.data + "\"");
  }
  const int present = *std::max_element(labels.begin(), labels.end()) + 1;
  options.conditional = true;
  if (options.classes == 0) options.classes = present;
  if (present > options.classes) {
    throw InvalidArgument(
        "Trainer", "labels must be below classes = " + std::to_string(options.classes) + ", got " +
                       std::to_string(present - 1));
  }
}

void check_source(const TrainOptions& options, const Pool& source) {
  if (source.gaussian()) return;
  if (source.rows.shape(1) != static_cast<std::size_t>(options.dimension)) {
    throw ShapeError("Trainer", "source must have the data's " + to_text(options.dimension) +
                                    " columns, got " + std::to_string(source.rows.shape(1)));
  }
  if (options.predict == "score") {
    throw InvalidArgument("Trainer",
                          "predict \"score\" needs source \"gaussian\" (only then is -x1 / sigma "
                          "the score), got \"" +
                              options.source + "\"");
  }
}

}  // namespace

double Pool::scale() const {
  if (gaussian()) return 1.0;
  double sum = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double value = rows.data()[i];
    sum += value * value;
  }
  return sum > 0 ? std::sqrt(sum / static_cast<double>(rows.size())) : 1.0;
}

Ends make_ends(TrainOptions& options, TrainInputs inputs) {
  Ends ends{data_pool(options, inputs), source_pool(options, inputs)};
  options.dimension = static_cast<std::int64_t>(ends.data.rows.shape(1));
  settle_classes(options, ends.data.labels);
  check_source(options, ends.source);
  return ends;
}

}  // namespace pathflow::train
