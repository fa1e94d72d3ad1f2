// What the fuzzers share: stopping on a broken promise, and a source of choices from a byte stream.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>

#include "pathflow/base/error.hpp"

/// libFuzzer's own mutations, for custom mutators.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace pathflow::fuzz {

/// Ends the process, as a sanitizer would, unless a promise of the library was kept.
inline void require(bool kept, std::string_view promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

/// Whether a call was accepted. It may refuse with an Error of one of these codes, whose message
/// begins with where it happened; whatever else it throws ends the process.
template <class Call>
bool accepted(std::initializer_list<ErrorCode> allowed, Call&& call) {
  try {
    call();
    return true;
  } catch (const Error& error) {
    require(std::find(allowed.begin(), allowed.end(), error.code()) != allowed.end(), error.what());
    require(std::string_view(error.what()).starts_with(error.where() + ": "), error.what());
    return false;
  }
}

/// Small decisions taken from a stream of bytes; zeros when it has ended.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool ended() const { return bytes_.empty(); }

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }
  /// One of 0 .. count-1.
  std::size_t below(std::size_t count) { return byte() % count; }
  /// Any bits of an unsigned or floating-point type.
  template <class T>
  T any() {
    std::uint8_t raw[sizeof(T)];
    for (std::uint8_t& part : raw) part = byte();
    T value;
    std::memcpy(&value, raw, sizeof value);
    return value;
  }
  /// The next bytes, their number told by one byte (two if `wide`).
  std::span<const std::uint8_t> part(bool wide = false) {
    std::size_t size = byte();
    if (wide) size = size << 8 | byte();
    size = std::min(size, bytes_.size());
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace pathflow::fuzz
