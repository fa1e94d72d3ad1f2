// The fused optimizer against a slow loop written from the paper, and against its definition.
#include <cmath>

#include "device_training.hpp"

namespace pathflow::graph::testing {
namespace {

struct Hyper {
  double lr = 1e-2, beta1 = 0.9, beta2 = 0.99, eps = 1e-8, decay = 0.1, clip = 0, ema = 0.95;
};

/// One tensor set, stepped one number at a time.
struct SlowAdamW {
  std::vector<Numbers> p, m, v, e;

  double step(const std::vector<Numbers>& gradients, const Hyper& h, int t) {
    double squares = 0;
    for (const Numbers& g : gradients) squares += dot(g, g);
    const double norm = std::sqrt(squares);
    const double scale = h.clip > 0 && norm > h.clip ? h.clip / norm : 1;
    for (std::size_t k = 0; k < p.size(); ++k) {
      for (std::size_t i = 0; i < p[k].size(); ++i) {
        const double g = gradients[k][i] * scale;
        m[k][i] = h.beta1 * m[k][i] + (1 - h.beta1) * g;
        v[k][i] = h.beta2 * v[k][i] + (1 - h.beta2) * g * g;
        const double first = m[k][i] / (1 - std::pow(h.beta1, t));
        const double second = v[k][i] / (1 - std::pow(h.beta2, t));
        p[k][i] -= h.lr * (first / (std::sqrt(second) + h.eps) + h.decay * p[k][i]);
        e[k][i] = h.ema * e[k][i] + (1 - h.ema) * p[k][i];
      }
    }
    return norm;
  }
};

const std::vector<Shape> kShapes = {{7, 3}, {3}, {41}};

struct Optimizer {
  Graph graph;
  std::vector<AdamWTensors> tensors;
  AdamWScalars scalars;
  CompileSpec spec;

  /// Tensors are states if `in_place`, else inputs with results beside them.
  explicit Optimizer(bool in_place) {
    const auto scalar = [&](const char* name) { return input(graph, name, {}); };
    scalars = {scalar("lr"),   scalar("beta1"), scalar("beta2"), scalar("eps"), scalar("decay"),
               scalar("clip"), scalar("ema"),   scalar("c1"),    scalar("c2")};
    for (std::size_t k = 0; k < kShapes.size(); ++k) {
      const auto leaf = [&](const char* kind) {
        const std::string name = kind + std::to_string(k);
        return in_place ? state(graph, name, kShapes[k]) : input(graph, name, kShapes[k]);
      };
      const Value gradient = input(graph, "g" + std::to_string(k), kShapes[k]);
      // The middle tensor keeps no average.
      tensors.push_back({leaf("p"), gradient, leaf("m"), leaf("v"), k == 1 ? Value{} : leaf("e")});
    }
  }
};

void set_scalars(Plan<double>& plan, const Hyper& h, int t) {
  const std::pair<const char*, double> values[] = {{"lr", h.lr},
                                                   {"beta1", h.beta1},
                                                   {"beta2", h.beta2},
                                                   {"eps", h.eps},
                                                   {"decay", h.decay},
                                                   {"clip", h.clip},
                                                   {"ema", h.ema},
                                                   {"c1", 1 - std::pow(h.beta1, t)},
                                                   {"c2", 1 - std::pow(h.beta2, t)}};
  for (const auto& [name, value] : values) plan.input(name)[0] = value;
}

TEST(AdamW, FollowsASlowLoop) {
  for (const double clip : {0.0, 0.3, 1e9}) {
    Optimizer o(true);
    const AdamWResult result = adamw(o.tensors, o.scalars);
    o.spec.outputs = {{"norm", result.gradient_norm}};
    StateStore<double> states;
    SlowAdamW slow;
    for (std::size_t k = 0; k < kShapes.size(); ++k) {
      const AdamWTensors &old = o.tensors[k], &next = result.updated[k];
      o.spec.updates.insert(o.spec.updates.end(), {{old.parameter, next.parameter},
                                                   {old.first_moment, next.first_moment},
                                                   {old.second_moment, next.second_moment}});
      if (old.ema) o.spec.updates.emplace_back(old.ema, next.ema);
      EXPECT_EQ(static_cast<bool>(next.ema), static_cast<bool>(old.ema));
      const Numbers start = uniform_numbers(3, k, kShapes[k].size());
      fill(states.get("p" + std::to_string(k), kShapes[k]), start);
      if (old.ema) fill(states.get("e" + std::to_string(k), kShapes[k]), start);
      slow.p.push_back(start);
      slow.e.push_back(start);
      slow.m.emplace_back(start.size(), 0.0);
      slow.v.emplace_back(start.size(), 0.0);
    }
    auto plan = compile<double>(o.spec, states, cpu::device());
    EXPECT_EQ(plan.stats().ops, 1u) << plan.describe();  // everything in place
    const Hyper h{.clip = clip};
    for (int t = 1; t <= 6; ++t) {
      std::vector<Numbers> gradients;
      for (std::size_t k = 0; k < kShapes.size(); ++k) {
        gradients.push_back(
            uniform_numbers(10 + static_cast<std::uint64_t>(t), k, kShapes[k].size()));
        fill(plan.input("g" + std::to_string(k)), gradients.back());
      }
      set_scalars(plan, h, t);
      plan.run();
      EXPECT_NEAR(plan.scalar("norm"), slow.step(gradients, h, t), 1e-13);
      for (std::size_t k = 0; k < kShapes.size(); ++k) {
        const std::string id = std::to_string(k);
        expect_close(read<double>(states.at("p" + id)), slow.p[k], 1e-13, "parameter");
        expect_close(read<double>(states.at("m" + id)), slow.m[k], 1e-13, "first moment");
        expect_close(read<double>(states.at("v" + id)), slow.v[k], 1e-13, "second moment");
        if (k != 1) expect_close(read<double>(states.at("e" + id)), slow.e[k], 1e-13, "ema");
      }
    }
  }
}

TEST(AdamW, IsItsDefinition) {
  for (const double clip : {0.0, 0.3, 1e9}) {
    Optimizer o(false);
    const AdamWResult result = adamw(o.tensors, o.scalars);
    const Node& node = node_of(result.gradient_norm);
    const std::vector<Value> defined = node.op->define(node.attributes, node.inputs);
    std::vector<Value> values;
    for (std::size_t i = 0; i < defined.size(); ++i) {
      values.push_back({&o.graph, result.gradient_norm.node, static_cast<std::int32_t>(i)});
    }
    const std::size_t count = values.size();
    values.insert(values.end(), defined.begin(), defined.end());
    std::map<std::string, Numbers> in = {{"lr", {0.02}},  {"beta1", {0.8}}, {"beta2", {0.9}},
                                         {"eps", {1e-6}}, {"decay", {0.2}}, {"clip", {clip}},
                                         {"ema", {0.7}},  {"c1", {0.36}},   {"c2", {0.19}}};
    for (std::size_t k = 0; k < kShapes.size(); ++k) {
      for (const char* kind : {"p", "g", "m", "e"}) {
        in[kind + std::to_string(k)] = uniform_numbers(7 + k, in.size(), kShapes[k].size());
      }
      in["v" + std::to_string(k)] = uniform_numbers(9, k, kShapes[k].size(), 0.1, 1);
    }
    in.erase("e1");
    const auto got = evaluate(values, in);
    for (std::size_t i = 0; i < count; ++i) {
      expect_close(got[i], got[count + i], 1e-13, "output " + std::to_string(i));
    }
  }
}

TEST(AdamW, TrainsThroughTheWholeStep) {
  const TrainingStep step({2, 16, 1}, 32);
  StateStore<float> states;
  step.initialize(states, 2);
  auto plan = compile<float>(step.spec, states, cpu::device());
  double first = 0;
  for (int t = 1; t <= 300; ++t) {
    step.set_inputs(plan, 1, t);
    const std::span<float> x = plan.input("x"), target = plan.input("target");
    for (std::size_t i = 0; i < target.size(); ++i) target[i] = x[2 * i] - 0.5f * x[2 * i + 1];
    plan.run();
    if (t == 1) first = plan.scalar("loss");
  }
  EXPECT_LT(plan.scalar("loss"), 0.02 * first);
}

}  // namespace
}  // namespace pathflow::graph::testing
