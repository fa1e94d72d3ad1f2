// Loss: what one training step minimises. Each objective is a file in losses/ and a line of the
// table in losses.cpp; lib/docs/adding-an-objective.md goes through one.
//
// The trainer owns everything else: it draws the endpoints, couples them, draws the times, records
// the network, differentiates what the loss recorded, and runs AdamW and the average.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pathflow/base/random.hpp"
#include "pathflow/graph/graph.hpp"
#include "pathflow/nn/mlp.hpp"
#include "pathflow/path/gamma.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/train/ends.hpp"
#include "pathflow/train/objective.hpp"
#include "pathflow/train/options.hpp"

namespace pathflow::train {

/// The draws of one step: pure functions of (seed, step, row).
struct Draws {
  std::uint64_t seed = 0, step = 0;     ///< of Random(seed, purpose) and its draws
  std::size_t rows = 0, dimension = 0;  ///< n and d
  /// x0 and x1, [n, d], joined by the coupling; of snapshots the two around the row's time.
  std::span<const float> data, source;
  std::span<const double> times;  ///< [n], stratified over Loss::interval()
  std::span<float> spare;         ///< [n, d], for a loss to work in

  /// Standard normals of a purpose of this step, as many as `out` holds.
  void normals(Purpose purpose, std::span<float> out) const;
  /// -1 or 1, each with probability 1/2.
  void signs(Purpose purpose, std::span<float> out) const;
  /// Row i of out [n, d] = a x0 + b x1.
  void mix(std::size_t i, double a, double b, std::span<float> out) const;
  /// spare = alpha x0 + sigma x1 at each row's time.
  std::span<const float> points(const path::Schedule& schedule) const;
};

/// The network in a graph that is being recorded.
struct RecordedNetwork {
  graph::Graph& graph;
  const nn::Mlp& mlp;
  std::int64_t rows = 0;                          ///< n
  std::span<const graph::Value> parameters = {};  ///< of the weights trained, or averaged
  graph::Value label = {};                        ///< unset: unconditional
  /// The averaged weights, where a loss is recorded: what a few-step model's targets are made by.
  std::span<const graph::Value> averaged = {};

  std::int64_t dimension() const { return mlp.options().dimension; }  ///< d
  /// F(x, t): x [n, d], t [n, times] -> [n, outputs].
  graph::Value operator()(graph::Value x, graph::Value t) const {
    return mlp.forward(graph, parameters, x, t, label);
  }
  /// The network by its averaged weights.
  RecordedNetwork average() const { return {graph, mlp, rows, averaged, label, averaged}; }
  /// The network of rows [begin, end) alone.
  RecordedNetwork part(std::int64_t begin, std::int64_t end) const {
    return {
        graph,   mlp, end - begin, parameters, label ? graph::slice(label, 0, begin, end) : label,
        averaged};
  }
};

/// An input of the training graph, [n, columns], written before every step.
struct LossInput {
  std::string name;
  std::int64_t columns = 1;
};

/// What samplers read off the network at (x, t).
struct Heads {
  graph::Value prediction;  ///< [n, d]: what Reading is applied to
  graph::Value noise = {};  ///< [n, d]: E[z | x_t] of the path's own noise; unset: there is none
};

/// A loss at one time, for a Gaussian source and independent pairs, in terms of the exact
/// minimiser:
///     E loss = constant + spread E[tr Cov(x0 | x_t) / sigma^2] + error E|q - q*|^2
/// with q the prediction that samplers get (density/empirical_path.hpp).
struct LossParts {
  double constant = 0, spread = 0, error = 1;
};

/// What a loss is made from; all outlive it.
struct LossSetup {
  const TrainOptions& options;
  const Objective& objective;
  const Ends& ends;
};

class Loss {
 public:
  explicit Loss(const LossSetup& setup) : setup_(setup) {}
  virtual ~Loss() = default;

  /// The network that is trained: `plain` with other outputs or times.
  virtual nn::MlpOptions network(nn::MlpOptions plain) const { return plain; }
  /// The times at which training draws t.
  virtual path::Interval interval() const;

  /// Names and widths of the graph's inputs; the spans and values below are in this order.
  virtual std::vector<LossInput> inputs() const = 0;
  /// Records the loss, a value of rank 0.
  virtual graph::Value record(const RecordedNetwork& network,
                              std::span<const graph::Value> in) const = 0;
  /// Whether it learns from snapshots: Ends::snapshots, two neighbours a row.
  virtual bool takes_snapshots() const { return false; }
  /// Writes the inputs of one step. Allocates nothing.
  virtual void fill(const Draws& draws, std::span<const std::span<float>> out) const = 0;

  /// Whose weights record() reads besides the network's own, or null.
  virtual const Teacher* teacher() const { return nullptr; }

  /// What the trained network is read as: F itself unless the objective says otherwise.
  ///@{
  virtual Heads read(const RecordedNetwork& network, graph::Value x, graph::Value t) const {
    return {network(x, t)};
  }
  virtual Objective::Reading reading(double t) const { return objective().reading(t); }
  virtual path::Prediction prediction() const { return objective().model_prediction(); }
  /// The path's own noise where read() gives it, else null.
  virtual const path::Gamma* gamma() const { return nullptr; }
  /// Whether the prediction is the mean of its target: sample::Model::has_velocity().
  virtual bool has_velocity() const { return true; }
  /// Whether mean_velocity() is there, and the model so jumps: sample::Model::jumps().
  virtual bool jumps() const { return false; }
  /// The mean of the velocity over the ODE's way from t [n, 1] to t - span [n, 1].
  virtual graph::Value mean_velocity(const RecordedNetwork&, graph::Value /*x*/, graph::Value /*t*/,
                                     graph::Value /*span*/) const {
    return {};
  }
  ///@}

  /// What the loss is made of at t, where its minimiser is a conditional mean; else nothing.
  virtual std::optional<LossParts> parts(double) const { return std::nullopt; }

  /// "Trainer: objective \"NAME\" `rule`", an InvalidArgument, unless `holds`.
  void require(bool holds, std::string_view rule) const;
  /// Requires the weight "default".
  void require_default_weight() const;
  /// Requires predict "velocity" and the weight "default".
  void require_velocity() const;
  /// Requires a time law that looks at more than a few times ("source-end").
  void require_all_times() const;

 protected:
  const TrainOptions& options() const { return setup_.options; }
  const Objective& objective() const { return setup_.objective; }
  const path::Schedule& schedule() const { return setup_.objective.schedule(); }
  const Ends& ends() const { return setup_.ends; }

 private:
  LossSetup setup_;
};

/// The regression that the options describe.
Objective make_objective(const TrainOptions& options, const Scales& scales);

/// Makes the loss of options.objective. Errors: InvalidArgument for options that it cannot serve.
std::unique_ptr<Loss> make_loss(const LossSetup& setup);

/// Sum over all elements divided by the number of rows: how every loss is averaged.
graph::Value mean_of_rows(graph::Value x);

/// Beyond, a divergence by all axes costs more than its lower variance is worth.
inline constexpr std::int64_t kMostExact = 64;
/// div y of each row, by d Jacobian-vector products: y, x [n, d] -> [n, 1].
graph::Value divergence(graph::Value y, graph::Value x);
/// u . (dy/dx) u of each row, by one: its mean over random signs u [n, d] is the divergence.
graph::Value divergence_along(graph::Value y, graph::Value x, graph::Value u);

}  // namespace pathflow::train
