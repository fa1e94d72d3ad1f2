// What the engine's tests share: random numbers, one-call evaluation, small algebra.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "pathflow/base/random.hpp"
#include "pathflow/cpu/device.hpp"
#include "pathflow/graph/op.hpp"
#include "pathflow/graph/plan.hpp"

namespace pathflow::graph::testing {

using Numbers = std::vector<double>;

/// count numbers uniform in (low, high), a pure function of seed and stream.
inline Numbers uniform_numbers(std::uint64_t seed, std::uint64_t stream, std::int64_t count,
                               double low = -1, double high = 1) {
  const Random random(seed, Purpose::kUser);
  Numbers numbers(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = low + (high - low) * random.uniform(stream, i);
  }
  return numbers;
}

inline double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline double largest(const Numbers& a) {
  double most = 0;
  for (double value : a) most = std::max(most, std::abs(value));
  return most;
}

template <class T>
void fill(std::span<T> to, const Numbers& from) {
  ASSERT_EQ(to.size(), from.size());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(from[i]);
}

template <class T>
Numbers read(std::span<const T> from) {
  return Numbers(from.begin(), from.end());
}

/// The values of `outputs` with the named inputs filled in.
template <class T = double>
std::vector<Numbers> evaluate(const std::vector<Value>& outputs,
                              const std::map<std::string, Numbers>& inputs,
                              CompileOptions options = {}) {
  CompileSpec spec{.outputs = {}, .updates = {}, .options = options};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    spec.outputs.emplace_back(std::to_string(i), outputs[i]);
  }
  StateStore<T> states;
  auto plan = compile<T>(spec, states, cpu::device());
  for (const auto& [name, numbers] : inputs) fill(plan.input(name), numbers);
  plan.run();
  std::vector<Numbers> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    results.push_back(read(plan.output(std::to_string(i))));
  }
  return results;
}

/// |a - b| <= tolerance * max(1, |a|_max, |b|_max), elementwise.
inline void expect_close(const Numbers& a, const Numbers& b, double tolerance,
                         const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  const double scale = std::max({1.0, largest(a), largest(b)});
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], tolerance * scale) << what << " at " << i;
  }
}

}  // namespace pathflow::graph::testing
