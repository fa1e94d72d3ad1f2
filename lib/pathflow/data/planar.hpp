// What all built-in 2-D sets share: rows as pure functions of (seed, row), batches, checks.
#pragma once

#include <span>
#include <string>

#include "pathflow/base/random.hpp"
#include "pathflow/data/distribution.hpp"

namespace pathflow::data {

struct Point {
  double x = 0, y = 0;
};
constexpr Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
constexpr Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
constexpr Point operator*(double s, Point a) { return {s * a.x, s * a.y}; }
constexpr double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
double length(Point a);

/// The point at `turns` of a full turn (any real number) on the unit circle. IEEE operations alone,
/// so that every compiler and WASM draw the same bits.
Point on_circle(double turns);

/// log of the sum of exp(terms), without overflow or underflow.
double log_sum_exp(std::span<const double> terms);

/// The draws of one row: numbered uniforms and normals of Random(seed, Purpose::kDataset) at step =
/// row. Normals and uniforms of one element share bits: a set uses each element once.
class Row {
 public:
  Row(const Random& random, std::uint64_t row) : random_(random), row_(row) {}
  double uniform(std::uint64_t element) const { return random_.uniform(row_, element); }
  int index(std::uint64_t element, int count) const {
    return static_cast<int>(random_.index(row_, element, static_cast<std::uint64_t>(count)));
  }
  /// Two independent standard normals from elements `element` (even) and `element` + 1.
  Point normals(std::uint64_t element) const {
    return {random_.normal(row_, element), random_.normal(row_, element + 1)};
  }

 private:
  const Random& random_;
  std::uint64_t row_;
};

/// A 2-D set by three functions of one row or point; safe to share between threads.
class Planar : public Distribution {
 public:
  explicit Planar(std::string name, int classes = 0) : name_(std::move(name)), classes_(classes) {}
  std::string name() const override { return name_; }
  std::size_t dimension() const override { return 2; }
  int classes() const override { return classes_; }
  bool has_density() const override { return true; }
  tensor::Points draw(std::size_t n, std::uint64_t seed) const override;
  std::vector<int> labels(std::size_t n, std::uint64_t seed) const override;
  std::vector<double> log_density(const tensor::Points& x) const override;

 protected:
  /// The point of a row.
  virtual Point point(const Row& row) const = 0;
  /// The class of a row, consistent with point().
  virtual int label(const Row&) const { return 0; }
  /// log p(x); -inf outside the support.
  virtual double log_density_at(Point x) const = 0;

 private:
  std::string name_;
  int classes_;
};

/// The factories behind make_dataset, one small file a family.
using DatasetPointer = std::shared_ptr<const Distribution>;
DatasetPointer make_gaussian();
DatasetPointer make_8gaussians();
DatasetPointer make_pinwheel();
DatasetPointer make_checkerboard();
DatasetPointer make_moons();
DatasetPointer make_spirals();
DatasetPointer make_rings();
DatasetPointer make_swissroll();
DatasetPointer make_scurve();
DatasetPointer make_cat();
DatasetPointer make_dog();
DatasetPointer make_cat_outline();
DatasetPointer make_dog_outline();
/// Errors: InvalidArgument for no visible character, more than 32, or one without a glyph.
DatasetPointer make_text(std::string_view word);

}  // namespace pathflow::data
