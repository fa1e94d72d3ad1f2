// Teacher: a trained network whose velocity another run learns from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pathflow/graph/plan.hpp"
#include "pathflow/train/loss.hpp"

namespace pathflow::train {

/// The weights that a saved run samples with, and how they are read.
class Teacher {
 public:
  /// Errors: IoError for bytes that are no run; InvalidArgument for a run without a velocity.
  explicit Teacher(std::span<const std::uint8_t> run);

  const TrainOptions& options() const { return options_; }
  /// A run of these weights alone, as a student's run holds it: the same bytes give the same ones.
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  /// The weights as states "teacher." + name.
  ///@{
  void copy_weights(graph::StateStore<float>& states) const;
  std::vector<graph::Value> record_weights(graph::Graph& graph) const;
  ///@}
  /// length v(x, t) as numbers for step(): (t, input, length a, length b), v = a x + b F(input x,
  /// t). Errors: NumericError where the velocity has no limit.
  void write_velocity(double t, double length, std::span<float> out) const;
  /// length v(x, t), [n, d], by what write_velocity() wrote, [n, 4].
  graph::Value step(const RecordedNetwork& student, std::span<const graph::Value> weights,
                    graph::Value x, graph::Value how) const;

 private:
  struct File;
  explicit Teacher(const File& file);

  TrainOptions options_;
  Ends ends_;  ///< without rows
  Objective objective_;
  std::unique_ptr<Loss> loss_;
  nn::Mlp mlp_;
  std::vector<std::vector<float>> weights_;  ///< as mlp_.parameters()
  std::vector<std::uint8_t> bytes_;
};

}  // namespace pathflow::train
