#include "pathflow/tensor/shape.hpp"

#include "pathflow/base/error.hpp"

namespace pathflow::tensor {

Shape::Shape(std::initializer_list<std::int64_t> extents) {
  for (std::int64_t extent : extents) append(extent);
}

void Shape::append(std::int64_t extent) {
  if (rank_ == kMaxRank) {
    throw_error(ErrorCode::kShape, "Shape",
                {"rank must be at most 4, got an extent beyond ", to_text()});
  }
  if (extent < 1) {
    throw_error(ErrorCode::kShape, "Shape", {"every extent must be at least 1, got ", extent});
  }
  extents_[rank_++] = extent;
}

std::int64_t Shape::size() const {
  std::int64_t product = 1;
  for (int axis = 0; axis < rank_; ++axis) product *= extents_[axis];
  return product;
}

std::string Shape::to_text() const {
  std::string text = "[";
  for (int axis = 0; axis < rank_; ++axis) {
    pathflow::append(text, {(axis > 0 ? ", " : ""), extents_[axis]});
  }
  return text += "]";
}

}  // namespace pathflow::tensor
