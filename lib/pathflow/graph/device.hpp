// A place that runs plans. The graph room knows this interface only; cpu/device.hpp implements it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "pathflow/graph/op.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::graph {

/// Scalar type of a whole plan.
enum class Dtype { kFloat32, kFloat64 };
/// The Dtype of float and of double.
template <class T>
inline constexpr Dtype kDtypeOf = sizeof(T) == 4 ? Dtype::kFloat32 : Dtype::kFloat64;
/// Bytes of one element.
constexpr std::size_t dtype_bytes(Dtype dtype) { return dtype == Dtype::kFloat32 ? 4 : 8; }

/// Alignment of every buffer, in bytes.
inline constexpr std::size_t kAlignment = 64;

/// A dense row-major array in the device's memory.
struct Operand {
  void* data = nullptr;  ///< first element
  Shape shape;           ///< extents
};

/// One kernel call of a plan, with its buffers. An output may be the buffer of an input only where
/// the op's kind or in_place rule allows it.
struct Call {
  const OpDef* op = nullptr;               ///< what to compute
  const Attributes* attributes = nullptr;  ///< with which settings
  std::vector<Operand> inputs, outputs;    ///< on which buffers, in the op's order
};

/// A prepared list of calls. run() allocates nothing and looks nothing up.
class Executable {
 public:
  virtual ~Executable() = default;
  /// Makes all calls, in order, and returns when their results are there.
  virtual void run() = 0;
};

/// Memory, and kernels for ops.
class Device {
 public:
  virtual ~Device() = default;
  /// For messages: "cpu".
  virtual std::string_view name() const = 0;
  /// Whether it has a kernel for the op.
  virtual bool supports(const OpDef& op, Dtype dtype) const = 0;
  /// Zeroed memory, aligned to kAlignment; the deleter gives it back to the device.
  virtual std::shared_ptr<void> allocate(std::size_t bytes) const = 0;
  /// Prepares calls to be run in order. What they point at (buffers) outlives the Executable; the
  /// attributes need not.
  virtual std::unique_ptr<Executable> prepare(std::span<const Call> calls, Dtype dtype) const = 0;
};

}  // namespace pathflow::graph

#pragma GCC visibility pop  // public
