// The options of a run, one row a field: the configuration in a file, the JS module's options, the
// command's options and the rule of every field with a list of names are read from these rows. A
// new option is a field of TrainOptions, a row here, and a line of validate() where a number has a
// rule.
#pragma once

#include <string>
#include <vector>

#include "pathflow/graph/graph.hpp"
#include "pathflow/nn/mlp.hpp"
#include "pathflow/path/coupling.hpp"
#include "pathflow/path/gamma.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/path/time_sampling.hpp"
#include "pathflow/train/config.hpp"

namespace pathflow::train {

/// Calls visit(key, field, names, group, help) for every field in order. names: a function that
/// lists the values, or nullptr; group, help: of the command's option, "" where it has none.
template <class Options, class Visit>
void for_each_option(Options& o, const Visit& visit) {
  visit("data", o.data, nullptr, "Path", "FILE.npy of [n, d] points, or a data set");
  visit("source", o.source, nullptr, "Path", "FILE.npy, or gaussian: N(0, I), or a data set");
  visit("schedule", o.schedule, &path::schedule_names, "Path", "Schedule");
  visit("predict", o.predict, &path::prediction_names, "Path", "What the network is asked for");
  visit("objective", o.objective, &objective_names, "Path", "What is minimised");
  visit("gamma", o.gamma, &path::gamma_names, "Path", "Own noise of objective interpolant's path");
  visit("gamma_scale", o.gamma_scale, nullptr, "Path",
        "gamma^2 is proportional to it; the variance of bridge");
  visit("action_diffusion", o.action_diffusion, nullptr, "Path",
        "entropic-action: w of the SDE whose action it is");
  visit("coupling", o.coupling, &path::coupling_names, "Path",
        "Pairs of a batch; those by cost take up to 1,024 rows");
  visit("coupling_reg", o.coupling_reg, nullptr, "Path", "sinkhorn: regularisation");
  visit("label_penalty", o.label_penalty, nullptr, "Path",
        "conditional-ot: cost of joining different labels");
  visit("time_law", o.time_law, &path::time_law_names, "Path", "Law of the training times");
  visit("weight", o.weight, &weight_names, "Path", "Loss weight over t");
  visit("flow_share", o.flow_share, nullptr, "Path",
        "mean-flow, shortcut: share of rows that learn the velocity");
  visit("adaptive_power", o.adaptive_power, nullptr, "Path",
        "mean-flow: rows weigh 1 / (error^2 + 0.001)^p");
  visit("consistency_steps", o.consistency_steps, nullptr, "Path",
        "consistency: adjacent times are 1 / this apart at the end");
  visit("dimension", o.dimension, nullptr, "", "");
  visit("width", o.width, nullptr, "Network", "Hidden units per layer");
  visit("depth", o.depth, nullptr, "Network", "Hidden layers");
  visit("activation", o.activation, &graph::activation_names, "Network", "Activation");
  visit("time_features", o.time_features, &nn::time_feature_names, "Network", "How t enters");
  visit("conditional", o.conditional, nullptr, "Labels", "Condition on the data set's own labels");
  visit("classes", o.classes, nullptr, "", "");
  visit("label_dropout", o.label_dropout, nullptr, "Labels",
        "Share of labels replaced by the null label");
  visit("batch", o.batch, nullptr, "Steps", "Rows per step");
  visit("lr", o.lr, nullptr, "Steps", "Peak learning rate");
  visit("lr_schedule", o.lr_schedule, &lr_schedule_names, "Steps",
        "Learning rate over steps; cosine falls to 0 at --steps");
  visit("warmup", o.warmup, nullptr, "Steps", "Steps of linear warm-up");
  visit("steps", o.steps, nullptr, "Steps", "Steps in all");
  visit("beta1", o.beta1, nullptr, "Steps", "AdamW: decay of the first moment");
  visit("beta2", o.beta2, nullptr, "Steps", "AdamW: decay of the second moment");
  visit("epsilon", o.epsilon, nullptr, "Steps", "AdamW: the divisor's floor");
  visit("weight_decay", o.weight_decay, nullptr, "Steps", "AdamW: decoupled decay");
  visit("clip", o.clip, nullptr, "Steps", "Global gradient norm, 0: off");
  visit("ema", o.ema, nullptr, "Steps", "Decay of the averaged weights, 0: off");
  visit("seed", o.seed, nullptr, "Steps", "Seed of everything random");
}

}  // namespace pathflow::train
