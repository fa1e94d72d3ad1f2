// npy: NumPy's array files as bytes, read and written with the checks a stranger's file needs.
//
// Arrays are xtensor containers, but the header is parsed here and not by xtensor's xnpy.hpp. That
// reader accepts neither f2 nor the other byte order nor keys in another order, reads a header
// length with a byte over 127 as negative, allocates whatever the shape says before it looks at the
// file, and its <regex> and <iostream> cost WASM dearly: a module that only reads npy has 220 KB
// with it and 56 KB with this one (79 and 25 KB compressed; emcc 3.1.6 -O3). The tests hold this
// reader and writer against xnpy and numpy.
//
// Format: NumPy Enhancement Proposal 1 and numpy.lib.format, versions 1.0, 2.0 and 3.0.
// Files on disk: io/files.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::io {

/// Points [n, d] from npy bytes: b1, f2, f4, f8 and integers are converted to float, either byte
/// order, C or Fortran order; 1-D becomes [n, 1].
/// Errors: IoError, naming `name`, the offset and what was expected: damaged header, other dtypes,
/// zero rows or columns, 0 or more than 2 axes, a length that is not the shape's, NaN or infinity
/// (also after the conversion to float) with the first bad row.
tensor::Points read_npy_points(std::span<const std::uint8_t> bytes, std::string_view name);

/// Integer labels [n], from an integer array [n] or [n, 1].
/// Errors: IoError as above, for floating-point dtypes, and for a value that int cannot hold.
std::vector<int> read_npy_labels(std::span<const std::uint8_t> bytes, std::string_view name);

/// The bytes of a version 1.0 file: '<f4', C order, data at a multiple of 64 bytes. The values in
/// row-major order; shape: at least one extent.
///@{
std::vector<std::uint8_t> write_npy(const float* values, std::span<const std::size_t> shape);
template <std::size_t Rank>
std::vector<std::uint8_t> write_npy(const xt::xtensor<float, Rank>& array) {
  return write_npy(array.data(), array.shape());
}
///@}

}  // namespace pathflow::io

#pragma GCC visibility pop  // public
