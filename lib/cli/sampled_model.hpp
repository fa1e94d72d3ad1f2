// What `pathflow sample` draws from: a trained run, or a Gaussian mixture in closed form.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "figure/law.hpp"
#include "pathflow/density/likelihood.hpp"
#include "pathflow/sample/sample.hpp"

namespace pathflow::cli {

class SampledModel {
 public:
  virtual ~SampledModel() = default;
  virtual const path::Schedule& schedule() const = 0;
  /// Where a run of the sampler starts and stops.
  virtual sample::Span span(const sample::SampleOptions& options) const = 0;
  /// n points from the source end to the data end. Errors: those of sample::sample.
  virtual sample::SampleResult<float> sample(std::size_t n, const sample::SampleOptions& options,
                                             std::optional<int> label) const = 0;
  /// log p of rows at the data end. Errors: those of density::log_density.
  virtual density::LikelihoodResult<float> log_density(const tensor::Points& rows,
                                                       const density::LikelihoodOptions& options,
                                                       std::optional<int> label) const = 0;
  /// n points of the law that the model is to reach, or none where it is not at hand.
  virtual std::optional<tensor::Points> truth(std::size_t n, std::uint64_t seed) const = 0;
  /// The density of that law over its first coordinates, where it is known.
  virtual figure::Law law() const = 0;
  /// "moons, velocity on linear".
  virtual std::string title() const = 0;
};

/// What a user asked for besides the name; empty: as the run was trained, or the defaults.
struct ModelRequest {
  std::string name;  ///< FILE.safetensors or gmm:FILE.json
  std::string schedule, predict;
  bool quiet = false;
};

/// Errors: IoError for files, InvalidArgument for a schedule or prediction that a run does not
/// have.
std::unique_ptr<SampledModel> open_model(const ModelRequest& request);

}  // namespace pathflow::cli
