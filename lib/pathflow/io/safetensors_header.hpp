// The JSON header of a safetensors file as a list of entries; used by safetensors.cpp alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pathflow::io {

/// One tensor as the header tells it: syntactically right, offsets not yet held against the data.
struct HeaderEntry {
  std::string name, dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< data_offsets
};

struct ParsedHeader {
  std::vector<HeaderEntry> entries;  ///< in the order of the file
  std::map<std::string, std::string> metadata;
};

/// Parses the JSON of a header that starts at byte `offset` of the file called `name`.
/// Errors: IoError(`where`) for bad JSON or UTF-8 (with its offset), duplicate, unknown or missing
/// keys and values of the wrong kind (with the tensor's name).
ParsedHeader parse_safetensors_header(std::string_view json, std::size_t offset,
                                      std::string_view where, std::string_view name);

}  // namespace pathflow::io
