#include "wasm/capi/objects.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

#include "pathflow/base/error.hpp"

namespace pathflow::capi {
namespace {

constexpr std::uint32_t kSlotBits = 20;
constexpr std::uint32_t kSlotMask = (1u << kSlotBits) - 1;
constexpr std::uint32_t kGenerations = 1u << (32 - kSlotBits);

template <class T>
constexpr std::uint32_t type_of() {
  if constexpr (std::is_same_v<T, float>) return PF_FLOAT32;
  if constexpr (std::is_same_v<T, double>) return PF_FLOAT64;
  if constexpr (std::is_same_v<T, std::int32_t>) return PF_INT32;
  return PF_UINT8;
}

template <class T>
std::shared_ptr<T> object_of(std::string_view where, pf_handle handle, const char* kind) {
  std::shared_ptr<Object> object = table().find(where, handle);
  T* inside = std::get_if<T>(object.get());
  if (inside == nullptr) {
    throw_error(ErrorCode::kInvalidArgument, where,
                {"handle must name a ", kind, ", got ", handle, " of another kind"});
  }
  return std::shared_ptr<T>(std::move(object), inside);
}

}  // namespace

template <class T>
void Result::add(std::string_view name, const T* values, std::vector<std::size_t> shape) {
  Array array;
  array.type = type_of<T>();
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  array.bytes.resize(count * sizeof(T));
  if (count > 0) std::memcpy(array.bytes.data(), values, array.bytes.size());
  array.shape = std::move(shape);
  arrays_.insert_or_assign(std::string(name), std::move(array));
}
template void Result::add(std::string_view, const float*, std::vector<std::size_t>);
template void Result::add(std::string_view, const double*, std::vector<std::size_t>);
template void Result::add(std::string_view, const std::int32_t*, std::vector<std::size_t>);

void Result::add_bytes(std::string_view name, std::vector<std::uint8_t> bytes) {
  const std::size_t size = bytes.size();
  arrays_.insert_or_assign(std::string(name), Array{PF_UINT8, {size}, std::move(bytes)});
}

const Array& Result::at(std::string_view where, std::string_view name) const {
  const auto found = arrays_.find(name);
  if (found != arrays_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : arrays_) names.push_back(entry.first);
  throw_unknown_name(where, "array", name, names);
}

pf_handle Table::add(Object object) {
  auto shared = std::make_shared<Object>(std::move(object));
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    if (slots_.size() >= kSlotMask) throw std::bad_alloc();
    // Room for the slot's way back, so that remove() cannot fail.
    free_.reserve(slots_.size() + 1);
    slots_.emplace_back();
    free_.push_back(slots_.size() - 1);
  }
  const std::size_t slot = free_.back();
  free_.pop_back();
  slots_[slot].object = std::move(shared);
  return slots_[slot].generation << kSlotBits | static_cast<pf_handle>(slot + 1);
}

std::size_t Table::slot_of(std::string_view where, pf_handle handle) const {
  const std::size_t slot = (handle & kSlotMask) - std::size_t{1};  // 0 wraps past every slot
  if (slot < slots_.size() && slots_[slot].object &&
      slots_[slot].generation == handle >> kSlotBits) {
    return slot;
  }
  throw_error(
      ErrorCode::kInvalidArgument, where,
      {"handle must be in use, got ", handle, (slot < slots_.size() ? ", which was freed" : "")});
}

std::shared_ptr<Object> Table::find(std::string_view where, pf_handle handle) const {
  const std::lock_guard lock(mutex_);
  return slots_[slot_of(where, handle)].object;
}

void Table::remove(std::string_view where, pf_handle handle) {
  std::shared_ptr<Object> last;  // destroyed after the lock is gone
  const std::lock_guard lock(mutex_);
  const std::size_t slot = slot_of(where, handle);
  last = std::move(slots_[slot].object);
  if (++slots_[slot].generation < kGenerations) free_.push_back(slot);
}

std::size_t Table::count() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Slot& slot : slots_) count += slot.object ? 1 : 0;
  return count;
}

Table& table() {
  static Table the_table;
  return the_table;
}

std::shared_ptr<train::Trainer> trainer_of(std::string_view where, pf_handle handle) {
  return object_of<train::Trainer>(where, handle, "trainer");
}

std::shared_ptr<Result> result_of(std::string_view where, pf_handle handle) {
  return object_of<Result>(where, handle, "result");
}

std::shared_ptr<Plane> plane_of(std::string_view where, pf_handle handle) {
  return object_of<Plane>(where, handle, "plane");
}

}  // namespace pathflow::capi
