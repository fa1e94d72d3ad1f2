// Shorthands for calling the C interface from tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/capi/pathflow.h"

namespace capi_test {

inline std::string error_message() {
  pf_error error;
  pf_get_error(&error);
  return error.message;
}

inline std::string error_name() {
  pf_error error;
  pf_get_error(&error);
  return error.name;
}

/// The call is refused with this status, and the message holds the words.
inline void expect_refused(pf_status got, pf_status wanted, std::string_view words) {
  EXPECT_EQ(got, wanted) << error_message();
  pf_error error;
  pf_get_error(&error);
  EXPECT_EQ(error.code, wanted);
  EXPECT_NE(std::string_view(error.message).find(words), std::string_view::npos) << error.message;
  EXPECT_NE(std::string_view(error.where), "");
}

/// A handle that frees itself.
class Owned {
 public:
  Owned() = default;
  ~Owned() { EXPECT_EQ(pf_free_handle(handle_), PF_OK); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  pf_handle* operator&() { return &handle_; }
  operator pf_handle() const { return handle_; }

 private:
  pf_handle handle_ = 0;
};

inline std::string text_of(pf_handle result) {
  const char* text = nullptr;
  std::size_t length = 0;
  EXPECT_EQ(pf_view_text(result, &text, &length), PF_OK) << error_message();
  return std::string(text, length);
}

inline pf_view view_of(pf_handle result, std::string_view name) {
  pf_view view{};
  EXPECT_EQ(pf_view_array(result, name.data(), name.size(), &view), PF_OK) << error_message();
  return view;
}

template <class T>
std::vector<T> values_of(pf_handle result, std::string_view name) {
  const pf_view view = view_of(result, name);
  const std::size_t count = view.shape[0] * view.shape[1] * view.shape[2];
  const T* values = static_cast<const T*>(view.data);
  return {values, values + count};
}

inline bool has_array(pf_handle result, std::string_view name) {
  pf_view view;
  return pf_view_array(result, name.data(), name.size(), &view) == PF_OK;
}

inline pf_status draw(std::string_view name, std::size_t rows, std::uint64_t seed,
                      pf_handle* result) {
  return pf_draw_dataset(name.data(), name.size(), rows, seed, result);
}

inline pf_status create(std::string_view options, pf_handle* trainer) {
  return pf_create_trainer(options.data(), options.size(), nullptr, nullptr, nullptr, 0, nullptr,
                           nullptr, 0, nullptr, 0, trainer);
}

inline pf_status sample(pf_handle trainer, std::string_view options, pf_handle* result) {
  return pf_sample_trainer(trainer, options.data(), options.size(), nullptr, nullptr, 0, nullptr,
                           nullptr, result);
}

inline pf_status field(pf_handle trainer, std::string_view options, pf_handle* result) {
  return pf_evaluate_field(trainer, options.data(), options.size(), nullptr, 0, result);
}

/// A run small enough for sanitizers.
inline constexpr std::string_view kSmall =
    R"({"data": "moons", "width": 16, "depth": 2, "batch": 32, "seed": 5})";

struct Counts {
  std::uint64_t handles = 0, buffers = 0, heap = 0;
};
inline Counts counts() {
  Counts now;
  EXPECT_EQ(pf_count_memory(&now.handles, &now.buffers, &now.heap), PF_OK);
  return now;
}

}  // namespace capi_test
