// The rows of an npy file: in memory while they are few, else mapped and converted as they are
// read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

#include "pathflow/io/rows.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::io {

/// What is read into memory and what is mapped.
struct OpenRowsOptions {
  /// Files of at most so many bytes are read, longer ones mapped. 16 MB keep a run that embeds its
  /// rows quick to save.
  std::size_t most_in_memory = std::size_t{16} << 20;
  /// Called with the share in [0, 1] while a mapped file is read through once; false stops it.
  std::function<bool(double)> progress = {};
};

/// Opens points [n, d] of any dtype, order and byte order that read_npy_points takes.
///
/// A mapped file is read through once, for values that are not finite, the sum of squares and the
/// hash of its contents; later each read fetches its rows alone. Either takes a few windows of 8
/// MB, whatever the file's size. Errors: IoError as read_npy_points; Cancelled by `progress`.
std::shared_ptr<const Rows> open_npy_rows(const std::filesystem::path& file,
                                          const OpenRowsOptions& options = {});

}  // namespace pathflow::io

#pragma GCC visibility pop  // public
