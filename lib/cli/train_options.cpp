// The options of pathflow train.
#include <algorithm>
#include <memory>

#include "names.hpp"
#include "pathflow/graph/graph.hpp"
#include "pathflow/nn/mlp.hpp"
#include "pathflow/path/coupling.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/train/config.hpp"
#include "train.hpp"

namespace pathflow::cli {
namespace {

/// Adds options that are keys of the configuration, and remembers them as such.
struct OptionAdder {
  Verb& verb;
  TrainCommand& command;

  template <class Field>
  void operator()(const char* key, Field& field, const char* text, Values values = {}) const {
    command.given.emplace_back(verb.option(option_of(key), field, text, std::move(values)), key);
  }
};

void add_path_options(Verb& verb, TrainCommand& c) {
  const OptionAdder option{verb, c};
  train::TrainOptions& o = c.options;
  verb.group("Path");
  option("data", o.data, "FILE.npy of [n, d] points, or a data set",
         {.names = dataset_names(), .extension = "npy"});
  std::vector<std::string> sources = dataset_names();
  option("source", o.source, "FILE.npy, or gaussian: N(0, I), or a data set",
         {.names = sources, .extension = "npy"});
  option("schedule", o.schedule, "Schedule", {.names = path::schedule_names()});
  option("predict", o.predict, "What the network is asked for",
         {.names = path::prediction_names()});
  option("coupling", o.coupling, "Pairs of a batch; ot is exact, up to 1,024 rows",
         {.names = path::coupling_names()});
  option("weight", o.weight, "Loss weight over t", {.names = train::weight_names()});
}

void add_label_options(Verb& verb, TrainCommand& c) {
  verb.group("Labels");
  verb.plain_option("--labels", c.labels, "FILE.npy of one integer class per row of --data",
                    {.names = {}, .extension = "npy"});
  c.given.emplace_back(
      verb.flag("--conditional", c.options.conditional, "Condition on the data set's own labels"),
      "conditional");
  OptionAdder{verb, c}("label_dropout", c.options.label_dropout,
                       "Share of labels replaced by the null label");
}

void add_network_options(Verb& verb, TrainCommand& c) {
  const OptionAdder option{verb, c};
  train::TrainOptions& o = c.options;
  verb.group("Network");
  option("width", o.width, "Hidden units per layer");
  option("depth", o.depth, "Hidden layers");
  option("activation", o.activation, "Activation", {.names = graph::activation_names()});
  option("time_features", o.time_features, "How t enters", {.names = nn::time_feature_names()});
}

void add_step_options(Verb& verb, TrainCommand& c) {
  const OptionAdder option{verb, c};
  train::TrainOptions& o = c.options;
  verb.group("Steps");
  option("steps", o.steps, "Steps in all");
  option("batch", o.batch, "Rows per step");
  option("lr", o.lr, "Peak learning rate");
  option("lr_schedule", o.lr_schedule, "Learning rate over steps; cosine falls to 0 at --steps",
         {.names = train::lr_schedule_names()});
  option("warmup", o.warmup, "Steps of linear warm-up");
  option("weight_decay", o.weight_decay, "AdamW's decoupled decay");
  option("clip", o.clip, "Global gradient norm, 0: off");
  option("ema", o.ema, "Decay of the averaged weights, 0: off");
  option("seed", o.seed, "Seed of everything random");
  verb.option("--threads", c.threads, "Threads; the numbers do not depend on it");
}

void add_output_options(Verb& verb, TrainCommand& c) {
  verb.group("Output");
  verb.plain_option("--out", c.out, "Run to write, FILE.safetensors",
                    {.names = {}, .extension = "safetensors"})
      .required();
  verb.flag("--resume", c.resume, "Go on with the run in --out, to the same bits");
  verb.option("--save-every", c.save_every, "Seconds between saves, 0: only at the end");
  verb.plain_option("--plot", c.plot,
                    "Figure of the loss, loss.png; its numbers, [k, 2] of step and loss, go to "
                    "loss.npy",
                    {.names = {}, .extension = "png"});
  verb.json_flag(c.json);
}

}  // namespace

std::string option_of(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

Run add_train(Verb& verb) {
  const auto c = std::make_shared<TrainCommand>();
  add_path_options(verb, *c);
  add_label_options(verb, *c);
  add_network_options(verb, *c);
  add_step_options(verb, *c);
  add_output_options(verb, *c);
  verb.footer(
      "Ctrl-C saves and stops (exit code 130). A file of more than 16 MB is mapped and stays "
      "where\n"
      "it is: the run names it, and --resume refuses one that changed.\n"
      "Examples:\n"
      "  pathflow train --data 8gaussians --steps 5000 --seed 1 --out run.safetensors\n"
      "  pathflow train --data x.npy --source moons --coupling ot --out run.safetensors\n"
      "  pathflow train --resume --steps 40000 --out run.safetensors");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
