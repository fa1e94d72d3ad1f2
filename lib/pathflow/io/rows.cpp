#include "pathflow/io/rows.hpp"

#include <algorithm>

namespace pathflow::io {
namespace {

class MemoryRows final : public Rows {
 public:
  explicit MemoryRows(tensor::Points points) : points_(std::move(points)) {}
  std::size_t size() const override { return points_.shape(0); }
  std::size_t dimension() const override { return points_.shape(1); }

  void read(std::size_t first, std::size_t count, std::span<float> out) const override {
    std::copy_n(points_.data() + first * dimension(), count * dimension(), out.data());
  }
  double sum_of_squares() const override {
    double sum = 0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const double value = points_.data()[i];
      sum += value * value;
    }
    return sum;
  }

 private:
  tensor::Points points_;
};

}  // namespace

std::shared_ptr<const Rows> rows_in_memory(tensor::Points points) {
  return std::make_shared<MemoryRows>(std::move(points));
}

tensor::Points all_rows(const Rows& rows) {
  tensor::Points points = tensor::Points::from_shape({rows.size(), rows.dimension()});
  rows.read(0, rows.size(), {points.data(), points.size()});
  return points;
}

}  // namespace pathflow::io
