// pathflow completion: a script for a shell, made from the verbs' own options and the library's
// lists.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <memory>

#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

const std::vector<std::string> kShells = {"bash", "zsh", "fish"};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string joined_names(const Values& values) {
  return fmt::format("{}", fmt::join(values.names, " "));
}

std::string extensions(const Values& values, const std::string& separator) {
  return replaced(values.extension, "|", separator);
}

std::string verb_names(const Verbs& verbs) {
  std::string names;
  for (const auto& [verb, run] : verbs) names += (names.empty() ? "" : " ") + verb.name();
  return names;
}

// bash
// ------------------------------------------------------------------------------------------------

constexpr const char* kBashHead =
    R"(# Completion of pathflow in bash: source this, or save it as pathflow in
# ~/.local/share/bash-completion/completions.
_pathflow() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD - 1]}" verb="${COMP_WORDS[1]}"
  local names="" extensions="" several="" options="" head="" extension=""
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev="${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  COMPREPLY=()
)";

constexpr const char* kBashTail = R"(  if [[ -z $names && -z $extensions ]]; then
    [[ -n $options && ( -z $prev || $options != *" $prev="* ) ]] || return
    names="${options//= / }"
  fi
  if [[ -n $several && $cur == *,* ]]; then
    head="${cur%,*},"
    cur="${cur##*,}"
  fi
  mapfile -t COMPREPLY < <(compgen -P "$head" -W "$names" -- "$cur")
  [[ -n $extensions ]] || return
  compopt -o filenames 2> /dev/null
  for extension in $extensions; do
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X "!*.$extension" -- "$cur")
  done
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur")
}
complete -F _pathflow pathflow
)";

/// Options with a space at either side; those that take a value end in "=".
std::string bash_options(const Verb& verb) {
  std::string options = " --help ";
  for (const Completion& c : verb.completions()) {
    if (!c.option.empty()) options += c.option + (c.flag ? " " : "= ");
  }
  return options;
}

std::string bash_values(const Values& values) {
  return fmt::format("names=\"{}\" extensions=\"{}\" several=\"{}\"", joined_names(values),
                     extensions(values, " "), values.several ? "yes" : "");
}

std::string bash_script(const Verbs& verbs) {
  std::string script = kBashHead;
  script +=
      fmt::format("  if (( COMP_CWORD == 1 )); then\n    names=\"{} --help --version\"\n  fi\n",
                  verb_names(verbs));
  script += "  case $verb in\n";
  for (const auto& [verb, run] : verbs) {
    script += fmt::format("    {}) options=\"{}\" ;;\n", verb.name(), bash_options(verb));
  }
  script += "  esac\n  case \"$verb $prev\" in\n";
  for (const auto& [verb, run] : verbs) {
    for (const Completion& c : verb.completions()) {
      const bool offers = !c.values.names.empty() || !c.values.extension.empty();
      if (!offers) continue;
      const std::string before = c.option.empty() ? verb.name() : c.option;
      script += fmt::format("    \"{} {}\") [[ $cur == -* ]] || {} ;;\n", verb.name(), before,
                            bash_values(c.values));
    }
  }
  return script + "  esac\n" + kBashTail;
}

// zsh
// -------------------------------------------------------------------------------------------------

constexpr const char* kZshHead = R"zsh(#compdef pathflow
# Completion of pathflow in zsh: save this as _pathflow in a folder of $fpath.
_pathflow_values() {
  local -a names
  names=(${=1})
  if [[ -n $3 ]]; then
    _sequence compadd - -a names
  else
    (( $#names )) && compadd -a names
    [[ -n $2 ]] && _files -g $2
  fi
}
_pathflow() {
)zsh";

/// Inside single quotes, in a specification whose fields end at colons and brackets.
std::string zsh_text(const std::string& text) {
  std::string safe = replaced(text, "'", "");
  for (const char* special : {"[", "]", ":"})
    safe = replaced(safe, special, std::string("\\") + special);
  return safe;
}

std::string zsh_spec(const Completion& c) {
  // One ending alone in parentheses would be glob qualifiers.
  std::string files = extensions(c.values, "|");
  if (!files.empty()) files = files.find('|') == files.npos ? "*." + files : "*.(" + files + ")";
  const std::string action = fmt::format("{{_pathflow_values \"{}\" \"{}\" \"{}\"}}",
                                         replaced(joined_names(c.values), ":", "\\:"), files,
                                         c.values.several ? "yes" : "");
  if (c.option.empty()) return fmt::format("'1:{}:{}'", "value", action);
  const std::string option = fmt::format("{}{}[{}]", c.option, c.flag ? "" : "=", zsh_text(c.text));
  return c.flag ? fmt::format("'{}'", option) : fmt::format("'{}:value:{}'", option, action);
}

std::string zsh_script(const Verbs& verbs) {
  std::string script = kZshHead;
  script += "  local -a verbs\n  verbs=(\n";
  for (const auto& [verb, run] : verbs) {
    script += fmt::format("    '{}:{}'\n", verb.name(), zsh_text(verb.description()));
  }
  script +=
      "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n"
      "  local verb=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $verb in\n";
  for (const auto& [verb, run] : verbs) {
    script += fmt::format("    {})\n      _arguments '--help[Explain]'", verb.name());
    for (const Completion& c : verb.completions()) script += " \\\n        " + zsh_spec(c);
    script += " ;;\n";
  }
  return script +
         "  esac\n}\nif [[ $funcstack[1] == _pathflow ]]; then\n  _pathflow \"$@\"\nelse\n"
         "  compdef _pathflow pathflow\nfi\n";
}

// fish
// ------------------------------------------------------------------------------------------------

std::string fish_text(const std::string& text) {
  return replaced(replaced(text, "\\", "\\\\"), "'", "\\'");
}

/// What fish lists for the value: names, then files, those of an ending (of one a call) first.
std::string fish_offers(const Values& values) {
  std::string offered = joined_names(values);
  if (values.several) return "(__fish_complete_list , \"string join \\n " + offered + "\")";
  if (values.extension.empty()) return offered;
  const std::string call = "(__fish_complete_suffix .";
  return offered + " " + call + extensions(values, ") " + call) + ")";
}

std::string fish_line(const Verb& verb, const Completion& c) {
  const std::string offered = fish_offers(c.values);
  std::string line =
      fmt::format("complete -c pathflow -n '__fish_seen_subcommand_from {}'", verb.name());
  if (!c.option.empty()) line += fmt::format(" -l {}{}", c.option.substr(2), c.flag ? "" : " -x");
  if (!offered.empty()) line += fmt::format(" -k -a '{}'", fish_text(offered));
  return line + fmt::format(" -d '{}'\n", fish_text(c.text));
}

std::string fish_script(const Verbs& verbs) {
  std::string script =
      "# Completion of pathflow in fish: save this as pathflow.fish in "
      "~/.config/fish/completions.\n"
      "complete -c pathflow -f\n";
  for (const auto& [verb, run] : verbs) {
    script += fmt::format("complete -c pathflow -n __fish_use_subcommand -a {} -d '{}'\n",
                          verb.name(), fish_text(verb.description()));
  }
  for (const auto& [verb, run] : verbs) {
    for (const Completion& c : verb.completions()) script += fish_line(verb, c);
  }
  return script;
}

ExitCode run_completion(const std::string& shell, const Verbs& verbs) {
  if (shell == "bash") {
    write_out(bash_script(verbs));
  } else if (shell == "zsh") {
    write_out(zsh_script(verbs));
  } else if (shell == "fish") {
    write_out(fish_script(verbs));
  } else {
    throw_unknown_name("completion", "shell", shell, kShells);
  }
  return kDone;
}

}  // namespace

Run add_completion(Verb& verb, const Verbs& verbs) {
  const auto shell = std::make_shared<std::string>();
  verb.plain_option("shell", *shell, "Shell", {.names = kShells}).required();
  verb.footer(
      "Examples:\n"
      "  pathflow completion bash > ~/.local/share/bash-completion/completions/pathflow\n"
      "  pathflow completion zsh > ~/.zfunc/_pathflow\n"
      "  pathflow completion fish > ~/.config/fish/completions/pathflow.fish");
  return [shell, &verbs] { return run_completion(*shell, verbs); };
}

}  // namespace pathflow::cli
