// moons, spirals, rings, swissroll and scurve: smooth curves blurred by a little Gaussian noise.

#include <algorithm>
#include <array>
#include <cmath>

#include "pathflow/data/planar.hpp"

namespace pathflow::data {
namespace {

constexpr double kPi = 3.141592653589793238;

// How u ~ U(0, 1) becomes the place s along an arm.
enum class Along {
  kEven,  // s = u
  kRoot,  // s = sqrt(u), density 2s: about even in length on a spiral that starts at its centre
};

struct CurveShape {
  const char* name;
  int arms;
  double speed;  // upper bound of |d at / ds|, for the quadrature
  double noise;  // standard deviation s of the noise in each coordinate
  Along along;
  Point (*at)(int arm, double s);  // s in [0, 1]
};

// x = curve_k(s) + noise z, arm k uniform. Elements 0, 1: z; 2: u; 3: k.
//
// Density: p(x) = mean_k int N(x; curve_k(s), noise^2 I) dP(s), by 8-point Gauss-Legendre on pieces
// no longer than twice the noise.
// Accuracy: log p to 1e-9 (1 + |log p|) within five noises of a curve, to 1e-6 |log p| anywhere
// (tests/unit/data/density_test.cpp).
class Curve : public Planar {
 public:
  explicit Curve(const CurveShape& shape)
      : Planar(shape.name, shape.arms > 1 ? shape.arms : 0), shape_(shape) {
    const int pieces = static_cast<int>(std::ceil(shape.speed / (2 * shape.noise)));
    for (int arm = 0; arm < shape.arms; ++arm) {
      for (int piece = 0; piece < pieces; ++piece) add_piece(arm, piece, 1.0 / pieces);
    }
  }

 protected:
  int label(const Row& row) const override { return row.index(3, shape_.arms); }
  Point point(const Row& row) const override {
    const double u = row.uniform(2);
    const double s = shape_.along == Along::kRoot ? std::sqrt(u) : u;
    return shape_.at(label(row), s) + shape_.noise * row.normals(0);
  }
  // Relative to the nearest node, so that no distance underflows; terms below e^-40 of the nearest
  // are lost in rounding and skipped.
  double log_density_at(Point x) const override {
    const double scale = 0.5 / (shape_.noise * shape_.noise);
    double nearest = HUGE_VAL;
    for (const Node& node : nodes_) {
      nearest = std::min(nearest, dot(x - node.place, x - node.place));
    }
    double sum = 0;
    for (const Node& node : nodes_) {
      const double beyond = scale * (dot(x - node.place, x - node.place) - nearest);
      if (beyond < 40) sum += node.weight * std::exp(-beyond);
    }
    return std::log(sum * scale / kPi) - scale * nearest;
  }

 private:
  struct Node {
    Point place;
    double weight;
  };
  void add_piece(int arm, int piece, double width) {
    constexpr std::array<double, 4> kNode = {0.1834346424956498, 0.5255324099163290,
                                             0.7966664774136267, 0.9602898564975363};
    constexpr std::array<double, 4> kWeight = {0.3626837833783620, 0.3137066458778873,
                                               0.2223810344533745, 0.1012285362903763};
    for (std::size_t i = 0; i < kNode.size(); ++i) {
      for (const double side : {-1.0, 1.0}) {
        const double s = (piece + 0.5 + 0.5 * side * kNode[i]) * width;
        const double law = shape_.along == Along::kRoot ? 2 * s : 1;
        nodes_.push_back({shape_.at(arm, s), 0.5 * kWeight[i] * width * law / shape_.arms});
      }
    }
  }

  CurveShape shape_;
  std::vector<Node> nodes_;
};

// Two interleaved half circles of radius 2.4: k = 0 above, 2.4 (cos a - 1/2, sin a - 1/4); k = 1
// below, 2.4 (1/2 - cos a, 1/4 - sin a); a = pi s. The noise is 0.05 of the radius.
Point moon(int k, double s) {
  const Point c = on_circle(s / 2);
  const double side = k == 0 ? 1 : -1;
  return 2.4 * side * Point{c.x - 0.5, c.y - 0.25};
}

// r = 0.4 + 3.2 s at 1/2 k + 1.5 s turns.
Point spiral(int k, double s) { return (0.4 + 3.2 * s) * on_circle(0.5 * k + 1.5 * s); }

// Radii 1.2, 2.3 and 3.4, each with a third of the points.
Point ring(int k, double s) { return (1.2 + 1.1 * k) * on_circle(s); }

// r = 3.8 a / 2.25 at a turns, a = 0.75 + 1.5 s: the usual roll, seen along its axis.
Point roll(int, double s) {
  const double a = 0.75 + 1.5 * s;
  return (3.8 / 2.25 * a) * on_circle(a);
}

// 1.7 (sin a, sign(a) (cos a - 1)), a = 3 pi (s - 1/2): three quarters of a circle each way.
Point s_curve(int, double s) {
  const double turns = 1.5 * (s - 0.5);
  const Point c = on_circle(turns);
  return 1.7 * Point{c.y, turns < 0 ? 1 - c.x : c.x - 1};
}

DatasetPointer make(const CurveShape& shape) { return std::make_shared<Curve>(shape); }

}  // namespace

DatasetPointer make_moons() { return make({"moons", 2, 7.6, 0.12, Along::kEven, moon}); }
DatasetPointer make_spirals() { return make({"spirals", 2, 34.1, 0.1, Along::kRoot, spiral}); }
DatasetPointer make_rings() { return make({"rings", 3, 21.4, 0.1, Along::kEven, ring}); }
DatasetPointer make_swissroll() { return make({"swissroll", 1, 36.0, 0.1, Along::kEven, roll}); }
DatasetPointer make_scurve() { return make({"scurve", 1, 16.1, 0.1, Along::kEven, s_curve}); }

}  // namespace pathflow::data
