#include "sampled_model.hpp"

#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "files.hpp"
#include "mixture_file.hpp"
#include "names.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/density/gaussian_mixture.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/train/trainer.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

constexpr std::string_view kMixture = "gmm:";

std::string model_title(const std::string& data, const std::string& predict,
                        const std::string& schedule) {
  return data + ", " + predict + " on " + schedule;
}

tensor::Points as_float(const tensor::Matrix<double>& points) {
  return tensor::Points(xt::cast<float>(points));
}

class RunModel final : public SampledModel {
 public:
  explicit RunModel(const ModelRequest& request)
      : trainer_(restore(request, request.name)), reschedule_(schedule_of(request.reschedule)) {
    refuse_other("schedule", schedule_of(request.schedule), trainer_.options().schedule,
                 " (--reschedule samples on another)");
    refuse_other("predict", request.predict, trainer_.options().predict, "");
    if (!request.guide.empty()) guide_.emplace(restore(request, request.guide));
  }
  const path::Schedule& schedule() const override { return trainer_.schedule(); }
  sample::Span span(const sample::SampleOptions& options) const override {
    if (reschedule_.empty()) return sample::sample_span(*trainer_.model(), schedule(), options);
    return sample::sample_span(path::Prediction::kV, *path::make_schedule(reschedule_), options);
  }

  sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                     std::optional<int> label) const override {
    return trainer_.sample(n, options, labels_of(label),
                           {.guide = guide_ ? &*guide_ : nullptr, .schedule = reschedule_});
  }
  sample::LangevinResult<float> langevin(
      std::size_t n, const train::LangevinRun& run, std::optional<int> label,
      const std::optional<tensor::Points>& start) const override {
    return start ? trainer_.langevin_from(*start, run, labels_of(label))
                 : trainer_.langevin(n, run, labels_of(label));
  }
  density::LikelihoodResult<float> log_density(const tensor::Points& rows,
                                               const density::LikelihoodOptions& options,
                                               std::optional<int> label) const override {
    return trainer_.log_density(rows, options, labels_of(label));
  }
  std::vector<density::PathError> errors(const std::vector<double>& times,
                                         const density::PathErrorOptions& options,
                                         std::optional<int> label) const override {
    const auto exact = trainer_.exact_minimiser(label);
    return density::path_errors<float>(*trainer_.model(labels_of(label)), *exact, times, options);
  }
  path::Interval interval() const override {
    return path::time_interval(trainer_.model()->prediction(), schedule());
  }
  std::optional<train::LossFloor> loss_floor(std::int64_t rows, std::uint64_t seed) const override {
    return trainer_.loss_floor(rows, seed);
  }
  std::size_t dimension() const override {
    return static_cast<std::size_t>(trainer_.options().dimension);
  }
  std::optional<tensor::Points> truth(std::size_t n, std::uint64_t seed) const override {
    try {
      return trainer_.data(n, seed);
    } catch (const IoError&) {  // rows that stayed in their file: a figure does without
      return std::nullopt;
    }
  }
  figure::Law law() const override { return {}; }
  std::string title() const override {
    const train::TrainOptions& o = trainer_.options();
    return model_title(std::filesystem::path(o.data).filename().string(), o.predict, o.schedule);
  }

 private:
  static std::vector<int> labels_of(std::optional<int> label) {
    return label ? std::vector<int>{*label} : std::vector<int>{};
  }
  /// The rows of a source are needed, those of the data for some verbs alone.
  static train::Trainer restore(const ModelRequest& request, const std::string& file) {
    const auto open = [&](const train::FiledRows& wanted) -> std::shared_ptr<const io::Rows> {
      return wanted.data && !request.data ? nullptr
                                          : open_rows(wanted.contents.path, request.quiet);
    };
    return train::Trainer::restore(io::read_file(file), file, open);
  }
  static void refuse_other(const char* option, const std::string& asked, const std::string& is,
                           const char* advice) {
    if (asked.empty() || asked == is) return;
    throw InvalidArgument("sample", "--" + std::string(option) + " must be " + is +
                                        ", as the run was trained, or left out" + advice +
                                        ", got " + asked);
  }

  train::Trainer trainer_;
  std::optional<train::Trainer> guide_;
  std::string reschedule_;
};

class MixtureModel final : public SampledModel {
 public:
  explicit MixtureModel(const ModelRequest& request)
      : file_(request.name.substr(kMixture.size())),
        schedule_(path::make_schedule(request.schedule.empty() ? "linear"
                                                               : schedule_of(request.schedule))),
        prediction_(path::prediction_of(request.predict.empty() ? "velocity" : request.predict)),
        mixture_(read_mixture(file_)) {
    if (!request.guide.empty()) {
      throw InvalidArgument("sample", "--guide needs a run to lead, got a mixture");
    }
    if (!request.reschedule.empty()) {
      throw InvalidArgument("sample",
                            "--reschedule needs a run, got a mixture: --schedule is any of its");
    }
  }
  const path::Schedule& schedule() const override { return *schedule_; }
  sample::Span span(const sample::SampleOptions& options) const override {
    return sample::sample_span(prediction_, *schedule_, options);
  }

  sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                     std::optional<int> label) const override {
    if (label) throw InvalidArgument("sample", "--label needs a conditional run, got a mixture");
    density::PathMixture<float> model(mixture_, schedule_, prediction_);
    const auto& times = options.times;
    const bool up = times.empty() ? options.toward_source : times.front() < times.back();
    return sample::sample<float>(
        model, *schedule_, options,
        up ? *truth(n, options.seed) : start(n, options.seed, sigma_max()));
  }
  sample::LangevinResult<float> langevin(
      std::size_t n, const train::LangevinRun& run, std::optional<int> label,
      const std::optional<tensor::Points>& given) const override {
    if (label) throw InvalidArgument("langevin", "--label needs a conditional run, got a mixture");
    check_between("langevin", "t", run.t, 0.0, 1.0);
    density::PathMixture<float> model(mixture_, schedule_, path::Prediction::kScore);
    const path::Coefficients at = schedule_->at(run.t);
    const tensor::Points rows =
        given ? *given : start(n, run.chain.seed, std::hypot(at.alpha, at.sigma));
    check_size("langevin", "a row", rows.shape(1), mixture_.dimension());
    const auto score = [&](std::span<const float> x, std::span<float> s) {
      model.evaluate(path::Prediction::kScore, x, run.t, s);
    };
    if (!run.metropolis) return sample::ula<float>(score, rows, run.chain);
    const auto log_density = [&](std::span<const float> x, std::span<float> log_p) {
      model.log_density(x, run.t, log_p);
    };
    return sample::mala<float>(score, log_density, rows, run.chain);
  }
  density::LikelihoodResult<float> log_density(const tensor::Points& rows,
                                               const density::LikelihoodOptions& options,
                                               std::optional<int> label) const override {
    if (label)
      throw InvalidArgument("likelihood", "--label needs a conditional run, got a mixture");
    density::PathMixture<float> model(mixture_, schedule_, prediction_);
    return density::log_density<float>(model, *schedule_, rows, options);
  }
  std::vector<density::PathError> errors(const std::vector<double>& times,
                                         const density::PathErrorOptions& options,
                                         std::optional<int> label) const override {
    if (label) throw InvalidArgument("compare", "--label needs a conditional run, got a mixture");
    density::PathMixture<float> model(mixture_, schedule_, prediction_);
    density::PathMixture<float> exact(mixture_, schedule_);
    return density::path_errors<float>(model, exact, times, options);
  }
  path::Interval interval() const override { return path::time_interval(prediction_, *schedule_); }
  std::optional<train::LossFloor> loss_floor(std::int64_t, std::uint64_t) const override {
    return std::nullopt;
  }
  std::size_t dimension() const override { return mixture_.dimension(); }
  std::optional<tensor::Points> truth(std::size_t n, std::uint64_t seed) const override {
    return as_float(mixture_.sample(n, seed));
  }
  figure::Law law() const override {
    return [part = marginal(mixture_, std::min<std::size_t>(mixture_.dimension(), 2))](
               const tensor::Points& x) {
      const auto values = part.log_density(tensor::Matrix<double>(xt::cast<double>(x)));
      return std::vector<double>(values.begin(), values.end());
    };
  }
  std::string title() const override {
    return model_title(std::filesystem::path(file_).filename().string(),
                       std::string(path::prediction_name(prediction_)), schedule_->name());
  }

 private:
  double sigma_max() const { return schedule_->at(schedule_->t_max()).sigma; }
  /// The same normals as a trained run starts from, of this size.
  tensor::Points start(std::size_t n, std::uint64_t seed, double size) const {
    tensor::Points points = tensor::Points::from_shape({n, mixture_.dimension()});
    const std::span<float> values(points.data(), points.size());
    Random(seed, Purpose::kSampleStart).fill_normal(values, 0);
    for (float& value : values) value *= static_cast<float>(size);
    return points;
  }

  std::string file_;
  std::shared_ptr<const path::Schedule> schedule_;
  path::Prediction prediction_;
  density::GaussianMixture mixture_;
};

}  // namespace

void add_model_options(Verb& verb, ModelRequest& request) {
  verb.plain_option("--model", request.name,
                    "A run, or gmm:FILE.json: a Gaussian mixture in closed form",
                    {.names = {}, .extension = "safetensors"})
      .required();
  verb.plain_option("--schedule", request.schedule, "gmm: the path's schedule, linear if not given",
                    {.names = schedule_choices()});
}

void add_ode_options(Verb& verb, sample::SampleOptions& solver) {
  verb.option("--sampler", solver.sampler, "Method",
              {.names = {"euler", "midpoint", "heun", "rk4", "dopri5"}});
  verb.option("--steps", solver.steps, "Steps of the methods but dopri5");
  verb.option("--rtol", solver.rtol, "dopri5: relative error per step");
  verb.option("--atol", solver.atol, "dopri5: absolute error per step");
}

std::unique_ptr<SampledModel> open_model(const ModelRequest& request) {
  if (request.name.rfind(kMixture, 0) == 0) return std::make_unique<MixtureModel>(request);
  return std::make_unique<RunModel>(request);
}

}  // namespace pathflow::cli
