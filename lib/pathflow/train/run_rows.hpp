// Given rows inside a saved run: written down, or named by the file that they stay in.
#pragma once

#include <memory>
#include <string_view>

#include "pathflow/io/safetensors.hpp"
#include "pathflow/train/ends.hpp"

namespace pathflow::train {

/// Adds the rows of one end: tensor "data.rows" or "source.rows", or metadata "data.file" or
/// "source.file", {"path", "bytes", "hash", "rows", "columns"}. Rows of built-in sets: nothing.
void write_rows(const Pool& pool, bool data, io::Safetensors& file);

/// The rows that a run left in their file, or null. `open` is asked for them; what it gives must
/// have the same contents. Errors: IoError.
std::shared_ptr<const io::Rows> read_filed_rows(const io::Safetensors& file, std::string_view name,
                                                bool data, const OpenRows& open);

/// The rows as a tensor [rows, columns].
io::Tensor rows_tensor(const io::Rows& rows);

}  // namespace pathflow::train
