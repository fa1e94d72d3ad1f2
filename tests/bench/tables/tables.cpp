// The 2-D table of Tong et al. 2023 (appendix F): W2 between samples and the law at n = 10,000 and
// the normalised path energy, for each method and pair of laws, with the floor of two samples of
// the law beside it. Entries that the result file already has are not computed again.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "methods.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/metric/metrics.hpp"

namespace {

using nlohmann::json;
using namespace pathflow;
using bench::Column;
using bench::Method;

struct Options {
  std::size_t n = 10'000;
  int seeds = 5;
  std::int64_t steps = 20'000;  // 1,000 epochs of 10,000 rows in batches of 512
  int threads = 2;
  std::string file = "tables-2d.jsonl";
  std::vector<std::string> only;
};

/// One line of the file.
struct Key {
  std::string method, column;
  std::uint64_t seed = 0;
  std::size_t n = 0;
  std::int64_t steps = 0;
  auto operator<=>(const Key&) const = default;
};

class Results {
 public:
  explicit Results(std::string file) : file_(std::move(file)) {
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) {
      if (line.empty()) continue;
      const json j = json::parse(line);
      values_[key_of(j)] = j;
    }
  }
  const json* find(const Key& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  void add(const Key& key, json j) {
    j["method"] = key.method;
    j["column"] = key.column;
    j["seed"] = key.seed;
    j["n"] = key.n;
    j["steps"] = key.steps;
    std::ofstream out(file_, std::ios::app);
    out << j.dump() << std::endl;
    if (!out) throw CLI::FileError("cannot write " + file_);
    values_[key] = std::move(j);
  }

 private:
  static Key key_of(const json& j) {
    return {j.at("method"), j.at("column"), j.at("seed"), j.at("n"), j.at("steps")};
  }
  std::string file_;
  std::map<Key, json> values_;
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// W2 of two independent samples of the column's target, and W2^2 between its ends.
json measure_law(const Column& column, std::uint64_t seed, std::size_t n) {
  const auto data = bench::test_rows(column.data, n, seed);
  const auto other = bench::test_rows(column.data, n, seed + 500);
  const auto source = bench::test_rows(column.source, n, seed + 1000);
  const double between = metric::wasserstein2(source, data);
  return {{"floor", metric::wasserstein2(data, other)}, {"w2_squared", between * between}};
}

json measure_method(const Method& method, const Column& column, std::uint64_t seed,
                    const Options& options, double w2_squared) {
  const auto begin = std::chrono::steady_clock::now();
  train::Trainer trainer = method.train(column, seed, options.steps);
  const double training = seconds_since(begin);
  sample::SampleOptions sampler = method.sampler;
  for (int i = 0; i <= sampler.steps; ++i)
    sampler.keep.push_back(1 - static_cast<double>(i) / sampler.steps);
  const auto source = bench::test_rows(column.source, options.n, seed + 1000);
  const auto result = trainer.sample_from(source, sampler);
  const double w2 =
      metric::wasserstein2(result.points, bench::test_rows(column.data, options.n, seed));
  const double energy = metric::path_shape(result.trajectories, result.times).energy;
  return {{"w2", w2},
          {"npe", std::abs(energy - w2_squared) / w2_squared},
          {"seconds", training},
          {"total_seconds", seconds_since(begin)}};
}

struct Mean {
  double mean = 0, deviation = 0;
};
Mean mean_of(const std::vector<double>& values) {
  Mean m;
  for (double v : values) m.mean += v / static_cast<double>(values.size());
  for (double v : values) m.deviation += (v - m.mean) * (v - m.mean);
  m.deviation =
      values.size() > 1 ? std::sqrt(m.deviation / static_cast<double>(values.size() - 1)) : 0;
  return m;
}

std::vector<double> gather(const Results& results, const std::string& method, const Column& column,
                           const Options& options, const char* what) {
  std::vector<double> values;
  for (int seed = 0; seed < options.seeds; ++seed) {
    const std::int64_t steps = method == "law" ? 0 : options.steps;
    const json* j =
        results.find({method, column.name, static_cast<std::uint64_t>(seed), options.n, steps});
    if (j) values.push_back(j->at(what));
  }
  return values;
}

void print_table(const Results& results, const Options& options, const char* what) {
  std::printf("\n%s, n = %zu, %d seed%s, %lld steps\n%-14s", what, options.n, options.seeds,
              options.seeds > 1 ? "s" : "", static_cast<long long>(options.steps), "");
  for (const Column& column : bench::columns()) std::printf("  %-30s", column.name.c_str());
  for (const Method& method : bench::methods()) {
    std::printf("\n%-14s", method.name.c_str());
    for (std::size_t c = 0; c < bench::columns().size(); ++c) {
      const std::vector<double> values =
          gather(results, method.name, bench::columns()[c], options, what);
      if (values.empty()) {
        std::printf("  %-30s", "-");
        continue;
      }
      const Mean m = mean_of(values);
      char text[80];
      const bench::Published& p = method.published[c];
      const bool compare = std::string(what) == "w2" && p.mean >= 0;
      std::snprintf(text, sizeof text, compare ? "%.3f +- %.3f (%.3f +- %.3f)%s" : "%.3f +- %.3f",
                    m.mean, m.deviation, p.mean, p.deviation,
                    m.mean > p.mean + p.deviation ? " !" : "");
      std::printf("  %-30s", text);
    }
  }
  if (std::string(what) == "w2") {
    std::printf("\n%-14s", "floor");
    for (const Column& column : bench::columns()) {
      const Mean m = mean_of(gather(results, "law", column, options, "floor"));
      std::printf("  %.3f +- %-21.3f", m.mean, m.deviation);
    }
    std::printf("\n%-14s", "W2^2 of ends");
    for (const Column& column : bench::columns()) {
      std::printf("  %-30.3f", mean_of(gather(results, "law", column, options, "w2_squared")).mean);
    }
  }
  std::printf("\n");
}

double law_of(Results& results, const Column& column, std::uint64_t seed, const Options& options) {
  const Key key{"law", column.name, seed, options.n, 0};
  if (!results.find(key)) results.add(key, measure_law(column, seed, options.n));
  return results.find(key)->at("w2_squared");
}

bool wanted(const Options& options, const std::string& name) {
  return options.only.empty() ||
         std::find(options.only.begin(), options.only.end(), name) != options.only.end();
}

void compute(Results& results, const Options& options) {
  for (int seed = 0; seed < options.seeds; ++seed) {
    for (const Column& column : bench::columns()) {
      const auto s = static_cast<std::uint64_t>(seed);
      const double w2_squared = law_of(results, column, s, options);
      for (const Method& method : bench::methods()) {
        const Key key{method.name, column.name, s, options.n, options.steps};
        if (!wanted(options, method.name) || results.find(key)) continue;
        if (method.gaussian_source_only && column.source != "normal") continue;
        results.add(key, measure_method(method, column, s, options, w2_squared));
        const json& j = *results.find(key);
        std::fprintf(stderr, "seed %d  %-18s %-12s w2 %.3f  npe %.3f  %.0f s\n", seed,
                     column.name.c_str(), method.name.c_str(), j.at("w2").get<double>(),
                     j.at("npe").get<double>(), j.at("total_seconds").get<double>());
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  bool quick = false;
  CLI::App app{
      "Reproduces the 2-D table of Tong et al. 2023, the floor beside each entry.\n"
      "Entries that the file has are kept: a run that was stopped goes on.\n"
      "Example: bench_tables --quick --file /tmp/quick.jsonl"};
  app.add_flag("--quick", quick, "one seed and n = 2,000: minutes instead of hours");
  app.add_option("--n", options.n, "samples per distance")->check(CLI::Range(2, 20'000));
  app.add_option("--seeds", options.seeds, "runs per entry")->check(CLI::Range(1, 100));
  app.add_option("--steps", options.steps, "training steps")->check(CLI::Range(1, 10'000'000));
  app.add_option("--threads", options.threads, "threads")->check(CLI::Range(1, 256));
  app.add_option("--file", options.file, "results, one JSON object a line");
  app.add_option("--methods", options.only, "only these")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    options.n = 2000;
    options.seeds = 1;
  }
  try {
    set_threads(options.threads);
    Results results(options.file);
    compute(results, options);
    print_table(results, options, "w2");
    print_table(results, options, "npe");
    std::printf("\n(published mean +- deviation in brackets, at n = 10,000; ! above their sum)\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_tables: %s\n", error.what());
    return 1;
  }
}
