#include "report.hpp"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <thread>

#include "methods.hpp"

namespace pathflow::bench {
namespace {

using nlohmann::json;

json pair_of(const Mean& m) { return {{"mean", m.mean}, {"deviation", m.deviation}}; }

json row_of(const Results& results, const TableOf& of, std::size_t column, const Method& method) {
  const std::string& name = columns()[column].name;
  const Key key{method.name, name, 0, of.n, of.steps}, law{"law", name, 0, of.n, 0};
  const std::vector<double> w2 = results.gather(key, of.seeds, "w2");
  if (w2.empty()) return nullptr;
  const Mean measured = mean_of(w2);
  json row{{"laws", name},
           {"method", method.name},
           {"parts", method.parts},
           {"seeds", w2.size()},
           {"w2", pair_of(measured)},
           {"floor", pair_of(mean_of(results.gather(law, of.seeds, "floor")))},
           {"npe", pair_of(mean_of(results.gather(key, of.seeds, "npe")))},
           {"training_seconds", mean_of(results.gather(key, of.seeds, "seconds")).mean}};
  const Published& published = method.published[column];
  if (published.mean >= 0) {
    row["published"] = {
        {"mean", published.mean}, {"deviation", published.deviation}, {"npe", published.energy}};
    row["met"] = measured.mean <= published.mean + published.deviation;
  }
  return row;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}
std::string with_deviation(const json& m) {
  return number(m.at("mean")) + " ± " + number(m.at("deviation"));
}

std::string machine() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&time));
  return text;
}

}  // namespace

json table_rows(const Results& results, const TableOf& of) {
  json rows = json::array();
  for (std::size_t c = 0; c < columns().size(); ++c) {
    for (const Method& method : methods()) {
      json row = row_of(results, of, c, method);
      if (!row.is_null()) rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string markdown(const json& rows, const TableOf& of) {
  std::string text =
      "n = " + std::to_string(of.n) + ", " + std::to_string(of.steps) +
      " steps; W2 and normalised path energy (NPE), mean ± deviation over seeds. Floor: two "
      "samples of the law. Published: n = 10,000, 1,000 epochs (about 20,000 steps), 5 seeds.\n\n"
      "| laws | method | W2 | floor | published | at most mean + deviation | NPE | published "
      "| seeds |\n|---|---|---|---|---|---|---|---|---|\n";
  for (const json& row : rows) {
    text += "| " + row.at("laws").get<std::string>() + " | " + row.at("method").get<std::string>() +
            " | " + with_deviation(row.at("w2")) + " | " + number(row.at("floor").at("mean")) +
            " | " + with_deviation(row.at("published")) + " | " +
            (row.at("met").get<bool>() ? "yes" : "**no**") + " | " +
            number(row.at("npe").at("mean")) + " | " + number(row.at("published").at("npe")) +
            " | " + std::to_string(row.at("seeds").get<int>()) + " |\n";
  }
  return text;
}

json document(const Results& results, const TableOf& of, const std::string& command) {
  json lines = json::array();
  for (const auto& [key, line] : results.all()) {
    const bool of_table = key.n == of.n && (key.steps == of.steps || key.method == "law");
    if (of_table && key.seed < static_cast<std::uint64_t>(of.seeds)) lines.push_back(line);
  }
  return {{"date", now()},
          {"command", command},
          {"machine", machine()},
          {"cores", std::thread::hardware_concurrency()},
          {"n", of.n},
          {"steps", of.steps},
          {"rows", table_rows(results, of)},
          {"runs", std::move(lines)}};
}

}  // namespace pathflow::bench
