#include "pathflow/io/npy.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "pathflow/io/npy_header.hpp"

namespace pathflow::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

int element_label(const NpySource& source, const NpyHeader& header, std::size_t row) {
  const std::uint64_t bits = npy_element_bits(source, header, row);
  const std::int64_t value =
      header.kind == 'i' ? sign_extended(bits, header.size) : static_cast<std::int64_t>(bits);
  const bool wrapped = header.kind != 'i' && value < 0;
  if (wrapped || value < std::numeric_limits<int>::min() ||
      value > std::numeric_limits<int>::max()) {
    source.fail({"npy labels: row ", row, " does not fit in 32 bits"});
  }
  return header.kind == 'b' ? static_cast<int>(value != 0) : static_cast<int>(value);
}

}  // namespace

tensor::Points read_npy_points(std::span<const std::uint8_t> bytes, std::string_view name) {
  const NpySource source{bytes, "read_npy_points", name};
  const NpyHeader header = read_npy_header(source);
  const auto [rows, columns] = npy_rows_and_columns(source, header);
  tensor::Points points = tensor::Points::from_shape({rows, columns});
  float* out = points.data();
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t index = header.fortran ? column * rows + row : row * columns + column;
      const float value = npy_element(source, header, index);
      if (!std::isfinite(value)) {
        refuse_npy_value(source, header, value, row, column, index);
      }
      *out++ = value;
    }
  }
  return points;
}

std::vector<int> read_npy_labels(std::span<const std::uint8_t> bytes, std::string_view name) {
  const NpySource source{bytes, "read_npy_labels", name};
  const NpyHeader header = read_npy_header(source);
  const auto [rows, columns] = npy_rows_and_columns(source, header);
  if (columns != 1) source.fail({"npy labels: expected one column, got ", columns});
  if (header.kind == 'f') source.fail({"npy labels: expected an integer dtype, got f"});
  std::vector<int> labels(rows);
  for (std::size_t row = 0; row < rows; ++row) labels[row] = element_label(source, header, row);
  return labels;
}

std::vector<std::uint8_t> write_npy(const float* values, std::span<const std::size_t> shape) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied as they lie");
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  std::size_t size = sizeof(float);
  for (const std::size_t extent : shape) {
    append(header, {extent, ", "});
    size *= extent;
  }
  header.pop_back();
  if (shape.size() > 1) header.pop_back();  // a tuple of one ends with a comma
  header += ')';
  header += ", }";
  const std::size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header += '\n';
  std::vector<std::uint8_t> bytes(kMagic.begin(), kMagic.end());
  bytes.insert(bytes.end(), {1, 0, static_cast<std::uint8_t>(header.size() & 255),
                             static_cast<std::uint8_t>(header.size() >> 8)});
  bytes.insert(bytes.end(), header.begin(), header.end());
  const auto* data = reinterpret_cast<const std::uint8_t*>(values);
  bytes.insert(bytes.end(), data, data + size);
  return bytes;
}

}  // namespace pathflow::io
