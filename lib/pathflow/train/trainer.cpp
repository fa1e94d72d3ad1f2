#include "pathflow/train/trainer.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/path/coupling.hpp"
#include "pathflow/path/time_sampling.hpp"
#include "pathflow/train/batch.hpp"
#include "pathflow/train/checkpoint.hpp"
#include "pathflow/train/config.hpp"
#include "pathflow/train/loss.hpp"
#include "pathflow/train/loss_floor.hpp"
#include "pathflow/train/network.hpp"
#include "pathflow/train/objective.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

/// Steps between the copies of all states that a non-finite loss goes back to. Steps are pure
/// functions of their number, so the ones in between are simply taken again.
constexpr std::int64_t kRememberEvery = 64;

/// Parameters per row of a batch up to which exact transport of the batch takes longer than a step.
constexpr std::int64_t kSmallNetwork = 400;

/// Numbers of the draws made by start() and data() within Purpose::kSampleStart.
constexpr std::uint64_t kStartDraw = 0, kDataDraw = 1;

nn::AdamWOptions adamw_options(const TrainOptions& o) {
  return {.learning_rate = {.shape = nn::learning_rate_shape_of(o.lr_schedule),
                            .peak = o.lr,
                            .warmup = o.warmup,
                            .steps = o.steps},
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .epsilon = o.epsilon,
          .weight_decay = o.weight_decay,
          .clip = o.clip,
          .ema = o.ema};
}

/// The network of a run, without making one.
nn::MlpOptions network_of(const TrainOptions& options, const Ends& ends, const Scales& scales) {
  const Objective objective = make_objective(options, scales);
  return mlp_options(options, *make_loss({options, objective, ends}));
}

/// n rows of a pool, drawn with replacement.
Points pick(const Pool& pool, std::size_t n, std::uint64_t seed, std::uint64_t draw) {
  const std::size_t d = pool.rows->dimension();
  const Random random(seed, Purpose::kSampleStart);
  Points result = Points::from_shape({n, d});
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t row = static_cast<std::size_t>(random.index(draw, i, pool.count()));
    pool.rows->read(row, 1, std::span<float>(result.data() + i * d, d));
  }
  return result;
}

void check_count(const char* where, std::size_t n) {
  check_between(where, "n", static_cast<std::int64_t>(n), 1, std::int64_t{1} << 31);
}

}  // namespace

struct Trainer::Impl {
  TrainOptions options;
  Ends ends;
  Objective objective;
  std::unique_ptr<Loss> loss;
  Network network;
  BatchSource source;
  std::int64_t step = 0;
  std::int64_t remembered = -1;  ///< step number of the network's remembered states

  Impl(TrainOptions checked, Ends rows, const Scales& scales)
      : options(std::move(checked)),
        ends(std::move(rows)),
        objective(make_objective(options, scales)),
        loss(make_loss({options, objective, ends})),
        network(options, *loss),
        source(options, ends) {}

  Network::Update take_step() {
    source.fill(static_cast<std::uint64_t>(step), *loss, network.batch());
    // Where coupling a batch takes longer than a step, the other threads are for that.
    const bool small = network.mlp().parameter_count() <= kSmallNetwork * options.batch;
    const ThreadLimit limit(source.works_ahead() && small ? 1 : threads());
    return network.update(adamw_options(options), step);
  }
  void remember_now_and_then() {
    if (remembered >= 0 && step < remembered + kRememberEvery) return;
    network.remember();
    remembered = step;
  }
  /// The states as they were before the step that failed.
  void go_back() {
    const std::int64_t failed = step;
    network.recall();
    for (step = remembered; step < failed; ++step) take_step();
  }
  std::vector<int> checked_labels(std::vector<int> labels) const;
};

namespace {

class NetworkModel final : public sample::DifferentiableModel<float> {
 public:
  NetworkModel(Network& network, const Loss& loss, std::vector<int> labels)
      : network_(network), loss_(loss), labels_(std::move(labels)) {}
  std::size_t dimension() const override {
    return static_cast<std::size_t>(network_.mlp().options().dimension);
  }
  path::Prediction prediction() const override { return loss_.prediction(); }

  void predict(std::span<const float> x, float t, std::span<float> q) override {
    const std::size_t n = x.size() / dimension();
    check_size("Trainer::model", "q", q.size(), x.size());
    check_size("Trainer::model", "x", x.size(), n * dimension());
    network_.predict(x, t, labels_for(n), loss_.reading(static_cast<double>(t)), q);
  }
  void predict_along(std::span<const float> x, float t, std::span<const float> tangent,
                     std::span<float> q, std::span<float> dq) override {
    const std::size_t n = x.size() / dimension();
    for (const auto& [name, size] :
         {std::pair{"x", n * dimension()}, std::pair{"q", q.size()},
          std::pair{"tangent", tangent.size()}, std::pair{"dq", dq.size()}}) {
      check_size("Trainer::model", name, size, x.size());
    }
    network_.predict_along(x, t, tangent, labels_for(n), loss_.reading(static_cast<double>(t)), q,
                           dq);
  }

  const path::Gamma* gamma() const override { return loss_.gamma(); }
  void predict_noise(std::span<const float> x, float t, std::span<float> q,
                     std::span<float> z) override {
    if (gamma() == nullptr) return DifferentiableModel<float>::predict_noise(x, t, q, z);
    const std::size_t n = x.size() / dimension();
    for (const std::size_t size : {n * dimension(), q.size(), z.size()}) {
      check_size("Trainer::model", "q, z and rows of x", size, x.size());
    }
    network_.predict_noise(x, t, labels_for(n), loss_.reading(static_cast<double>(t)), q, z);
  }

  bool has_velocity() const override { return loss_.has_velocity(); }
  bool jumps() const override { return loss_.jumps(); }
  void jump(std::span<const float> x, float t, float s, std::span<float> out) override {
    if (!jumps()) return DifferentiableModel<float>::jump(x, t, s, out);
    const std::size_t n = x.size() / dimension();
    check_size("Trainer::model", "x", x.size(), n * dimension());
    check_size("Trainer::model", "out", out.size(), x.size());
    network_.jump(x, t, s, labels_for(n), out);
  }

 private:
  std::span<const int> labels_for(std::size_t n) {
    if (labels_.size() == 1 && n > 1) {
      spread_.assign(n, labels_.front());
      return spread_;
    }
    if (!labels_.empty()) check_size("Trainer::model", "labels", labels_.size(), n);
    return labels_;
  }

  Network& network_;
  const Loss& loss_;
  std::vector<int> labels_, spread_;
};

}  // namespace

void Trainer::check_score(const char* where) const {
  if (has_score()) return;
  const TrainOptions& o = impl_->options;
  throw_error(ErrorCode::kInvalidArgument, where,
              {"needs a score, which a Gaussian source and coupling \"independent\" give, or "
               "objective \"interpolant\" with a gamma; got source \"",
               o.source, "\" and coupling \"", o.coupling, "\""});
}

std::vector<int> Trainer::Impl::checked_labels(std::vector<int> labels) const {
  if (!labels.empty() && options.classes == 0) {
    throw_error(
        ErrorCode::kInvalidArgument, "Trainer::model",
        {"labels need a conditional trainer, got ", labels.size(), " for an unconditional one"});
  }
  for (const int label : labels) {
    check_between("Trainer::model", "labels", std::int64_t{label}, 0,
                  std::int64_t{options.classes} - 1);
  }
  return labels;
}

/// A network that was asked at k times is not asked at others.
void Trainer::check_distilled(const sample::Span& span, const sample::SampleOptions& solver) const {
  const int k = distilled_steps();
  const path::Interval trained = impl_->loss->interval();
  if (k == 0 || (solver.sampler == "euler" && solver.grid == "uniform" && solver.steps >= 1 &&
                 k % solver.steps == 0 && span.from == trained.high && span.to == trained.low)) {
    return;
  }
  throw_error(ErrorCode::kInvalidArgument, "sample",
              {"a run distilled to ", k, " steps (time law \"", options().time_law,
               "\") needs sampler euler with steps ", k,
               " or a divisor of it, on the uniform grid from the source to the data, got ",
               solver.sampler, " with steps ", solver.steps, " from ", span.from, " to ", span.to});
}

void Trainer::check_velocity(const char* where) const {
  const int k = distilled_steps();
  if (k == 0) return;
  throw_error(
      ErrorCode::kInvalidArgument, where,
      {"a density needs a velocity at all times, got a run distilled to ", k, " steps (time law \"",
       options().time_law, "\"): ask the run that it was distilled from"});
}

density::LikelihoodOptions Trainer::checked(const char* where,
                                            density::LikelihoodOptions solver) const {
  check_velocity(where);
  solver.solver.gaussian_source = gaussian_source();
  return solver;
}

Trainer::Trainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Trainer::Trainer(TrainOptions options, Inputs inputs) {
  validate(options);
  Ends ends = make_ends(options, std::move(inputs));
  const Scales scales{ends.data.scale(), ends.source.scale()};
  impl_ = std::make_unique<Impl>(std::move(options), std::move(ends), scales);
}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

const TrainOptions& Trainer::options() const { return impl_->options; }
const path::Schedule& Trainer::schedule() const { return impl_->objective.schedule(); }
bool Trainer::gaussian_source() const { return impl_->ends.source.gaussian(); }
bool Trainer::has_score() const {
  return impl_->loss->gamma() != nullptr ||
         (gaussian_source() && impl_->options.coupling == "independent");
}
int Trainer::distilled_steps() const { return path::source_end_steps(options().time_law); }
path::Prediction Trainer::prediction() const { return impl_->objective.prediction(); }
std::int64_t Trainer::steps_done() const { return impl_->step; }
std::int64_t Trainer::parameter_count() const { return impl_->network.mlp().parameter_count(); }

bool Trainer::begin_with(const Trainer& other) {
  check_between("Trainer::begin_with", "steps taken before", impl_->step, 0, 0);
  return impl_->network.begin_with(other.impl_->network);
}

void Trainer::plan_steps(std::int64_t steps) {
  check_at_least("Trainer::plan_steps", "steps", steps, 1);
  impl_->options.steps = steps;
}

StepReport Trainer::step(std::int64_t k) {
  check_at_least("Trainer::step", "k", k, 1);
  Impl& impl = *impl_;
  StepReport report;
  double sum = 0;
  for (std::int64_t i = 0; i < k; ++i) {
    impl.remember_now_and_then();
    const Network::Update update = impl.take_step();
    if (!update.finite()) {
      impl.go_back();
      throw_error(ErrorCode::kNumeric, "Trainer::step",
                  {"loss and gradient must stay finite (a smaller lr or a clip helps), got ",
                   update.loss, " and ", update.gradient_norm, " at step ", impl.step});
    }
    ++impl.step;
    sum += update.loss;
    report = {impl.step, update.loss, 0, update.gradient_norm, update.learning_rate};
  }
  report.mean_loss = sum / static_cast<double>(k);
  return report;
}

std::unique_ptr<sample::DifferentiableModel<float>> Trainer::model(std::vector<int> labels) const {
  return std::make_unique<NetworkModel>(impl_->network, *impl_->loss,
                                        impl_->checked_labels(std::move(labels)));
}

Points Trainer::start(std::size_t n, std::uint64_t seed) const {
  check_count("Trainer::start", n);
  const std::size_t d = static_cast<std::size_t>(impl_->options.dimension);
  Points points = Points::from_shape({n, d});
  if (impl_->ends.source.gaussian()) {
    Random(seed, Purpose::kSampleStart)
        .fill_normal(std::span<float>(points.data(), points.size()), kStartDraw);
  } else {
    points = pick(impl_->ends.source, n, seed, kStartDraw);
  }
  const float sigma = static_cast<float>(schedule().at(schedule().t_max()).sigma);
  for (std::size_t i = 0; i < points.size(); ++i) points.data()[i] *= sigma;
  return points;
}

Points Trainer::data(std::size_t n, std::uint64_t seed) const {
  check_count("Trainer::data", n);
  return pick(impl_->ends.data, n, seed, kDataDraw);
}

std::vector<Snapshot> Trainer::snapshots() const {
  std::vector<Snapshot> list;
  for (std::size_t k = 0; k < impl_->ends.times.size(); ++k) {
    list.push_back({impl_->ends.times[k], io::all_rows(*impl_->ends.snapshots[k])});
  }
  return list;
}

Trainer::Inputs Trainer::pairs() const {
  Inputs pairs;
  const Ends& ends = impl_->ends;
  if (path::coupling_of(options().coupling) != path::Coupling::kPairs) return pairs;
  pairs.data = io::all_rows(*ends.data.rows);
  pairs.source = io::all_rows(*ends.source.rows);
  if (!ends.data.labels.empty()) pairs.labels = ends.data.labels;
  return pairs;
}

std::vector<int> Trainer::data_labels(std::size_t n, std::uint64_t seed) const {
  const Pool& pool = impl_->ends.data;
  std::vector<int> labels(pool.labels.empty() ? 0 : n);
  const Random random(seed, Purpose::kSampleStart);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = pool.labels[random.index(kDataDraw, i, pool.count())];
  }
  return labels;
}

std::unique_ptr<density::EmpiricalPath<float>> Trainer::exact_minimiser(
    std::optional<int> label, std::optional<path::Prediction> predict) const {
  const Impl& impl = *impl_;
  if (label) impl.checked_labels({*label});
  return train::exact_minimiser({impl.options, impl.objective, impl.ends}, label,
                                predict.value_or(impl.loss->prediction()), *impl.loss);
}

LossFloor Trainer::loss_floor(std::int64_t rows, std::uint64_t seed) const {
  const Impl& impl = *impl_;
  return measure_floor({impl.options, impl.objective, impl.ends}, *impl.loss, impl_->network, rows,
                       seed);
}

std::vector<std::uint8_t> Trainer::save() const {
  return write_run({impl_->options, impl_->objective.scales(), impl_->step}, impl_->ends,
                   impl_->network);
}

Trainer Trainer::restore(std::span<const std::uint8_t> bytes, std::string_view name,
                         const OpenRows& open) {
  const io::Safetensors file = io::read_safetensors(bytes, name);
  RunHeader header = read_run_header(file, name);
  try {
    Ends ends = make_ends(header.options, read_run_inputs(file, name, open));
    check_run_states(file, name, network_of(header.options, ends, header.scales));
    auto impl = std::make_unique<Impl>(header.options, std::move(ends), header.scales);
    read_run_states(file, impl->network);
    impl->step = header.step;
    return Trainer(std::move(impl));
  } catch (const IoError&) {
    throw;
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    throw_error(ErrorCode::kIo, name, {"the run's configuration cannot be used: ", error.what()});
  }
}

}  // namespace pathflow::train
