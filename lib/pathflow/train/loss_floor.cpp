#include "pathflow/train/loss_floor.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/path/time_sampling.hpp"

namespace pathflow::train {
namespace {

using density::EmpiricalPath;

constexpr std::size_t kMostNumbers = std::size_t{1} << 24;  ///< of the data: 64 MB
/// Of a measurement; and rows drawn at each time of a batch.
constexpr std::size_t kBatches = 16, kRowsEach = 16;

void check_run(const char* where, const LossSetup& run, const Loss& loss) {
  const char* rule = nullptr;
  if (!run.ends.source.gaussian()) {
    rule =
        "needs source \"gaussian\": between two finite sets every x_t has one pair and the floor "
        "is 0";
  } else if (run.options.coupling != "independent") {
    rule = "needs coupling \"independent\": the others have no closed form";
  } else if (!run.ends.snapshots.empty()) {
    rule = "needs data and a source, not snapshots";
  } else if (loss.gamma() != nullptr) {
    rule = "needs a path without noise of its own";
  }
  if (rule == nullptr) return;
  throw_error(ErrorCode::kInvalidArgument, where,
              {rule, ", got source \"", run.options.source, "\", coupling \"", run.options.coupling,
               "\", gamma \"", run.options.gamma, "\""});
}

/// Numbers of the rows with a label, or of all.
std::vector<std::size_t> rows_with(const Pool& data, std::optional<int> label) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < data.count(); ++i) {
    if (!label || data.labels[i] == *label) rows.push_back(i);
  }
  return rows;
}

/// Means and standard errors over batches.
struct Mean {
  double sum = 0, squares = 0;
  void add(double value) {
    sum += value;
    squares += value * value;
  }
  double value() const { return sum / kBatches; }
  double standard_error() const {
    const double variance = squares / kBatches - value() * value();
    return std::sqrt(std::max(0.0, variance) / (kBatches - 1));
  }
};

/// The draws of a measurement: rows of one time and of one label together.
class FloorMeter {
 public:
  FloorMeter(const LossSetup& run, const Loss& loss, Network& network, std::uint64_t seed)
      : run_(run),
        loss_(loss),
        network_(network),
        seed_(seed),
        d_(static_cast<std::size_t>(run.options.dimension)),
        minimisers_(static_cast<std::size_t>(run.options.classes) + 1) {}

  /// Adds the floor and the excess of `count` rows at time t, drawn as number `draw`.
  void add(double t, std::uint64_t draw, std::size_t count, double& floor, double& excess) {
    draw_rows(draw, count);
    std::size_t begin = 0;
    while (begin < count) {
      std::size_t end = begin + 1;
      while (end < count && draws_[end].first == draws_[begin].first) ++end;
      add_group(t, begin, end, floor, excess);
      begin = end;
    }
  }

 private:
  void draw_rows(std::uint64_t draw, std::size_t count) {
    const Pool& data = run_.ends.data;
    const Random rows(seed_, Purpose::kDataIndex), dropout(seed_, Purpose::kLabelDropout);
    draws_.resize(count);
    rows_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      rows_[i] = static_cast<std::size_t>(rows.index(draw, i, data.count()));
      const bool labelled =
          run_.options.classes > 0 && dropout.uniform(draw, i) >= run_.options.label_dropout;
      const int label = labelled ? data.labels[rows_[i]] : run_.options.classes;
      draws_[i] = {static_cast<std::size_t>(label), i};
    }
    std::sort(draws_.begin(), draws_.end());
    noise_.resize(count * d_);
    Random(seed_, Purpose::kSourceNoise).fill_normal(std::span<float>(noise_), draw);
  }

  void add_group(double t, std::size_t begin, std::size_t end, double& floor, double& excess) {
    const std::size_t count = end - begin;
    const path::Coefficients at = loss_schedule().at(t);
    const float alpha = static_cast<float>(at.alpha), sigma = static_cast<float>(at.sigma);
    x_.resize(count * d_);
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<float> x(x_.data() + i * d_, d_);
      const std::size_t draw = draws_[begin + i].second;
      run_.ends.data.rows->read(rows_[draw], 1, x);
      for (std::size_t k = 0; k < d_; ++k) x[k] = alpha * x[k] + sigma * noise_[draw * d_ + k];
    }
    const LossParts parts = *loss_.parts(t);
    const int label = static_cast<int>(draws_[begin].first);
    EmpiricalPath<float>& exact = minimiser(label);
    excess += parts.error * squared_error(exact, t, label);
    for (const double spread : spread_) floor += parts.constant + parts.spread * spread;
  }

  /// Sum of |q - q*|^2 over the rows of x_; fills spread_.
  double squared_error(EmpiricalPath<float>& exact, double t, int label) {
    const std::size_t count = x_.size() / d_;
    own_.resize(x_.size());
    exact_.resize(x_.size());
    labels_.assign(run_.options.classes > 0 ? count : 0, label);
    network_.predict(x_, static_cast<float>(t), labels_, loss_.reading(t), own_);
    spread_.resize(count);
    exact.evaluate_with_spread(loss_.prediction(), x_, t, exact_, spread_);
    double sum = 0;
    for (std::size_t i = 0; i < own_.size(); ++i) {
      const double gap = static_cast<double>(own_[i]) - static_cast<double>(exact_[i]);
      sum += gap * gap;
    }
    return sum;
  }

  const path::Schedule& loss_schedule() const { return run_.objective.schedule(); }
  EmpiricalPath<float>& minimiser(int label) {
    auto& found = minimisers_[static_cast<std::size_t>(label)];
    if (!found) {
      const bool null = label == run_.options.classes;
      found = exact_minimiser(run_, null ? std::nullopt : std::optional(label), loss_.prediction(),
                              loss_);
    }
    return *found;
  }

  const LossSetup& run_;
  const Loss& loss_;
  Network& network_;
  std::uint64_t seed_;
  std::size_t d_;
  std::vector<std::unique_ptr<EmpiricalPath<float>>> minimisers_;  ///< by label, made when needed
  std::vector<std::pair<std::size_t, std::size_t>> draws_;  ///< label (classes: null), number
  std::vector<std::size_t> rows_;                           ///< of the data, by number
  std::vector<float> noise_, x_, own_, exact_;
  std::vector<double> spread_;
  std::vector<int> labels_;
};

}  // namespace

std::unique_ptr<EmpiricalPath<float>> exact_minimiser(const LossSetup& run,
                                                      std::optional<int> label,
                                                      path::Prediction predict, const Loss& loss) {
  constexpr const char* kWhere = "exact_minimiser";
  check_run(kWhere, run, loss);
  const Pool& data = run.ends.data;
  const std::size_t d = data.rows->dimension();
  if (data.count() > kMostNumbers / d) {
    throw_error(
        ErrorCode::kInvalidArgument, kWhere,
        {"data must hold at most ", kMostNumbers, " numbers, got ", data.count(), " rows of ", d});
  }
  const std::vector<std::size_t> numbers = rows_with(data, label);
  if (numbers.empty()) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"a row must have the label, got none with label ", *label});
  }
  tensor::Points rows = tensor::Points::from_shape({numbers.size(), d});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    data.rows->read(numbers[i], 1, std::span<float>(rows.data() + i * d, d));
  }
  return std::make_unique<EmpiricalPath<float>>(rows, path::make_schedule(run.options.schedule),
                                                predict);
}

LossFloor measure_floor(const LossSetup& run, const Loss& loss, Network& network, std::int64_t rows,
                        std::uint64_t seed) {
  constexpr const char* kWhere = "loss_floor";
  check_at_least(kWhere, "rows", rows, static_cast<std::int64_t>(kBatches * kRowsEach));
  check_run(kWhere, run, loss);
  const path::Interval interval = loss.interval();
  if (!loss.parts(0.5 * (interval.low + interval.high))) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"needs an objective that is least at a conditional mean, got \"",
                 run.options.objective, "\""});
  }
  const std::size_t count = static_cast<std::size_t>(rows) / (kBatches * kRowsEach);
  const path::TimeLaw law(run.options.time_law, interval, run.objective.schedule());
  const Random times(seed, Purpose::kTime);
  FloorMeter meter(run, loss, network, seed);
  Mean floor, excess;
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    double floor_sum = 0, excess_sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const double t = static_cast<double>(static_cast<float>(law.time(times, batch, k, count)));
      meter.add(t, batch * count + k, kRowsEach, floor_sum, excess_sum);
    }
    floor.add(floor_sum / static_cast<double>(kRowsEach * count));
    excess.add(excess_sum / static_cast<double>(kRowsEach * count));
  }
  return {floor.value(), floor.standard_error(), excess.value(), excess.standard_error()};
}

}  // namespace pathflow::train
