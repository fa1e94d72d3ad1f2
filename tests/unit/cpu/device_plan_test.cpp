// Plans: what compile() makes of a training step, updates, sharing of memory, threads, errors.
#include <algorithm>
#include <functional>

#include "device_training.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"

namespace pathflow::graph::testing {
namespace {

std::size_t lines_with(const std::string& text, const std::string& begin) {
  std::size_t count = 0, at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    count += text.compare(at, begin.size(), begin) == 0;
    at = end + 1;
  }
  return count;
}

TEST(Plan, TrainingStepOfTheReferenceNetHasNoSillyOps) {
  const TrainingStep step({3, 128, 128, 128, 2}, 256);
  StateStore<float> states;
  const auto plan = compile<float>(step.spec, states, cpu::device());
  const std::string text = plan.describe();
  EXPECT_EQ(lines_with(text, "fused_linear "), 4u) << text;
  EXPECT_EQ(lines_with(text, "matmul_grad "), 3u) << text;
  EXPECT_EQ(lines_with(text, "matmul "), 4u) << text;
  EXPECT_EQ(lines_with(text, "sum "), 5u) << text;  // four bias gradients and the loss
  EXPECT_EQ(lines_with(text, "subtract "), 1u) << text;
  EXPECT_EQ(lines_with(text, "square "), 1u) << text;
  EXPECT_EQ(lines_with(text, "multiply "), 2u) << text;  // 1/n of the loss, 2/n of its gradient
  EXPECT_EQ(lines_with(text, "adamw "), 1u) << text;
  EXPECT_EQ(plan.stats().ops, 21u) << text;
  EXPECT_EQ(plan.stats().fused, 8u) << text;
  // 2 m n k: forward, weight gradients, and input gradients of all layers but the first.
  const double products = 2.0 * 256 * (3 * (2 * 128 * 128 + 2 * 128) + 2 * 3 * 128);
  EXPECT_EQ(plan.stats().flops, products);
  EXPECT_LT(plan.stats().arena_bytes, 0.65 * static_cast<double>(plan.stats().unshared_bytes));
}

TEST(Plan, SamplingNetIsOneOpALayer) {
  const TrainingStep step({3, 128, 128, 2}, 64);
  Graph g;
  const Value x = input(g, "x", {64, 3});
  const Value h = linear(x, state(g, "w", {3, 128}), state(g, "b", {128}), Activation::kGelu);
  StateStore<float> states;
  const auto plan = compile<float>({.outputs = {{"y", h}}}, states, cpu::device());
  EXPECT_EQ(plan.stats().ops, 1u) << plan.describe();
}

TEST(Plan, MovesWithItsBuffers) {
  Graph g;
  const Value x = input(g, "x", {2});
  StateStore<double> states;
  const auto scaled = [&](double factor) {
    return compile<double>({.outputs = {{"y", factor * x}}}, states, cpu::device());
  };
  Plan<double> plan = scaled(2);
  Plan<double> other = scaled(3);
  const std::span<double> in = other.input("x");
  in[0] = 1, in[1] = -5;
  plan = std::move(other);
  plan.run();
  EXPECT_EQ(plan.output("y")[0], 3);
  EXPECT_EQ(plan.output("y")[1], -15);
}

/// Results of a compiled step: loss, norm, and every state after it.
template <class T>
std::vector<Numbers> run_step(const TrainingStep& step, CompileOptions options, int steps = 1) {
  CompileSpec spec = step.spec;
  spec.options = options;
  StateStore<T> states;
  step.initialize(states, 11);
  auto plan = compile<T>(spec, states, cpu::device());
  for (int i = 1; i <= steps; ++i) {
    step.set_inputs(plan, static_cast<std::uint64_t>(i), i);
    plan.run();
  }
  std::vector<Numbers> results = {read(plan.output("loss")), read(plan.output("norm"))};
  for (const std::string& name : states.names()) {
    const std::span<T> state = states.at(name);
    results.push_back(Numbers(state.begin(), state.end()));
  }
  return results;
}

void expect_same(const std::vector<Numbers>& a, const std::vector<Numbers>& b, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (tolerance == 0) {
      EXPECT_EQ(a[i], b[i]) << what << ", result " << i;
    } else {
      expect_close(a[i], b[i], tolerance, what + ", result " + std::to_string(i));
    }
  }
}

TEST(Plan, PassesKeepTheMeaning) {
  for (const std::string& name : activation_names()) {
    const TrainingStep step({3, 17, 9, 2}, 13, activation_of(name));
    const auto plain = run_step<double>(step, {.simplify = false, .fuse = false});
    expect_same(run_step<double>(step, {.fuse = false}), plain, 1e-13, name + " simplified");
    expect_same(run_step<double>(step, {.simplify = false}), plain, 1e-13, name + " fused");
    expect_same(run_step<double>(step, {}), plain, 1e-13, name + " both");
  }
}

TEST(Plan, FloatFollowsDouble) {
  const TrainingStep step({3, 33, 20, 2}, 29);
  expect_same(run_step<float>(step, {}), run_step<double>(step, {}), 2e-5, "float");
}

TEST(Plan, ThreadsNeverChangeAResult) {
  const TrainingStep step({3, 65, 70, 2}, 257);
  const int before = threads();
  set_threads(1);
  const auto floats = run_step<float>(step, {}, 2);
  const auto doubles = run_step<double>(step, {}, 2);
  for (int count = 2; count <= 4; ++count) {
    set_threads(count);
    expect_same(run_step<float>(step, {}, 2), floats, 0, std::to_string(count) + " threads, float");
    expect_same(run_step<double>(step, {}, 2), doubles, 0,
                std::to_string(count) + " threads, double");
  }
  set_threads(before);
}

TEST(Plan, SharingMemoryChangesNoBit) {
  const TrainingStep step({3, 31, 16, 2}, 37);
  expect_same(run_step<float>(step, {}, 3), run_step<float>(step, {.share_buffers = false}, 3), 0,
              "arena");
}

/// A random program of elementwise ops, products, sums and movements on small matrices.
std::vector<Value> random_values(Graph& g, std::uint64_t seed) {
  const Random random(seed, Purpose::kUser);
  std::uint64_t draw = 0;
  const auto pick = [&](std::size_t n) { return random.index(0, draw++, n); };
  std::vector<Value> pool = {input(g, "x", {4, 4}), input(g, "y", {4, 4}), state(g, "s", {4, 4})};
  const auto any = [&] { return pool[pick(pool.size())]; };
  for (int i = 0; i < 30; ++i) {
    const Value a = any(), b = any();
    const std::vector<std::function<Value()>> makers = {
        [&] { return a + b; },
        [&] { return a * b; },
        [&] { return a - b; },
        [&] { return tanh(a); },
        [&] { return -a; },
        [&] { return square(a) * 0.25; },
        [&] { return matmul(a, b, pick(2) != 0, pick(2) != 0) * 0.2; },
        [&] { return transpose(a); },
        [&] { return a + sum(b, 0) * 0.25; },
        [&] { return a * sum(b, 1, true) * 0.25; },
        [&] {
          return reshape(reshape(a, {16}) + reshape(b, {16}), {4, 4});
        },
        [&] {
          return concat({slice(a, 0, 2, 4), slice(b, 0, 0, 2)}, 0);
        },
        [&] {
          return concat({slice(a, 1, 1, 2), slice(b, 1, 0, 3)}, 1);
        },
        [&] {
          return activate(matmul(a, b) * 0.3 + slice(reshape(a, {16}), 0, 0, 4), Activation::kSilu);
        },
        [&] { return pad(slice(a, 0, 0, 3), 0, 1, 0); },
        [&] {
          return broadcast_to(slice(a, 0, 1, 2), {4, 4}) + b;
        }};
    pool.push_back(tanh(makers[pick(makers.size())]()));
    if (pick(2)) pool.back() = makers[pick(makers.size())]();
  }
  return pool;
}

struct RandomRun {
  std::vector<Numbers> results;
  PlanStats stats;
};

/// Two runs of a random program: some values are results, one is the new state.
template <class T>
RandomRun run_random(std::uint64_t seed, CompileOptions options) {
  Graph g;
  const std::vector<Value> pool = random_values(g, seed);
  CompileSpec spec{.outputs = {}, .updates = {{pool[2], pool.back()}}, .options = options};
  for (std::size_t i = 0; i < pool.size(); i += 7) {
    spec.outputs.emplace_back(std::to_string(i), pool[i]);
  }
  spec.outputs.emplace_back("state", pool[2]);
  StateStore<T> states;
  fill(states.get("s", {4, 4}), uniform_numbers(seed, 1, 16));
  auto plan = compile<T>(spec, states, cpu::device());
  RandomRun run{.results = {}, .stats = plan.stats()};
  for (std::uint64_t step = 0; step < 2; ++step) {
    fill(plan.input("x"), uniform_numbers(seed, 2 + step, 16));
    fill(plan.input("y"), uniform_numbers(seed, 4 + step, 16));
    plan.run();
    for (const auto& [name, value] : spec.outputs) run.results.push_back(read(plan.output(name)));
    const std::span<T> state = states.at("s");
    run.results.push_back(Numbers(state.begin(), state.end()));
  }
  return run;
}

TEST(Plan, RandomProgramsAgreeWithUnsharedMemoryToTheBit) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const RandomRun shared = run_random<float>(seed, {});
    expect_same(shared.results, run_random<float>(seed, {.share_buffers = false}).results, 0,
                "seed " + std::to_string(seed));
    EXPECT_LE(shared.stats.arena_bytes, shared.stats.unshared_bytes);
  }
}

TEST(Plan, AnOpThatReadsAPieceOfItsInputTwiceDoesNotOverwriteIt) {
  Graph g;
  const Value x = exp(input(g, "x", {4, 16}));
  const Value y = x + slice(x, 0, 0, 1);  // the slice is a view of x's first row
  const Numbers numbers = uniform_numbers(1, 0, 64);
  EXPECT_EQ(evaluate<float>({y}, {{"x", numbers}}),
            evaluate<float>({y}, {{"x", numbers}}, {.share_buffers = false}));
}

TEST(Plan, RandomProgramsAgreeWithUncompiledOnes) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const CompileOptions plain{.simplify = false, .fuse = false, .share_buffers = false};
    const auto expected = run_random<double>(seed, plain).results;
    if (largest(expected.back()) > 1e3) continue;  // rounding grows with the numbers
    expect_same(run_random<double>(seed, {}).results, expected, 1e-9,
                "seed " + std::to_string(seed));
  }
}

TEST(Updates, AreWrittenAfterTheOldValueWasRead) {
  Graph g;
  const Value a = state(g, "a", {3}), b = state(g, "b", {3}), x = input(g, "x", {3});
  // Swap, with results that read both old values, one of them recorded after the new value.
  const Value next = a + x;
  const Value late = a * 10.0;
  StateStore<double> states;
  fill(states.get("a", {3}), {1, 2, 3});
  fill(states.get("b", {3}), {4, 5, 6});
  auto plan = compile<double>(
      {.outputs = {{"late", late}, {"a", a}, {"next", next}}, .updates = {{a, b}, {b, a}}}, states,
      cpu::device());
  fill(plan.input("x"), {1, 1, 1});
  plan.run();
  EXPECT_EQ(read<double>(states.at("a")), (Numbers{4, 5, 6}));
  EXPECT_EQ(read<double>(states.at("b")), (Numbers{1, 2, 3}));
  EXPECT_EQ(read(plan.output("late")), (Numbers{10, 20, 30}));
  EXPECT_EQ(read(plan.output("a")), (Numbers{1, 2, 3}));
  EXPECT_EQ(read(plan.output("next")), (Numbers{2, 3, 4}));
}

TEST(Updates, InPlaceAndShared) {
  Graph g;
  const Value a = state(g, "a", {2, 2}), b = state(g, "b", {2, 2});
  const Value next = a * 2.0;
  const Value product = matmul(a, a);  // reads the old a
  StateStore<double> states;
  fill(states.get("a", {2, 2}), {1, 2, 3, 4});
  auto plan =
      compile<double>({.outputs = {{"p", product}, {"n", next}}, .updates = {{a, next}, {b, next}}},
                      states, cpu::device());
  plan.run();
  EXPECT_EQ(read(plan.output("p")), (Numbers{7, 10, 15, 22}));
  EXPECT_EQ(read<double>(states.at("a")), (Numbers{2, 4, 6, 8}));
  EXPECT_EQ(read<double>(states.at("b")), (Numbers{2, 4, 6, 8}));
  EXPECT_EQ(plan.stats().ops, 3u) << plan.describe();  // matmul, multiply in place, copy to b
}

TEST(Updates, OfAStateNothingReads) {
  Graph g;
  const Value s = state(g, "s", {2}), x = input(g, "x", {1, 2});
  StateStore<float> states;
  auto plan = compile<float>({.updates = {{s, reshape(x, {2})}}}, states, cpu::device());
  fill(plan.input("x"), {3, 4});
  plan.run();
  EXPECT_EQ(read<float>(states.at("s")), (Numbers{3, 4}));
}

TEST(Plan, ResultsOfLeavesKeepTheirValues) {
  Graph g;
  const Value x = input(g, "x", {4}), s = state(g, "s", {4});
  StateStore<float> states;
  fill(states.get("s", {4}), {1, 2, 3, 4});
  auto plan = compile<float>({.outputs = {{"x", reshape(x, {2, 2})},
                                          {"half", slice(s, 0, 0, 2)},
                                          {"tail", slice(s, 0, 2, 4)},
                                          {"c", constant(g, 2.5, {3})}},
                              .updates = {{s, s * 0.0}}},
                             states, cpu::device());
  fill(plan.input("x"), {5, 6, 7, 8});
  plan.run();
  fill(plan.input("x"), {0, 0, 0, 0});
  EXPECT_EQ(read(plan.output("x")), (Numbers{5, 6, 7, 8}));
  EXPECT_EQ(read(plan.output("half")), (Numbers{1, 2}));
  EXPECT_EQ(read(plan.output("tail")), (Numbers{3, 4}));
  EXPECT_EQ(read(plan.output("c")), (Numbers{2.5, 2.5, 2.5}));
}

TEST(Plan, PlansShareStates) {
  Graph g;
  const Value s = state(g, "s", {});
  StateStore<double> states;
  auto grow = compile<double>({.updates = {{s, s + 1.0}}}, states, cpu::device());
  auto look = compile<double>({.outputs = {{"s", s * 2.0}}}, states, cpu::device());
  grow.run();
  grow.run();
  look.run();
  EXPECT_EQ(look.scalar("s"), 4);
}

TEST(Plan, RefusesWithReasons) {
  Graph g, other;
  const Value x = input(g, "x", {2}), s = state(g, "s", {2}), y = input(other, "y", {2});
  StateStore<float> states;
  const auto message = [&](const CompileSpec& spec) -> std::string {
    try {
      compile<float>(spec, states, cpu::device());
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message({}), "compile: outputs and updates must not both be empty, got neither");
  EXPECT_EQ(message({.outputs = {{"a", x}, {"b", y}}}),
            "compile: output \"b\" must be a value of the plan's graph, got one of another graph");
  EXPECT_EQ(message({.outputs = {{"a", Value{}}}}),
            "compile: output \"a\" must be a value of the plan's graph, got an unset one");
  EXPECT_EQ(message({.outputs = {{"a", x}, {"a", s}}}),
            "compile: output names must be unique, got \"a\" twice");
  EXPECT_EQ(message({.updates = {{x, s}}}),
            "compile: an update's target must be a state, got the result of input");
  EXPECT_EQ(message({.updates = {{s, x}, {s, x}}}),
            "compile: a state may be updated once, got \"s\" twice");
  EXPECT_EQ(message({.updates = {{s, sum(x)}}}),
            "compile: the update of state \"s\" must have shape [2], got []");
  auto plan = compile<float>({.outputs = {{"a", x}}}, states, cpu::device());
  EXPECT_THROW(plan.input("z"), InvalidArgument);
  EXPECT_THROW(plan.output("z"), InvalidArgument);
  EXPECT_THROW(plan.scalar("a"), ShapeError);
}

}  // namespace
}  // namespace pathflow::graph::testing
