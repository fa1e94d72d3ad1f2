// What the families of CPU launchers share: a launch is a call with everything looked up.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "pathflow/graph/device.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::cpu {

using graph::Call;
using graph::Operand;
using graph::Shape;

/// One prepared call: a function of no arguments with all that it captured. (std::function would
/// bring eight functions for every kind of launch, a twentieth of the WebAssembly module.)
class Launch {
 public:
  template <class Body>
  Launch(Body body)  // NOLINT: a launcher returns its lambda
      : run_([](const void* own) { (*static_cast<const Body*>(own))(); }),
        body_(new Body(std::move(body)), [](void* own) { delete static_cast<Body*>(own); }) {}
  void operator()() const { run_(body_.get()); }

 private:
  void (*run_)(const void* body);
  std::unique_ptr<void, void (*)(void*)> body_;
};

/// An op and what prepares a call of it; `which` tells ops of one family apart.
struct Launcher {
  const graph::OpDef* op;
  Launch (*prepare)(const Call& call, int which);
  int which = 0;
};

template <class T>
T* data_of(const Operand& operand) {
  return static_cast<T*>(operand.data);
}

template <class T>
std::span<const Launcher> elementwise_launchers();  ///< device_elementwise.cpp
template <class T>
std::span<const Launcher> movement_launchers();  ///< device_movement.cpp
template <class T>
std::span<const Launcher> product_launchers();  ///< device_products.cpp: products, sums, look-up
template <class T>
std::span<const Launcher> optimizer_launchers();  ///< device_optimizer.cpp

/// A box of up to four extents that two operands walk with their own strides, in elements. Extents
/// of 1 are dropped and axes that both walk as one are merged; what is left ends at the right.
struct Box {
  static constexpr int kRank = Shape::kMaxRank;
  std::array<std::int64_t, kRank> extents{1, 1, 1, 1};
  std::array<std::int64_t, kRank> a{}, b{};
};
using Strides = std::array<std::int64_t, Box::kRank>;

/// Strides of a dense `shape` aligned to the right of a result's axes; 0 where it is broadcast.
Strides broadcast_strides(const Shape& shape, const Shape& result);
Box make_box(const Shape& result, const Strides& a, const Strides& b);

}  // namespace pathflow::cpu
