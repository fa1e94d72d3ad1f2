// Elementwise ops: one function of one or two numbers, with NumPy broadcasting for two.
#include <cmath>
#include <numbers>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {

std::vector<Shape> unary_infer(std::span<const Shape> inputs, const Attributes&) {
  return {inputs[0]};
}

std::vector<Value> unary_vjp(const Recorded& op, std::span<const Value> cotangents) {
  const OpDef& def = *node_of(op.outputs[0]).op;
  if (def.derivative == nullptr) return {Value{}};
  return {cotangents[0] * def.derivative(op.inputs[0], op.outputs[0])};
}

std::vector<Value> unary_jvp(const Recorded& op, std::span<const Value> tangents) {
  return unary_vjp(op, tangents);  // the Jacobian is diagonal
}

namespace {

std::vector<Value> negate_rule(const Recorded&, std::span<const Value> seeds) {
  return {-seeds[0]};
}

template <const OpDef& Op>
std::vector<Shape> binary_infer(std::span<const Shape> in, const Attributes&) {
  return {broadcast_shape(Op.name, in[0], in[1])};
}

/// The sum of two tangents, either of which may be unset, in the shape of the output.
Value add_tangents(Value a, Value b, const Shape& shape) {
  if (a && b) return a + b;
  Value only = a ? a : b;
  return only ? broadcast_to(only, shape) : only;
}

std::vector<Value> add_vjp(const Recorded& op, std::span<const Value> g) {
  return {sum_to(g[0], op.inputs[0].shape()), sum_to(g[0], op.inputs[1].shape())};
}
std::vector<Value> add_jvp(const Recorded& op, std::span<const Value> t) {
  return {add_tangents(t[0], t[1], op.outputs[0].shape())};
}

std::vector<Value> subtract_vjp(const Recorded& op, std::span<const Value> g) {
  return {sum_to(g[0], op.inputs[0].shape()), -sum_to(g[0], op.inputs[1].shape())};
}
std::vector<Value> subtract_jvp(const Recorded& op, std::span<const Value> t) {
  return {add_tangents(t[0], t[1] ? -t[1] : Value{}, op.outputs[0].shape())};
}

std::vector<Value> multiply_vjp(const Recorded& op, std::span<const Value> g) {
  return {sum_to(g[0] * op.inputs[1], op.inputs[0].shape()),
          sum_to(g[0] * op.inputs[0], op.inputs[1].shape())};
}
std::vector<Value> multiply_jvp(const Recorded& op, std::span<const Value> t) {
  return {add_tangents(t[0] ? t[0] * op.inputs[1] : Value{}, t[1] ? op.inputs[0] * t[1] : Value{},
                       op.outputs[0].shape())};
}

std::vector<Value> divide_vjp(const Recorded& op, std::span<const Value> g) {
  const Value quotient = g[0] / op.inputs[1];
  return {sum_to(quotient, op.inputs[0].shape()),
          -sum_to(quotient * op.outputs[0], op.inputs[1].shape())};
}
std::vector<Value> divide_jvp(const Recorded& op, std::span<const Value> t) {
  const Value a = t[0] ? t[0] / op.inputs[1] : Value{};
  const Value b = t[1] ? -(op.outputs[0] * t[1] / op.inputs[1]) : Value{};
  return {add_tangents(a, b, op.outputs[0].shape())};
}

template <const OpDef& Op>
constexpr OpDef binary(std::string_view name, double (*fold)(double, double),
                       decltype(OpDef::vjp) vjp, decltype(OpDef::jvp) jvp) {
  return {.name = name,
          .kind = OpKind::kBinary,
          .infer = binary_infer<Op>,
          .vjp = vjp,
          .jvp = jvp,
          .fold = fold};
}

}  // namespace

const OpDef kNegate{.name = "negate",
                    .kind = OpKind::kUnary,
                    .infer = unary_infer,
                    .vjp = negate_rule,
                    .jvp = negate_rule,
                    .fold = [](double x, double) { return -x; }};
const OpDef kExp = unary(
    "exp", [](double x, double) { return std::exp(x); }, [](Value, Value y) { return y; });
const OpDef kLog = unary(
    "log", [](double x, double) { return std::log(x); },
    [](Value x, Value) { return reciprocal(x); });
const OpDef kSqrt = unary(
    "sqrt", [](double x, double) { return std::sqrt(x); },
    [](Value, Value y) { return reciprocal(y) * 0.5; });
const OpDef kSin = unary(
    "sin", [](double x, double) { return std::sin(x); }, [](Value x, Value) { return cos(x); });
const OpDef kCos = unary(
    "cos", [](double x, double) { return std::cos(x); }, [](Value x, Value) { return -sin(x); });
const OpDef kTanh = unary(
    "tanh", [](double x, double) { return std::tanh(x); },
    [](Value x, Value) { return activation_grad(x, Activation::kTanh); });
const OpDef kSigmoid = unary(
    "sigmoid", [](double x, double) { return 1 / (1 + std::exp(-x)); },
    [](Value, Value y) { return y * (1.0 - y); });
const OpDef kErf = unary(
    "erf", [](double x, double) { return std::erf(x); },
    [](Value x, Value) { return exp(-square(x)) * (2 * std::numbers::inv_sqrtpi); });
const OpDef kSquare = unary(
    "square", [](double x, double) { return x * x; }, [](Value x, Value) { return x * 2.0; });
const OpDef kReciprocal = unary(
    "reciprocal", [](double x, double) { return 1 / x; },
    [](Value, Value y) { return -square(y); });
const OpDef kDetach = unary(
    "detach", [](double x, double) { return x; }, nullptr);

const OpDef kAdd = binary<kAdd>(
    "add", [](double a, double b) { return a + b; }, add_vjp, add_jvp);
const OpDef kSubtract = binary<kSubtract>(
    "subtract", [](double a, double b) { return a - b; }, subtract_vjp, subtract_jvp);
const OpDef kMultiply = binary<kMultiply>(
    "multiply", [](double a, double b) { return a * b; }, multiply_vjp, multiply_jvp);
const OpDef kDivide = binary<kDivide>(
    "divide", [](double a, double b) { return a / b; }, divide_vjp, divide_jvp);

}  // namespace ops

namespace {

Value like(Value x, double value) {
  if (!x)
    throw_error(ErrorCode::kInvalidArgument, "constant",
                "the other operand must be set, got an unset value");
  return constant(*x.graph, value);
}

}  // namespace

Value operator+(Value a, Value b) { return record_one(ops::kAdd, {a, b}); }
Value operator-(Value a, Value b) { return record_one(ops::kSubtract, {a, b}); }
Value operator*(Value a, Value b) { return record_one(ops::kMultiply, {a, b}); }
Value operator/(Value a, Value b) { return record_one(ops::kDivide, {a, b}); }
Value operator-(Value a) { return record_one(ops::kNegate, {a}); }
Value operator+(Value a, double b) { return a + like(a, b); }
Value operator-(Value a, double b) { return a - like(a, b); }
Value operator*(Value a, double b) { return a * like(a, b); }
Value operator/(Value a, double b) { return a / like(a, b); }
Value operator+(double a, Value b) { return like(b, a) + b; }
Value operator-(double a, Value b) { return like(b, a) - b; }
Value operator*(double a, Value b) { return like(b, a) * b; }
Value operator/(double a, Value b) { return like(b, a) / b; }
Value exp(Value x) { return record_one(ops::kExp, {x}); }
Value log(Value x) { return record_one(ops::kLog, {x}); }
Value sqrt(Value x) { return record_one(ops::kSqrt, {x}); }
Value sin(Value x) { return record_one(ops::kSin, {x}); }
Value cos(Value x) { return record_one(ops::kCos, {x}); }
Value tanh(Value x) { return record_one(ops::kTanh, {x}); }
Value sigmoid(Value x) { return record_one(ops::kSigmoid, {x}); }
Value erf(Value x) { return record_one(ops::kErf, {x}); }
Value square(Value x) { return record_one(ops::kSquare, {x}); }
Value reciprocal(Value x) { return record_one(ops::kReciprocal, {x}); }
Value detach(Value x) { return record_one(ops::kDetach, {x}); }

}  // namespace pathflow::graph
