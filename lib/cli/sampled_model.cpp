#include "sampled_model.hpp"

#include <span>
#include <string_view>
#include <vector>

#include "files.hpp"
#include "mixture_file.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/density/gaussian_mixture.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/train/trainer.hpp"

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
  explicit RunModel(const ModelRequest& request) : trainer_(restore(request)) {
    refuse_other("schedule", schedule_of(request.schedule), trainer_.options().schedule);
    refuse_other("predict", request.predict, trainer_.options().predict);
  }
  const path::Schedule& schedule() const override { return trainer_.schedule(); }
  sample::Span span(const sample::SampleOptions& options) const override {
    return sample::sample_span(*trainer_.model(), schedule(), options);
  }

  sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                     std::optional<int> label) const override {
    return trainer_.sample(n, options, label ? std::vector<int>{*label} : std::vector<int>{});
  }
  density::LikelihoodResult<float> log_density(const tensor::Points& rows,
                                               const density::LikelihoodOptions& options,
                                               std::optional<int> label) const override {
    return trainer_.log_density(rows, options,
                                label ? std::vector<int>{*label} : std::vector<int>{});
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
  /// The rows of a source are needed, those of the data are not.
  static train::Trainer restore(const ModelRequest& request) {
    const auto open = [&](const train::FiledRows& wanted) -> std::shared_ptr<const io::Rows> {
      return wanted.data ? nullptr : open_rows(wanted.contents.path, request.quiet);
    };
    return train::Trainer::restore(io::read_file(request.name), request.name, open);
  }
  static void refuse_other(const char* option, const std::string& asked, const std::string& is) {
    if (asked.empty() || asked == is) return;
    throw InvalidArgument("sample", "--" + std::string(option) + " must be " + is +
                                        ", as the run was trained, or left out, got " + asked);
  }

  train::Trainer trainer_;
};

class MixtureModel final : public SampledModel {
 public:
  explicit MixtureModel(const ModelRequest& request)
      : file_(request.name.substr(kMixture.size())),
        schedule_(path::make_schedule(request.schedule.empty() ? "linear"
                                                               : schedule_of(request.schedule))),
        prediction_(path::prediction_of(request.predict.empty() ? "velocity" : request.predict)),
        mixture_(read_mixture(file_)) {}
  const path::Schedule& schedule() const override { return *schedule_; }
  sample::Span span(const sample::SampleOptions& options) const override {
    return sample::sample_span(prediction_, *schedule_, options);
  }

  sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                     std::optional<int> label) const override {
    if (label) throw InvalidArgument("sample", "--label needs a conditional run, got a mixture");
    density::PathMixture<float> model(mixture_, schedule_, prediction_);
    return sample::sample<float>(
        model, *schedule_, options,
        options.toward_source ? *truth(n, options.seed) : start(n, options.seed));
  }
  density::LikelihoodResult<float> log_density(const tensor::Points& rows,
                                               const density::LikelihoodOptions& options,
                                               std::optional<int> label) const override {
    if (label)
      throw InvalidArgument("likelihood", "--label needs a conditional run, got a mixture");
    density::PathMixture<float> model(mixture_, schedule_, prediction_);
    return density::log_density<float>(model, *schedule_, rows, options);
  }
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
  /// The same normals as a trained run starts from.
  tensor::Points start(std::size_t n, std::uint64_t seed) const {
    tensor::Points points = tensor::Points::from_shape({n, mixture_.dimension()});
    const std::span<float> values(points.data(), points.size());
    Random(seed, Purpose::kSampleStart).fill_normal(values, 0);
    const float sigma = static_cast<float>(schedule_->at(schedule_->t_max()).sigma);
    for (float& value : values) value *= sigma;
    return points;
  }

  std::string file_;
  std::shared_ptr<const path::Schedule> schedule_;
  path::Prediction prediction_;
  density::GaussianMixture mixture_;
};

}  // namespace

std::unique_ptr<SampledModel> open_model(const ModelRequest& request) {
  if (request.name.rfind(kMixture, 0) == 0) return std::make_unique<MixtureModel>(request);
  return std::make_unique<RunModel>(request);
}

}  // namespace pathflow::cli
