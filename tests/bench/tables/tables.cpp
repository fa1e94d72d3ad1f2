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
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "methods.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/metric/metrics.hpp"
#include "report.hpp"
#include "results.hpp"

namespace {

using nlohmann::json;
using namespace pathflow;
using bench::Column;
using bench::Key;
using bench::Method;
using bench::Results;

struct Options {
  bench::TableOf table;
  int jobs = 2;
  std::string file = "tables-2d.jsonl", document;
  std::vector<std::string> methods, columns;
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// W2 of two independent samples of the column's target, and W2^2 between its ends.
json measure_law(const Column& column, std::uint64_t seed, std::size_t n) {
  const auto begin = std::chrono::steady_clock::now();
  const auto data = bench::test_rows(column.data, n, seed);
  const auto other = bench::test_rows(column.data, n, seed + 500);
  const auto source = bench::test_rows(column.source, n, seed + 1000);
  const double between = metric::wasserstein2(source, data);
  return {{"floor", metric::wasserstein2(data, other)},
          {"w2_squared", between * between},
          {"total_seconds", seconds_since(begin)}};
}

/// int E|v|^2 dt along the ODE by Euler.
double path_energy(const train::Trainer& trainer, const tensor::Points& source, int steps) {
  sample::SampleOptions ode{.sampler = "euler", .steps = steps};
  const auto model = trainer.model();
  const sample::Span span = sample::sample_span(*model, trainer.schedule(), ode);
  for (int i = 0; i <= steps; ++i) {
    ode.keep.push_back(span.from + (span.to - span.from) * i / steps);
  }
  const auto result = trainer.sample_from(source, ode);
  return metric::path_shape(result.trajectories, result.times).energy;
}

json measure_method(const Method& method, const Column& column, std::uint64_t seed,
                    const bench::TableOf& table, double w2_squared) {
  const auto begin = std::chrono::steady_clock::now();
  const train::Trainer trainer = method.train(column, seed, table.steps);
  const double training = seconds_since(begin);
  sample::SampleOptions sampler = method.sampler;
  sampler.seed = seed;
  const auto source = bench::test_rows(column.source, table.n, seed + 1000);
  const auto result = trainer.sample_from(source, sampler);
  const double w2 =
      metric::wasserstein2(result.points, bench::test_rows(column.data, table.n, seed));
  const double energy = path_energy(trainer, source, sampler.steps);
  return {{"w2", w2},
          {"npe", std::abs(energy - w2_squared) / w2_squared},
          {"seconds", training},
          {"total_seconds", seconds_since(begin)}};
}

/// One line of the result file that is still to be measured.
struct Cell {
  const Column* column = nullptr;
  const Method* method = nullptr;  // null: the laws
  Key key;
};

bool wanted(const std::vector<std::string>& only, const std::string& name) {
  return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
}

Key law_of(const Column& column, std::uint64_t seed, const bench::TableOf& table) {
  return {"law", column.name, seed, table.n, 0};
}

std::vector<Cell> cells_of(const Results& results, const Options& options) {
  std::vector<Cell> cells;
  const auto add = [&](const Cell& cell) {
    if (!results.find(cell.key)) cells.push_back(cell);
  };
  for (int seed = 0; seed < options.table.seeds; ++seed) {
    const auto s = static_cast<std::uint64_t>(seed);
    for (std::size_t c = 0; c < bench::columns().size(); ++c) {
      const Column& column = bench::columns()[c];
      if (!wanted(options.columns, column.name)) continue;
      add({&column, nullptr, law_of(column, s, options.table)});
      for (const Method& method : bench::methods()) {
        if (!wanted(options.methods, method.name) || method.published[c].mean < 0) continue;
        add({&column,
             &method,
             {method.name, column.name, s, options.table.n, options.table.steps}});
      }
    }
  }
  return cells;
}

/// Works through the cells on some threads, each cell on one.
class Run {
 public:
  Run(Results& results, const Options& options)
      : results_(results), options_(options), cells_(cells_of(results, options)) {}

  void go() {
    std::vector<std::thread> threads;
    for (int i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work() {
    try {
      while (const Cell* cell = next()) keep(*cell, measure(*cell));
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      error_ = std::current_exception();
    }
  }
  const Cell* next() {
    const std::scoped_lock lock(mutex_);
    return next_ < cells_.size() && !error_ ? &cells_[next_++] : nullptr;
  }
  json measure(const Cell& cell) {
    const std::uint64_t seed = cell.key.seed;
    if (cell.method == nullptr) return measure_law(*cell.column, seed, cell.key.n);
    return measure_method(*cell.method, *cell.column, seed, options_.table,
                          w2_squared(*cell.column, seed));
  }
  // Of the laws, which another thread may have begun and not ended.
  double w2_squared(const Column& column, std::uint64_t seed) {
    const Key key = law_of(column, seed, options_.table);
    {
      const std::scoped_lock lock(mutex_);
      if (const json* found = results_.find(key)) return found->at("w2_squared");
    }
    const double w2 =
        metric::wasserstein2(bench::test_rows(column.source, options_.table.n, seed + 1000),
                             bench::test_rows(column.data, options_.table.n, seed));
    return w2 * w2;
  }
  void keep(const Cell& cell, json values) {
    const std::scoped_lock lock(mutex_);
    results_.add(cell.key, values);
    ++done_;
    const std::string seed = "seed " + std::to_string(cell.key.seed);
    const double w2 = values.at(cell.method ? "w2" : "floor");
    std::fprintf(stderr, "%zu/%zu  %s  %-18s %-13s %s %.3f  %.0f s; about %.0f min left\n", done_,
                 cells_.size(), seed.c_str(), cell.column->name.c_str(), cell.key.method.c_str(),
                 cell.method ? "w2" : "floor", w2, values.at("total_seconds").get<double>(),
                 seconds_left() / 60);
  }
  // By what the same method took before, or else the mean of all.
  double seconds_left() const {
    std::map<std::string, std::vector<double>> taken;
    std::vector<double> all;
    for (const auto& [key, values] : results_.all()) {
      if (key.n != options_.table.n || !values.contains("total_seconds")) continue;
      if (key.method != "law" && key.steps != options_.table.steps) continue;
      taken[key.method].push_back(values.at("total_seconds"));
      all.push_back(values.at("total_seconds"));
    }
    double sum = 0;
    for (std::size_t i = done_; i < cells_.size(); ++i) {
      const auto found = taken.find(cells_[i].key.method);
      sum += bench::mean_of(found == taken.end() ? all : found->second).mean;
    }
    return sum / options_.jobs;
  }

  Results& results_;
  const Options& options_;
  const std::vector<Cell> cells_;
  std::size_t next_ = 0, done_ = 0;
  std::mutex mutex_;
  std::exception_ptr error_;
};

template <class T>
std::vector<std::string> names_of(const std::vector<T>& all) {
  std::vector<std::string> names;
  for (const T& one : all) names.push_back(one.name);
  return names;
}

void write_document(const Results& results, const Options& options, const std::string& command) {
  std::ofstream out(options.document);
  out << bench::document(results, options.table, command).dump(1) << "\n";
  if (!out.flush()) throw_error(ErrorCode::kIo, options.document, {"could not be written"});
}

std::string command_of(int argc, char** argv) {
  std::string command = "bench_tables";
  for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  bool quick = false, report = false;
  CLI::App app{
      "Reproduces the 2-D table of Tong et al. 2023, the floor beside each entry: some hours.\n"
      "Entries that the file has are kept: a run that was stopped goes on.\n"
      "Example: bench_tables --quick --file /tmp/quick.jsonl --json /tmp/quick.json"};
  app.add_flag("--quick", quick, "one seed, n = 2,000, 5,000 steps: minutes instead of hours");
  app.add_flag("--report", report, "computes nothing: the table of what the file has");
  auto* n = app.add_option("--n", options.table.n, "samples per distance, 10,000")
                ->check(CLI::Range(2, 20'000));
  auto* seeds = app.add_option("--seeds", options.table.seeds, "runs per entry, 5")
                    ->check(CLI::Range(1, 100));
  auto* steps = app.add_option("--steps", options.table.steps, "training steps, 20,000")
                    ->check(CLI::Range(2, 10'000'000));
  app.add_option("--jobs", options.jobs, "entries computed at a time, 2")
      ->check(CLI::Range(1, 256));
  app.add_option("--file", options.file, "results, one JSON object a line, tables-2d.jsonl");
  app.add_option("--json", options.document, "writes table, runs, date and machine to this file");
  app.add_option("--methods", options.methods, "only these")
      ->delimiter(',')
      ->check(CLI::IsMember(names_of(bench::methods())));
  app.add_option("--columns", options.columns, "only these")
      ->delimiter(',')
      ->check(CLI::IsMember(names_of(bench::columns())));
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    if (n->empty()) options.table.n = 2000;
    if (seeds->empty()) options.table.seeds = 1;
    if (steps->empty()) options.table.steps = 5000;
  }
  try {
    Results results(options.file);
    if (!report) Run(results, options).go();
    const json rows = bench::table_rows(results, options.table);
    std::printf("%s", bench::markdown(rows, options.table).c_str());
    if (!options.document.empty()) write_document(results, options, command_of(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_tables: %s\n", error.what());
    return 1;
  }
}
