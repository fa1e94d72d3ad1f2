#include "pathflow/train/config.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"
#include "pathflow/io/json.hpp"
#include "pathflow/nn/learning_rate.hpp"
#include "pathflow/train/option_table.hpp"

namespace pathflow::train {
namespace {

using io::Json;
using io::JsonKind;

constexpr std::uint64_t kLargestSeed = (std::uint64_t{1} << 53) - 1;

/// Refuses a value of another type, saying the key, the type wanted and the value.
[[noreturn]] void refuse(std::string_view where, std::string_view key, const char* wanted,
                         const Json& value) {
  std::string text(value.text());
  if (text.size() > 60) text.replace(57, std::string::npos, "...");
  throw_error(ErrorCode::kInvalidArgument, where, {key, " must be ", wanted, ", got ", text});
}

std::int64_t integer_of(std::string_view where, std::string_view key, const Json& value,
                        std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  if (!value.integer(number) || number < least || number > most) {
    refuse(where, key, least == 0 ? "an integer of at least 0" : "an integer", value);
  }
  return number;
}

void read_field(std::string_view where, std::string_view key, const Json& value,
                std::string& field) {
  if (!value.is(JsonKind::kString)) refuse(where, key, "a string", value);
  field = value.string();
}
void read_field(std::string_view where, std::string_view key, const Json& value, bool& field) {
  if (!value.is(JsonKind::kBoolean)) refuse(where, key, "true or false", value);
  field = value.boolean();
}
void read_field(std::string_view where, std::string_view key, const Json& value, double& field) {
  if (!value.is(JsonKind::kNumber)) refuse(where, key, "a number", value);
  field = value.number();
}
template <class Integer>
void read_field(std::string_view where, std::string_view key, const Json& value, Integer& field) {
  using Limits = std::numeric_limits<Integer>;
  constexpr auto kMost = static_cast<std::int64_t>(
      std::min<std::uint64_t>(Limits::max(), std::numeric_limits<std::int64_t>::max()));
  field = static_cast<Integer>(
      integer_of(where, key, value, static_cast<std::int64_t>(Limits::min()), kMost));
}

std::string json_of(const std::string& text) { return io::json_string(io::valid_utf8(text)); }
std::string json_of(bool value) { return value ? "true" : "false"; }
std::string json_of(double value) { return std::isfinite(value) ? to_text(value) : "null"; }
template <class Integer>
std::string json_of(Integer value) {
  return message({value});
}

Json parse_object(std::string_view text, std::string_view where) {
  try {
    const Json json = io::parse_json(text);
    if (json.is(JsonKind::kObject)) return json;
    throw_error(ErrorCode::kInvalidArgument, where,
                {"must be a JSON object, got ", io::json_kind_name(json.kind())});
  } catch (const io::JsonError& error) {
    throw_error(ErrorCode::kInvalidArgument, where,
                {"must be a JSON object, got text that breaks off at byte ", error.byte, " (",
                 error.what(), ")"});
  }
}

std::int64_t checked_version(const Json& version, std::string_view where) {
  std::int64_t number = 0;
  read_field(where, "format", version, number);
  if (number < 1 || number > kConfigVersion) {
    throw_error(
        ErrorCode::kInvalidArgument, where,
        {"format must be at most ", kConfigVersion, " (a later version wrote this), got ", number});
  }
  return number;
}

/// least <= value < most.
void check_below(std::string_view where, std::string_view name, double value, double most) {
  if (!(value >= 0 && value < most)) {
    throw_error(ErrorCode::kInvalidArgument, where,
                {name, " must be in [0, ", most, "), got ", value});
  }
}

void validate_names(const TrainOptions& o, std::string_view where) {
  if (o.data.empty())
    throw_error(ErrorCode::kInvalidArgument, where, "data must not be empty, got \"\"");
  if (o.source.empty())
    throw_error(ErrorCode::kInvalidArgument, where, "source must not be empty, got \"\"");
  for_each_option(o, [&](const char* key, const auto& field, auto names, auto, auto) {
    if constexpr (!std::is_null_pointer_v<decltype(names)>) {
      if (names == &path::schedule_names) {
        path::make_schedule(field, where);  // a name, or a name and its parameter
      } else if (names == &path::time_law_names) {
        path::TimeLaw(field, {0, 1}, *path::make_schedule("linear"), where);
      } else {
        check_name(where, key, field, names());
      }
    }
  });
}

void validate_coupling(const TrainOptions& o, std::string_view where) {
  const path::Coupling coupling = path::coupling_of(o.coupling);
  const auto most = static_cast<std::int64_t>(path::kMaxOtBatch);
  if (path::couples_by_cost(coupling) && o.batch > most) {
    throw_error(
        ErrorCode::kInvalidArgument, where,
        {"batch must be at most ", most, " with coupling \"", o.coupling, "\", got ", o.batch});
  }
  check_positive(where, "coupling_reg", o.coupling_reg);
  if (coupling == path::Coupling::kBridge && o.coupling_reg != TrainOptions().coupling_reg) {
    throw_error(ErrorCode::kInvalidArgument, where,
                {"coupling_reg must be left out with coupling \"bridge\", whose variance is "
                 "gamma_scale, got ",
                 o.coupling_reg});
  }
  check_not_negative(where, "label_penalty", o.label_penalty);
  if (coupling == path::Coupling::kConditionalOt && !o.conditional && o.classes == 0) {
    throw_error(ErrorCode::kInvalidArgument, where,
                "coupling \"conditional-ot\" needs a conditional run (labels), got an "
                "unconditional one");
  }
}

void validate_optimizer(const TrainOptions& o, std::string_view where) {
  check_positive(where, "lr", o.lr);
  check_at_least(where, "warmup", o.warmup, 0);
  check_at_least(where, "steps", o.steps, 1);
  check_below(where, "beta1", o.beta1, 1.0);
  check_below(where, "beta2", o.beta2, 1.0);
  check_positive(where, "epsilon", o.epsilon);
  check_not_negative(where, "weight_decay", o.weight_decay);
  check_not_negative(where, "clip", o.clip);
  check_below(where, "ema", o.ema, 1.0);
}

}  // namespace

const std::vector<std::string>& option_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> keys;
    const TrainOptions options;
    for_each_option(
        options, [&](const char* key, const auto&, auto, auto, auto) { keys.emplace_back(key); });
    return keys;
  }();
  return names;
}

const std::vector<std::string>& weight_names() {
  static const std::vector<std::string> names =
      name_list({"default", "velocity", "sigma2", "g2", "one"});
  return names;
}

const std::vector<std::string>& lr_schedule_names() { return nn::learning_rate_names(); }

std::string to_json(const TrainOptions& options, int indent) {
  const std::string line =
      indent < 0 ? "" : "\n" + std::string(static_cast<std::size_t>(indent), ' ');
  const std::string colon = indent < 0 ? ":" : ": ";
  std::string text = message({"{", line, "\"format\"", colon, kConfigVersion});
  for_each_option(options, [&](const char* key, const auto& field, auto, auto, auto) {
    append(text, {",", line, "\"", key, "\"", colon, json_of(field)});
  });
  return text += indent < 0 ? "}" : "\n}";
}

TrainOptions options_from_json(std::string_view text, const TrainOptions& defaults,
                               std::string_view where) {
  const std::vector<io::JsonItem> items = parse_object(text, where).items();
  TrainOptions options = defaults;
  std::int64_t version = kConfigVersion;
  for (const auto& [key, value] : items) {
    if (key == "format") {
      version = checked_version(value, where);
    } else {
      check_name(where, "option", key, option_names());
    }
  }
  for_each_option(options, [&](const char* key, auto& field, auto, auto, auto) {
    for (const auto& [name, value] : items) {
      if (name == key) read_field(where, key, value, field);
    }
  });
  validate(options, where);
  if (version < 2 && options.gamma == "brownian") {
    throw_error(
        ErrorCode::kInvalidArgument, where,
        {"format must be at least 2 with gamma \"brownian\", whose networks meant something "
         "else before (train it again), got ",
         version});
  }
  return options;
}

void validate(const TrainOptions& o, std::string_view where) {
  validate_names(o, where);
  check_between(where, "dimension", o.dimension, 1, 65536);
  check_between(where, "width", o.width, 1, 4096);
  check_between(where, "depth", o.depth, 1, 16);
  check_between(where, "classes", std::int64_t{o.classes}, 0, 65536);
  check_between(where, "label_dropout", o.label_dropout, 0.0, 1.0);
  check_between(where, "batch", o.batch, 1, 65536);
  validate_coupling(o, where);
  check_below(where, "flow_share", o.flow_share, 1);
  check_not_negative(where, "adaptive_power", o.adaptive_power);
  check_between(where, "consistency_steps", o.consistency_steps, 2, 65536);
  check_positive(where, "gamma_scale", o.gamma_scale);
  check_positive(where, "action_diffusion", o.action_diffusion);
  if (o.gamma != "zero" && o.objective != "interpolant") {
    throw_error(ErrorCode::kInvalidArgument, where,
                {"gamma must be \"zero\" but with objective \"interpolant\", got \"", o.gamma,
                 "\" with \"", o.objective, "\""});
  }
  validate_optimizer(o, where);
  if (o.seed > kLargestSeed) {
    throw_error(ErrorCode::kInvalidArgument, where, {"seed must be below 2^53, got ", o.seed});
  }
}

}  // namespace pathflow::train
