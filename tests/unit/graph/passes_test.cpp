// What simplify() and fuse() make of small graphs. That they keep the meaning is tested where plans
// run, in tests/unit/cpu/device_plan_test.cpp.
#include "pathflow/graph/passes.hpp"

#include <gtest/gtest.h>

#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace {

/// A value as a formula: "add(x, constant 2)".
std::string text_of(Value value) {
  const Node& node = node_of(value);
  if (node.op == &ops::kInput || node.op == &ops::kState) return node.attributes.name;
  std::string text(node.op->name);
  if (node.op == &ops::kConstant)
    return std::to_string(static_cast<int>(node.attributes.values[0]));
  if (node.attributes.transpose_a) text += "^";
  if (node.attributes.transpose_b) text += "'";
  text += "(";
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    text += (i ? ", " : "") + text_of(node.inputs[i]);
  }
  return text + ")" + (value.output ? "." + std::to_string(value.output) : "");
}

class Passes : public ::testing::Test {
 protected:
  std::string simple(Value value) { return text_of(simplify(target_, {value})[0]); }
  Graph g_, target_;
  Value x_ = input(g_, "x", {4, 3}), y_ = input(g_, "y", {4, 3}), s_ = input(g_, "s", {});
};

TEST_F(Passes, FoldConstants) {
  EXPECT_EQ(simple(constant(g_, 2.0) * 3.0 + 4.0), "10");
  EXPECT_EQ(simple(x_ * (square(constant(g_, 3.0)) - 2.0)), "multiply(x, 7)");
  EXPECT_EQ(simple(sum(constant(g_, 2.0, {5, 2}), 0)), "broadcast_to(10)");
  EXPECT_EQ(simple(sum(constant(g_, 2.0, {5, 2}))), "20");
}

TEST_F(Passes, DropIdentities) {
  for (const Value same :
       {x_ * 1.0, 1.0 * x_, x_ + 0.0, 0.0 + x_, x_ - 0.0, x_ / 1.0, -(-x_), detach(x_),
        reshape(reshape(x_, {12}), {4, 3}), transpose(transpose(x_)), slice(x_, 0, 0, 4),
        concat({x_}, 1), pad(x_, 0, 0, 0), x_ * constant(g_, 1.0, {4, 3})}) {
    EXPECT_EQ(simple(same), "x");
  }
}

TEST_F(Passes, KeepTheShapeOfAnIdentity) {
  EXPECT_EQ(simple(s_ * constant(g_, 1.0, {2, 2})), "broadcast_to(s)");
}

TEST_F(Passes, GatherFactorsAndSigns) {
  EXPECT_EQ(simple(x_ * 2.0 * 3.0), "multiply(x, 6)");
  EXPECT_EQ(simple(-(x_ * 2.0)), "multiply(x, -2)");
  EXPECT_EQ(simple(-x_ * 2.0), "multiply(x, -2)");
  EXPECT_EQ(simple(x_ * -1.0), "negate(x)");
  EXPECT_EQ(simple(x_ + -y_), "subtract(x, y)");
  EXPECT_EQ(simple(-x_ + y_), "subtract(y, x)");
  EXPECT_EQ(simple(x_ - -y_), "add(x, y)");
  EXPECT_EQ(simple(-(x_ - y_)), "subtract(y, x)");
  EXPECT_EQ(simple(-x_ * -y_), "multiply(x, y)");
  EXPECT_EQ(simple(0.0 - x_), "negate(x)");
}

TEST_F(Passes, BroadcastLate) {
  EXPECT_EQ(simple(broadcast_to(s_, {4, 3}) * x_), "multiply(s, x)");
  EXPECT_EQ(simple(exp(broadcast_to(s_, {4, 3}))), "broadcast_to(exp(s))");
  EXPECT_EQ(simple(broadcast_to(s_, {2, 2}) + broadcast_to(s_, {2, 2})), "broadcast_to(add(s, s))");
  EXPECT_EQ(simple(broadcast_to(broadcast_to(s_, {3}), {4, 3})), "broadcast_to(s)");
  EXPECT_EQ(simple(transpose(broadcast_to(s_, {4, 3}))), "broadcast_to(s)");
}

TEST_F(Passes, TurnTransposesIntoFlags) {
  EXPECT_EQ(simple(matmul(transpose(x_), y_)), "matmul^(x, y)");
  EXPECT_EQ(simple(matmul(x_, transpose(y_))), "matmul'(x, y)");
  EXPECT_EQ(simple(matmul(transpose(x_), y_, true, true)), "matmul'(x, y)");
}

TEST_F(Passes, ShareCommonSubexpressions) {
  const std::vector<Value> roots = simplify(target_, {exp(x_ + y_), exp(x_ + y_) * 2.0});
  EXPECT_EQ(node_of(roots[1]).inputs[0], roots[0]);
}

TEST_F(Passes, DropDeadCode) {
  exp(x_);
  copy_reachable(target_, {x_ + y_});
  EXPECT_EQ(target_.size(), 3);
}

TEST_F(Passes, FuseLinearLayers) {
  const Value w = state(g_, "w", {3, 5}), b = state(g_, "b", {5});
  const Value h = linear(x_, w, b, Activation::kGelu);
  EXPECT_EQ(text_of(fuse(target_, {h})[0]), "fused_linear(x, w, b)");
  EXPECT_EQ(node_of(fuse(target_, {h})[0]).shapes.size(), 1u);
}

TEST_F(Passes, FuseKeepsThePreActivationForTheBackward) {
  const Value w = state(g_, "w", {3, 5}), b = state(g_, "b", {5}), u = state(g_, "u", {5, 3});
  const Value pre = matmul(x_, w) + b, h = activate(pre, Activation::kSilu);
  const Value back = matmul(y_, u, false, true) * activation_grad(pre, Activation::kSilu);
  const std::vector<Value> roots = fuse(target_, {h, back});
  EXPECT_EQ(text_of(roots[0]), "fused_linear(x, w, b)");
  EXPECT_EQ(text_of(roots[1]), "matmul_grad'(y, u, fused_linear(x, w, b).1)");
  EXPECT_EQ(node_of(roots[0]).shapes.size(), 2u);
}

TEST_F(Passes, FuseLeavesProductsThatOthersRead) {
  const Value w = state(g_, "w", {3, 5}), b = state(g_, "b", {5});
  const Value product = matmul(x_, w);
  EXPECT_EQ(text_of(fuse(target_, {product + b, product})[0]), "add(matmul(x, w), b)");
}

TEST_F(Passes, FuseTakesOneProductOfASumOfTwo) {
  // Named one by one: the order in which a call's arguments are recorded is the compiler's choice.
  const Value a = input(g_, "a", {1, 4}), w = state(g_, "w", {4, 5});
  const Value first = matmul(a, w), second = matmul(exp(a), w);
  EXPECT_EQ(text_of(fuse(target_, {first + second})[0]), "fused_linear(a, w, matmul(exp(a), w))");
  const Value left = matmul(x_, y_, true), right = matmul(y_, x_, true);
  EXPECT_EQ(text_of(fuse(target_, {left + right})[0]), "add(matmul^(x, y), matmul^(y, x))");
}

}  // namespace
}  // namespace pathflow::graph
