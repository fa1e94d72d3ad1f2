// The same run, the same bits: a short training and its samples, hashed, for every instruction set
// of this machine and for 1, 2 and 4 threads; lib/docs/numerics.md says which bits agree where, and
// why. determinism.test.mjs runs this as another compiler made it, and beside the WebAssembly
// module.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {
namespace {

struct Run {
  std::string name;
  TrainOptions options;
  sample::SampleOptions sample;
};

/// Nothing but IEEE operations and the library's own functions: one hash for every machine.
Run exact_run() {
  Run run{.name = "exact", .options = {}, .sample = {.sampler = "heun", .steps = 10, .seed = 5}};
  run.options.data = "moons";
  run.options.coupling = "ot";
  run.options.width = 40;
  run.options.depth = 2;
  run.options.batch = 300;
  run.options.lr_schedule = "cosine";
  run.options.steps = 30;
  run.options.warmup = 5;
  run.options.seed = 11;
  return run;
}

/// A schedule and a grid through the C library, a stochastic sampler, a preconditioned network.
Run library_run() {
  Run run = exact_run();
  run.name = "library";
  run.options.coupling = "independent";
  run.options.schedule = "vp-linear";
  run.options.predict = "score";
  run.options.activation = "gelu";
  run.sample = {.sampler = "euler-maruyama", .steps = 20, .seed = 5, .grid = "log-snr"};
  return run;
}

struct Outcome {
  double loss = 0;
  std::vector<float> points;

  /// FNV-1a over the bits of the loss as a float and of the points.
  std::string hash() const {
    std::uint64_t hash = 14695981039346656037ull;
    const auto add = [&hash](float value) {
      hash = (hash ^ bit_cast<std::uint32_t>(value)) * 1099511628211ull;
    };
    add(static_cast<float>(loss));
    for (const float value : points) add(value);
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
  }
};

Outcome outcome(const Run& run) {
  Trainer trainer(run.options);
  const double loss = trainer.step(run.options.steps).loss;
  const tensor::Points points = trainer.sample(400, run.sample).points;
  return {loss, {points.begin(), points.end()}};
}

/// The outcome with an instruction set, of one thread; expects it of 2 and 4 too.
Outcome outcome_of_threads(const Run& run, const std::string& isa) {
  cpu::set_isa(isa);
  const Outcome one = outcome(run);
  for (const int count : {2, 4}) {
    set_threads(count);
    EXPECT_EQ(outcome(run).hash(), one.hash()) << run.name << ", " << isa << ", threads " << count;
  }
  set_threads(1);
  return one;
}

/// One outcome for the instruction sets that do not fuse a multiply-add, the baseline among them,
/// and one for those that do; empty where this machine has none. Expects all of a group to agree.
struct Groups {
  Outcome unfused, fused;
};

Groups groups(const Run& run) {
  Groups groups;
  for (const std::string& isa : cpu::isas()) {
    const Outcome outcome = outcome_of_threads(run, isa);
    Outcome& group = cpu::kernels().fused ? groups.fused : groups.unfused;
    if (group.points.empty()) group = outcome;
    EXPECT_EQ(outcome.hash(), group.hash()) << run.name << ", " << isa;
  }
  cpu::set_isa(cpu::isas().back());
  return groups;
}

void record(const char* name, const Outcome& outcome) {
  if (!outcome.points.empty()) testing::Test::RecordProperty(name, outcome.hash());
}

/// The largest difference of the loss or of a coordinate.
double largest_difference(const Outcome& a, const Outcome& b) {
  double largest = std::abs(a.loss - b.loss);
  for (std::size_t i = 0; i < a.points.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a.points[i]) - b.points[i]));
  }
  return largest;
}

/// Fused and unfused results of these runs, at most this far apart in the loss and every
/// coordinate.
constexpr double kFusedBound = 1e-4;

TEST(Determinism, OneHashForThreadsInstructionSetsAndMachines) {
  const Groups all = groups(exact_run());
  record("unfused", all.unfused);
  record("fused", all.fused);
  EXPECT_EQ(all.unfused.hash(), "a9eac7ebb83a4a34");
  if (!all.fused.points.empty()) {
    EXPECT_EQ(all.fused.hash(), "d50b915595380ffa");
    EXPECT_LT(largest_difference(all.unfused, all.fused), kFusedBound);
  }
}

TEST(Determinism, TheSameWithTheCLibraryWithinItsLastBits) {
  const Groups all = groups(library_run());
  record("unfused", all.unfused);
  record("fused", all.fused);
  // Another C library may round a schedule's exponential otherwise, so machines are only close.
  const float golden[] = {2.900015f, -0.825405f, -0.791854f, -0.258983f, -2.696985f, 0.535266f};
  for (std::size_t i = 0; i < std::size(golden); ++i) {
    EXPECT_NEAR(all.unfused.points[i], golden[i], kFusedBound) << i;
  }
  if (!all.fused.points.empty()) {
    EXPECT_LT(largest_difference(all.unfused, all.fused), kFusedBound);
  }
}

}  // namespace
}  // namespace pathflow::train
