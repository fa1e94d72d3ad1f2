// The entry points of pathflow.h that concern the library, its memory and its results.
#include "wasm/capi/pathflow.h"

#include <cstdlib>
#include <mutex>
#include <set>

#include "wasm/capi/boundary.hpp"
#include "wasm/capi/objects.hpp"
#include "wasm/capi/options.hpp"

#if defined(__EMSCRIPTEN__) || defined(__GLIBC__)
#include <malloc.h>
#endif

using namespace pathflow;
using namespace pathflow::capi;

namespace {

/// Buffers lent to the caller, so that a wrong pointer is refused instead of followed.
struct Buffers {
  Mutex mutex;
  std::set<void*> in_use;
};

Buffers& buffers() {
  static Buffers the_buffers;
  return the_buffers;
}

std::uint64_t heap_in_use() {
#if defined(__EMSCRIPTEN__)
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(mallinfo().uordblks));
#elif defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
  return mallinfo2().uordblks;
#else
  return 0;
#endif
}

void* allocate(std::size_t size) {
  constexpr std::size_t kAlignment = 16;
  if (size > SIZE_MAX - kAlignment) throw std::bad_alloc();
  // A whole number of alignments, at least one, as std::aligned_alloc asks for.
  void* bytes = std::aligned_alloc(kAlignment, (size / kAlignment + 1) * kAlignment);
  if (bytes == nullptr) throw std::bad_alloc();
  return bytes;
}

}  // namespace

extern "C" {

pf_status pf_describe_library(pf_handle* result) {
  return guarded("pf_describe_library", [&] {
    check_pointer("pf_describe_library", "result", result);
    Result out;
    out.text = describe_library();
    hand_out(std::move(out), result);
  });
}

pf_status pf_allocate_bytes(size_t size, void** bytes) {
  return guarded("pf_allocate_bytes", [&] {
    check_pointer("pf_allocate_bytes", "bytes", bytes);
    std::unique_ptr<void, void (*)(void*)> fresh(allocate(size), std::free);
    const std::lock_guard lock(buffers().mutex);
    buffers().in_use.insert(fresh.get());
    *bytes = fresh.release();
  });
}

pf_status pf_free_bytes(void* bytes) {
  return guarded("pf_free_bytes", [&] {
    if (bytes == nullptr) return;
    const std::lock_guard lock(buffers().mutex);
    if (buffers().in_use.erase(bytes) == 0) {
      throw_error(ErrorCode::kInvalidArgument, "pf_free_bytes",
                  "bytes must come from pf_allocate_bytes and be freed once, got "
                  "another pointer");
    }
    std::free(bytes);
  });
}

pf_status pf_count_memory(uint64_t* handles, uint64_t* buffer_count, uint64_t* heap_bytes) {
  return guarded("pf_count_memory", [&] {
    if (handles != nullptr) *handles = table().count();
    if (buffer_count != nullptr) {
      const std::lock_guard lock(buffers().mutex);
      *buffer_count = buffers().in_use.size();
    }
    if (heap_bytes != nullptr) *heap_bytes = heap_in_use();
  });
}

pf_status pf_free_handle(pf_handle handle) {
  return guarded("pf_free_handle", [&] {
    if (handle != 0) table().remove("pf_free_handle", handle);
  });
}

pf_status pf_view_text(pf_handle result, const char** text, size_t* length) {
  return guarded("pf_view_text", [&] {
    check_pointer("pf_view_text", "text", text);
    check_pointer("pf_view_text", "length", length);
    const auto held = result_of("pf_view_text", result);
    *text = held->text.data();
    *length = held->text.size();
  });
}

pf_status pf_view_array(pf_handle result, const char* name, size_t name_length, pf_view* view) {
  return guarded("pf_view_array", [&] {
    check_pointer("pf_view_array", "view", view);
    const auto held = result_of("pf_view_array", result);
    const Array& array =
        held->at("pf_view_array", text_of("pf_view_array", "name", name, name_length));
    *view = {
        array.bytes.data(), array.type, static_cast<std::uint32_t>(array.shape.size()), {1, 1, 1}};
    for (std::size_t i = 0; i < array.shape.size(); ++i) view->shape[i] = array.shape[i];
  });
}

}  // extern "C"
