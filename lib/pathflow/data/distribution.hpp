// Distributions to draw points from: the built-in 2-D sets, files and Gaussians, by one name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::data {

/// A law of points in d dimensions. Immutable and safe to share between threads.
class Distribution {
 public:
  virtual ~Distribution() = default;
  /// The name under which make_dataset finds it, or the one that from_points was given.
  virtual std::string name() const = 0;
  /// d of the points.
  virtual std::size_t dimension() const = 0;
  /// n points [n, d], a pure function of (seed, row): the first rows of a larger n are the same.
  virtual tensor::Points draw(std::size_t n, std::uint64_t seed) const = 0;
  /// Class of each row drawn with the same (n, seed), in [0, classes()); empty when classes() == 0.
  virtual std::vector<int> labels(std::size_t, std::uint64_t) const { return {}; }
  /// Number of classes; 0: the points have no labels.
  virtual int classes() const { return 0; }
  /// Whether log_density is exact and available.
  virtual bool has_density() const { return false; }
  /// log p(x) in nats at each row of x [n, d]. Errors: InvalidArgument where has_density() is
  /// false.
  virtual std::vector<double> log_density(const tensor::Points& x) const;
};

/// What a list for people says of a built-in set.
struct DatasetInfo {
  std::string name;          ///< as used by the command and the module
  std::string title;         ///< for people: "Two moons"
  std::string description;   ///< the formula and scale in one or two sentences
  bool has_density = false;  ///< as Distribution::has_density()
  int classes = 0;           ///< as Distribution::classes()
};

/// All built-in sets in display order: gaussian, 8gaussians, moons, checkerboard, pinwheel,
/// spirals, rings, swissroll, scurve, cat, dog, cat-outline, dog-outline, text:WORD (listed as
/// "text:").
const std::vector<DatasetInfo>& datasets();

/// A built-in set by name ("text:HELLO" draws a word as points).
/// Errors: InvalidArgument for an unknown name (with the valid ones and the nearest).
std::shared_ptr<const Distribution> make_dataset(std::string_view name);

/// The empirical law of given rows, drawn with replacement in counter order.
/// Shapes: points [n, d]; labels: one a row, or none.
/// Errors: InvalidArgument for no row or column, a value that is not finite (with its row), a
/// negative label; ShapeError for another number of labels.
std::shared_ptr<const Distribution> from_points(tensor::Points points, std::string name,
                                                std::vector<int> labels = {});

}  // namespace pathflow::data

#pragma GCC visibility pop  // public
