// gaussian, 8gaussians and pinwheel: sets made of normals.

#include <array>
#include <cmath>
#include <string>

#include "pathflow/data/planar.hpp"

namespace pathflow::data {
namespace {

constexpr double kTwoPi = 6.283185307179586477;

// log N(x; 0, diag(a^2, b^2)).
double log_normal(Point x, double a, double b) {
  const double u = x.x / a, v = x.y / b;
  return -0.5 * (u * u + v * v) - std::log(kTwoPi * a * b);
}

// x = (z1, z2), z ~ N(0, I). Elements 0, 1: z.
class Gaussian : public Planar {
 public:
  Gaussian() : Planar("gaussian") {}

 protected:
  Point point(const Row& row) const override { return row.normals(0); }
  double log_density_at(Point x) const override { return log_normal(x, 1, 1); }
};

// x = R (cos 2 pi k / 8, sin 2 pi k / 8) + s z, R = 2.8, s = 0.3, k uniform on 0..7: the ratio s /
// R of the usual benchmark set, with standard deviation 2.00 in each coordinate. Elements 0, 1: z;
// 2: k. Rows are independent: the counts per component are multinomial.
class EightGaussians : public Planar {
 public:
  EightGaussians() : Planar("8gaussians", 8) {}

 protected:
  static constexpr double kRadius = 2.8, kSpread = 0.3;
  static Point centre(int k) { return kRadius * on_circle(k / 8.0); }
  int label(const Row& row) const override { return row.index(2, 8); }
  Point point(const Row& row) const override {
    return centre(label(row)) + kSpread * row.normals(0);
  }
  double log_density_at(Point x) const override {
    std::array<double, 8> terms;
    for (int k = 0; k < 8; ++k) {
      terms[static_cast<std::size_t>(k)] = log_normal(x - centre(k), kSpread, kSpread);
    }
    return log_sum_exp(terms) - std::log(8.0);
  }
};

// y = (R + a z1, b z2), x = y rotated by k / 5 + w |y| turns, R = 2.2, a = 0.7, b = 0.22, w = 0.11,
// k uniform on 0..4. The twist depends on |y| alone, so it keeps areas and |x| = |y|: the density
// is that of y at x rotated back. Elements 0, 1: z; 2: k.
class Pinwheel : public Planar {
 public:
  Pinwheel() : Planar("pinwheel", kArms) {}

 protected:
  static constexpr int kArms = 5;
  static constexpr double kRadius = 2.2, kRadial = 0.7, kAcross = 0.22, kTwist = 0.11;
  static Point rotated(Point y, double turns) {
    const Point c = on_circle(turns);
    return {c.x * y.x - c.y * y.y, c.y * y.x + c.x * y.y};
  }
  static double turns(int k, double radius) {
    return static_cast<double>(k) / kArms + kTwist * radius;
  }
  int label(const Row& row) const override { return row.index(2, kArms); }
  Point point(const Row& row) const override {
    const Point z = row.normals(0);
    const Point y{kRadius + kRadial * z.x, kAcross * z.y};
    return rotated(y, turns(label(row), length(y)));
  }
  double log_density_at(Point x) const override {
    const double radius = length(x);
    std::array<double, kArms> terms;
    for (int k = 0; k < kArms; ++k) {
      const Point y = rotated(x, -turns(k, radius));
      terms[static_cast<std::size_t>(k)] = log_normal(y - Point{kRadius, 0}, kRadial, kAcross);
    }
    return log_sum_exp(terms) - std::log(static_cast<double>(kArms));
  }
};

}  // namespace

DatasetPointer make_gaussian() { return std::make_shared<Gaussian>(); }
DatasetPointer make_8gaussians() { return std::make_shared<EightGaussians>(); }
DatasetPointer make_pinwheel() { return std::make_shared<Pinwheel>(); }

}  // namespace pathflow::data
