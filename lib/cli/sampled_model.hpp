// What `pathflow sample` draws from: a trained run, or a Gaussian mixture in closed form.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "figure/law.hpp"
#include "pathflow/density/likelihood.hpp"
#include "pathflow/density/path_errors.hpp"
#include "pathflow/sample/sample.hpp"
#include "pathflow/train/trainer.hpp"

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
  /// Chains at one time of the path, from `start` or, without, from noise. Errors: those of
  /// Trainer::langevin.
  virtual sample::LangevinResult<float> langevin(
      std::size_t n, const train::LangevinRun& run, std::optional<int> label,
      const std::optional<tensor::Points>& start) const = 0;
  /// log p of rows at the data end. Errors: those of density::log_density.
  virtual density::LikelihoodResult<float> log_density(const tensor::Points& rows,
                                                       const density::LikelihoodOptions& options,
                                                       std::optional<int> label) const = 0;
  /// Velocity and score error over `times` against the exact ones: those of the mixture, or of the
  /// run's exact minimiser on its own data. Errors: those of density::path_errors and
  /// Trainer::exact_minimiser.
  virtual std::vector<density::PathError> errors(const std::vector<double>& times,
                                                 const density::PathErrorOptions& options,
                                                 std::optional<int> label) const = 0;
  /// The times on which errors make sense: the model's own interval.
  virtual path::Interval interval() const = 0;
  /// The floor of the run's loss, or nothing for a mixture. Errors: those of Trainer::loss_floor.
  virtual std::optional<train::LossFloor> loss_floor(std::int64_t rows,
                                                     std::uint64_t seed) const = 0;
  /// d of the points.
  virtual std::size_t dimension() const = 0;
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
  std::string guide;       ///< runs: FILE.safetensors of a worse version of the same model
  std::string reschedule;  ///< runs: another schedule to be sampled on
  bool quiet = false;
  bool data = false;  ///< whether the rows of a run's data are needed where they stayed in a file
};

/// Errors: IoError for files, InvalidArgument for a schedule or prediction that a run does not
/// have.
std::unique_ptr<SampledModel> open_model(const ModelRequest& request);

class Verb;
/// --model, and --schedule of a mixture.
void add_model_options(Verb& verb, ModelRequest& request);
/// --sampler, --steps, --rtol and --atol of a Runge-Kutta method.
void add_ode_options(Verb& verb, sample::SampleOptions& solver);

}  // namespace pathflow::cli
