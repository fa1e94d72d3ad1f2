#include "pathflow/train/batch.hpp"

#include <algorithm>

#include "pathflow/base/random.hpp"
#include "pathflow/cpu/draws.hpp"
#include "pathflow/path/time_sampling.hpp"

namespace pathflow::train {
BatchSource::BatchSource(const TrainOptions& options, const Pool& data, const Pool& source)
    : options_(options),
      data_(data),
      source_(source),
      n_(static_cast<std::size_t>(options.batch)),
      d_(static_cast<std::size_t>(options.dimension)),
      coupling_(path::coupling_of(options.coupling)),
      schedule_(path::make_schedule(options.schedule)),
      x0_(n_ * d_),
      x1_(n_ * d_),
      spare_(n_ * d_),
      times_(n_),
      words_(n_),
      rows_(n_) {
  if (path::couples_by_cost(coupling_)) {
    paired_.resize(n_ * d_);
    pairing_.resize(n_);
    if (coupling_ == path::Coupling::kConditionalOt) labels_.resize(n_);
  }
}

void BatchSource::draw_data(std::uint64_t step) {
  cpu::draw_words(Random(options_.seed, Purpose::kDataIndex), step, words_);
  for (std::size_t i = 0; i < n_; ++i) {
    rows_[i] = static_cast<std::size_t>(Random::index_of(words_[i], data_.count()));
  }
  for (std::size_t i = 0; i < n_; ++i) {
    data_.rows->read(rows_[i], 1, std::span<float>(x0_).subspan(i * d_, d_));
  }
}

void BatchSource::draw_source(std::uint64_t step) {
  if (source_.gaussian()) {
    cpu::draw_normals(Random(options_.seed, Purpose::kSourceNoise), step, x1_);
    return;
  }
  const bool paired = coupling_ == path::Coupling::kPairs;
  if (!paired) cpu::draw_words(Random(options_.seed, Purpose::kSourceIndex), step, words_);
  for (std::size_t i = 0; i < n_; ++i) {
    const auto row =
        paired ? rows_[i] : static_cast<std::size_t>(Random::index_of(words_[i], source_.count()));
    source_.rows->read(row, 1, std::span<float>(x1_).subspan(i * d_, d_));
  }
}

void BatchSource::couple(std::uint64_t step) {
  if (coupling_ == path::Coupling::kConditionalOt) {
    for (std::size_t i = 0; i < n_; ++i) labels_[i] = data_.labels[rows_[i]];
  }
  path::couple(coupling_, n_, d_, x0_, x1_, pairing_, workspace_,
               {.regularisation = options_.coupling_reg,
                .bridge_variance = options_.coupling_reg,
                .label_penalty = options_.label_penalty,
                .labels = labels_,
                .seed = options_.seed,
                .step = step});
  for (std::size_t i = 0; i < n_; ++i) {
    std::copy_n(x1_.data() + static_cast<std::size_t>(pairing_[i]) * d_, d_,
                paired_.data() + i * d_);
  }
  std::swap(x1_, paired_);
}

void BatchSource::write_labels(std::uint64_t step, std::span<float> label) const {
  const Random random(options_.seed, Purpose::kLabelDropout);
  for (std::size_t i = 0; i < label.size(); ++i) {
    const bool dropped = random.uniform(step, i) < options_.label_dropout;
    label[i] = static_cast<float>(dropped ? options_.classes : data_.labels[rows_[i]]);
  }
}

void BatchSource::draw_times(std::uint64_t step, path::Interval interval) {
  const path::TimeLaw law(options_.time_law, interval, *schedule_);
  const Random random(options_.seed, Purpose::kTime);
  if (options_.time_law != "stratified") {
    for (std::size_t i = 0; i < n_; ++i) times_[i] = law.time(random, step, i, n_);
    return;
  }
  cpu::draw_words(random, step, words_);
  for (std::size_t i = 0; i < n_; ++i) {
    times_[i] = law.at(path::stratified_share(Random::uniform_of(words_[i]), i, n_));
  }
}

void BatchSource::fill(std::uint64_t step, const Loss& loss, const BatchViews& views) {
  draw_data(step);
  draw_source(step);
  if (!pairing_.empty()) couple(step);
  draw_times(step, loss.interval());
  loss.fill({.seed = options_.seed,
             .step = step,
             .rows = n_,
             .dimension = d_,
             .data = x0_,
             .source = x1_,
             .times = times_,
             .spare = spare_},
            views.inputs);
  write_labels(step, views.label);
}

}  // namespace pathflow::train
