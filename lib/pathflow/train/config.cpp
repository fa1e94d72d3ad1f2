#include "pathflow/train/config.hpp"

#include <limits>
#include <type_traits>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/graph.hpp"
#include "pathflow/io/json.hpp"
#include "pathflow/nn/learning_rate.hpp"
#include "pathflow/nn/mlp.hpp"
#include "pathflow/path/coupling.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"

namespace pathflow::train {
namespace {

using io::Json;

constexpr std::uint64_t kLargestSeed = (std::uint64_t{1} << 53) - 1;

/// The one list of keys: calls visit(key, field) for every field in order.
template <class Options, class Visit>
void for_each_field(Options& o, Visit&& visit) {
  visit("data", o.data);
  visit("source", o.source);
  visit("schedule", o.schedule);
  visit("predict", o.predict);
  visit("coupling", o.coupling);
  visit("weight", o.weight);
  visit("dimension", o.dimension);
  visit("width", o.width);
  visit("depth", o.depth);
  visit("activation", o.activation);
  visit("time_features", o.time_features);
  visit("conditional", o.conditional);
  visit("classes", o.classes);
  visit("label_dropout", o.label_dropout);
  visit("batch", o.batch);
  visit("lr", o.lr);
  visit("lr_schedule", o.lr_schedule);
  visit("warmup", o.warmup);
  visit("steps", o.steps);
  visit("beta1", o.beta1);
  visit("beta2", o.beta2);
  visit("epsilon", o.epsilon);
  visit("weight_decay", o.weight_decay);
  visit("clip", o.clip);
  visit("ema", o.ema);
  visit("seed", o.seed);
}

/// Refuses a value of another type, saying the key, the type wanted and the value.
[[noreturn]] void refuse(std::string_view where, std::string_view key, const char* wanted,
                         const Json& value) {
  std::string text = io::json_text(value);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  throw InvalidArgument(where,
                        std::string(key) + " must be " + wanted + ", got " + std::move(text));
}

/// An integer written as 3 or as 3.0 (JavaScript writes no difference), inside T's range.
template <class T>
T integer_of(std::string_view where, std::string_view key, const Json& value) {
  constexpr const char* kWanted = std::is_unsigned_v<T> ? "an integer of at least 0" : "an integer";
  if (value.is_number_unsigned()) {
    const std::uint64_t number = value.get<std::uint64_t>();
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())) {
      return static_cast<T>(number);
    }
  } else if (value.is_number_integer()) {
    const std::int64_t number = value.get<std::int64_t>();
    if constexpr (!std::is_unsigned_v<T>) {
      if (number >= std::numeric_limits<T>::min()) return static_cast<T>(number);
    }
  } else if (value.is_number_float()) {
    const double number = value.get<double>();
    const double limit =
        std::min(9007199254740992.0, static_cast<double>(std::numeric_limits<T>::max()));
    const double least = std::is_unsigned_v<T> ? 0.0 : -limit;
    if (number >= least && number <= limit &&
        number == static_cast<double>(static_cast<T>(number))) {
      return static_cast<T>(number);
    }
  }
  refuse(where, key, kWanted, value);
}

template <class T>
void read_field(std::string_view where, std::string_view key, const Json& value, T& field) {
  if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) refuse(where, key, "a string", value);
    field = value.get<std::string>();
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) refuse(where, key, "true or false", value);
    field = value.get<bool>();
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value.is_number()) refuse(where, key, "a number", value);
    field = value.get<double>();
  } else {
    field = integer_of<T>(where, key, value);
  }
}

Json parse_object(std::string_view text, std::string_view where) {
  Json json;
  try {
    json = io::parse_json(text);
  } catch (const io::JsonError& error) {
    throw InvalidArgument(where, "must be a JSON object, got text that breaks off at byte " +
                                     to_text(static_cast<std::int64_t>(error.byte)));
  }
  if (!json.is_object()) {
    throw InvalidArgument(where, std::string("must be a JSON object, got ") + json.type_name());
  }
  return json;
}

void check_version(const Json& version, std::string_view where) {
  const int number = integer_of<int>(where, "format", version);
  if (number < 1 || number > kConfigVersion) {
    throw InvalidArgument(where, "format must be at most " + to_text(std::int64_t{kConfigVersion}) +
                                     " (a later version wrote this), got " +
                                     to_text(std::int64_t{number}));
  }
}

void check_name(std::string_view where, std::string_view key, const std::string& name,
                const std::vector<std::string>& valid) {
  for (const std::string& candidate : valid) {
    if (candidate == name) return;
  }
  throw_unknown_name(where, key, name, valid);
}

/// least <= value < most.
void check_below(std::string_view where, std::string_view name, double value, double most) {
  if (!(value >= 0 && value < most)) {
    throw InvalidArgument(
        where, std::string(name) + " must be in [0, " + to_text(most) + "), got " + to_text(value));
  }
}

void validate_names(const TrainOptions& o, std::string_view where) {
  if (o.data.empty()) throw InvalidArgument(where, "data must not be empty, got \"\"");
  if (o.source.empty()) throw InvalidArgument(where, "source must not be empty, got \"\"");
  check_name(where, "schedule", o.schedule, path::schedule_names());
  check_name(where, "predict", o.predict, path::prediction_names());
  check_name(where, "coupling", o.coupling, path::coupling_names());
  check_name(where, "weight", o.weight, weight_names());
  check_name(where, "activation", o.activation, graph::activation_names());
  check_name(where, "time_features", o.time_features, nn::time_feature_names());
  check_name(where, "lr_schedule", o.lr_schedule, lr_schedule_names());
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
    for_each_field(options, [&](const char* key, const auto&) { keys.emplace_back(key); });
    return keys;
  }();
  return names;
}

const std::vector<std::string>& weight_names() {
  static const std::vector<std::string> names = {"default", "velocity"};
  return names;
}

const std::vector<std::string>& lr_schedule_names() { return nn::learning_rate_names(); }

std::string to_json(const TrainOptions& options, int indent) {
  Json json;
  json["format"] = kConfigVersion;
  for_each_field(options, [&](const char* key, const auto& field) { json[key] = field; });
  return io::json_text(json, indent);
}

TrainOptions options_from_json(std::string_view text, const TrainOptions& defaults,
                               std::string_view where) {
  const Json json = parse_object(text, where);
  TrainOptions options = defaults;
  for (const auto& [key, value] : json.items()) {
    if (key == "format") {
      check_version(value, where);
    } else {
      check_name(where, "option", key, option_names());
    }
  }
  for_each_field(options, [&](const char* key, auto& field) {
    const auto found = json.find(key);
    if (found != json.end()) read_field(where, key, *found, field);
  });
  validate(options, where);
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
  if (o.coupling == "ot" && o.batch > 1024) {
    throw InvalidArgument(
        where, "batch must be at most 1024 with coupling \"ot\", got " + to_text(o.batch));
  }
  validate_optimizer(o, where);
  if (o.seed > kLargestSeed) {
    throw InvalidArgument(where, "seed must be below 2^53, got " + std::to_string(o.seed));
  }
}

}  // namespace pathflow::train
