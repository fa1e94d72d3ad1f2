// TrainOptions: everything that defines a run of the trainer.
#pragma once

#include <cstdint>
#include <string>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::train {

/// Everything that defines a run. The same names are the keys of its JSON form (config.hpp), of the
/// command's options (with - for _) and of the JS module's Trainer options (in camelCase).
struct TrainOptions {
  /// A dataset's name, or any name of the caller's for rows given as Trainer::Inputs::data.
  std::string data = "8gaussians";
  /// "gaussian": N(0, I), drawn fresh for every batch; with coupling "pairs" the given rows are
  /// draws of it. Else a dataset's name, or any name for rows given as Trainer::Inputs::source.
  std::string source = "gaussian";
  std::string schedule = "linear";   ///< a name of path::schedule_names()
  std::string predict = "velocity";  ///< a name of path::prediction_names()
  /// What is minimised, a name of objective_names(): "regression" of the prediction (flow matching,
  /// denoising score matching, DDPM ...), or "implicit" or "sliced" score matching,
  /// or "interpolant": velocity and score of a path with noise of its own, gamma; or "action": the
  /// gradient field that has the path's marginals, from samples alone (TrainInputs::snapshots), or
  /// "entropic-action": with their score, so that SDEs run both ways; for samples
  /// in few steps "mean-flow", "shortcut", "consistency", or "consistency-distillation" of
  /// TrainInputs::teacher.
  std::string objective = "regression";
  std::string gamma = "zero";  ///< of "interpolant" alone, a name of path::gamma_names()
  /// a of path::Gamma, > 0: gamma^2 is proportional to it. Coupling "bridge" takes it too, as the
  /// variance s^2 of its Brownian motion: with gamma "brownian" one number defines the bridge.
  double gamma_scale = 1;
  double action_diffusion = 1;  ///< "entropic-action": w of the SDE whose action it is, > 0
  /// How a batch's data and source rows are joined, a name of path::coupling_names(); all but
  /// "independent" and "pairs" look at all pairs of a batch, which must then be at most 1024.
  /// "conditional-ot" needs labels; "pairs" as many source rows as data rows, row i with row i.
  std::string coupling = "independent";
  /// "sinkhorn": regularisation, in mean squared distances of the batch, > 0. "bridge" refuses it:
  /// runs saved when this was its variance would go on with another.
  double coupling_reg = 0.05;
  /// "conditional-ot": cost of joining different labels, >= 0, in mean squared distances of the
  /// batch. The default keeps every label to itself.
  double label_penalty = 1000;
  /// Law of the training times, a name of path::time_law_names(), "logit-normal" and "edm" also
  /// with ":mean,deviation", "source-end" with ":steps" (path/time_sampling.hpp). A run with the
  /// last is sampled by so many Euler steps and nothing else.
  std::string time_law = "stratified";
  /// Loss weight over t. "default": the prediction's own, see objective.hpp (1 for noise and for
  /// velocity on linear, sigma^2 for score, EDM's for data). "velocity": as if velocity were
  /// regressed, so that every prediction has the same minimiser and the same loss. "sigma2", "g2",
  /// "one": that weight on the squared error of the score (denoising score matching).
  std::string weight = "default";
  /// mean-flow, shortcut: share of a batch's rows that learn the velocity at one time; the others
  /// learn from it over longer steps. [0, 1). 0.75: Geng et al., Frans et al.
  double flow_share = 0.75;
  /// mean-flow: p of the weight 1 / (|e|^2 + 0.001)^p on a row's error e, >= 0. 0: the mean square,
  /// whose minimiser is the mean velocity. 1, Geng et al.'s, tames images; in few dimensions it
  /// biases, as each row's target is noisy.
  double adaptive_power = 0;
  /// consistency: adjacent times are the path's length over this apart, 2..65536, from the middle
  /// of `steps` on; before, farther, so that what is learnt at one time reaches all.
  std::int64_t consistency_steps = 128;
  std::int64_t dimension = 2;         ///< d of the points; taken from the data
  std::int64_t width = 128;           ///< hidden units per layer, 1..4096
  std::int64_t depth = 3;             ///< hidden layers, 1..16
  std::string activation = "silu";    ///< a name of graph::activation_names()
  std::string time_features = "raw";  ///< or "fourier": sin and cos of 2 pi 2^k t, k < 6
  /// true: classes is taken from the labels of the data (given or built in).
  bool conditional = false;
  int classes = 0;             ///< 0: unconditional; else labels lie in [0, classes), <= 65536
  double label_dropout = 0.1;  ///< share of labels replaced by the null label, [0, 1]
  std::int64_t batch = 256;    ///< rows per step, 1..65536
  /// Peak learning rate, > 0. The default suits width 128; wider or deeper networks want less.
  double lr = 4e-3;
  std::string lr_schedule = "constant";  ///< or "cosine": to 0 at `steps`
  std::int64_t warmup = 50;              ///< steps of linear warm-up, >= 0
  std::int64_t steps = 20000;            ///< planned steps, >= 1: the end of a cosine schedule
  double beta1 = 0.9;                    ///< decay of the first moment, [0, 1)
  double beta2 = 0.999;                  ///< decay of the second moment, [0, 1)
  double epsilon = 1e-8;                 ///< AdamW's divisor floor, > 0
  double weight_decay = 0.0;             ///< decoupled, >= 0
  double clip = 1.0;                     ///< global gradient norm, >= 0; 0: no clipping
  /// Exponential averaging of the weights that are sampled from, [0, 1): decay
  /// min(ema, (1 + step) / (10 + step)); 0: off, the raw weights are sampled from.
  double ema = 0.999;
  std::uint64_t seed = 0;  ///< seeds weights, draws and data pools; < 2^53 so that JSON keeps it

  bool operator==(const TrainOptions&) const = default;
};

}  // namespace pathflow::train

#pragma GCC visibility pop  // public
