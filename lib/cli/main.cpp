// pathflow: train, sample and look at flow matching and diffusion models from a shell.
#include <CLI/CLI.hpp>
#include <exception>
#include <new>
#include <sstream>

#include "interrupt.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "verb.hpp"

namespace {

using namespace pathflow;

constexpr const char* kExample =
    "Example:\n"
    "  pathflow train --data moons --steps 5000 --out run.safetensors\n"
    "  pathflow sample --model run.safetensors --n 2000 --out samples.npy --plot samples.png\n"
    "  pathflow evaluate --samples samples.npy --reference moons\n"
    "`pathflow VERB --help` explains each verb. Exit codes: 0 done, 1 failed, 2 bad usage,\n"
    "130 stopped by Ctrl-C.";

/// Exit code and last line of a failed run.
int report(const Error& error) {
  if (error.code() == ErrorCode::kCancelled) {
    cli::complain("pathflow: stopped");
    return cli::kInterrupted;
  }
  cli::complain(std::string("pathflow: ") + error.what());
  return error.code() == ErrorCode::kInvalidArgument ? cli::kBadUsage : cli::kFailed;
}

int parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0) {
    cli::complain(std::string("pathflow: ") + error.what());
    return cli::kBadUsage;
  }
  std::ostringstream text, none;  // --help, --version
  app.exit(error, text, none);
  cli::write_out(text.str());
  return cli::kDone;
}

void add_verbs(CLI::App& app, cli::Verbs& verbs) {
  const auto add = [&](const char* name, const char* text, cli::Run (*make)(cli::Verb&)) {
    cli::Verb verb(*app.add_subcommand(name, text));
    cli::Run run = make(verb);
    verbs.emplace_back(std::move(verb), std::move(run));
  };
  add("train", "Train a model on a data set or an npy file.", cli::add_train);
  add("reflow", "Straighten a run's paths, round by round, or distil it to few steps.",
      cli::add_reflow);
  add("sample", "Draw samples from a trained model, or from a mixture in closed form.",
      cli::add_sample);
  add("likelihood", "Say how likely a model finds points, in nats and bits per dimension.",
      cli::add_likelihood);
  add("langevin", "Sample the law at one time by its score alone (ULA, MALA).", cli::add_langevin);
  add("compare", "Hold samplers against each other: quality over model evaluations.",
      cli::add_compare);
  add("density", "Draw the density that a model has learnt, on a grid.", cli::add_density);
  add("evaluate", "Measure how far samples lie from a reference.", cli::add_evaluate);
  add("datasets", "List the built-in data sets, or draw points from one.", cli::add_datasets);
  add("info", "Say what is in a run or an npy file.", cli::add_info);
  cli::Verb completion(
      *app.add_subcommand("completion", "Print a script that completes commands in a shell."));
  cli::Run run = cli::add_completion(completion, verbs);
  verbs.emplace_back(std::move(completion), std::move(run));
}

int run(CLI::App& app, cli::Verbs& verbs, int argc, char** argv) {
  try {
    cli::check_words(std::vector<std::string>(argv + 1, argv + argc), verbs);
    app.parse(argc, argv);
    for (const auto& [verb, go] : verbs) {
      if (verb.parsed()) return go();
    }
    return cli::kBadUsage;
  } catch (const CLI::ParseError& error) {
    return parse_error(app, error);
  }
}

}  // namespace

int main(int argc, char** argv) {
  cli::prepare_signals();
  CLI::App app{"Train, sample and understand flow matching and diffusion.", "pathflow"};
  app.set_version_flag("--version", "pathflow " PATHFLOW_VERSION);
  app.require_subcommand(1);
  app.footer(kExample);
  cli::Verbs verbs;
  try {
    add_verbs(app, verbs);
    return run(app, verbs, argc, argv);
  } catch (const Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    cli::complain("pathflow: out of memory");
  } catch (const std::exception& error) {
    cli::complain(std::string("pathflow: ") + error.what());
  }
  return cli::kFailed;
}
