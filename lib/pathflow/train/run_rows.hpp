// Given rows inside a saved run: written down, or named by the file that they stay in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// "[2, 3]".
std::string shape_text(const std::vector<std::int64_t>& shape);
/// Rows of a tensor [rows, columns]. Errors: IoError.
tensor::Points tensor_points(const io::Tensor& tensor, std::string_view name,
                             const std::string& key);

/// Snapshots in a saved run: tensors "snapshot.0.rows" and on, metadata "snapshots", their times as
/// a JSON list. Nothing where there are none. Errors of reading: IoError.
///@{
void write_snapshots(const Ends& ends, io::Safetensors& file);
std::optional<std::vector<Snapshot>> read_snapshots(const io::Safetensors& file,
                                                    std::string_view name);
///@}

}  // namespace pathflow::train
