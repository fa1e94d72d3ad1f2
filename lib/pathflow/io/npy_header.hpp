// The header of an npy file and its elements as numbers; used by the readers of this room.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/base/error.hpp"

namespace pathflow::io {

struct NpyHeader {
  bool big_endian = false, fortran = false;
  char kind = 'f';                 ///< b, i, u or f
  std::size_t size = 0;            ///< bytes of one element
  std::vector<std::size_t> shape;  ///< one extent an axis
  std::size_t data = 0;            ///< offset of the first element
};

/// A file under inspection: its bytes, its name and the public function that reads it.
struct NpySource {
  std::span<const std::uint8_t> bytes;
  std::string_view where, name;

  /// Throws IoError "where: name: what".
  [[noreturn]] void fail(std::initializer_list<MessagePart> what) const;
};

/// The header at the start of the bytes. Errors: IoError for a damaged header, another dtype, or a
/// length that is not the shape's.
NpyHeader read_npy_header(const NpySource& source);

/// Rows and columns of an array of one or two axes. Errors: IoError for other ranks and for no rows
/// or columns.
struct NpyExtents {
  std::size_t rows = 0, columns = 0;
};
NpyExtents npy_rows_and_columns(const NpySource& source, const NpyHeader& header);

/// The bits of element `index` of the data as they lie in the file, in the low bytes.
std::uint64_t npy_element_bits(const NpySource& source, const NpyHeader& header, std::size_t index);
/// The same as a number, rounded to float.
float npy_element(const NpySource& source, const NpyHeader& header, std::size_t index);

/// Throws the IoError of a value that is not finite.
[[noreturn]] void refuse_npy_value(const NpySource& source, const NpyHeader& header, float value,
                                   std::size_t row, std::size_t column, std::size_t index);

/// An integer of `size` bytes in the low bytes of `bits`, with its sign.
inline std::int64_t sign_extended(std::uint64_t bits, std::size_t size) {
  const int shift = static_cast<int>(64 - 8 * size);
  return static_cast<std::int64_t>(bits << shift) >> shift;
}

}  // namespace pathflow::io
