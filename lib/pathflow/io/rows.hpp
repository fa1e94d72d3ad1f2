// Rows: points [n, d] that are read some rows at a time, from memory or from a file too large for
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::io {

/// A file whose contents are known: where it lies and what was in it.
struct FileContents {
  std::string path;         ///< absolute
  std::uint64_t bytes = 0;  ///< its size
  std::uint64_t hash = 0;   ///< content_hash.hpp over all of it

  /// Whether size and hash agree.
  bool same_contents(const FileContents& other) const {
    return bytes == other.bytes && hash == other.hash;
  }
};

/// Rows that are finite and do not change. Safe to read from several threads.
class Rows {
 public:
  /// For deletion through this interface.
  virtual ~Rows() = default;
  virtual std::size_t size() const = 0;       ///< n >= 1
  virtual std::size_t dimension() const = 0;  ///< d >= 1
  /// Rows [first, first + count) into out [count, d]. Errors: IoError where the rows are out of
  /// reach.
  virtual void read(std::size_t first, std::size_t count, std::span<float> out) const = 0;
  /// Sum of the squares of all elements, in double and in order.
  virtual double sum_of_squares() const = 0;
  /// The file that the rows stay in; null: they are in memory.
  virtual const FileContents* file() const { return nullptr; }
};

/// Rows held in memory. `points` must be finite, with at least one row and column.
std::shared_ptr<const Rows> rows_in_memory(tensor::Points points);
/// All of them, [n, d]. Errors: as Rows::read.
tensor::Points all_rows(const Rows& rows);

}  // namespace pathflow::io

#pragma GCC visibility pop  // public
