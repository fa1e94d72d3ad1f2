// What the families of CPU launchers share: a launch is a call with everything looked up.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

#include "pathflow/graph/device.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::cpu {

using graph::Call;
using graph::Operand;
using graph::Shape;

using Launch = std::function<void()>;
using Preparer = std::function<Launch(const Call&)>;
/// By op name.
using LaunchTable = std::map<std::string_view, Preparer>;

template <class T>
T* data_of(const Operand& operand) {
  return static_cast<T*>(operand.data);
}

template <class T>
void add_elementwise(LaunchTable& table);  ///< device_elementwise.cpp
template <class T>
void add_movement(LaunchTable& table);  ///< device_movement.cpp
template <class T>
void add_products(LaunchTable& table);  ///< device_products.cpp: products, sums, look-up
template <class T>
void add_optimizer(LaunchTable& table);  ///< device_optimizer.cpp

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
