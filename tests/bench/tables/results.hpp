// What has been measured, kept in a file of one JSON object a line, so that a run goes on where it
// was stopped.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace pathflow::bench {

/// What one line of the file is about; method "law": the two laws themselves, at steps 0.
struct Key {
  std::string method, column;
  std::uint64_t seed = 0;
  std::size_t n = 0;
  std::int64_t steps = 0;
  auto operator<=>(const Key&) const = default;
};

/// The lines of a file. Not for two threads at once.
class Results {
 public:
  /// Errors: IoError for a line that is no result (names file and line).
  explicit Results(std::string file);
  const nlohmann::json* find(const Key& key) const;
  /// Keeps a result and appends it. Errors: IoError where the file cannot be written.
  void add(const Key& key, nlohmann::json values);
  /// `what` of all seeds below `seeds` that are there.
  std::vector<double> gather(Key key, int seeds, const char* what) const;
  /// All lines, in the order of their keys.
  const std::map<Key, nlohmann::json>& all() const { return values_; }

 private:
  std::string file_;
  std::map<Key, nlohmann::json> values_;
};

/// Mean and deviation (of the sample; 0 of one value).
struct Mean {
  double mean = 0, deviation = 0;
};
Mean mean_of(const std::vector<double>& values);

}  // namespace pathflow::bench
