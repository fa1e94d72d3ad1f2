// The options of pathflow train.
#include <memory>
#include <type_traits>

#include "names.hpp"
#include "pathflow/train/option_table.hpp"
#include "train.hpp"

namespace pathflow::cli {
namespace {

/// What a shell may offer for an option; data and source are files, too.
template <class Names>
Values values_of(std::string_view key, Names names) {
  if (key == "data" || key == "source") return {.names = dataset_names(), .extension = "npy"};
  if (key == "schedule") return {.names = schedule_choices()};
  if constexpr (!std::is_null_pointer_v<Names>) return {.names = names()};
  return {};
}

/// Every option of a run that a group is named for, remembered by its key.
void add_run_options(Verb& verb, TrainCommand& c) {
  train::for_each_option(c.options, [&](const char* key, auto& field, auto names,
                                        std::string_view group, const char* help) {
    if (group.empty()) return;
    verb.group(std::string(group));
    if constexpr (std::is_same_v<decltype(field), bool&>) {
      c.given.emplace_back(verb.flag(option_of(key), field, help), key);
    } else {
      c.given.emplace_back(verb.option(option_of(key), field, help, values_of(key, names)), key);
    }
  });
  verb.group("Labels");
  verb.plain_option("--labels", c.labels, "FILE.npy of one integer class per row of --data",
                    {.names = {}, .extension = "npy"});
  verb.group("Path");
  verb.plain_option(
      "--snapshots", c.snapshots,
      "FILE.npy@TIME,...: samples by ascending time from 0 to 1 in place of --data and "
      "--source, for --objective action and entropic-action",
      {.names = {}, .extension = "npy", .several = true});
  verb.plain_option("--teacher", c.teacher,
                    "consistency-distillation: the run to learn from, FILE.safetensors",
                    {.names = {}, .extension = "safetensors"});
  verb.group("Steps");
  verb.option("--threads", c.threads, "Threads; the numbers do not depend on it");
}

void add_output_options(Verb& verb, TrainCommand& c) {
  verb.group("Output");
  verb.plain_option("--out", c.loop.out, "Run to write, FILE.safetensors",
                    {.names = {}, .extension = "safetensors"})
      .required();
  verb.flag("--resume", c.resume, "Go on with the run in --out, to the same bits");
  verb.option("--save-every", c.loop.save_every, "Seconds between saves, 0: only at the end");
  verb.plain_option("--plot", c.loop.plot,
                    "Figure of the loss, loss.png; its numbers, [k, 2] of step and loss, go to "
                    "loss.npy",
                    {.names = {}, .extension = "png"});
  verb.json_flag(c.loop.json);
}

}  // namespace

Run add_train(Verb& verb) {
  const auto c = std::make_shared<TrainCommand>();
  add_run_options(verb, *c);
  add_output_options(verb, *c);
  verb.footer(
      "Ctrl-C saves and stops (exit code 130). A file of more than 16 MB is mapped and stays "
      "where\n"
      "it is: the run names it, and --resume refuses one that changed.\n"
      "Examples:\n"
      "  pathflow train --data 8gaussians --steps 5000 --seed 1 --out run.safetensors\n"
      "  pathflow train --data x.npy --source moons --coupling ot --out run.safetensors\n"
      "  pathflow train --snapshots a.npy@0,b.npy@0.4,c.npy@1 --objective action --coupling ot "
      "--out run.safetensors\n"
      "  pathflow train --objective mean-flow --out few.safetensors\n"
      "  pathflow train --objective consistency-distillation --teacher run.safetensors \\\n"
      "    --out student.safetensors\n"
      "  pathflow train --resume --steps 40000 --out run.safetensors");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
