// The boundary itself: exceptions become a status and the thread's last error; pointers and lengths
// become checked C++ values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/tensor/array.hpp"
#include "wasm/capi/objects.hpp"
#include "wasm/capi/pathflow.h"

namespace pathflow::capi {

/// Most elements of one array that passes the boundary (1 GiB of floats): beyond it a 32-bit size
/// would overflow.
inline constexpr std::uint64_t kMostElements = std::uint64_t{1} << 28;

/// Forgets the thread's last error.
void clear_error() noexcept;
/// Turns the exception being handled into the thread's last error, and gives its status.
pf_status keep_error(std::string_view where) noexcept;

/// Runs an entry point's body; nothing it throws gets out.
template <class Body>
pf_status guarded(std::string_view where, Body&& body) noexcept {
  clear_error();
  try {
    std::forward<Body>(body)();
    return PF_OK;
  } catch (...) {
    return keep_error(where);
  }
}

/// Errors: InvalidArgument if the pointer is NULL.
void check_pointer(std::string_view where, std::string_view name, const void* pointer);
/// Errors: InvalidArgument if an extent is 0 or the product is above kMostElements.
void check_elements(std::string_view where, std::initializer_list<std::uint64_t> extents);

/// Errors: InvalidArgument if text is NULL and length is not 0, or length is absurd.
std::string_view text_of(std::string_view where, std::string_view name, const char* text,
                         std::size_t length);
std::span<const std::uint8_t> bytes_of(std::string_view where, const std::uint8_t* bytes,
                                       std::size_t size);
/// A copy of the caller's rows. Errors: InvalidArgument for NULL or absurd sizes; finite values are
/// the callee's to check.
tensor::Points points_of(std::string_view where, std::string_view name, const pf_points* points);
std::vector<int> labels_of(std::string_view where, const std::int32_t* labels, std::size_t count);

/// What a solver calls as it goes on, or nothing.
std::function<bool(double)> watcher(pf_progress progress, void* user);

/// Hands a finished object out: the last thing an entry point does, so that nothing leaks.
///@{
void hand_out(train::Trainer&& trainer, pf_handle* handle);
void hand_out(Result&& result, pf_handle* handle);
void hand_out(Plane&& plane, pf_handle* handle);
///@}

}  // namespace pathflow::capi
