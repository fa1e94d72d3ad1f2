// The table of what has been measured, for people and for programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "results.hpp"

namespace pathflow::bench {

/// Which results a table is of.
struct TableOf {
  std::size_t n = 10'000;
  int seeds = 5;
  std::int64_t steps = 20'000;
};

/// A row for each column and method that has results: W2 beside its floor and what was published,
/// whether it is at or below the published mean plus one deviation, and the path energy.
nlohmann::json table_rows(const Results& results, const TableOf& of);

/// The rows as a table in Markdown.
std::string markdown(const nlohmann::json& rows, const TableOf& of);

/// Rows and lines together, with date, command and machine.
nlohmann::json document(const Results& results, const TableOf& of, const std::string& command);

}  // namespace pathflow::bench
