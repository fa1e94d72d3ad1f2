// Activations. The first derivative is an op of its own (it has a kernel and fuses into products);
// higher ones are compositions of plain ops, so they exist to any order.
#include <array>
#include <cmath>
#include <numbers>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {
namespace {

// Source: Klambauer et al. 2017, the fixed point (0, 1).
constexpr double kSeluScale = 1.0507009873554804934, kSeluAlpha = 1.6732632423543772848;
constexpr double kInvSqrt2Pi = std::numbers::inv_sqrtpi / std::numbers::sqrt2;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double normal_pdf(double x) { return kInvSqrt2Pi * std::exp(-0.5 * x * x); }

template <Activation A>
Value grad(Value x, Value) {
  return activation_grad(x, A);
}

}  // namespace

const OpDef kSilu = unary(
    "silu", [](double x, double) { return x * logistic(x); }, grad<Activation::kSilu>);
const OpDef kSelu = unary(
    "selu", [](double x, double) { return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x)); },
    grad<Activation::kSelu>);
const OpDef kGelu = unary(
    "gelu", [](double x, double) { return x * normal_cdf(x); }, grad<Activation::kGelu>);
const OpDef kRelu = unary(
    "relu", [](double x, double) { return x > 0 ? x : 0; }, grad<Activation::kRelu>);

// With s = sigmoid(x): silu' = s (1 + x (1 - s)), silu'' = s (1 - s) (2 + x (1 - 2 s)).
const OpDef kSiluGrad = unary(
    "silu_grad", [](double x, double) { return logistic(x) * (1 + x * logistic(-x)); },
    [](Value x, Value) {
      const Value s = sigmoid(x);
      return s * (1.0 - s) * (x * (1.0 - s * 2.0) + 2.0);
    });
// selu'' = scale alpha e^x left of 0, else 0; x - relu(x) = min(x, 0) keeps exp from overflowing.
const OpDef kSeluGrad = unary(
    "selu_grad",
    [](double x, double) { return kSeluScale * (x > 0 ? 1 : kSeluAlpha * std::exp(x)); },
    [](Value x, Value) {
      const Value left = 1.0 - activation_grad(x, Activation::kRelu);
      return left * exp(x - activate(x, Activation::kRelu)) * (kSeluScale * kSeluAlpha);
    });
// gelu' = Phi(x) + x phi(x), gelu'' = phi(x) (2 - x^2).
const OpDef kGeluGrad = unary(
    "gelu_grad", [](double x, double) { return normal_cdf(x) + x * normal_pdf(x); },
    [](Value x, Value) {
      const Value x2 = square(x);
      return exp(x2 * -0.5) * (2.0 - x2) * kInvSqrt2Pi;
    });
// tanh' = 1 - tanh^2, tanh'' = -2 tanh tanh'.
const OpDef kTanhGrad = unary(
    "tanh_grad", [](double x, double) { return 1 - std::tanh(x) * std::tanh(x); },
    [](Value x, Value y) { return tanh(x) * y * -2.0; });
const OpDef kReluGrad = unary(
    "relu_grad", [](double x, double) { return x > 0 ? 1.0 : 0.0; }, nullptr);

namespace {

struct Named {
  std::string_view name;
  const OpDef* op;
  const OpDef* grad;
};
/// In the order of enum Activation.
constexpr std::array<Named, 6> kNamed = {{{"identity", nullptr, nullptr},
                                          {"silu", &kSilu, &kSiluGrad},
                                          {"selu", &kSelu, &kSeluGrad},
                                          {"gelu", &kGelu, &kGeluGrad},
                                          {"tanh", &kTanh, &kTanhGrad},
                                          {"relu", &kRelu, &kReluGrad}}};

const Named& named(Activation activation) {
  return kNamed.at(static_cast<std::size_t>(activation));
}

}  // namespace

const OpDef* activation_op(Activation activation) { return named(activation).op; }
const OpDef* activation_grad_op(Activation activation) { return named(activation).grad; }

}  // namespace ops

Value activate(Value x, Activation activation) {
  const OpDef* op = ops::activation_op(activation);
  return op == nullptr ? x : record_one(*op, {x});
}

Value activation_grad(Value x, Activation activation) {
  const OpDef* op = ops::activation_grad_op(activation);
  return op == nullptr ? constant(*x.graph, 1.0, x.shape()) : record_one(*op, {x});
}

std::string_view activation_name(Activation activation) { return ops::named(activation).name; }

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const ops::Named& row : ops::kNamed) list.emplace_back(row.name);
    return list;
  }();
  return names;
}

Activation activation_of(std::string_view name) {
  for (std::size_t i = 0; i < ops::kNamed.size(); ++i) {
    if (ops::kNamed[i].name == name) return static_cast<Activation>(i);
  }
  throw_unknown_name("activation_of", "activation", name, activation_names());
}

}  // namespace pathflow::graph
