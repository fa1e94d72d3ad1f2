// Verb: a verb's parser, with what help, suggestions and completion must know of its options. CLI11
// is compiled in verb.cpp and main.cpp alone.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "exit_code.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pathflow::cli {

/// Runs a parsed verb; library errors pass through and are told apart in main.cpp.
using Run = std::function<ExitCode()>;

/// What a shell may offer as the value of an option.
struct Values {
  std::vector<std::string> names = {};  ///< listed in the help, too
  std::string extension = {};           ///< files whose names end so: "npy", "safetensors|npy"
  bool several = false;                 ///< names joined by commas
};

/// One option as completion sees it.
struct Completion {
  std::string option;  ///< "--data", or "" for a positional
  std::string text;
  Values values;
  bool flag = false;
};

/// An option that was added.
class OptionHandle {
 public:
  explicit OptionHandle(CLI::Option* option) : option_(option) {}
  OptionHandle& required();
  /// Whether it stood on the command line.
  bool given() const;

 private:
  CLI::Option* option_;
};

class Verb {
 public:
  explicit Verb(CLI::App& app) : app_(&app) {}

  std::string name() const;
  std::string description() const;
  bool parsed() const;
  /// "--data", ...: every long option, --help among them.
  std::vector<std::string> option_names() const;
  const std::vector<Completion>& completions() const { return completions_; }

  /// The heading under which the options that follow are listed.
  void group(std::string name) { group_ = std::move(name); }
  /// An option with a value; its default is shown. Field: a string, a number, a list of strings.
  template <class Field>
  OptionHandle option(const std::string& name, Field& field, const std::string& text,
                      Values values = {});
  /// An option whose default says nothing to a reader, and is not shown. Also std::optional<int>.
  template <class Field>
  OptionHandle plain_option(const std::string& name, Field& field, const std::string& text,
                            Values values = {});
  OptionHandle flag(const std::string& name, bool& field, const std::string& text);
  void json_flag(bool& field) { flag("--json", field, "JSON on standard output and nothing else"); }
  /// The end of the help: examples.
  void footer(const std::string& text);

 private:
  template <class Field>
  CLI::Option* add(const std::string& name, Field& field, const std::string& text, Values values);

  CLI::App* app_;
  std::string group_ = "Options";
  std::vector<Completion> completions_;
};

/// A number that stood in a list. Errors: InvalidArgument "verb: option must be numbers, got text".
double number_of(const char* verb, const char* option, const std::string& text);

/// "weight_decay" -> "--weight-decay".
std::string option_of(std::string key);

using Verbs = std::vector<std::pair<Verb, Run>>;

/// Each adds its options and gives back what runs the verb.
Run add_train(Verb& verb);
Run add_reflow(Verb& verb);
Run add_sample(Verb& verb);
Run add_langevin(Verb& verb);
Run add_likelihood(Verb& verb);
Run add_compare(Verb& verb);
Run add_density(Verb& verb);
Run add_evaluate(Verb& verb);
Run add_datasets(Verb& verb);
Run add_info(Verb& verb);
/// Writes a script that completes `verbs`, which must outlive the answer.
Run add_completion(Verb& verb, const Verbs& verbs);

/// Throws InvalidArgument with the nearest valid name where the first word of a command line is no
/// verb, or a later one is no option of it.
void check_words(const std::vector<std::string>& words, const Verbs& verbs);

}  // namespace pathflow::cli
