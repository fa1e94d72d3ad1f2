#include <gtest/gtest.h>
#include "pathflow/cpu/device.hpp"
#include "pathflow/graph/plan.hpp"
using namespace pathflow::graph;
TEST(Plan, Slice) {
  Graph g;
  Value x = input(g, "x", {4, 2});
  Value w = state(g, "w", {2, 3});
  Value loss = mean(square(matmul(x, w)));
  Value dw = vjp({loss}, {constant(g, 1.0)}, {w})[0];
  StateStore<double> s;
  auto plan =
      compile<double>({.outputs = {{"loss", loss}, {"dw", dw}}}, s, pathflow::cpu::device());
  for (auto& v : plan.input("x")) v = 1;
  for (auto& v : s.at("w")) v = 0.5;
  plan.run();
  EXPECT_DOUBLE_EQ(plan.scalar("loss"), 1);
}
