// Bytes of a stranger as an npy file: read or refused with an IoError, and what was read is written
// and read again to the same bits.
#include "fuzz/support.hpp"
#include "pathflow/io/npy.hpp"

namespace {

using namespace pathflow;

constexpr std::size_t kPrefix = 10;  // magic, version 1.0, a header length of two bytes

/// Makes a whole frame around whatever stands where the literal should.
void repair(std::uint8_t* data, std::size_t size) {
  std::memcpy(data, "\x93NUMPY\x01", 8);
  const std::string_view rest = fuzz::text_of({data + kPrefix, size - kPrefix});
  const std::size_t end = std::min(rest.find('}'), rest.size() - 1) + 1;
  data[8] = static_cast<std::uint8_t>(end);
  data[9] = static_cast<std::uint8_t>(end >> 8);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 4 != 0 && size > kPrefix) repair(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  fuzz::accepted({ErrorCode::kIo}, [&] {
    const tensor::Points points = io::read_npy_points(bytes, "fuzz.npy");
    const tensor::Points again = io::read_npy_points(io::write_npy(points), "again.npy");
    fuzz::require(points.shape() == again.shape(), "npy: the shape returns");
    fuzz::require(std::memcmp(points.data(), again.data(), points.size() * sizeof(float)) == 0,
                  "npy: the values return");
  });
  fuzz::accepted({ErrorCode::kIo}, [&] {
    const std::vector<int> labels = io::read_npy_labels(bytes, "fuzz.npy");
    fuzz::require(!labels.empty() && labels.size() <= size, "npy: a label comes from a byte");
  });
  return 0;
}
