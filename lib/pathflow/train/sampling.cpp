// What a trainer does with its network once it is trained: sampling, Langevin chains, likelihoods.
#include <algorithm>
#include <cmath>
#include <optional>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/guidance.hpp"
#include "pathflow/sample/rescheduled.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

/// The network as a call samples it: guided, and on the schedule asked for.
class SampledNetwork {
 public:
  SampledNetwork(const Trainer& trainer, std::vector<int> labels,
                 const sample::SampleOptions& options, const SampleWith& with)
      : trainer_(trainer), strong_(trainer.model(labels)), model_(strong_.get()) {
    const double scale = sample::guidance_scale(options);
    if (with.guide != nullptr) {
      check_guide(*with.guide, scale);
      weak_ = with.guide->model(std::move(labels));
    } else if (scale != 1 && !labels.empty()) {
      weak_ = trainer.model();
    }
    if (weak_) {
      guided_.emplace(*strong_, *weak_, scale);
      model_ = &*guided_;
    }
    if (!with.schedule.empty()) move_to(with.schedule);
  }

  sample::Model<float>& model() const { return *model_; }
  const path::Schedule& schedule() const { return to_ ? *to_ : trainer_.schedule(); }

  sample::SampleResult<float> sample(const Points& rows,
                                     const sample::SampleOptions& options) const {
    sample::SampleOptions resolved = options;
    resolved.gaussian_source = trainer_.gaussian_source();
    resolved.independent = trainer_.options().coupling == "independent";
    if (weak_) {  // applied already
      resolved.guidance = 1;
      resolved.guidance_convention = "scale";
    }
    return sample::sample<float>(model(), schedule(), resolved, rows);
  }

 private:
  void check_guide(const Trainer& guide, double scale) const {
    const std::string &own = trainer_.options().schedule, &its = guide.options().schedule;
    if (own != its) {
      throw_error(ErrorCode::kInvalidArgument, "sample",
                  {"the guide must be on the run's schedule, ", own, ", got ", its});
    }
    if (scale == 1) {
      throw_error(ErrorCode::kInvalidArgument, "sample",
                  "a guide needs guidance, got the run alone (scale 1, excess 0)");
    }
  }
  void move_to(const std::string& name) {
    trainer_.check_score("sample");
    if (model_->gamma() != nullptr) {
      throw_error(ErrorCode::kInvalidArgument, "sample",
                  {"schedule must be the run's own where its path has a gamma, got ", name});
    }
    to_ = path::make_schedule(name, "sample");
    moved_.emplace(*model_, path::make_schedule(trainer_.options().schedule), to_);
    model_ = &*moved_;
  }

  const Trainer& trainer_;
  std::unique_ptr<sample::DifferentiableModel<float>> strong_, weak_;
  std::optional<sample::GuidedModel<float>> guided_;
  std::optional<sample::RescheduledModel<float>> moved_;
  std::shared_ptr<const path::Schedule> to_;
  sample::Model<float>* model_;
};

Points scaled(Points rows, double scale) {
  if (scale == 1) return rows;
  for (std::size_t i = 0; i < rows.size(); ++i) rows.data()[i] *= static_cast<float>(scale);
  return rows;
}

}  // namespace

sample::SampleResult<float> Trainer::sample(std::size_t n, const sample::SampleOptions& options,
                                            std::vector<int> labels, const SampleWith& with) const {
  if (!labels.empty() && labels.size() != 1) {
    check_size("Trainer::sample", "labels", labels.size(), n);
  }
  const SampledNetwork source(*this, labels, options, with);
  const sample::Span span = sample::sample_span(source.model(), source.schedule(), options);
  check_distilled(span, options);
  if (span.from < span.to) return source.sample(data(n, options.seed), options);
  const double scale = source.schedule().at(source.schedule().t_max()).sigma /
                       schedule().at(schedule().t_max()).sigma;
  return source.sample(scaled(start(n, options.seed), scale), options);
}

sample::SampleResult<float> Trainer::sample_from(const Points& rows,
                                                 const sample::SampleOptions& options,
                                                 std::vector<int> labels,
                                                 const SampleWith& with) const {
  check_size("sample", "start rows", rows.shape(1),
             static_cast<std::size_t>(this->options().dimension));
  const SampledNetwork source(*this, std::move(labels), options, with);
  check_distilled(sample::sample_span(source.model(), source.schedule(), options), options);
  return source.sample(rows, options);
}

sample::LangevinResult<float> Trainer::langevin(std::size_t n, const LangevinRun& run,
                                                std::vector<int> labels) const {
  check_between("langevin", "t", run.t, schedule().t_min(), schedule().t_max());
  const path::Coefficients at = schedule().at(run.t);
  return langevin_from(
      scaled(start(n, run.chain.seed),
             std::hypot(at.alpha, at.sigma) / schedule().at(schedule().t_max()).sigma),
      run, std::move(labels));
}

sample::LangevinResult<float> Trainer::langevin_from(const Points& rows, const LangevinRun& run,
                                                     std::vector<int> labels) const {
  constexpr const char* kWhere = "langevin";
  check_score(kWhere);
  check_between(kWhere, "t", run.t, schedule().t_min(), schedule().t_max());
  check_size(kWhere, "a row", rows.shape(1), static_cast<std::size_t>(options().dimension));
  const auto network = model(std::move(labels));
  const auto score = sample::score_at<float>(*network, schedule(), run.t);
  if (!run.metropolis) return sample::ula<float>(score, rows, run.chain);
  if (network->gamma() != nullptr) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"metropolis needs a Gaussian source's density, got a path with gamma \"",
                 options().gamma, "\""});
  }
  check_at_least(kWhere, "likelihood_steps", run.likelihood_steps, 1);
  density::LikelihoodOptions likelihood;
  likelihood.solver = {.sampler = "rk4", .steps = run.likelihood_steps, .from = run.t};
  std::int64_t asked = 0;
  const auto log_density = [&](std::span<const float> x, std::span<float> log_p) {
    Points points = Points::from_shape({log_p.size(), rows.shape(1)});
    std::copy(x.begin(), x.end(), points.begin());
    const auto found = density::log_density<float>(*network, schedule(), points, likelihood);
    std::copy(found.log_density.begin(), found.log_density.end(), log_p.begin());
    asked += found.evaluations;
  };
  auto result = sample::mala<float>(score, log_density, rows, run.chain);
  result.evaluations += asked;
  return result;
}

density::LikelihoodResult<float> Trainer::log_density(const Points& rows,
                                                      const density::LikelihoodOptions& options,
                                                      std::vector<int> labels) const {
  const auto network = model(std::move(labels));
  return density::log_density<float>(*network, schedule(), rows, checked("log_density", options));
}

density::LikelihoodResult<float> Trainer::sample_with_log_density(
    const Points& rows, const density::LikelihoodOptions& options, std::vector<int> labels) const {
  const auto network = model(std::move(labels));
  return density::sample_with_log_density<float>(*network, schedule(), rows,
                                                 checked("sample_with_log_density", options));
}

}  // namespace pathflow::train
