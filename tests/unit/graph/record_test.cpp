// Recording: shapes, names and the errors of every op.
#include <gtest/gtest.h>

#include <functional>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/graph.hpp"
#include "pathflow/graph/op.hpp"

namespace pathflow::graph {
namespace {

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Record, InfersShapes) {
  Graph g;
  const Value x = input(g, "x", {4, 3}), row = input(g, "row", {3}),
              cube = input(g, "c", {2, 4, 3});
  EXPECT_EQ((x + row).shape(), (Shape{4, 3}));
  EXPECT_EQ((cube * x).shape(), (Shape{2, 4, 3}));
  EXPECT_EQ(matmul(x, x, true).shape(), (Shape{3, 3}));
  EXPECT_EQ(matmul(x, x, false, true).shape(), (Shape{4, 4}));
  EXPECT_EQ(transpose(x).shape(), (Shape{3, 4}));
  EXPECT_EQ(sum(cube, 1).shape(), (Shape{2, 3}));
  EXPECT_EQ(sum(cube, -1, true).shape(), (Shape{2, 4, 1}));
  EXPECT_EQ(sum(cube).shape(), Shape{});
  EXPECT_EQ(mean(x).shape(), Shape{});
  EXPECT_EQ(concat({x, x, x}, -1).shape(), (Shape{4, 9}));
  EXPECT_EQ(slice(cube, -2, 1, 3).shape(), (Shape{2, 2, 3}));
  EXPECT_EQ(pad(x, 1, 2, 1).shape(), (Shape{4, 6}));
  EXPECT_EQ(broadcast_to(row, {5, 3}).shape(), (Shape{5, 3}));
  EXPECT_EQ(sum_to(cube, {4, 1}).shape(), (Shape{4, 1}));
  EXPECT_EQ(gather_rows(x, input(g, "i", {7})).shape(), (Shape{7, 3}));
  EXPECT_EQ(linear(x, input(g, "w", {3, 6}), input(g, "b", {6})).shape(), (Shape{4, 6}));
}

TEST(Record, RefusesShapesThatDoNotFit) {
  Graph g;
  const Value x = input(g, "x", {4, 3}), y = input(g, "y", {2, 5}), r = input(g, "r", {4});
  const Value five = input(g, "five", {5});
  const std::pair<std::function<void()>, const char*> cases[] = {
      {[&] { x + y; }, "add: shapes must broadcast, got [4, 3] and [2, 5]"},
      {[&] { x / r; }, "divide: shapes must broadcast, got [4, 3] and [4]"},
      {[&] { matmul(x, y); }, "matmul: inner extents must agree, got [4, 3] x [2, 5]"},
      {[&] { matmul(x, y, true, true); },
       "matmul: inner extents must agree, got [4, 3]^T x [2, 5]^T"},
      {[&] { matmul(x, r); }, "matmul: ranks must be 2, got [4, 3] x [4]"},
      {[&] { linear(x, y, r); },
       "linear: bias must have one element per column of the weight, got [4] for [2, 5]"},
      {[&] { transpose(r); }, "transpose: rank must be 2, got [4]"},
      {[&] { reshape(x, {5}); }, "reshape: sizes must agree, got [4, 3] to [5]"},
      {[&] {
         broadcast_to(x, {4, 4});
       },
       "broadcast_to: shapes must broadcast, got [4, 3] and [4, 4]"},
      {[&] { broadcast_to(x, {3}); },
       "broadcast_to: the result must be [3], got a value of shape [4, 3]"},
      {[&] {
         concat({x, y}, 0);
       },
       "concat: shapes must agree off axis 0, got [4, 3] and [2, 5]"},
      {[&] {
         concat({x, r}, 0);
       },
       "concat: shapes must agree off axis 0, got [4, 3] and [4]"},
      {[&] { slice(x, 1, 2, 4); },
       "slice: range must be non-empty and within axis 1 of [4, 3], got 2 to 4"},
      {[&] { slice(x, 0, 2, 2); },
       "slice: range must be non-empty and within axis 0 of [4, 3], got 2 to 2"},
      {[&] { slice(x, 2, 0, 1); }, "slice: axis must lie within the rank of [4, 3], got 2"},
      {[&] { pad(x, 0, -1, 0); }, "pad: zeros before and after must not be negative, got -1 and 0"},
      {[&] { sum(x, -3); }, "sum: axis must lie within the rank of [4, 3], got -3"},
      {[&] {
         sum_to(x, {2, 3});
       },
       "sum_to: shapes must broadcast, got [4, 3] and [2, 3]"},
      {[&] { gather_rows(r, r); },
       "gather_rows: table must have rank 2 and indices rank 1, got [4] and [4]"},
      {[&] { scatter_add_rows(x, five, 3); },
       "scatter_add_rows: x must be [n, d] and indices [n], got [4, 3] and [5]"},
      {[&] {
         input(g, "bad", {2, 0});
       },
       "Shape: every extent must be at least 1, got 0"},
      {[&] { vjp({x}, {r}, {x}); }, "vjp: cotangents 0 must have shape [4, 3], got [4]"},
      {[&] { jvp({x}, {x}, {r}); }, "jvp: tangents 0 must have shape [4, 3], got [4]"},
  };
  for (const auto& [act, expected] : cases) {
    EXPECT_EQ(message_of(act), expected);
    EXPECT_THROW(act(), ShapeError) << expected;
  }
}

TEST(Record, RefusesOtherMistakes) {
  Graph g, other;
  const Value x = input(g, "x", {2}), y = input(other, "y", {2});
  EXPECT_EQ(message_of([&] { x + y; }),
            "add: input 1 must belong to this graph, got a value of another graph");
  EXPECT_EQ(message_of([&] { x + Value{}; }),
            "add: input 1 must belong to this graph, got an unset value");
  EXPECT_EQ(message_of([&] { exp(Value{}); }), "exp: input 0 must be set, got an unset value");
  EXPECT_EQ(message_of([&] { Value{}.shape(); }),
            "Value::shape: value must be set, got an unset one");
  EXPECT_EQ(message_of([&] { state(g, "x", {2}); }),
            "state: names must be unique in a graph, got \"x\" twice");
  EXPECT_EQ(message_of([&] { input(g, "", {2}); }), "input: name must not be empty, got \"\"");
  EXPECT_EQ(message_of([&] { concat(std::vector<Value>{}, 0); }),
            "concat: values must not be empty, got none");
  EXPECT_EQ(message_of([&] { adamw({}, {}); }), "adamw: tensors must not be empty, got none");
  EXPECT_EQ(message_of([&] { scatter_add_rows(x, x, 0); }),
            "scatter_add_rows: rows must be at least 1, got 0");
  EXPECT_THROW(constant(g, {1, 2, 3}, {2}), ShapeError);
  EXPECT_THROW(activation_of("sillu"), InvalidArgument);
}

TEST(Record, AdamwHasNoDerivative) {
  Graph g;
  const Value p = input(g, "p", {3}), s = input(g, "s", {});
  const AdamWTensors tensor{p, p, p, p, p};
  const AdamWResult result = adamw(std::vector{tensor}, {s, s, s, s, s, s, s, s, s});
  EXPECT_EQ(message_of([&] { vjp({result.gradient_norm}, {s}, {p}); }),
            "vjp: every op on the way must have a derivative, got adamw");
  EXPECT_EQ(message_of([&] { jvp({result.gradient_norm}, {p}, {p}); }),
            "jvp: every op on the way must have a derivative, got adamw");
}

TEST(Record, AdamwChecksShapes) {
  Graph g;
  const Value p = input(g, "p", {3}), q = input(g, "q", {4}), s = input(g, "s", {});
  EXPECT_EQ(message_of([&] {
              adamw(std::vector{AdamWTensors{p, q, p, p, {}}}, {s, s, s, s, s, s, s, s, s});
            }),
            "adamw: the values of tensor 0 must have one shape, got [3] and [4]");
  EXPECT_EQ(message_of([&] {
              adamw(std::vector{AdamWTensors{p, p, p, p, {}}}, {s, p, s, s, s, s, s, s, s});
            }),
            "adamw: scalar 1 must have rank 0, got [3]");
}

TEST(Activations, HaveNamesBothWays) {
  EXPECT_EQ(activation_names().size(), 6u);
  for (const std::string& name : activation_names()) {
    EXPECT_EQ(activation_name(activation_of(name)), name);
  }
}

}  // namespace
}  // namespace pathflow::graph
