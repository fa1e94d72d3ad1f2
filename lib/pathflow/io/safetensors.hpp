// safetensors: named tensors and string metadata in one file or byte buffer.
// Format: 8-byte little-endian header length, JSON header, raw data.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pathflow::io {

struct Tensor {
  std::string dtype = "F32";  ///< F64, F32, F16, BF16, I64, I32, U8
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;

  static Tensor of(std::span<const float> values, std::vector<std::int64_t> shape);
  static Tensor of(std::span<const double> values, std::vector<std::int64_t> shape);
  /// Values as float (F16, BF16, F64 converted). Errors: IoError for integer dtypes.
  std::vector<float> floats() const;
};

struct Safetensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

std::vector<std::uint8_t> write_safetensors(const Safetensors& file);
/// `name` is used in errors ("run.safetensors: header length 99 exceeds file size 12 at offset 0").
/// Errors: IoError for anything damaged; never reads outside `bytes`.
Safetensors read_safetensors(std::span<const std::uint8_t> bytes, std::string_view name);

}  // namespace pathflow::io
