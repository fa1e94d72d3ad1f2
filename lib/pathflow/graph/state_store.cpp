#include <algorithm>
#include <new>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/device.hpp"
#include "pathflow/graph/plan.hpp"

namespace pathflow::graph {

template <class T>
struct StateStore<T>::Entry {
  explicit Entry(const Shape& s)
      : shape(s),
        count(static_cast<std::size_t>(s.size())),
        data(static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kAlignment}))) {
    std::fill_n(data, count, T(0));
  }
  ~Entry() { ::operator delete (data, std::align_val_t{kAlignment}); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  Shape shape;
  std::size_t count;
  T* data;
};

template <class T>
StateStore<T>::StateStore() = default;
template <class T>
StateStore<T>::~StateStore() = default;

template <class T>
std::span<T> StateStore<T>::get(std::string_view name, const Shape& shape) {
  auto it = entries_.find(name);
  if (it == entries_.end()) {
    it = entries_.emplace(std::string(name), std::make_unique<Entry>(shape)).first;
  }
  const Entry& entry = *it->second;
  if (entry.shape != shape) {
    throw_error(
        ErrorCode::kShape, "StateStore::get",
        {"state \"", name, "\" has shape ", entry.shape.to_text(), ", got ", shape.to_text()});
  }
  return {entry.data, entry.count};
}

template <class T>
std::span<T> StateStore<T>::at(std::string_view name) {
  const auto it = entries_.find(name);
  if (it == entries_.end()) throw_unknown_name("StateStore::at", "state", name, names());
  return {it->second->data, it->second->count};
}

template <class T>
const Shape& StateStore<T>::shape(std::string_view name) const {
  const auto it = entries_.find(name);
  if (it == entries_.end()) throw_unknown_name("StateStore::shape", "state", name, names());
  return it->second->shape;
}

template <class T>
bool StateStore<T>::contains(std::string_view name) const {
  return entries_.find(name) != entries_.end();
}

template <class T>
std::vector<std::string> StateStore<T>::names() const {
  std::vector<std::string> list;
  for (const auto& [name, entry] : entries_) list.push_back(name);
  return list;
}

template class StateStore<float>;
template class StateStore<double>;

}  // namespace pathflow::graph
