// What stands behind a pf_handle, and the table that checks handles instead of following them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pathflow/density/plane_flow.hpp"
#include "pathflow/tensor/array.hpp"
#include "pathflow/train/trainer.hpp"
#include "wasm/capi/pathflow.h"

namespace pathflow::capi {

/// A named array of a result: owns its bytes.
struct Array {
  std::uint32_t type = PF_FLOAT32;
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> bytes;
};

/// What a call gives back when it is more than a few numbers.
class Result {
 public:
  std::string text = "{}";

  template <class T>
  void add(std::string_view name, const T* values, std::vector<std::size_t> shape);
  template <std::size_t Rank>
  void add(std::string_view name, const xt::xtensor<float, Rank>& values) {
    add(name, values.data(),
        std::vector<std::size_t>(values.shape().begin(), values.shape().end()));
  }
  /// Takes the bytes over without a copy.
  void add_bytes(std::string_view name, std::vector<std::uint8_t> bytes);
  /// Errors: InvalidArgument with the names there are.
  const Array& at(std::string_view where, std::string_view name) const;

 private:
  std::map<std::string, Array, std::less<>> arrays_;
};

/// A density on its way along a trainer's path.
struct Plane {
  std::shared_ptr<train::Trainer> trainer;  ///< whose weights the model reads
  std::unique_ptr<sample::DifferentiableModel<float>> model;
  density::PlaneFlow flow;
  density::FokkerPlanck solver;
  double t = 0;
  std::int64_t steps = 0;
};

using Object = std::variant<train::Trainer, Result, Plane>;

#if defined(__wasm__) && !defined(__wasm_atomics__)
/// There is one thread; a std::mutex would bring the texts of every system error along (4 KB).
struct Mutex {
  void lock() {}
  void unlock() {}
};
#else
using Mutex = std::mutex;
#endif

/// Handles are (generation << 20 | slot + 1). A slot's generation rises when it is freed, so an old
/// handle is recognised; a slot whose generations are used up is never used again.
class Table {
 public:
  pf_handle add(Object object);
  /// Errors: InvalidArgument for a handle that is not in use. The object lives as long as the
  /// pointer, even if another thread frees the handle.
  std::shared_ptr<Object> find(std::string_view where, pf_handle handle) const;
  /// Errors: InvalidArgument for a handle that is not in use.
  void remove(std::string_view where, pf_handle handle);
  std::size_t count() const;

 private:
  struct Slot {
    std::uint32_t generation = 0;
    std::shared_ptr<Object> object;
  };
  std::size_t slot_of(std::string_view where, pf_handle handle) const;

  mutable Mutex mutex_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
};

/// The one table of the process.
Table& table();

/// The object that a handle names; keeps it alive while in use.
/// Errors: InvalidArgument if it is not in use or names another kind.
std::shared_ptr<train::Trainer> trainer_of(std::string_view where, pf_handle handle);
std::shared_ptr<Result> result_of(std::string_view where, pf_handle handle);
std::shared_ptr<Plane> plane_of(std::string_view where, pf_handle handle);

}  // namespace pathflow::capi
