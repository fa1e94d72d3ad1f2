// The planner: no two buffers that live at the same time overlap, for random sizes and lifetimes.
#include "pathflow/graph/planner.hpp"

#include <gtest/gtest.h>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::graph {
namespace {

std::vector<Buffer> random_buffers(std::uint64_t seed, std::size_t count) {
  const Random random(seed, Purpose::kUser);
  std::vector<Buffer> buffers(count);
  for (std::size_t i = 0; i < count; ++i) {
    buffers[i].bytes = 1 + random.index(0, i, 5000);
    buffers[i].first = static_cast<int>(random.index(1, i, 60));
    buffers[i].last = buffers[i].first + static_cast<int>(random.index(2, i, 15));
    if (random.index(3, i, 8) == 0) buffers[i].storage = Storage::kState;
  }
  return buffers;
}

bool live_together(const Buffer& a, const Buffer& b) {
  return a.first <= b.last && b.first <= a.last;
}

TEST(Placement, NeverOverlapsBuffersThatLiveTogether) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::vector<Buffer> buffers = random_buffers(seed, 80);
    const std::size_t total = place(buffers, true);
    std::size_t sum = 0, at_once = 0;
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      const Buffer& a = buffers[i];
      if (a.storage != Storage::kArena) continue;
      EXPECT_EQ(a.offset % kAlignment, 0u);
      EXPECT_LE(a.offset + a.bytes, total);
      sum += (a.bytes + kAlignment - 1) / kAlignment * kAlignment;
      for (std::size_t j = 0; j < i; ++j) {
        const Buffer& b = buffers[j];
        if (b.storage != Storage::kArena || !live_together(a, b)) continue;
        EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset)
            << "seed " << seed << ": " << i << " and " << j;
      }
    }
    for (int time = 0; time < 80; ++time) {
      std::size_t live = 0;
      for (const Buffer& b : buffers) {
        if (b.storage == Storage::kArena && b.first <= time && time <= b.last) live += b.bytes;
      }
      at_once = std::max(at_once, live);
    }
    EXPECT_GE(total, at_once);
    EXPECT_LT(total, sum / 2) << "sharing must pay";
    EXPECT_LT(static_cast<double>(total), 1.35 * static_cast<double>(at_once)) << "seed " << seed;
    EXPECT_EQ(place(buffers, false), sum);
  }
}

TEST(Lowering, RunsUpdatesLastAndInPlace) {
  Graph g;
  const Value s = state(g, "s", {8}), x = input(g, "x", {8});
  const Value next = s + x;
  const Value read_later = exp(s);
  const Program program =
      lower(g, {.results = {{"r", read_later}}, .updates = {{"s", next}}}, Dtype::kFloat32);
  ASSERT_EQ(program.instructions.size(), 2u);
  EXPECT_EQ(program.instructions[0].op->name, "exp");
  EXPECT_EQ(program.instructions[1].op->name, "add");
  const int out = program.instructions[1].outputs[0];
  const Tensor& written = program.tensors[static_cast<std::size_t>(out)];
  EXPECT_EQ(program.buffers[static_cast<std::size_t>(written.buffer)].name, "s");
}

TEST(Lowering, ElementwiseChainsTakeOneBuffer) {
  Graph g;
  const Value x = input(g, "x", {100});
  const Program program =
      lower(g, {.results = {{"r", exp(sin(cos(x)))}}, .updates = {}}, Dtype::kFloat64);
  EXPECT_EQ(program.arena_bytes, 832u);  // 100 doubles, aligned
  EXPECT_EQ(program.unshared_bytes, 3 * 832u);
}

TEST(Lowering, ViewsCostNothing) {
  Graph g;
  const Value x = input(g, "x", {64, 2});
  const Value y = exp(x);
  const Value half = slice(reshape(y, {128}), 0, 64, 128);  // aligned: 64 floats in
  const Program program = lower(g, {.results = {{"h", half}}, .updates = {}}, Dtype::kFloat32);
  EXPECT_EQ(program.instructions.size(), 1u);
  const Tensor& view = program.tensors[static_cast<std::size_t>(program.outputs[0].second)];
  EXPECT_EQ(view.offset, 256u);
}

TEST(StateStore, KeepsBuffersByName) {
  StateStore<float> states;
  const std::span<float> w = states.get("w", {2, 3});
  EXPECT_EQ(w.size(), 6u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(w.data()) % kAlignment, 0u);
  for (float value : w) EXPECT_EQ(value, 0);
  w[4] = 7;
  states.get("b", {1});
  EXPECT_EQ(states.get("w", {2, 3}).data(), w.data());
  EXPECT_EQ(states.at("w")[4], 7);
  EXPECT_EQ(states.names(), (std::vector<std::string>{"b", "w"}));
  EXPECT_EQ(states.shape("w"), (Shape{2, 3}));
  EXPECT_TRUE(states.contains("w"));
  EXPECT_FALSE(states.contains("v"));
  EXPECT_THROW(states.get("w", {3, 2}), ShapeError);
  EXPECT_THROW(states.at("v"), InvalidArgument);
  EXPECT_THROW(states.shape("v"), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::graph
