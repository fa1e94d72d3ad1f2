#include "results.hpp"

#include <cmath>
#include <fstream>
#include <utility>

#include "pathflow/base/error.hpp"

namespace pathflow::bench {
namespace {

using nlohmann::json;

Key key_of(const json& j) {
  return {j.at("method"), j.at("column"), j.at("seed"), j.at("n"), j.at("steps")};
}

}  // namespace

Results::Results(std::string file) : file_(std::move(file)) {
  std::ifstream in(file_);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty()) continue;
    try {
      const json j = json::parse(line);
      values_[key_of(j)] = j;
    } catch (const json::exception& error) {
      throw_error(ErrorCode::kIo, file_,
                  {"line ", std::to_string(number), " is no result: ", error.what()});
    }
  }
}

const json* Results::find(const Key& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void Results::add(const Key& key, json values) {
  values["method"] = key.method;
  values["column"] = key.column;
  values["seed"] = key.seed;
  values["n"] = key.n;
  values["steps"] = key.steps;
  std::ofstream out(file_, std::ios::app);
  out << values.dump() << std::endl;
  if (!out) throw_error(ErrorCode::kIo, file_, {"the result could not be written"});
  values_[key] = std::move(values);
}

std::vector<double> Results::gather(Key key, int seeds, const char* what) const {
  std::vector<double> values;
  for (int seed = 0; seed < seeds; ++seed) {
    key.seed = static_cast<std::uint64_t>(seed);
    if (const json* j = find(key)) values.push_back(j->at(what));
  }
  return values;
}

Mean mean_of(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  Mean m;
  for (double v : values) m.mean += v / count;
  for (double v : values) m.deviation += (v - m.mean) * (v - m.mean);
  m.deviation = values.size() > 1 ? std::sqrt(m.deviation / (count - 1)) : 0;
  return m;
}

}  // namespace pathflow::bench
