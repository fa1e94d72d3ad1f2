// Bytes of a stranger as a safetensors file: read or refused with an IoError, and what was read is
// written and read again to the same tensors.
#include "fuzz/support.hpp"
#include "pathflow/io/safetensors.hpp"

namespace {

using namespace pathflow;

/// Makes the length in front say where the JSON object ends, by its braces outside of strings.
void repair(std::uint8_t* data, std::size_t size) {
  std::size_t end = 8, depth = 0;
  bool quoted = false;
  for (; end < size; ++end) {
    const std::uint8_t c = data[end];
    if (quoted && c == '\\') ++end;
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '{') ++depth;
    if (!quoted && c == '}' && (depth == 0 || --depth == 0)) break;
  }
  const std::uint64_t length = std::min(end + 1, size) - 8;
  for (int i = 0; i < 8; ++i) data[i] = static_cast<std::uint8_t>(length >> 8 * i);
}

bool same(const io::Safetensors& a, const io::Safetensors& b) {
  return a.metadata == b.metadata &&
         std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(),
                    [](const auto& x, const auto& y) {
                      return x.first == y.first && x.second.dtype == y.second.dtype &&
                             x.second.shape == y.second.shape && x.second.bytes == y.second.bytes;
                    });
}

void convert(const io::Tensor& tensor) {
  fuzz::accepted({ErrorCode::kIo}, [&] { tensor.floats(); });
  fuzz::accepted({ErrorCode::kIo}, [&] { tensor.doubles(); });
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 4 != 0 && size > 8) repair(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::accepted({ErrorCode::kIo}, [&] {
    const io::Safetensors file = io::read_safetensors({data, size}, "fuzz.safetensors");
    for (const auto& [name, tensor] : file.tensors) convert(tensor);
    const auto bytes = io::write_safetensors(file);
    fuzz::require(same(file, io::read_safetensors(bytes, "again")), "safetensors: it returns");
  });
  return 0;
}
