// Plans: a graph compiled for one scalar type: ops in order, buffers in one arena by lifetime.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pathflow/graph/graph.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::graph {

/// Named persistent buffers shared by plans (training and sampling plans see the same weights).
template <class T>
class StateStore {
 public:
  StateStore();
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;
  /// The buffer of a name, made and zeroed at first use. Errors: ShapeError if it exists with
  /// another shape. The pointer stays valid for the life of the store.
  std::span<T> get(std::string_view name, const Shape& shape);
  std::span<T> at(std::string_view name);  ///< Errors: InvalidArgument if unknown
  /// Errors: InvalidArgument if unknown.
  const Shape& shape(std::string_view name) const;
  bool contains(std::string_view name) const;  ///< whether get() made it
  std::vector<std::string> names() const;      ///< sorted

 private:
  struct Entry;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
};

/// What compile() may do; all on but in tests and when looking at a graph.
struct CompileOptions {
  bool simplify = true;       ///< passes.hpp: simplify
  bool fuse = true;           ///< passes.hpp: fuse
  bool share_buffers = true;  ///< else every value has memory of its own, for the whole run
};

/// What a plan computes and writes.
struct CompileSpec {
  std::vector<std::pair<std::string, Value>> outputs = {};  ///< named results, readable after run()
  /// State leaf <- new value, written after everything that reads the old value; in place where the
  /// op allows it (adamw).
  std::vector<std::pair<Value, Value>> updates = {};
  CompileOptions options = {};  ///< for tests and for looking at a graph
};

/// Sizes of a plan.
struct PlanStats {
  std::size_t ops = 0, fused = 0;  ///< kernel calls, and those of fused ops among them
  std::size_t arena_bytes = 0;     ///< peak of all temporaries
  std::size_t unshared_bytes = 0;  ///< what they would take without lifetime sharing
  double flops = 0;                ///< multiply and add of products, per run
};

/// A compiled graph. run() allocates nothing and branches on nothing but the op list.
template <class T>
class Plan {
 public:
  ~Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  /// Every input recorded in the graph has a buffer, whether or not a result depends on it.
  /// Errors (each): InvalidArgument for an unknown name.
  std::span<T> input(std::string_view name);
  /// A result in row-major order, as of the last run().
  std::span<const T> output(std::string_view name) const;
  double scalar(std::string_view name) const;  ///< a rank-0 output
  /// Reads inputs and states, writes results and states.
  void run();
  PlanStats stats() const;  ///< sizes, for people and tests
  /// One line per op: name, shapes, offset. For people and tests.
  std::string describe() const;

  struct Impl;
  /// compile() makes plans.
  explicit Plan(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

/// A place that runs plans. The graph room knows this interface only; cpu::device() implements it.
class Device;

/// Dead code, common subexpressions and constants are folded, patterns are fused, buffers placed.
/// T is float or double. `states` and `device` must outlive the plan; the graph need not. Callers
/// pass cpu::device() (cpu/device.hpp).
/// Errors: InvalidArgument (nothing to compute, values of different graphs, a target that is no
/// state or is given twice), ShapeError (an update of another shape), DeviceError (an op that the
/// device does not have).
template <class T>
[[gnu::visibility("default")]] Plan<T> compile(const CompileSpec& spec, StateStore<T>& states,
                                               const Device& device);

}  // namespace pathflow::graph

#pragma GCC visibility pop  // public
