// bit_cast, also where the standard library is older than the compiler (Debian's Emscripten).
#pragma once

#include <type_traits>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow {

/// The value of another type with the same bits, as std::bit_cast.
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
  static_assert(sizeof(To) == sizeof(From));
  static_assert(std::is_trivially_copyable_v<To> && std::is_trivially_copyable_v<From>);
  return __builtin_bit_cast(To, from);
}

}  // namespace pathflow

#pragma GCC visibility pop  // public
