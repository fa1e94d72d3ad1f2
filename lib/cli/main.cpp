// pathflow: train, sample and look at flow matching and diffusion models from a shell.
#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <exception>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "interrupt.hpp"
#include "pathflow/base/error.hpp"

namespace {

using namespace pathflow;

constexpr const char* kExample =
    "Example:\n"
    "  pathflow train --data moons --steps 5000 --out run.safetensors\n"
    "  pathflow sample --model run.safetensors --n 2000 --out samples.npy\n"
    "`pathflow VERB --help` explains each verb.";

/// Exit code and last line of a failed run.
int report(const Error& error) {
  if (error.code() == ErrorCode::kCancelled) {
    fmt::print(stderr, "pathflow: stopped\n");
    return cli::kInterrupted;
  }
  fmt::print(stderr, "pathflow: {}\n", error.what());
  return error.code() == ErrorCode::kInvalidArgument ? cli::kBadUsage : cli::kFailed;
}

int parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  fmt::print(stderr, "pathflow: {}\n", error.what());
  return cli::kBadUsage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Train, sample and understand flow matching and diffusion.", "pathflow"};
  app.set_version_flag("--version", "pathflow " PATHFLOW_VERSION);
  app.require_subcommand(1);
  app.footer(kExample);
  std::vector<std::pair<CLI::App*, cli::Run>> verbs;
  const auto add = [&](const char* name, const char* text, cli::Run (*make)(CLI::App&)) {
    CLI::App* verb = app.add_subcommand(name, text);
    verbs.emplace_back(verb, make(*verb));
  };
  add("train", "Train a model on a data set or an npy file.", cli::add_train);
  add("sample", "Draw samples from a trained model.", cli::add_sample);
  add("datasets", "List the built-in data sets, or draw points from one.", cli::add_datasets);
  add("info", "Say what is in a run or an npy file.", cli::add_info);
  try {
    app.parse(argc, argv);
    cli::watch_interrupts();
    for (const auto& [verb, run] : verbs) {
      if (verb->parsed()) return run();
    }
    return cli::kBadUsage;
  } catch (const CLI::ParseError& error) {
    return parse_error(app, error);
  } catch (const Error& error) {
    return report(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "pathflow: {}\n", error.what());
    return cli::kFailed;
  }
}
