// safetensors: named tensors and string metadata in one file or byte buffer.
//
// Format: 8-byte little-endian header length, JSON header, raw little-endian data. The header maps
// each name to {"dtype", "shape", "data_offsets": [begin, end]} with offsets from the end of the
// header, and "__metadata__" to strings. Source: the safetensors specification, "Format".
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::io {

/// One array, as bytes.
struct Tensor {
  std::string dtype = "F32";        ///< F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL
  std::vector<std::int64_t> shape;  ///< extents >= 0; empty: a scalar
  std::vector<std::uint8_t> bytes;  ///< row-major, little-endian, exactly the shape's size

  /// F32 and F64 tensors. Errors: ShapeError unless shape holds values.size() elements.
  ///@{
  static Tensor of(std::span<const float> values, std::vector<std::int64_t> shape);
  static Tensor of(std::span<const double> values, std::vector<std::int64_t> shape);
  ///@}
  /// Values as float (F16 and BF16 exactly, F64 rounded). Errors: IoError for integer dtypes.
  std::vector<float> floats() const;
  /// Values as double (F16, BF16 and F32 exactly). Errors: IoError for integer dtypes.
  std::vector<double> doubles() const;
};

/// A file's contents.
struct Safetensors {
  std::map<std::string, Tensor> tensors;        ///< by name
  std::map<std::string, std::string> metadata;  ///< the header's "__metadata__"
};

/// The bytes of a file: names sorted, data back to back in that order, the header padded with
/// spaces so that data starts at a multiple of 8 bytes. Same contents, same bytes.
/// Errors: InvalidArgument for a tensor whose bytes are not the size of its dtype and shape, a
/// tensor named "__metadata__", or a string that is not UTF-8.
std::vector<std::uint8_t> write_safetensors(const Safetensors& file);

/// Reads a buffer; `name` is used in errors
/// ("read_safetensors: run.safetensors: header length 99 exceeds the 4 bytes left at offset 8").
/// Errors: IoError for anything the format forbids: bad lengths, JSON or UTF-8, duplicate names,
/// unknown dtypes and keys, negative or fractional numbers, sizes that are not the shape's,
/// overlaps, holes and trailing bytes; never reads outside `bytes`.
Safetensors read_safetensors(std::span<const std::uint8_t> bytes, std::string_view name);

}  // namespace pathflow::io

#pragma GCC visibility pop  // public
