// Reflow: a run trained on the pairs that another run's own ODE joins, whose paths are straighter.
//
//   Trainer first({.data = "moons"});
//   first.step(5000);
//   Trainer second = reflow(first);                   // "2-rectified flow"
//   second.step(5000);
//   Trainer one_step = reflow(second, {.distill = 1});
//   one_step.step(5000);
//   one_step.sample(1000, {.sampler = "euler", .steps = 1});
//
// There is no second trainer: a student is a Trainer with given pairs, coupling "pairs".
#pragma once

#include <cstddef>

#include "pathflow/sample/sample.hpp"
#include "pathflow/train/ends.hpp"
#include "pathflow/train/options.hpp"
#include "pathflow/train/trainer.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::train {

/// How a teacher's pairs are drawn and its student begins.
struct ReflowOptions {
  std::size_t pairs = 16384;  ///< >= 1; what the student sees of the teacher
  /// Solver of the teacher's ODE; seed: of the pairs, another for every round. No method that draws
  /// noise.
  sample::SampleOptions solver = {.sampler = "dopri5"};
  int distill = 0;           ///< 0: another round; k >= 1: distillation to k Euler steps
  bool keep_weights = true;  ///< begin with the teacher's weights, where reflow() says it can
};

/// The options of a student: the teacher's, with coupling "pairs", schedule "linear", predict
/// "velocity", objective "regression", gamma "zero", weight "default", and the time law
/// "stratified", or "source-end:k" with distill = k. A source that is Gaussian stays so by name.
/// Errors: InvalidArgument for distill < 0 or above path::kMostSourceEndSteps.
TrainOptions reflow_options(const TrainOptions& teacher, int distill = 0);

/// n source rows x1 and the data rows x0 to which the teacher's ODE takes them, row by row; x1 are
/// start(n, solver.seed) over sigma(t_max). A conditional run's rows carry labels, those of
/// data_labels(n, solver.seed), which the ODE follows.
/// Cost: `evaluations` of the solver on n rows, in blocks of 256.
/// Errors: those of Trainer::sample_from; InvalidArgument for a solver that draws noise, begins or
/// ends elsewhere than the ends, or keeps times. solver.progress is called with the share of all.
TrainInputs draw_pairs(const Trainer& teacher, std::size_t n, const sample::SampleOptions& solver);

/// Whether pairs are what draw_pairs() gives of this teacher and solver, by their first block: the
/// same source rows and labels, and data rows within 1e-4, what the same run may differ by from one
/// machine to another. Cost: that of drawing 256 pairs. Errors: as draw_pairs().
bool drawn_from(const TrainInputs& pairs, const Trainer& teacher,
                const sample::SampleOptions& solver);

/// x1 from rows of start(), as the teacher's schedule scaled them.
tensor::Points source_of_start(const Trainer& teacher, tensor::Points start);

/// A run of `options` on pairs, with the teacher's weights where `keep_weights` and both runs have
/// the same network and objective "regression" of "velocity" on "linear".
/// Errors: those of Trainer; InvalidArgument for another coupling than "pairs".
Trainer make_student(const Trainer& teacher, TrainOptions options, TrainInputs pairs,
                     bool keep_weights = true);

/// All of it: the student of one round, not yet trained.
///
/// Every round makes the paths straighter and the transport no dearer for any convex cost, as far
/// as teacher and solver are exact; their errors add up over rounds.
/// Source: Liu, Gong & Liu, "Flow straight and fast: learning to generate and transfer data with
/// rectified flow", 2022, algorithm 1 and section 2.2; distillation to k steps: their section 3.1.
Trainer reflow(const Trainer& teacher, const ReflowOptions& options = {});

}  // namespace pathflow::train

#pragma GCC visibility pop  // public
