#include "pathflow/train/batch.hpp"

#include <algorithm>

#include "pathflow/base/random.hpp"
#include "pathflow/cpu/draws.hpp"
#include "pathflow/path/time_sampling.hpp"
#include "pathflow/train/batches_ahead.hpp"

namespace pathflow::train {

Batch::Batch(const TrainOptions& options, const Ends& ends)
    : options_(options),
      ends_(ends),
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

void Batch::draw_data() {
  cpu::draw_words(Random(options_.seed, Purpose::kDataIndex), step_, words_);
  for (std::size_t i = 0; i < n_; ++i) {
    rows_[i] = static_cast<std::size_t>(Random::index_of(words_[i], ends_.data.count()));
  }
  for (std::size_t i = 0; i < n_; ++i) {
    ends_.data.rows->read(rows_[i], 1, std::span<float>(x0_).subspan(i * d_, d_));
  }
}

void Batch::draw_source() {
  if (ends_.source.fresh()) {
    cpu::draw_normals(Random(options_.seed, Purpose::kSourceNoise), step_, x1_);
    return;
  }
  const bool paired = coupling_ == path::Coupling::kPairs;
  if (!paired) cpu::draw_words(Random(options_.seed, Purpose::kSourceIndex), step_, words_);
  for (std::size_t i = 0; i < n_; ++i) {
    const auto row =
        paired ? rows_[i]
               : static_cast<std::size_t>(Random::index_of(words_[i], ends_.source.count()));
    ends_.source.rows->read(row, 1, std::span<float>(x1_).subspan(i * d_, d_));
  }
}

/// Joins `count` rows from row `begin` on; draw: the number of its random draws.
void Batch::couple(std::uint64_t draw, std::size_t begin, std::size_t count,
                   path::CouplingWorkspace& workspace) {
  if (coupling_ == path::Coupling::kConditionalOt) {
    for (std::size_t i = 0; i < n_; ++i) labels_[i] = ends_.data.labels[rows_[i]];
  }
  const auto part = [&](const std::vector<float>& rows) {
    return std::span<const float>(rows).subspan(begin * d_, count * d_);
  };
  const std::span<std::int32_t> pairing = std::span(pairing_).subspan(begin, count);
  path::couple(coupling_, count, d_, part(x0_), part(x1_), pairing, workspace,
               {.regularisation = options_.coupling_reg,
                .bridge_variance = options_.gamma_scale,
                .label_penalty = options_.label_penalty,
                .labels = labels_,
                .seed = options_.seed,
                .step = draw});
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(x1_.data() + (begin + static_cast<std::size_t>(pairing[i])) * d_, d_,
                paired_.data() + (begin + i) * d_);
  }
}

void Batch::draw_ends(path::CouplingWorkspace& workspace) {
  draw_data();
  draw_source();
  if (!pairing_.empty()) couple(step_, 0, n_, workspace);
}

/// Rows of the two snapshots around each row's time, joined with those of the same two: stratified
/// times ascend, so they follow one another. The optimal plan ("ot") is the one for trajectories:
/// every cell of a population then goes the shortest way to the next snapshot, the laws in between
/// are McCann's displacement interpolation, and the field of least kinetic energy that has them is
/// a gradient, action matching's own answer. Rows joined at random meet halfway, where the laws
/// shrink toward their mean.
void Batch::draw_snapshots(path::CouplingWorkspace& workspace) {
  const std::size_t pieces = ends_.snapshots.size() - 1;
  for (const bool later : {false, true}) {
    const Purpose purpose = later ? Purpose::kSourceIndex : Purpose::kDataIndex;
    cpu::draw_words(Random(options_.seed, purpose), step_, words_);
    for (std::size_t i = 0; i < n_; ++i) {
      const io::Rows& rows = *ends_.snapshots[ends_.piece(times_[i]) + (later ? 1 : 0)];
      rows.read(static_cast<std::size_t>(Random::index_of(words_[i], rows.size())), 1,
                std::span<float>(later ? x1_ : x0_).subspan(i * d_, d_));
    }
  }
  if (pairing_.empty()) return;
  for (std::size_t begin = 0, end = 0; begin < n_; begin = end) {
    const std::size_t piece = ends_.piece(times_[begin]);
    while (end < n_ && ends_.piece(times_[end]) == piece) ++end;
    couple(step_ * pieces + piece, begin, end - begin, workspace);
  }
}

void Batch::write_labels(std::span<float> label) const {
  const Random random(options_.seed, Purpose::kLabelDropout);
  for (std::size_t i = 0; i < label.size(); ++i) {
    const bool dropped = random.uniform(step_, i) < options_.label_dropout;
    label[i] = static_cast<float>(dropped ? options_.classes : ends_.data.labels[rows_[i]]);
  }
}

void Batch::draw_times(path::Interval interval) {
  const path::TimeLaw law(options_.time_law, interval, *schedule_);
  const Random random(options_.seed, Purpose::kTime);
  if (options_.time_law != "stratified") {
    for (std::size_t i = 0; i < n_; ++i) times_[i] = law.time(random, step_, i, n_);
    return;
  }
  cpu::draw_words(random, step_, words_);
  for (std::size_t i = 0; i < n_; ++i) {
    times_[i] = law.at(path::stratified_share(Random::uniform_of(words_[i]), i, n_));
  }
}

void Batch::draw(std::uint64_t step, path::Interval interval, path::CouplingWorkspace& workspace) {
  step_ = step;
  draw_times(interval);
  ends_.snapshots.empty() ? draw_ends(workspace) : draw_snapshots(workspace);
  if (!pairing_.empty()) std::swap(x1_, paired_);
}

void Batch::fill(const Loss& loss, const BatchViews& views) {
  loss.fill({.seed = options_.seed,
             .step = step_,
             .rows = n_,
             .dimension = d_,
             .data = x0_,
             .source = x1_,
             .times = times_,
             .spare = spare_},
            views.inputs);
  write_labels(views.label);
}

BatchSource::BatchSource(const TrainOptions& options, const Ends& ends)
    : options_(options),
      coupled_(path::couples_by_cost(path::coupling_of(options.coupling))),
      batch_(options_, ends) {}
BatchSource::~BatchSource() = default;

bool BatchSource::works_ahead() const { return ahead_ != nullptr; }

void BatchSource::fill(std::uint64_t step, const Loss& loss, const BatchViews& views) {
#ifdef _OPENMP
  const int workers = coupled_ ? BatchesAhead::most_workers() : 0;
  if (ahead_ != nullptr && ahead_->workers() != workers) ahead_.reset();
  if (workers > 0) {
    if (ahead_ == nullptr) {
      ahead_ = std::make_unique<BatchesAhead>(batch_, loss.interval(), workers);
    }
    return ahead_->at(step).fill(loss, views);
  }
#endif
  batch_.draw(step, loss.interval(), workspace_);
  batch_.fill(loss, views);
}

}  // namespace pathflow::train
