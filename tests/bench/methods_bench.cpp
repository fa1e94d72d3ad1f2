// One sampler step of every method, log-density, the Fokker-Planck solver: native, one thread.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>

#include "pathflow/base/threads.hpp"
#include "pathflow/density/fokker_planck.hpp"
#include "pathflow/density/likelihood.hpp"
#include "pathflow/sample/sample.hpp"
#include "pathflow/train/trainer.hpp"

namespace {

using pathflow::sample::SampleOptions;
using pathflow::train::Trainer;
using pathflow::train::TrainOptions;

constexpr std::size_t kRows = 2000;

/// A run that a sampler can draw from: of a score, or of a flow map for those of few steps.
TrainOptions run_for(const std::string& sampler) {
  TrainOptions options;
  options.data = "8gaussians";
  options.batch = 64;
  if (sampler == "jump") {
    options.objective = "mean-flow";
  } else if (sampler == "consistency") {
    options.objective = "consistency";
  } else {
    options.schedule = "vp-linear";
    options.predict = "noise";
  }
  return options;
}

// 2,000 particles, 3-128-128-128-2 network, 20 steps of the grid; `per_step`: of one step.
// dopri5 counts those that it tried. The network has taken no step, so it is smooth and slow.
void sampler_step(benchmark::State& state, const std::string& sampler) {
  pathflow::set_threads(1);
  const Trainer trainer(run_for(sampler));
  const SampleOptions options{.sampler = sampler, .steps = 20};
  double steps = 0, evaluations = 0;
  for (auto _ : state) {
    const auto result = trainer.sample(kRows, options);
    const auto tried = result.accepted + result.rejected;
    steps += tried > 0 ? static_cast<double>(tried) : options.steps;
    evaluations += static_cast<double>(result.evaluations);
  }
  state.counters["per_step"] =
      benchmark::Counter(steps, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["evaluations"] = evaluations / steps;
}

// Rows of the data, network of 500 training steps, exact divergence.
void log_density_10000(benchmark::State& state) {
  pathflow::set_threads(static_cast<int>(state.range(0)));
  TrainOptions options;
  options.data = "8gaussians";
  Trainer trainer(options);
  trainer.step(500);
  const auto rows = trainer.data(10'000, 1);
  pathflow::density::LikelihoodOptions likelihood;
  likelihood.solver.rtol = likelihood.solver.atol = 1e-5;
  double evaluations = 0;
  for (auto _ : state) {
    evaluations = static_cast<double>(trainer.log_density(rows, likelihood).evaluations);
  }
  state.counters["evaluations"] = evaluations;
}
BENCHMARK(log_density_10000)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("threads")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// 256 x 256 cells that turn about the middle, with or without diffusion, for about 200 steps;
// `steps` says how many, `per_200`: the time of 200.
void fokker_planck_256(benchmark::State& state) {
  pathflow::set_threads(1);
  const double w = 1e-4 * static_cast<double>(state.range(0));
  const pathflow::density::PlaneGrid grid{.nx = 256, .ny = 256};
  pathflow::tensor::Matrix<double> start({256, 256}, 0.0);
  for (int j = 0; j < 256; ++j) {
    for (int i = 0; i < 256; ++i) {
      const double x = grid.x_of(i) - 1, y = grid.y_of(j);
      start(static_cast<std::size_t>(j), static_cast<std::size_t>(i)) =
          std::exp(-2 * (x * x + y * y));
    }
  }
  const auto turn = [](std::span<const double> x, double, std::span<double> b) {
    for (std::size_t k = 0; k < x.size(); k += 2) {
      b[k] = -x[k + 1];
      b[k + 1] = x[k];
    }
  };
  double steps = 0;
  for (auto _ : state) {
    pathflow::density::FokkerPlanck solver(grid, start);
    const auto report = solver.advance(0, 0.39, turn, [=](double) { return w; });
    steps += static_cast<double>(report.steps);
  }
  state.counters["steps"] = steps / static_cast<double>(state.iterations());
  state.counters["per_200"] =
      benchmark::Counter(steps / 200, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(fokker_planck_256)->Arg(0)->Arg(1)->ArgName("w_e4")->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  for (const std::string& name : pathflow::sample::sampler_names()) {
    benchmark::RegisterBenchmark(("sampler_step/" + name).c_str(), [name](benchmark::State& state) {
      sampler_step(state, name);
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
