// npy files through xtensor's reader and writer, with the checks a stranger's file needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "pathflow/tensor/array.hpp"

namespace pathflow::io {

/// Points [n, d] from npy bytes: f2, f4, f8 and integers are converted to float, either byte order,
/// C or Fortran order; 1-D becomes [n, 1]. Errors: IoError (damaged, other dtypes, zero rows, more
/// than 2 axes, NaN or infinity with the first bad row); names `name`.
tensor::Points read_npy_points(std::span<const std::uint8_t> bytes, std::string_view name);
tensor::Points read_npy_points(const std::filesystem::path& file);
/// Integer labels [n].
std::vector<int> read_npy_labels(const std::filesystem::path& file);

template <std::size_t Rank>
std::vector<std::uint8_t> write_npy(const xt::xtensor<float, Rank>& array);

/// The whole file. Errors: IoError with the system's reason.
std::vector<std::uint8_t> read_file(const std::filesystem::path& file);
/// Writes to a temporary name in the same folder, syncs, renames: the old file or the new, never a
/// part. Errors: IoError with the system's reason; the old file stays.
void write_file_atomic(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

}  // namespace pathflow::io
