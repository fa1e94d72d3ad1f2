// Exact transport of two laws of the plane, and LEMON's network simplex (what POT's emd is made of)
// on the same points in turns, where its headers are installed (Debian: liblemon-dev). Processor
// time of one thread; `ratio` is LEMON's time over ours. Their costs must agree.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "pathflow/path/coupling.hpp"
#include "tables/laws.hpp"

#ifdef PATHFLOW_LEMON
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>
#endif

namespace {

using pathflow::tensor::Points;

struct Laws {
  const char *source, *target;
  std::size_t copies = 1;  ///< how often each point is there, on both sides
};
constexpr Laws kLaws[] = {{"normal", "8gaussians"}, {"moons-wide", "8gaussians-wide"},
                          {"normal", "moons"},      {"normal", "scurve"},
                          {"scurve", "scurve"},     {"normal", "moons", 8}};

Points draw(const char* law, std::size_t n, std::size_t copies, std::uint64_t seed) {
  const Points distinct = pathflow::bench::draw_law(law, n / copies, seed);
  Points all = Points::from_shape({n, 2});
  for (std::size_t i = 0; i < 2 * n; ++i) all.data()[i] = distinct.data()[i % (2 * (n / copies))];
  return all;
}

struct Pair {
  Points x, y;
  Pair(std::size_t n, const Laws& laws, std::uint64_t seed)
      : x(draw(laws.source, n, laws.copies, 2 * seed)),
        y(draw(laws.target, n, laws.copies, 2 * seed + 1)) {}
  std::size_t n() const { return x.shape(0); }
  double cost(std::size_t i, std::size_t j) const {
    const double a = static_cast<double>(x(i, 0)) - static_cast<double>(y(j, 0));
    const double b = static_cast<double>(x(i, 1)) - static_cast<double>(y(j, 1));
    return a * a + b * b;
  }
};

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
template <class F>
double seconds_of(const F& work) {
  const double begin = processor_seconds();
  work();
  return processor_seconds() - begin;
}

/// Buffers are kept from batch to batch, as in training.
class Ours {
 public:
  double seconds(const Pair& pair) {
    columns_.resize(pair.n());
    return seconds_of([&] {
      pathflow::path::pair_optimally("exact_ot", pair.n(), 2, {pair.x.data(), pair.x.size()},
                                     {pair.y.data(), pair.y.size()}, columns_, workspace_);
    });
  }
  double cost(const Pair& pair) const {
    double sum = 0;
    for (std::size_t i = 0; i < pair.n(); ++i) {
      sum += pair.cost(i, static_cast<std::size_t>(columns_[i]));
    }
    return sum;
  }

 private:
  std::vector<std::int32_t> columns_;
  pathflow::path::CouplingWorkspace workspace_;
};

#ifdef PATHFLOW_LEMON
/// The graph and its costs are made outside of what is timed; arcs are mixed as POT has them.
class Lemon {
 public:
  explicit Lemon(const Pair& pair) : costs_(graph_), supply_(graph_) {
    const int n = static_cast<int>(pair.n());
    std::vector<std::pair<int, int>> arcs;
    arcs.reserve(pair.n() * pair.n());
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) arcs.emplace_back(i, n + j);
    }
    graph_.build(2 * n, arcs.begin(), arcs.end());
    for (int k = 0; k < n * n; ++k) {
      costs_[Graph::arc(k)] =
          pair.cost(static_cast<std::size_t>(k / n), static_cast<std::size_t>(k % n));
    }
    for (int i = 0; i < 2 * n; ++i) supply_[Graph::node(i)] = i < n ? 1 : -1;
  }
  double seconds() {
    return seconds_of([&] {
      lemon::NetworkSimplex<Graph, int, double> solver(graph_);
      solver.costMap(costs_).supplyMap(supply_).run();
      cost_ = solver.totalCost();
    });
  }
  double cost() const { return cost_; }

 private:
  using Graph = lemon::StaticDigraph;
  Graph graph_;
  Graph::ArcMap<double> costs_;
  Graph::NodeMap<int> supply_;
  double cost_ = 0;
};
#endif

// Another pair of samples every iteration, as training has them.
void exact_ot(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Laws& laws = kLaws[state.range(1)];
  Ours ours;
  double ours_seconds = 0, lemon_seconds = 0;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    const Pair pair(n, laws, ++seed);
    const double seconds = ours.seconds(pair);
    ours_seconds += seconds;
    state.SetIterationTime(seconds);
#ifdef PATHFLOW_LEMON
    if (laws.copies > 1) continue;  // where costs tie, its pivots in double go round in circles
    Lemon lemon(pair);
    lemon_seconds += lemon.seconds();
    if (!(std::abs(lemon.cost() - ours.cost(pair)) <= 1e-5 * lemon.cost())) {
      state.SkipWithError("the two costs differ");
      break;
    }
#endif
  }
  if (lemon_seconds > 0) {
    state.counters["lemon_ms"] = 1e3 * lemon_seconds / static_cast<double>(state.iterations());
    state.counters["ratio"] = lemon_seconds / ours_seconds;
  }
  state.SetLabel(std::string(laws.source) + " to " + laws.target +
                 (laws.copies > 1 ? ", each point 8 times" : ""));
}
BENCHMARK(exact_ot)
    ->ArgsProduct({{256, 512, 1024}, {0, 1, 2, 3, 4, 5}})
    ->ArgNames({"n", "laws"})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
// LEMON's 10^8 arcs take 8 GB and minutes.
BENCHMARK(exact_ot)
    ->ArgsProduct({{10'000}, {0, 4}})
    ->ArgNames({"n", "laws"})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
#ifndef PATHFLOW_LEMON
  std::fputs("LEMON's headers were not found (Debian: liblemon-dev): no comparison with it\n",
             stderr);
#endif
  benchmark::RunSpecifiedBenchmarks();
}
