#include "verb.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "pathflow/base/error.hpp"

namespace pathflow::cli {
namespace {

std::string described(const std::string& text, const Values& values) {
  if (values.names.empty()) return text;
  std::vector<std::string> names = values.names;
  for (std::string& name : names) {
    if (name.back() == ':') name += name == "text:" ? "WORD" : "FILE.npy";  // table:
  }
  return fmt::format("{}: {}", text, fmt::join(names, ", "));
}

/// Whether the text is a number of this kind, and one that it holds.
template <class Number>
bool reads_as(const std::string& text) {
  Number number = {};
  if constexpr (std::is_floating_point_v<Number>) return CLI::detail::lexical_cast(text, number);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// Refuses a text that is no such number: function, argument, rule, value. (CLI11 would take -1 for
/// the largest of the unsigned, and what is too large for the largest there is.)
template <class Number>
void check_number(CLI::Option& option, const std::string& verb, const std::string& name) {
  option.check([verb, name](const std::string& text) {
    if (!reads_as<Number>(text)) {
      const std::string rule = std::is_floating_point_v<Number> ? "a number"
                               : std::is_unsigned_v<Number>
                                   ? "a whole number from 0"
                                   : fmt::format("a whole number of {} bits", 8 * sizeof(Number));
      throw InvalidArgument(verb, fmt::format("{} must be {}, got \"{}\"", name, rule, text));
    }
    return std::string();
  });
}

void check_options(const std::vector<std::string>& words, const Verb& verb) {
  const std::vector<std::string> valid = verb.option_names();
  for (const std::string& word : words) {
    if (word.rfind("--", 0) != 0 || word == "--") continue;
    const std::string name = word.substr(0, word.find('='));
    if (std::find(valid.begin(), valid.end(), name) != valid.end()) continue;
    throw_unknown_name(verb.name(), "option", name, valid);
  }
}

}  // namespace

OptionHandle& OptionHandle::required() {
  option_->required();
  return *this;
}
bool OptionHandle::given() const { return option_->count() > 0; }

std::string Verb::name() const { return app_->get_name(); }
std::string Verb::description() const { return app_->get_description(); }
bool Verb::parsed() const { return app_->parsed(); }
void Verb::footer(const std::string& text) { app_->footer(text); }

std::vector<std::string> Verb::option_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

template <class Field>
CLI::Option* Verb::add(const std::string& name, Field& field, const std::string& text,
                       Values values) {
  CLI::Option* option = app_->add_option(name, field, described(text, values))->group(group_);
  if (values.several) option->delimiter(',');
  const bool positional = name.rfind("--", 0) != 0;
  if constexpr (std::is_arithmetic_v<Field>) {
    check_number<Field>(*option, this->name(), name.substr(2));
  } else if constexpr (std::is_same_v<Field, std::optional<int>>) {
    check_number<int>(*option, this->name(), name.substr(2));
  }
  completions_.push_back({positional ? "" : name, text, std::move(values), false});
  return option;
}

template <class Field>
OptionHandle Verb::option(const std::string& name, Field& field, const std::string& text,
                          Values values) {
  return OptionHandle(add(name, field, text, std::move(values))->capture_default_str());
}

template <class Field>
OptionHandle Verb::plain_option(const std::string& name, Field& field, const std::string& text,
                                Values values) {
  return OptionHandle(add(name, field, text, std::move(values)));
}

OptionHandle Verb::flag(const std::string& name, bool& field, const std::string& text) {
  completions_.push_back({name, text, {}, true});
  return OptionHandle(app_->add_flag(name, field, text)->group(group_));
}

#define PATHFLOW_OPTION(Field)                                                                \
  template OptionHandle Verb::option(const std::string&, Field&, const std::string&, Values); \
  template OptionHandle Verb::plain_option(const std::string&, Field&, const std::string&, Values);
PATHFLOW_OPTION(std::string)
PATHFLOW_OPTION(int)
PATHFLOW_OPTION(std::int64_t)
PATHFLOW_OPTION(std::uint64_t)
PATHFLOW_OPTION(double)
PATHFLOW_OPTION(std::vector<std::string>)
#undef PATHFLOW_OPTION
template OptionHandle Verb::plain_option(const std::string&, std::optional<int>&,
                                         const std::string&, Values);

double number_of(const char* verb, const char* option, const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return value;
  throw InvalidArgument(verb,
                        fmt::format("{} must be numbers joined by commas, got {}", option, text));
}

std::string option_of(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

void check_words(const std::vector<std::string>& words, const Verbs& verbs) {
  if (words.empty() || words.front().rfind('-', 0) == 0) return;
  std::vector<std::string> names;
  for (const auto& [verb, run] : verbs) {
    if (verb.name() == words.front()) return check_options(words, verb);
    names.push_back(verb.name());
  }
  throw_unknown_name("pathflow", "verb", words.front(), names);
}

}  // namespace pathflow::cli
