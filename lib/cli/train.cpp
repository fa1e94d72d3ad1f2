// pathflow train
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "files.hpp"
#include "interrupt.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/train/config.hpp"
#include "pathflow/train/trainer.hpp"
#include "progress.hpp"

namespace pathflow::cli {
namespace {

using train::StepReport;
using train::Trainer;
using train::TrainOptions;

constexpr double kSliceSeconds = 0.05;  ///< between looks at the clock and the interrupt flag

struct TrainCommand {
  TrainOptions options;
  std::string labels, out;
  bool resume = false, json = false;
  int threads = 1;
  double save_every = 60;
  /// Options that were written on the command line, by their key in the configuration.
  std::vector<std::pair<CLI::Option*, std::string>> given;

  ExitCode run();
  Trainer begin() const;
  Trainer go_on() const;
  void save(const Trainer& trainer) const;
  void train(Trainer& trainer) const;
  void tell(const Trainer& trainer, const StepReport& last, double seconds,
            std::int64_t taken) const;
};

std::string dashed(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

Trainer TrainCommand::begin() const {
  Trainer::Inputs inputs;
  if (is_npy(options.data)) inputs.data = io::read_npy_points(options.data);
  if (is_npy(options.source)) inputs.source = io::read_npy_points(options.source);
  TrainOptions asked = options;
  if (!labels.empty()) {
    if (!inputs.data) throw InvalidArgument("train", "--labels needs --data FILE.npy");
    inputs.labels = io::read_npy_labels(labels);
    asked.conditional = true;
  }
  return Trainer(std::move(asked), std::move(inputs));
}

/// The saved run, after checking that nothing on the command line contradicts it.
Trainer TrainCommand::go_on() const {
  Trainer trainer = Trainer::restore(io::read_file(out), out);
  const auto wanted = nlohmann::json::parse(train::to_json(options));
  const auto saved = nlohmann::json::parse(train::to_json(trainer.options()));
  for (const auto& [option, key] : given) {
    if (option->count() == 0 || key == "steps" || wanted[key] == saved[key]) continue;
    throw InvalidArgument("train", dashed(key) + " must stay " + saved[key].dump() +
                                       " as in the run that --resume goes on with, got " +
                                       wanted[key].dump());
  }
  for (const auto& [option, key] : given) {
    if (key == "steps" && option->count() > 0) trainer.plan_steps(options.steps);
  }
  return trainer;
}

void TrainCommand::save(const Trainer& trainer) const {
  io::write_file_atomic(out, trainer.save());
}

std::string progress_line(const StepReport& report, std::int64_t steps, double rate) {
  const double left = static_cast<double>(steps - report.step) / rate;
  return fmt::format("step {} of {}  loss {:.4f}  {:.0f} steps/s  {} left", report.step, steps,
                     report.mean_loss, rate, duration_text(left));
}

void TrainCommand::train(Trainer& trainer) const {
  Progress progress(json);
  const std::int64_t first = trainer.steps_done(), steps = trainer.options().steps;
  std::int64_t slice = 1;
  double saved_at = 0;
  StepReport report;
  while (trainer.steps_done() < steps && !interrupted()) {
    const double before = progress.seconds();
    report = trainer.step(std::min(slice, steps - trainer.steps_done()));
    const double now = progress.seconds();
    if (now - before < kSliceSeconds) slice *= 2;
    if (now - before > 4 * kSliceSeconds && slice > 1) slice /= 2;
    if (progress.due()) {
      const double rate = static_cast<double>(report.step - first) / now;
      progress.update(progress_line(report, steps, rate));
    }
    if (save_every > 0 && now - saved_at >= save_every) {
      save(trainer);
      saved_at = now;
    }
  }
  save(trainer);
  progress.clear();
  tell(trainer, report, progress.seconds(), trainer.steps_done() - first);
}

void TrainCommand::tell(const Trainer& trainer, const StepReport& last, double seconds,
                        std::int64_t taken) const {
  const double rate = taken > 0 ? static_cast<double>(taken) / seconds : 0.0;
  if (json) {
    const nlohmann::ordered_json result = {{"out", out},
                                           {"step", trainer.steps_done()},
                                           {"loss", last.mean_loss},
                                           {"seconds", seconds},
                                           {"steps_per_second", rate},
                                           {"interrupted", interrupted()},
                                           {"parameters", trainer.parameter_count()}};
    fmt::print("{}\n", result.dump());
    return;
  }
  fmt::print("{}: {} steps", out, trainer.steps_done());
  if (taken > 0) {
    fmt::print(", loss {:.4f}, {:.0f} steps/s, {}", last.mean_loss, rate, duration_text(seconds));
  }
  fmt::print("{}\n", interrupted() ? ", stopped and saved: go on with --resume" : "");
}

ExitCode TrainCommand::run() {
  set_threads(threads);
  check_writable(out);
  const bool exists = std::filesystem::exists(out);
  if (resume && !exists && !json) {
    fmt::print(stderr, "{} does not exist yet: starting from the beginning\n", out);
  }
  Trainer trainer = resume && exists ? go_on() : begin();
  train(trainer);
  return interrupted() ? kInterrupted : kDone;
}

void add_path_options(CLI::App& app, TrainCommand& c) {
  const auto option = [&](const char* key, auto& field, const char* text) {
    c.given.emplace_back(app.add_option(dashed(key), field, text)->capture_default_str(), key);
  };
  TrainOptions& o = c.options;
  option("data", o.data, "Data set's name, or FILE.npy of [n, d] points");
  option("source", o.source, "\"gaussian\", a data set's name, or FILE.npy");
  option("schedule", o.schedule, "linear, trig, vp-linear, vp-cosine, sub-vp or ve");
  option("predict", o.predict, "data, noise, velocity, v or score");
  option("coupling", o.coupling, "independent, or ot (exact, per batch)");
  option("weight", o.weight, "Loss weight over t: default, or velocity");
  c.given.emplace_back(
      app.add_flag("--conditional", o.conditional, "Condition on the data set's own labels"),
      "conditional");
  option("label_dropout", o.label_dropout, "Share of labels replaced by the null label");
}

void add_network_options(CLI::App& app, TrainCommand& c) {
  const auto option = [&](const char* key, auto& field, const char* text) {
    c.given.emplace_back(app.add_option(dashed(key), field, text)->capture_default_str(), key);
  };
  TrainOptions& o = c.options;
  option("width", o.width, "Hidden units per layer");
  option("depth", o.depth, "Hidden layers");
  option("activation", o.activation, "silu, selu, gelu, tanh, relu or identity");
  option("time_features", o.time_features, "raw or fourier");
  option("steps", o.steps, "Steps in all");
  option("batch", o.batch, "Rows per step");
  option("lr", o.lr, "Peak learning rate");
  option("lr_schedule", o.lr_schedule, "constant, or cosine to 0 at --steps");
  option("warmup", o.warmup, "Steps of linear warm-up");
  option("weight_decay", o.weight_decay, "AdamW's decoupled decay");
  option("clip", o.clip, "Global gradient norm, 0: off");
  option("ema", o.ema, "Decay of the averaged weights, 0: off");
  option("seed", o.seed, "Seed of everything random");
}

}  // namespace

Run add_train(CLI::App& app) {
  const auto c = std::make_shared<TrainCommand>();
  add_path_options(app, *c);
  add_network_options(app, *c);
  app.add_option("--labels", c->labels, "FILE.npy of one integer class per row of --data");
  app.add_option("--out", c->out, "File to write, .safetensors")->required();
  app.add_flag("--resume", c->resume, "Go on with the run in --out, to the same bits");
  app.add_option("--save-every", c->save_every, "Seconds between saves, 0: only at the end")
      ->capture_default_str();
  app.add_option("--threads", c->threads, "Threads; the numbers do not depend on it")
      ->capture_default_str();
  app.add_flag("--json", c->json, "One JSON object on standard output and nothing else");
  app.footer(
      "Ctrl-C saves and stops (exit code 130).\n"
      "Example:\n"
      "  pathflow train --data 8gaussians --steps 5000 --seed 1 --out run.safetensors");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
