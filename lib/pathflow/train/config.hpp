// TrainOptions as JSON: the configuration inside a saved run, the C ABI's argument and the wire
// form of the JS options. One mechanism, one list of keys, one set of rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pathflow/train/options.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::train {

/// Version of the configuration's form, key "format" of the JSON. Files of a later version are
/// refused; a reader fills keys that an older file lacks with their defaults. 2: with gamma
/// "brownian" a network gives the score itself, so that older such runs are refused.
inline constexpr int kConfigVersion = 2;

/// Keys in the order of TrainOptions' fields: data, source, schedule, ...
const std::vector<std::string>& option_names();

/// {"format": 2, "data": "8gaussians", ...}: every field, numbers with the digits that read back as
/// the same double. indent < 0: one line.
std::string to_json(const TrainOptions& options, int indent = -1);

/// Options from a JSON object. Keys that are absent keep their value in `defaults`; the rules of
/// validate() are applied. `where` begins the messages ("run.safetensors: config").
/// Errors: InvalidArgument for text that is no JSON object (with the byte offset), a key that does
/// not exist (with the nearest), a value of another type (with the key and the type wanted), a
/// "format" later than kConfigVersion or too old for the gamma, and whatever validate() refuses.
TrainOptions options_from_json(std::string_view json, const TrainOptions& defaults = {},
                               std::string_view where = "options");

/// Checks every rule stated at TrainOptions' fields that needs no data.
/// Errors: InvalidArgument "where: key rule, got value".
void validate(const TrainOptions& options, std::string_view where = "Trainer");

/// Names accepted for the fields without a list elsewhere.
/// regression, implicit, sliced, interpolant, action, entropic-action, mean-flow, shortcut,
/// consistency, consistency-distillation: MATH section 5.
const std::vector<std::string>& objective_names();
const std::vector<std::string>& weight_names();       ///< default, velocity, sigma2, g2, one
const std::vector<std::string>& lr_schedule_names();  ///< constant, cosine

}  // namespace pathflow::train

#pragma GCC visibility pop  // public
