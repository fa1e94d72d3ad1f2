#include "pathflow/nn/mlp.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/cpu/device.hpp"

namespace pathflow::nn {
namespace {

using graph::Graph;
using graph::StateStore;
using graph::Value;

double activation(graph::Activation kind, double x) {
  switch (kind) {
    case graph::Activation::kIdentity:
      return x;
    case graph::Activation::kSilu:
      return x / (1 + std::exp(-x));
    case graph::Activation::kSelu:
      return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
    case graph::Activation::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case graph::Activation::kTanh:
      return std::tanh(x);
    case graph::Activation::kRelu:
      return x > 0 ? x : 0;
  }
  return 0;
}

std::vector<double> features(const MlpOptions& options, const double* x, double t) {
  std::vector<double> in(x, x + options.dimension);
  in.push_back(t);
  if (options.time_features == "raw") return in;
  for (const bool cosine : {false, true}) {
    for (int k = 0; k < options.time_frequencies; ++k) {
      const double angle = 2 * 3.14159265358979323846 * std::exp2(k) * t;
      in.push_back(cosine ? std::cos(angle) : std::sin(angle));
    }
  }
  return in;
}

/// The network written out a second time, one row at a time.
std::vector<double> slow_forward(const MlpOptions& options, StateStore<double>& states,
                                 const double* x, double t, int label) {
  std::vector<double> h = features(options, x, t);
  for (int layer = 0; layer <= options.depth; ++layer) {
    const std::string name = "mlp." + std::to_string(layer);
    const auto w = states.at(name + ".weight"), b = states.at(name + ".bias");
    std::vector<double> out(b.begin(), b.end());
    for (std::size_t i = 0; i < h.size(); ++i) {
      for (std::size_t j = 0; j < out.size(); ++j) out[j] += h[i] * w[i * out.size() + j];
    }
    if (layer == 0 && options.classes > 0) {
      const auto table = states.at("mlp.label.weight");
      for (std::size_t j = 0; j < out.size(); ++j) {
        out[j] += table[static_cast<std::size_t>(label) * out.size() + j];
      }
    }
    if (layer < options.depth) {
      for (double& value : out) value = activation(options.activation, value);
    }
    h = out;
  }
  return h;
}

void check_against_slow(const MlpOptions& options, std::uint64_t seed) {
  const std::int64_t n = 7, d = options.dimension;
  const Mlp mlp(options);
  StateStore<double> states;
  mlp.initialize(states, seed);
  const Random random(seed, Purpose::kUser);
  if (options.classes > 0) {
    random.fill_normal(states.at("mlp.label.weight"), 3);
  }
  Graph graph;
  const Value x = graph::input(graph, "x", {n, d}), t = graph::input(graph, "t", {n, 1});
  const Value label = options.classes > 0 ? graph::input(graph, "label", {n}) : Value{};
  auto plan = graph::compile<double>(
      {.outputs = {{"q", mlp.forward(graph, mlp.record_parameters(graph), x, t, label)}}}, states,
      cpu::device());
  random.fill_normal(plan.input("x"), 0);
  random.fill_uniform(plan.input("t"), 1);
  std::vector<int> labels(n, 0);
  for (std::int64_t i = 0; i < n && options.classes > 0; ++i) {
    labels[i] = static_cast<int>(random.index(2, i, options.classes + 1));
    plan.input("label")[i] = labels[i];
  }
  plan.run();
  for (std::int64_t i = 0; i < n; ++i) {
    const auto slow = slow_forward(options, states, plan.input("x").data() + i * d,
                                   plan.input("t")[i], labels[i]);
    for (std::int64_t k = 0; k < d; ++k) {
      EXPECT_NEAR(plan.output("q")[i * d + k], slow[k], 1e-12 * (1 + std::abs(slow[k])));
    }
  }
}

TEST(Mlp, EqualsTheSlowNetworkForEveryActivationAndFeature) {
  std::uint64_t seed = 0;
  for (const std::string& name : graph::activation_names()) {
    for (const std::string& time : time_feature_names()) {
      for (const int classes : {0, 3}) {
        MlpOptions options{.dimension = 3, .width = 11, .depth = 2};
        options.activation = graph::activation_of(name);
        options.time_features = time;
        options.classes = classes;
        SCOPED_TRACE(name + " " + time + " " + std::to_string(classes));
        check_against_slow(options, ++seed);
      }
    }
  }
}

TEST(Mlp, EqualsTheSlowNetworkForEveryDepth) {
  for (int depth = 1; depth <= 5; ++depth) {
    check_against_slow({.dimension = 2, .width = 8, .depth = depth}, 40 + depth);
  }
}

TEST(Mlp, ReferenceNetworkHasTheKnownParameters) {
  const Mlp mlp({.dimension = 2, .width = 128, .depth = 3});
  EXPECT_EQ(mlp.parameter_count(), 3 * 128 + 128 + 2 * (128 * 128 + 128) + 128 * 2 + 2);
  EXPECT_EQ(mlp.parameters().front().name, "mlp.0.weight");
  EXPECT_EQ(mlp.parameters().front().shape, (graph::Shape{3, 128}));
  EXPECT_EQ(mlp.parameters().back().name, "mlp.3.bias");
}

TEST(Mlp, InitialWeightsAreUniformWithinTheFanInBoundAndRepeat) {
  const Mlp mlp({.dimension = 2, .width = 256, .depth = 2, .classes = 4});
  StateStore<float> first, second;
  mlp.initialize(first, 5);
  mlp.initialize(second, 5);
  const auto w = first.at("mlp.1.weight");
  double sum = 0, squares = 0, largest = 0;
  for (const float value : w) {
    sum += value;
    squares += double(value) * value;
    largest = std::max(largest, std::abs(double(value)));
  }
  const double bound = 1 / std::sqrt(256.0), n = static_cast<double>(w.size());
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.999 * bound);
  EXPECT_NEAR(sum / n, 0, 5 * bound / std::sqrt(3 * n));
  EXPECT_NEAR(squares / n, bound * bound / 3, 0.02 * bound * bound / 3);
  for (const auto& parameter : mlp.parameters()) {
    const auto a = first.at(parameter.name), b = second.at(parameter.name);
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin())) << parameter.name;
  }
  for (const float value : first.at("mlp.label.weight")) EXPECT_EQ(value, 0.0f);
}

TEST(Mlp, RefusesBadOptionsByTheirName) {
  const auto message = [](MlpOptions options) -> std::string {
    try {
      const Mlp mlp(options);
      return "accepted";
    } catch (const InvalidArgument& error) {
      return error.what();
    }
  };
  EXPECT_NE(message({.dimension = 0}).find("dimension"), std::string::npos);
  EXPECT_NE(message({.width = 0}).find("width"), std::string::npos);
  EXPECT_NE(message({.width = 4097}).find("4097"), std::string::npos);
  EXPECT_NE(message({.depth = 17}).find("depth"), std::string::npos);
  EXPECT_NE(message({.time_features = "forier"}).find("fourier"), std::string::npos);
  EXPECT_NE(message({.classes = -1}).find("classes"), std::string::npos);
}

TEST(Mlp, RefusesALabelWhereThereAreNoClassesAndTheReverse) {
  Graph graph;
  const Value x = graph::input(graph, "x", {4, 2}), t = graph::input(graph, "t", {4, 1});
  const Value label = graph::input(graph, "label", {4});
  const Mlp conditional({.classes = 2}), plain(MlpOptions{});
  const auto parameters = conditional.record_parameters(graph, "a.");
  const auto others = plain.record_parameters(graph, "b.");
  EXPECT_THROW(conditional.forward(graph, parameters, x, t, Value{}), InvalidArgument);
  EXPECT_THROW(plain.forward(graph, others, x, t, label), InvalidArgument);
  EXPECT_THROW(plain.forward(graph, parameters, x, t, Value{}), ShapeError);
}

}  // namespace
}  // namespace pathflow::nn
