#include "pathflow/tensor/shape.hpp"

#include <gtest/gtest.h>

#include "pathflow/base/error.hpp"

namespace pathflow::tensor {
namespace {

TEST(Shape, KnowsRankExtentsAndSize) {
  const Shape scalar, cube{2, 3, 4};
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.size(), 1);
  EXPECT_EQ(cube.rank(), 3);
  EXPECT_EQ(cube.size(), 24);
  EXPECT_EQ(cube[0], 2);
  EXPECT_EQ(cube[-1], 4);
  EXPECT_EQ(cube[-3], 2);
}

TEST(Shape, ComparesByExtents) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 1}), (Shape{2}));
  Shape built;
  built.append(2);
  built.append(3);
  EXPECT_EQ(built, (Shape{2, 3}));
}

TEST(Shape, ReadsAsText) {
  EXPECT_EQ(Shape{}.to_text(), "[]");
  EXPECT_EQ((Shape{256, 2}).to_text(), "[256, 2]");
}

TEST(Shape, RefusesWhatIsNoShape) {
  EXPECT_THROW((Shape{2, 0}), ShapeError);
  EXPECT_THROW((Shape{-1}), ShapeError);
  EXPECT_THROW((Shape{1, 2, 3, 4, 5}), ShapeError);
}

}  // namespace
}  // namespace pathflow::tensor
