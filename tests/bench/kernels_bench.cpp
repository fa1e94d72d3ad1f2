// Kernels one by one: float products of every instruction set against Eigen compiled with the same
// set, functions, sums, the optimizer, normals and the cost of a fork and join.
// Run: bench_kernels --benchmark_filter=product
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "eigen_products.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/accuracy.hpp"
#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace {

using namespace pathflow;

struct Shape {
  const char* name;
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;
};

// The products of a training step at batch 256, one of batch 1,024 and one of sampling 2,000
// points.
constexpr Shape kShapes[] = {
    {"x_w", 256, 128, 128, false, false},         {"dz_wT", 256, 128, 128, false, true},
    {"xT_dz", 128, 128, 256, true, false},        {"first_layer", 256, 128, 3, false, false},
    {"last_layer", 256, 2, 128, false, false},    {"last_xT_dz", 128, 2, 256, true, false},
    {"first_xT_dz", 3, 128, 256, true, false},    {"last_dz_wT", 256, 128, 2, false, true},
    {"batch_1024", 1024, 128, 128, false, false}, {"sample_2000", 2000, 128, 128, false, false}};

std::vector<float> normals(std::int64_t count, std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(count));
  Random(seed, Purpose::kUser).fill_normal(std::span<float>(values), 0);
  return values;
}

void rate(benchmark::State& state, double flops) {
  state.counters["gflops"] = benchmark::Counter(
      flops * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

template <class Multiply>
void product(benchmark::State& state, const Shape& s, Multiply multiply) {
  const auto a = normals(s.m * s.k, 1), b = normals(s.k * s.n, 2);
  std::vector<float> c(static_cast<std::size_t>(s.m * s.n));
  for (auto _ : state) {
    multiply(a.data(), b.data(), c.data());
    benchmark::DoNotOptimize(c.data());
    benchmark::ClobberMemory();
  }
  rate(state, 2.0 * static_cast<double>(s.m * s.n * s.k));
}

void own_product(benchmark::State& state, const Shape& s, const std::string& isa, int threads) {
  cpu::set_isa(isa);
  set_threads(threads);
  product(state, s, [&](const float* a, const float* b, float* c) {
    cpu::gemm<float>(s.m, s.n, s.k, a, s.transpose_a, b, s.transpose_b, c);
  });
  set_threads(1);
}

void eigen_product(benchmark::State& state, const Shape& s,
                   pathflow::bench::EigenProduct* multiply) {
  product(state, s, [&](const float* a, const float* b, float* c) {
    multiply(s.m, s.n, s.k, a, s.transpose_a, b, s.transpose_b, c);
  });
}

void function(benchmark::State& state, cpu::Unary op, const std::string& isa) {
  cpu::set_isa(isa);
  const auto x = normals(4096, 3);
  std::vector<float> y(x.size());
  for (auto _ : state) {
    cpu::unary(op, 4096, x.data(), y.data());
    benchmark::ClobberMemory();
  }
  state.counters["ns_per_element"] =
      benchmark::Counter(4096e-9 * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void column_sums(benchmark::State& state, const std::string& isa) {
  cpu::set_isa(isa);
  const auto x = normals(256 * 128, 4);
  std::vector<float> y(128);
  for (auto _ : state) {
    cpu::reduce_sum<float>(1, 256, 128, x.data(), y.data());
    benchmark::ClobberMemory();
  }
}

void adamw(benchmark::State& state, const std::string& isa) {
  cpu::set_isa(isa);
  const std::int64_t count = 33794;  // parameters of the reference network
  const auto gradient = normals(count, 5);
  auto parameter = gradient, first = gradient, second = std::vector<float>(gradient.size(), 1.0f),
       ema = gradient;
  const cpu::AdamWStep step{1e-3, 0.9, 0.999, 1e-8, 0.01, 1.0, 0.999, 0.1, 0.001};
  for (auto _ : state) {
    cpu::adamw(count, step, gradient.data(), parameter.data(), first.data(), second.data(),
               ema.data());
    benchmark::ClobberMemory();
  }
}

void fill_normals(benchmark::State& state) {
  std::vector<float> x(512);
  const Random random(1, Purpose::kUser);
  std::uint64_t step = 0;
  for (auto _ : state) {
    random.fill_normal(std::span<float>(x), step++);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(fill_normals);

void fork_and_join(benchmark::State& state) {
  set_threads(2);
  for (auto _ : state) {
    parallel_for(2, 1, [](std::int64_t begin, std::int64_t) { benchmark::DoNotOptimize(begin); });
  }
  set_threads(1);
}
BENCHMARK(fork_and_join)->UseRealTime();

void register_isa(const std::string& isa) {
  for (const Shape& shape : kShapes) {
    for (int threads : {1, 2}) {
      const std::string name =
          std::string("product/") + shape.name + "/" + isa + "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), own_product, shape, isa, threads)->UseRealTime();
    }
    if (bench::EigenProduct* eigen = bench::eigen_product(isa)) {
      const std::string name = std::string("product/") + shape.name + "/eigen-" + isa;
      benchmark::RegisterBenchmark(name.c_str(), eigen_product, shape, eigen);
    }
  }
  for (const cpu::Accuracy& f : cpu::kAccuracy) {
    const std::string name = std::string("function/") + f.name + "/" + isa;
    benchmark::RegisterBenchmark(name.c_str(), function, f.op, isa);
  }
  benchmark::RegisterBenchmark(("column_sums/" + isa).c_str(), column_sums, isa);
  benchmark::RegisterBenchmark(("adamw/" + isa).c_str(), adamw, isa);
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string& isa : cpu::isas()) register_isa(isa);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
