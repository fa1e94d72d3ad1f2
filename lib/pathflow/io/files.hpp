// Files: whole-file reading and atomic writing, and the formats of this room by path.
//
// Kept apart from the formats themselves, so that code which only handles bytes (the WASM module)
// never links <filesystem> or a system call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "pathflow/io/safetensors.hpp"
#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::io {

/// The whole file. Errors: IoError with the path and the system's reason.
std::vector<std::uint8_t> read_file(const std::filesystem::path& file);

/// Writes to a new temporary name in the same folder, syncs it, renames it over `file` and syncs
/// the folder: a reader, or a machine that loses power, sees the old file or the new, never a part.
///
/// The permissions of an existing file are kept; a symbolic link is replaced by the file. Temporary
/// files that killed processes left beside it are removed first (temporary.hpp).
/// Errors: IoError with the path and the system's reason; the old file stays and the temporary one
/// is removed. A `file` that exists and is not a regular file (folder, device) is refused.
void write_file_atomic(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

/// io/npy.hpp by path; the path is the name in errors.
///@{
tensor::Points read_npy_points(const std::filesystem::path& file);
std::vector<int> read_npy_labels(const std::filesystem::path& file);
///@}

/// io/safetensors.hpp by path; the path is the name in errors.
///@{
Safetensors read_safetensors(const std::filesystem::path& file);
void write_safetensors_atomic(const std::filesystem::path& file, const Safetensors& contents);
///@}

}  // namespace pathflow::io

#pragma GCC visibility pop  // public
