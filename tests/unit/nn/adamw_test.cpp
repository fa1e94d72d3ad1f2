#include "pathflow/nn/adamw.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "pathflow/cpu/device.hpp"

namespace pathflow::nn {
namespace {

using graph::Graph;
using graph::StateStore;
using graph::Value;

/// Loshchilov & Hutter's algorithm 2 with clipping and EMA, one parameter vector, written plainly.
struct SlowAdamW {
  std::vector<double> p, m, v, ema;
  void step(const std::vector<double>& gradient, const AdamWOptions& o, int k) {
    double norm = 0;
    for (const double g : gradient) norm += g * g;
    norm = std::sqrt(norm);
    const double scale = o.clip > 0 && norm > o.clip ? o.clip / norm : 1.0;
    const double rate = o.learning_rate.at(k), decay = ema_decay(o.ema, k);
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double g = scale * gradient[i];
      m[i] = o.beta1 * m[i] + (1 - o.beta1) * g;
      v[i] = o.beta2 * v[i] + (1 - o.beta2) * g * g;
      const double mean = m[i] / (1 - std::pow(o.beta1, k + 1));
      const double square = v[i] / (1 - std::pow(o.beta2, k + 1));
      p[i] -= rate * (mean / (std::sqrt(square) + o.epsilon) + o.weight_decay * p[i]);
      ema[i] = decay * ema[i] + (1 - decay) * p[i];
    }
  }
};

/// loss = sum c (p - target)^2, so the gradient is 2 c (p - target).
class Quadratic {
 public:
  Quadratic() {
    const auto p = states_.get("p", {3});
    p[0] = 1.0, p[1] = -2.0, p[2] = 0.5;
    const auto ema = states_.get(ema_name("p"), {3});
    std::copy(p.begin(), p.end(), ema.begin());
    Graph graph;
    const Value value = graph::state(graph, "p", {3});
    const Value c = graph::constant(graph, std::vector<double>{1, 10, 0.1}, {3});
    const Value target = graph::constant(graph, std::vector<double>{3, 1, -1}, {3});
    const Value loss = graph::sum(c * graph::square(value - target));
    const std::vector<Value> gradients = graph::vjp({loss}, {graph::constant(graph, 1.0)}, {value});
    graph::CompileSpec spec;
    const std::string names[] = {"p"};
    const Value values[] = {value};
    record_adamw(graph, names, values, gradients, spec);
    plan_ = std::make_unique<graph::Plan<double>>(graph::compile(spec, states_, cpu::device()));
  }
  double step(const AdamWOptions& options, int k) {
    AdamWScalars<double>(*plan_).set(options, k);
    plan_->run();
    return plan_->scalar("gradient_norm");
  }
  std::span<double> at(const std::string& name) { return states_.at(name); }

 private:
  StateStore<double> states_;
  std::unique_ptr<graph::Plan<double>> plan_;
};

void compare(const AdamWOptions& options) {
  Quadratic fast;
  SlowAdamW slow{{1.0, -2.0, 0.5}, {0, 0, 0}, {0, 0, 0}, {1.0, -2.0, 0.5}};
  for (int k = 0; k < 60; ++k) {
    const std::vector<double> gradient = {2 * (slow.p[0] - 3), 20 * (slow.p[1] - 1),
                                          0.2 * (slow.p[2] + 1)};
    const double norm = fast.step(options, k);
    EXPECT_NEAR(norm, std::hypot(gradient[0], gradient[1], gradient[2]), 1e-9 * (1 + norm));
    slow.step(gradient, options, k);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(fast.at("p")[i], slow.p[i], 1e-10);
      EXPECT_NEAR(fast.at(first_moment_name("p"))[i], slow.m[i], 1e-10);
      EXPECT_NEAR(fast.at(second_moment_name("p"))[i], slow.v[i], 1e-8);
      EXPECT_NEAR(fast.at(ema_name("p"))[i], slow.ema[i], 1e-10);
    }
  }
}

TEST(AdamW, FollowsTheAlgorithmStepByStep) {
  compare({.learning_rate = {.peak = 0.05}, .clip = 0, .ema = 0.9});
}

TEST(AdamW, ClipsDecaysAndWarmsUpAsWritten) {
  compare({.learning_rate =
               {.shape = LearningRateShape::kCosine, .peak = 0.1, .warmup = 7, .steps = 50},
           .beta1 = 0.8,
           .beta2 = 0.95,
           .epsilon = 1e-6,
           .weight_decay = 0.1,
           .clip = 0.5,
           .ema = 0.99});
}

TEST(AdamW, FirstStepMovesEveryParameterByTheRate) {
  Quadratic quadratic;
  quadratic.step({.learning_rate = {.peak = 0.01}, .epsilon = 1e-12}, 0);
  EXPECT_NEAR(quadratic.at("p")[0], 1.01, 1e-9);
  EXPECT_NEAR(quadratic.at("p")[1], -1.99, 1e-9);
  EXPECT_NEAR(quadratic.at("p")[2], 0.49, 1e-9);
}

}  // namespace
}  // namespace pathflow::nn
