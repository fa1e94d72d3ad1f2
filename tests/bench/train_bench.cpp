// The reference job natively: training steps and sampling of an MLP 3-128-128-128-2 (SiLU, AdamW
// with clipping and EMA, batch drawn inside the step), beside the machine's own multiply-add peak.
#include <benchmark/benchmark.h>

#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/kernels.hpp"
#include "pathflow/path/coupling.hpp"
#include "pathflow/train/reflow.hpp"
#include "pathflow/train/trainer.hpp"
#include "peak.hpp"

namespace {

using pathflow::train::Trainer;
using pathflow::train::TrainOptions;

// Forward, weight gradients, and input gradients of all layers but the first; 2 flops a
// multiply-add.
double step_flops(double batch) {
  const double first = 3 * 128, hidden = 128 * 128, last = 128 * 2;
  return 2 * batch * (3 * (first + 2 * hidden + last) - first);
}

TrainOptions reference(std::int64_t batch) {
  TrainOptions options;
  options.data = "8gaussians";
  options.width = 128;
  options.depth = 3;
  options.batch = batch;
  options.lr = 1e-3;
  return options;
}

void train_step(benchmark::State& state) {
  pathflow::set_threads(static_cast<int>(state.range(1)));
  Trainer trainer(reference(state.range(0)));
  trainer.step(20);
  for (auto _ : state) trainer.step(1);
  state.counters["steps_per_second"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["gflops"] = benchmark::Counter(step_flops(static_cast<double>(state.range(0))) *
                                                    1e-9 * static_cast<double>(state.iterations()),
                                                benchmark::Counter::kIsRate);
  state.SetLabel(pathflow::cpu::isa());
}
BENCHMARK(train_step)
    ->ArgsProduct({{256, 1024}, {1, 2}})
    ->ArgNames({"batch", "threads"})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// What a coupling costs: the same step with rows joined by it, batch 256.
void coupled_step(benchmark::State& state) {
  pathflow::set_threads(static_cast<int>(state.range(1)));
  const std::string& coupling =
      pathflow::path::coupling_names()[static_cast<std::size_t>(state.range(0))];
  TrainOptions options = reference(256);
  options.coupling = coupling;
  Trainer trainer(options);
  trainer.step(20);
  for (auto _ : state) trainer.step(1);
  state.SetLabel(coupling);
}
BENCHMARK(coupled_step)
    ->ArgsProduct({{0, 1, 2}, {1, 2}})
    ->ArgNames({"coupling", "threads"})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void sample(benchmark::State& state) {
  pathflow::set_threads(static_cast<int>(state.range(0)));
  Trainer trainer(reference(256));
  trainer.step(1);
  pathflow::sample::SampleOptions options;
  options.sampler = "euler";
  options.steps = 100;
  for (auto _ : state) benchmark::DoNotOptimize(trainer.sample(2000, options));
  const double flops = 100.0 * 2 * 2000 * (3 * 128 + 2 * 128 * 128 + 128 * 2);
  state.counters["gflops"] = benchmark::Counter(
      flops * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(sample)->Arg(1)->Arg(2)->ArgName("threads")->UseRealTime()->Unit(benchmark::kMillisecond);

// One round of reflow: 4,096 pairs by 25 steps of heun, and 200 steps of the student on them.
void reflow_round(benchmark::State& state) {
  pathflow::set_threads(static_cast<int>(state.range(0)));
  Trainer teacher(reference(256));
  teacher.step(20);
  const pathflow::train::ReflowOptions options{
      .pairs = 4096, .solver = {.sampler = "heun", .steps = 25, .seed = 1}};
  for (auto _ : state) {
    Trainer student = pathflow::train::reflow(teacher, options);
    benchmark::DoNotOptimize(student.step(200));
  }
  // Velocities of the pairs, and the steps.
  const double flops =
      50.0 * 2 * 4096 * (3 * 128 + 2 * 128 * 128 + 128 * 2) + 200 * step_flops(256);
  state.counters["gflops"] = benchmark::Counter(
      flops * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(reflow_round)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("threads")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void multiply_add_peak(benchmark::State& state) {
  double flops = 0;
  for (auto _ : state) flops += pathflow::bench::multiply_add_burst();
  state.counters["gflops"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsRate);
}
BENCHMARK(multiply_add_peak)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
