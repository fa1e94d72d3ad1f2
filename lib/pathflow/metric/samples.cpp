#include "pathflow/metric/samples.hpp"

#include <algorithm>
#include <string>

#include "pathflow/base/error.hpp"

namespace pathflow::metric {
namespace {

void check_sample(std::string_view where, std::string_view name, const Points& points) {
  if (points.shape(0) == 0 || points.shape(1) == 0) {
    throw_error(ErrorCode::kShape, where,
                {name, " must have at least one row and column, got [", points.shape(0), ", ",
                 points.shape(1), "]"});
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    const float value = points.data()[i];
    if (!std::isfinite(value)) {
      check_finite(where, message({name, " row ", i / points.shape(1)}),
                   static_cast<double>(value));
    }
  }
}

}  // namespace

void check_samples(std::string_view where, const Points& x, const Points& y) {
  check_sample(where, "x", x);
  check_sample(where, "y", y);
  check_size(where, "a row of y", y.shape(1), x.shape(1));
}

Columns::Columns(const Points& points)
    : size_(points.shape(0)),
      dimension_(points.shape(1)),
      stride_((size_ + kBlock - 1) / kBlock * kBlock),
      values_(stride_ * dimension_, 0.0f) {
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t axis = 0; axis < dimension_; ++axis) {
      values_[axis * stride_ + i] = points.data()[i * dimension_ + axis];
    }
  }
}

}  // namespace pathflow::metric
