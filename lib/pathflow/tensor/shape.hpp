// Shapes: up to four extents, row-major.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::tensor {

/// Extents of a row-major array, rank 0 (scalar) to 4. Every extent is at least 1.
class Shape {
 public:
  static constexpr int kMaxRank = 4;  ///< as many extents as any op needs
  Shape() = default;
  /// Errors: ShapeError for rank > 4 or an extent < 1.
  Shape(std::initializer_list<std::int64_t> extents);

  int rank() const { return rank_; }  ///< number of extents
  /// Extent of an axis; negative axes count from the end.
  std::int64_t operator[](int axis) const { return extents_[axis < 0 ? axis + rank_ : axis]; }
  std::int64_t size() const;  ///< product of the extents: number of elements
  /// Adds an extent behind the others. Errors: as the constructor.
  void append(std::int64_t extent);
  bool operator==(const Shape&) const = default;
  /// "[256, 2]".
  std::string to_text() const;

 private:
  std::array<std::int64_t, kMaxRank> extents_{};
  int rank_ = 0;
};

}  // namespace pathflow::tensor

#pragma GCC visibility pop  // public
