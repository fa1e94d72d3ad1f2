// ContentHash: tells a file that changed from one that did not, at the speed of memory.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace pathflow::io {

/// 64 bits of a byte stream, on a little-endian machine: four lanes of 8-byte words, each
/// h = rotate(h ^ word) * prime, mixed at the end together with the length. Chance agreement of two
/// files: 2^-64. No defence against somebody who wants two files to agree.
class ContentHash {
 public:
  /// Every piece but the last must be a multiple of kStride bytes long.
  static constexpr std::size_t kStride = 32;

  void add(std::span<const std::uint8_t> bytes) {
    length_ += bytes.size();
    for (; bytes.size() >= kStride; bytes = bytes.subspan(kStride)) add_block(bytes.data());
    if (bytes.empty()) return;
    std::array<std::uint8_t, kStride> last = {};
    std::memcpy(last.data(), bytes.data(), bytes.size());
    add_block(last.data());
  }

  std::uint64_t value() const {
    std::uint64_t all = length_;
    for (const std::uint64_t lane : lanes_) all = mixed(all * kPrime ^ mixed(lane));
    return all;
  }

 private:
  static constexpr std::uint64_t kPrime = 0x9E3779B185EBCA87ull;

  void add_block(const std::uint8_t* at) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, at + 8 * i, sizeof word);
      const std::uint64_t h = lanes_[i] ^ word;
      lanes_[i] = (h << 29 | h >> 35) * kPrime;
    }
  }
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ x >> 33) * 0xFF51AFD7ED558CCDull;
    x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53ull;
    return x ^ x >> 33;
  }

  std::array<std::uint64_t, 4> lanes_ = {1, 2, 3, 4};
  std::uint64_t length_ = 0;
};

}  // namespace pathflow::io
