// checkerboard: the dark squares of a 4 x 4 board.

#include <cmath>

#include "pathflow/data/planar.hpp"

namespace pathflow::data {
namespace {

// x uniform on the eight squares [2i - 4, 2i - 2] x [2j - 4, 2j - 2] with i + j even, i, j in 0..3:
// density 1/32 on them. Elements 0, 1: place within the square; 2: which square.
class Checkerboard : public Planar {
 public:
  Checkerboard() : Planar("checkerboard") {}

 protected:
  Point point(const Row& row) const override {
    const int square = row.index(2, 8);
    const int j = square / 2, i = 2 * (square % 2) + j % 2;
    return {2 * (i + row.uniform(0)) - 4, 2 * (j + row.uniform(1)) - 4};
  }
  double log_density_at(Point x) const override {
    const double i = std::floor(x.x / 2 + 2), j = std::floor(x.y / 2 + 2);
    const bool inside = i >= 0 && i < 4 && j >= 0 && j < 4;
    return inside && static_cast<int>(i + j) % 2 == 0 ? -std::log(32.0) : -HUGE_VAL;
  }
};

}  // namespace

DatasetPointer make_checkerboard() { return std::make_shared<Checkerboard>(); }

}  // namespace pathflow::data
