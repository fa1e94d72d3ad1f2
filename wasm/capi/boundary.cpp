#include "wasm/capi/boundary.hpp"

#include <string>

namespace pathflow::capi {
namespace {

struct LastError {
  pf_status code = PF_OK;
  const char* name = "Ok";
  std::string where, message;
};

LastError& last_error() {
  thread_local LastError error;
  return error;
}

pf_status set_error(pf_status code, const char* name, std::string_view where,
                    std::string_view message) noexcept {
  LastError& error = last_error();
  error.code = code;
  error.name = name;
  try {
    error.where = where;
    error.message = message;
  } catch (...) {  // no memory even for the text: the code says it
    error.where.clear();
    error.message.clear();
  }
  return code;
}

}  // namespace

void clear_error() noexcept {
  LastError& error = last_error();
  error.code = PF_OK;
  error.name = "Ok";
  error.where.clear();
  error.message.clear();
}

pf_status keep_error(std::string_view where) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return set_error(static_cast<pf_status>(error.code()), error_name(error.code()).data(),
                     error.where(), error.what());
  } catch (const std::bad_alloc&) {
    return set_error(PF_NO_MEMORY, "OutOfMemory", where, "out of memory");
  } catch (const std::length_error&) {
    return set_error(PF_NO_MEMORY, "OutOfMemory", where, "out of memory");
  } catch (const std::exception& error) {
    return set_error(PF_INTERNAL, "InternalError", where, error.what());
  } catch (...) {
    return set_error(PF_INTERNAL, "InternalError", where, "unknown exception");
  }
}

void check_pointer(std::string_view where, std::string_view name, const void* pointer) {
  if (pointer == nullptr) {
    throw_error(ErrorCode::kInvalidArgument, where, {name, " must not be NULL, got NULL"});
  }
}

void check_elements(std::string_view where, std::initializer_list<std::uint64_t> extents) {
  std::uint64_t left = kMostElements;
  for (const std::uint64_t extent : extents) {
    if (extent == 0)
      throw_error(ErrorCode::kInvalidArgument, where, "every extent must be at least 1, got 0");
    left /= extent;
  }
  if (left > 0) return;
  std::string product;
  for (const std::uint64_t extent : extents) {
    append(product, {(product.empty() ? "" : " x "), extent});
  }
  throw_error(ErrorCode::kInvalidArgument, where,
              {"an array must have at most 268435456 elements, got ", product});
}

std::string_view text_of(std::string_view where, std::string_view name, const char* text,
                         std::size_t length) {
  if (length == 0) return {};
  check_pointer(where, name, text);
  if (length > kMostElements) {
    throw_error(ErrorCode::kInvalidArgument, where,
                {name, " must be shorter than 256 MiB, got ", length, " bytes"});
  }
  return {text, length};
}

std::span<const std::uint8_t> bytes_of(std::string_view where, const std::uint8_t* bytes,
                                       std::size_t size) {
  if (size == 0) return {};
  check_pointer(where, "bytes", bytes);
  return {bytes, size};
}

tensor::Points points_of(std::string_view where, std::string_view name, const pf_points* points) {
  check_pointer(where, name, points);
  check_elements(where, {points->rows, points->columns});
  check_pointer(where, name, points->values);
  tensor::Points copy = tensor::Points::from_shape({points->rows, points->columns});
  std::copy_n(points->values, points->rows * points->columns, copy.data());
  return copy;
}

std::vector<int> labels_of(std::string_view where, const std::int32_t* labels, std::size_t count) {
  if (count == 0) return {};
  check_pointer(where, "labels", labels);
  check_elements(where, {count});
  return {labels, labels + count};
}

std::function<bool(double)> watcher(pf_progress progress, void* user) {
  if (progress == nullptr) return {};
  return [=](double share) { return progress(user, share) != 0; };
}

void hand_out(train::Trainer&& trainer, pf_handle* handle) {
  *handle = table().add(std::move(trainer));
}
void hand_out(Result&& result, pf_handle* handle) { *handle = table().add(std::move(result)); }
void hand_out(Plane&& plane, pf_handle* handle) { *handle = table().add(std::move(plane)); }

}  // namespace pathflow::capi

using namespace pathflow::capi;

extern "C" {

uint32_t pf_get_abi_version(void) { return PF_ABI_VERSION; }

void pf_get_error(pf_error* error) {
  if (error == nullptr) return;
  const LastError& last = last_error();
  *error = {last.code, last.name, last.where.c_str(), last.message.c_str()};
}

}  // extern "C"
