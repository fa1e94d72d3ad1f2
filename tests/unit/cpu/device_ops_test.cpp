// Every op: first and second derivatives against central finite differences in double.
//
// With f's value and h = 6e-6 max(1, |x|), the central difference's error is about
// h^2 f'''/6 + 2^-53 |f| / h, some 1e-10 of the scale of the numbers involved. The bound, relative
// to max(1, largest number compared), is kTolerance.
#include <cctype>
#include <cmath>
#include <functional>

#include "device_support.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph::testing {
namespace {

constexpr double kTolerance = 2e-8;

struct OpCase {
  std::string name;  ///< the op's, then what is special
  std::vector<Shape> shapes;
  std::function<Value(const std::vector<Value>&)> f;
  double low = -2, high = 2;
};

void PrintTo(const OpCase& op, std::ostream* out) { *out << op.name; }

using Args = std::vector<Value>;
using Unary = Value (*)(Value);

OpCase unary_case(std::string name, Unary f, double low = -2, double high = 2) {
  return {std::move(name), {{3, 5}}, [f](const Args& x) { return f(x[0]); }, low, high};
}

OpCase activation_case(Activation a, bool grad, double low = -3, double high = 3) {
  std::string name(activation_name(a));
  return {name + (grad ? "_grad" : ""),
          {{4, 3}},
          [=](const Args& x) { return grad ? activation_grad(x[0], a) : activate(x[0], a); },
          low,
          high};
}

std::vector<OpCase> binary_cases() {
  std::vector<OpCase> cases;
  const std::vector<std::pair<std::string, std::vector<Shape>>> shapes = {
      {"same", {{3, 4}, {3, 4}}},
      {"row", {{3, 4}, {4}}},
      {"column", {{3, 1}, {3, 4}}},
      {"scalar", {{}, {3, 4}}},
      {"crossed", {{4, 1, 3}, {1, 5, 3}}},
      {"outer", {{5, 1}, {1, 3}}},
      {"alternating", {{2, 1, 3, 1}, {3, 1, 4}}},
      {"one", {{1}, {1, 1}}},
      {"scattered", {{2, 1, 2, 1}, {1, 3, 1, 2}}}};
  for (const auto& [name, pair] : shapes) {
    cases.push_back({"add " + name, pair, [](const Args& x) { return x[0] + x[1]; }});
    cases.push_back({"subtract " + name, pair, [](const Args& x) { return x[0] - x[1]; }});
    cases.push_back({"multiply " + name, pair, [](const Args& x) { return x[0] * x[1]; }});
    cases.push_back({"divide " + name, pair, [](const Args& x) { return x[0] / x[1]; }, 0.5, 2});
    cases.push_back(
        {"invert " + name, pair, [](const Args& x) { return x[0] - 2.0 / x[1]; }, 0.5, 2});
  }
  return cases;
}

std::vector<OpCase> matmul_cases() {
  std::vector<OpCase> cases;
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const Shape a = ta ? Shape{3, 5} : Shape{5, 3}, b = tb ? Shape{4, 3} : Shape{3, 4};
      cases.push_back({"matmul " + std::to_string(ta) + std::to_string(tb),
                       {a, b},
                       [=](const Args& x) { return matmul(x[0], x[1], ta, tb); }});
    }
  }
  return cases;
}

/// Indices 2, 0, 2, 1, ... as a constant.
Value some_indices(Graph& graph, std::int64_t count, int rows) {
  Numbers indices;
  for (std::int64_t i = 0; i < count; ++i)
    indices.push_back(static_cast<double>((2 + i * i) % rows));
  return constant(graph, indices, {count});
}

std::vector<OpCase> shape_cases() {
  return {
      {"reshape",
       {{3, 4}},
       [](const Args& x) {
         return reshape(x[0], {2, 6});
       }},
      {"transpose", {{3, 4}}, [](const Args& x) { return transpose(x[0]); }},
      {"broadcast_to",
       {{3, 1}},
       [](const Args& x) {
         return broadcast_to(x[0], {2, 3, 4});
       }},
      {"broadcast_to scalar",
       {{}},
       [](const Args& x) {
         return broadcast_to(x[0], {3, 2});
       }},
      {"concat 0", {{2, 3}, {1, 3}, {4, 3}}, [](const Args& x) { return concat(x, 0); }},
      {"concat -1", {{2, 3}, {2, 1}}, [](const Args& x) { return concat(x, -1); }},
      {"concat middle", {{2, 3, 2}, {2, 1, 2}}, [](const Args& x) { return concat(x, 1); }},
      {"concat twice",
       {{2, 3}},
       [](const Args& x) {
         return concat({x[0], x[0]}, 1);
       }},
      {"slice 0", {{5, 3}}, [](const Args& x) { return slice(x[0], 0, 1, 4); }},
      {"slice 1", {{5, 3}}, [](const Args& x) { return slice(x[0], 1, 2, 3); }},
      {"slice middle", {{2, 4, 3}}, [](const Args& x) { return slice(x[0], 1, 1, 3); }},
      {"slice aligned", {{4, 8}}, [](const Args& x) { return slice(x[0], 0, 1, 3); }},
      {"pad 0", {{2, 3}}, [](const Args& x) { return pad(x[0], 0, 1, 2); }},
      {"pad 1", {{2, 3}}, [](const Args& x) { return pad(x[0], 1, 2, 0); }},
      {"sum 0", {{4, 3}}, [](const Args& x) { return sum(x[0], 0); }},
      {"sum 1", {{4, 3}}, [](const Args& x) { return sum(x[0], 1); }},
      {"sum keep", {{2, 4, 3}}, [](const Args& x) { return sum(x[0], 1, true); }},
      {"sum all", {{2, 4, 3}}, [](const Args& x) { return sum(x[0]); }},
      {"sum one", {{1, 3}}, [](const Args& x) { return sum(x[0], 0); }},
      {"mean", {{2, 5}}, [](const Args& x) { return mean(x[0]); }},
      {"sum_to",
       {{2, 3, 4}},
       [](const Args& x) {
         return sum_to(x[0], {3, 1});
       }},
      {"copy", {{2, 3}}, [](const Args& x) { return record_one(ops::kCopy, {x[0]}); }},
      {"gather_rows",
       {{3, 4}},
       [](const Args& x) { return gather_rows(x[0], some_indices(*x[0].graph, 6, 3)); }},
      {"scatter_add_rows",
       {{6, 2}},
       [](const Args& x) { return scatter_add_rows(x[0], some_indices(*x[0].graph, 6, 3), 4); }},
  };
}

std::vector<OpCase> composed_cases() {
  std::vector<OpCase> cases;
  for (int a = 0; a < 6; ++a) {
    const auto activation = static_cast<Activation>(a);
    cases.push_back({"linear " + std::string(activation_name(activation)),
                     {{3, 2}, {2, 4}, {4}},
                     [=](const Args& x) { return linear(x[0], x[1], x[2], activation); }});
  }
  cases.push_back({"linear two layers", {{3, 2}, {2, 4}, {4}, {4, 2}, {2}}, [](const Args& x) {
                     return linear(linear(x[0], x[1], x[2], Activation::kSilu), x[3], x[4]);
                   }});
  cases.push_back({"reused value", {{3, 3}}, [](const Args& x) {
                     return matmul(x[0], x[0], true) * x[0] + square(x[0]);
                   }});
  return cases;
}

/// Two random shapes that broadcast: a random result, some axes of either stretched or missing.
std::pair<Shape, Shape> random_broadcast(const Random& random, std::uint64_t step) {
  std::uint64_t draw = 0;
  const auto pick = [&](std::uint64_t n) { return random.index(step, draw++, n); };
  const int rank = static_cast<int>(pick(5));
  const int dropped[2] = {pick(3) == 0 ? 1 : 0, pick(3) == 0 ? 2 : 0};
  Shape shapes[2];
  for (int axis = 0; axis < rank; ++axis) {
    const auto extent = static_cast<std::int64_t>(1 + pick(4));
    const std::uint64_t stretched = pick(4);  // 0: of a, 1: of b, else of neither
    for (std::uint64_t side = 0; side < 2; ++side) {
      if (axis >= dropped[side]) shapes[side].append(stretched == side ? 1 : extent);
    }
  }
  return {shapes[0], shapes[1]};
}

std::vector<OpCase> random_shape_cases() {
  std::vector<OpCase> cases;
  const Random random(2024, Purpose::kUser);
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto [a, b] = random_broadcast(random, i);
    const std::string name = " " + a.to_text() + " and " + b.to_text();
    cases.push_back({"random broadcast" + name, {a, b}, [](const Args& x) {
                       return x[0] * x[1] + (x[0] - x[1]) / (square(x[1]) + 1.0);
                     }});
  }
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto extent = [&](std::uint64_t k) {
      return static_cast<std::int64_t>(1 + random.index(100 + i, k, 9));
    };
    const std::int64_t m = extent(0), k = extent(1), n = extent(2);
    cases.push_back(
        {"random layer " + std::to_string(m) + " " + std::to_string(k) + " " + std::to_string(n),
         {{m, k}, {k, n}, {n}},
         [](const Args& x) { return linear(x[0], x[1], x[2], Activation::kGelu); }});
    cases.push_back({"random sum " + std::to_string(i), {{m, k, n}}, [i](const Args& x) {
                       return square(sum(x[0], static_cast<int>(i % 3), i % 2));
                     }});
  }
  return cases;
}

std::vector<OpCase> all_cases() {
  std::vector<OpCase> cases = {
      {"negate", {{3, 5}}, [](const Args& x) { return -x[0]; }},
      unary_case("exp", exp),
      unary_case("log", log, 0.5, 3),
      unary_case("sqrt", sqrt, 0.5, 3),
      unary_case("sin", sin),
      unary_case("cos", cos),
      unary_case("tanh", tanh),
      unary_case("sigmoid", sigmoid, -4, 4),
      unary_case("erf", erf),
      unary_case("square", square),
      unary_case("reciprocal", reciprocal, 0.5, 2),
  };
  for (const Activation a : {Activation::kSilu, Activation::kGelu, Activation::kTanh}) {
    cases.push_back(activation_case(a, false));
    cases.push_back(activation_case(a, true));
  }
  // Selu and relu have a kink at 0: each side by itself.
  for (const Activation a : {Activation::kSelu, Activation::kRelu}) {
    for (const bool grad : {false, true}) {
      cases.push_back(activation_case(a, grad, 0.1, 3));
      cases.push_back(activation_case(a, grad, -3, -0.1));
    }
  }
  for (const auto& more :
       {binary_cases(), matmul_cases(), shape_cases(), composed_cases(), random_shape_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

/// One case at one seed: inputs, a cotangent u, tangents v and w, and the plan that knows them all.
class Trial {
 public:
  Trial(const OpCase& op, std::uint64_t seed) : op_(op) {
    std::vector<Value> v, w;
    for (std::size_t i = 0; i < op.shapes.size(); ++i) {
      x_.push_back(add("x" + std::to_string(i), op.shapes[i], seed, op.low, op.high));
      v.push_back(add("v" + std::to_string(i), op.shapes[i], seed, -1, 1));
      w.push_back(add("w" + std::to_string(i), op.shapes[i], seed, -1, 1));
    }
    const Value y = op.f(x_);
    const Value u = add("u", y.shape(), seed, -1, 1);
    const std::vector<Value> gradient = vjp({y}, {u}, x_);
    const Value directional = inner(gradient, v);
    spec_.outputs = {{"y", y}, {"jvp", jvp({y}, x_, v)[0]}, {"directional", directional}};
    add_outputs("gradient", gradient);
    add_outputs("second", vjp({directional}, {constant(graph_, 1.0)}, x_));
    // H w by forward over reverse: the Hessian is symmetric, so <w, H v> must be <v, H w>.
    add_outputs("forward", jvp(gradient, x_, w));
    plan_ = std::make_unique<Plan<double>>(compile<double>(spec_, states_, cpu::device()));
  }

  /// Runs with x moved by h along a direction per input.
  void run(const std::vector<Numbers>& direction = {}, double h = 0) {
    for (const auto& [name, numbers] : values_) fill(plan_->input(name), numbers);
    for (std::size_t i = 0; i < direction.size(); ++i) {
      const std::span<double> x = plan_->input("x" + std::to_string(i));
      for (std::size_t k = 0; k < x.size(); ++k) x[k] += h * direction[i][k];
    }
    plan_->run();
  }
  Numbers out(const std::string& name) const { return read(plan_->output(name)); }
  Numbers all(const std::string& name) const {
    Numbers joined;
    for (std::size_t i = 0; i < op_.shapes.size(); ++i) {
      const Numbers part = out(name + std::to_string(i));
      joined.insert(joined.end(), part.begin(), part.end());
    }
    return joined;
  }
  std::vector<Numbers> drawn(const std::string& name) const {
    std::vector<Numbers> list;
    for (std::size_t i = 0; i < op_.shapes.size(); ++i) {
      list.push_back(values_.at(name + std::to_string(i)));
    }
    return list;
  }
  const Numbers& cotangent() const { return values_.at("u"); }

  /// (what(x + h d) - what(x - h d)) / 2 h.
  template <class What>
  Numbers difference(const std::vector<Numbers>& direction, What&& what) {
    constexpr double kStep = 6e-6;
    run(direction, kStep);
    Numbers above = what();
    run(direction, -kStep);
    const Numbers below = what();
    for (std::size_t i = 0; i < above.size(); ++i) above[i] = (above[i] - below[i]) / (2 * kStep);
    return above;
  }

  /// d what / d each element of each input, for a `what` of one number.
  template <class What>
  Numbers difference_gradient(What&& what) {
    std::vector<Numbers> direction = drawn("x");
    for (Numbers& part : direction) std::fill(part.begin(), part.end(), 0.0);
    Numbers result;
    for (Numbers& part : direction) {
      for (double& one : part) {
        one = 1;
        result.push_back(difference(direction, [&] { return Numbers{what()}; })[0]);
        one = 0;
      }
    }
    return result;
  }

 private:
  Value add(const std::string& name, const Shape& shape, std::uint64_t seed, double low,
            double high) {
    values_[name] = uniform_numbers(seed, values_.size(), shape.size(), low, high);
    return input(graph_, name, shape);
  }
  Value inner(const std::vector<Value>& a, const std::vector<Value>& b) {
    Value total = constant(graph_, 0.0);
    for (std::size_t i = 0; i < a.size(); ++i) total = total + sum(a[i] * b[i]);
    return total;
  }
  void add_outputs(const std::string& name, const std::vector<Value>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      spec_.outputs.emplace_back(name + std::to_string(i), values[i]);
    }
  }

  const OpCase& op_;
  Graph graph_;
  std::map<std::string, Numbers> values_;
  std::vector<Value> x_;
  CompileSpec spec_;
  StateStore<double> states_;
  std::unique_ptr<Plan<double>> plan_;
};

Numbers flatten(const std::vector<Numbers>& parts) {
  Numbers joined;
  for (const Numbers& part : parts) joined.insert(joined.end(), part.begin(), part.end());
  return joined;
}

class OpDerivatives : public ::testing::TestWithParam<OpCase> {};

TEST_P(OpDerivatives, MatchFiniteDifferences) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Trial trial(GetParam(), seed);
    trial.run();
    const Numbers y = trial.out("y"), jv = trial.out("jvp"), gradient = trial.all("gradient");
    const Numbers second = trial.all("second"), forward = trial.all("forward");
    const Numbers v = flatten(trial.drawn("v")), w = flatten(trial.drawn("w"));

    EXPECT_NEAR(dot(trial.cotangent(), jv), dot(gradient, v),
                1e-12 * std::max(1.0, largest(gradient) * static_cast<double>(v.size())))
        << "<u, J v> = <J^T u, v>";
    EXPECT_NEAR(dot(w, second), dot(v, forward),
                1e-11 * std::max(1.0, largest(second) * static_cast<double>(v.size())))
        << "the Hessian is symmetric";
    expect_close(gradient,
                 trial.difference_gradient([&] { return dot(trial.cotangent(), trial.out("y")); }),
                 kTolerance, "vjp");
    expect_close(jv, trial.difference(trial.drawn("v"), [&] { return trial.out("y"); }), kTolerance,
                 "jvp");
    expect_close(second, trial.difference_gradient([&] { return trial.out("directional")[0]; }),
                 kTolerance, "vjp of vjp");
    expect_close(forward, trial.difference(trial.drawn("w"), [&] { return trial.all("gradient"); }),
                 kTolerance, "jvp of vjp");
  }
}

/// Names of tests are letters, digits and underscores.
std::string test_name(const ::testing::TestParamInfo<OpCase>& info) {
  std::string name;
  for (char c : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  return name + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(Ops, OpDerivatives, ::testing::ValuesIn(all_cases()), test_name);

TEST(OpTable, EveryDifferentiableOpHasACase) {
  const std::vector<OpCase> cases = all_cases();
  for (const OpDef* op : ops::all()) {
    if (op->vjp == nullptr || op == &ops::kDetach) continue;
    const std::string name(op->name);
    const bool found = std::any_of(cases.begin(), cases.end(), [&](const OpCase& c) {
      return c.name == name || c.name.rfind(name + " ", 0) == 0;
    });
    EXPECT_TRUE(found) << name;
  }
}

TEST(OpTable, CpuRunsEveryOpInFloatAndDouble) {
  for (const OpDef* op : ops::all()) {
    if (op->kind == OpKind::kLeaf || op->kind == OpKind::kView) continue;
    EXPECT_TRUE(cpu::device().supports(*op, Dtype::kFloat32)) << op->name;
    EXPECT_TRUE(cpu::device().supports(*op, Dtype::kFloat64)) << op->name;
  }
}

/// f', f'', f''' of an activation at points, from one graph; each against differences of the one
/// before it.
TEST(HigherDerivatives, OfActivationsToThirdOrder) {
  for (const std::string& name : activation_names()) {
    Graph g;
    const Value x = input(g, "x", {16});
    const Value ones = constant(g, 1.0, {16});
    std::vector<Value> orders = {activate(x, activation_of(name))};
    for (int order = 1; order <= 3; ++order) {
      // Alternate the modes: reverse, forward over reverse, reverse over both.
      const Value f = orders.back();
      orders.push_back(order % 2 ? vjp({f}, {ones}, {x})[0] : jvp({f}, {x}, {ones})[0]);
    }
    Numbers at;
    for (int i = 0; i < 16; ++i) at.push_back(-3.9 + 0.5 * i);  // never within h of the kink
    Numbers above = at, below = at;
    constexpr double kStep = 6e-6;
    for (double& value : above) value += kStep;
    for (double& value : below) value -= kStep;
    const auto here = evaluate(orders, {{"x", at}});
    const auto up = evaluate(orders, {{"x", above}}), down = evaluate(orders, {{"x", below}});
    for (std::size_t order = 1; order <= 3; ++order) {
      Numbers slope(16);
      for (std::size_t i = 0; i < 16; ++i) {
        slope[i] = (up[order - 1][i] - down[order - 1][i]) / (2 * kStep);
      }
      expect_close(here[order], slope, kTolerance, name + " order " + std::to_string(order));
    }
  }
}

/// d^3/dx^3 of a two-layer network's scalar along one direction by three nested jvps, against
/// differences of the second.
TEST(HigherDerivatives, NestedJvpsOfANetwork) {
  Graph g;
  const Value x = input(g, "x", {3, 2}), v = input(g, "v", {3, 2});
  const Value w1 = input(g, "w1", {2, 5}), b1 = input(g, "b1", {5}), w2 = input(g, "w2", {5, 1});
  std::vector<Value> f = {sum(matmul(linear(x, w1, b1, Activation::kSilu), w2))};
  for (int order = 1; order <= 3; ++order) f.push_back(jvp({f.back()}, {x}, {v})[0]);
  std::map<std::string, Numbers> inputs = {{"x", uniform_numbers(5, 0, 6)},
                                           {"v", uniform_numbers(5, 1, 6)},
                                           {"w1", uniform_numbers(5, 2, 10)},
                                           {"b1", uniform_numbers(5, 3, 5)},
                                           {"w2", uniform_numbers(5, 4, 5)}};
  const auto here = evaluate(f, inputs);
  const auto moved = [&](double h) {
    auto shifted = inputs;
    for (std::size_t i = 0; i < 6; ++i) shifted["x"][i] += h * inputs["v"][i];
    return evaluate(f, shifted);
  };
  const auto up = moved(6e-6), down = moved(-6e-6);
  for (std::size_t order = 1; order <= 3; ++order) {
    EXPECT_NEAR(here[order][0], (up[order - 1][0] - down[order - 1][0]) / 1.2e-5, kTolerance);
    EXPECT_NE(here[order][0], 0);
  }
}

TEST(Derivatives, StopAtDetach) {
  Graph g;
  const Value x = input(g, "x", {3});
  const Value y = sum(square(x) * detach(x));
  const auto got =
      evaluate({vjp({y}, {constant(g, 1.0)}, {x})[0], jvp({y}, {x}, {constant(g, 1.0, {3})})[0]},
               {{"x", {1, 2, 3}}});
  EXPECT_EQ(got[0], (Numbers{2, 8, 18}));
  EXPECT_EQ(got[1], (Numbers{28}));
}

TEST(Derivatives, AreZeroWhereNothingDepends) {
  Graph g;
  const Value x = input(g, "x", {2}), y = input(g, "y", {2, 2});
  const auto got = evaluate({vjp({sum(x)}, {constant(g, 1.0)}, {y})[0],
                             jvp({sum(x)}, {y}, {constant(g, 1.0, {2, 2})})[0]},
                            {});
  EXPECT_EQ(got[0], (Numbers{0, 0, 0, 0}));
  EXPECT_EQ(got[1], (Numbers{0}));
}

}  // namespace
}  // namespace pathflow::graph::testing
