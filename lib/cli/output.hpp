// Standard output for results alone, standard error for everything else.
#pragma once

#include <fmt/core.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

#include "pathflow/metric/metrics.hpp"

namespace pathflow::cli {

using Json = nlohmann::ordered_json;

/// Writes and flushes. A reader that has gone (`| head`) ends the talk, not the program: what
/// follows is dropped. Errors: IoError for any other failure, a full disk among them.
void write_out(const std::string& text);

template <class... Arguments>
void print(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
  write_out(fmt::format(form, std::forward<Arguments>(arguments)...));
}

/// A line for people on standard error; what cannot be written there is lost.
void complain(const std::string& line);

/// One JSON document and a newline; indent < 0: one line.
void print_json(const Json& json, int indent = -1);

/// {"mean", "low", "high"}.
Json floor_json(const metric::DistanceFloor& floor);

/// 12345678 -> "12,345,678".
std::string grouped(std::uint64_t count);

}  // namespace pathflow::cli
