// Launchers of ops that move elements: copies between strided boxes.
#include <algorithm>

#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/device_launch.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {
namespace {

constexpr std::int64_t kGrain = 16384;  ///< elements of one parallel piece

/// One row: n elements, steps of 0 or 1 in the source, of 1 in the destination.
template <class T>
void copy_row(std::int64_t n, const T* from, std::int64_t step, T* to) {
  if (step == 0) {
    std::fill_n(to, n, *from);
  } else if (n < 16) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
  } else {
    std::copy_n(from, n, to);
  }
}

/// y (strides b) = x (strides a) over a box.
template <class T>
void copy_box(const Box& box, const T* x, T* y) {
  const auto& e = box.extents;
  const std::int64_t rows = e[0] * e[1] * e[2];
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / e[3]);
  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t k = row % e[2], j = row / e[2] % e[1], i = row / e[2] / e[1];
      copy_row(e[3], x + i * box.a[0] + j * box.a[1] + k * box.a[2], box.a[3],
               y + i * box.b[0] + j * box.b[1] + k * box.b[2]);
    }
  });
}

/// `rows` runs of `length` elements whose starts lie x_step and y_step apart.
Box rows_box(std::int64_t rows, std::int64_t length, std::int64_t x_step, std::int64_t y_step) {
  Box box;
  box.extents = {1, 1, rows, length};
  box.a = {0, 0, x_step, 1};
  box.b = {0, 0, y_step, 1};
  return box;
}

template <class T>
Launch copy_launch(const Call& call, int) {
  const std::int64_t count = call.outputs[0].shape.size();
  const T* x = data_of<T>(call.inputs[0]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] { std::copy_n(x, count, y); };
}

template <class T>
Launch broadcast_launch(const Call& call, int) {
  const Shape& shape = call.outputs[0].shape;
  const Box box = make_box(shape, broadcast_strides(call.inputs[0].shape, shape),
                           broadcast_strides(shape, shape));
  const T* x = data_of<T>(call.inputs[0]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] { copy_box(box, x, y); };
}

template <class T>
Launch transpose_launch(const Call& call, int) {
  const Shape shape = call.inputs[0].shape;
  const T* x = data_of<T>(call.inputs[0]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] { transpose(shape[0], shape[1], x, y); };
}

template <class T>
Launch slice_launch(const Call& call, int) {
  const graph::AxisSplit from = graph::split_at(call.inputs[0].shape, call.attributes->axis);
  const std::int64_t length = (call.attributes->end - call.attributes->begin) * from.inner;
  const Box box = rows_box(from.outer, length, from.count * from.inner, length);
  const T* x = data_of<T>(call.inputs[0]) + call.attributes->begin * from.inner;
  T* y = data_of<T>(call.outputs[0]);
  return [=] { copy_box(box, x, y); };
}

template <class T>
Launch pad_launch(const Call& call, int) {
  const graph::AxisSplit from = graph::split_at(call.inputs[0].shape, call.attributes->axis);
  const graph::AxisSplit to = graph::split_at(call.outputs[0].shape, call.attributes->axis);
  const std::int64_t length = from.count * from.inner, size = call.outputs[0].shape.size();
  const Box box = rows_box(from.outer, length, length, to.count * to.inner);
  const T* x = data_of<T>(call.inputs[0]);
  T* y = data_of<T>(call.outputs[0]);
  T* begin = y + call.attributes->begin * from.inner;
  return [=] {
    std::fill_n(y, size, T(0));
    copy_box(box, x, begin);
  };
}

template <class T>
Launch concat_launch(const Call& call, int) {
  struct Part {
    Box box;
    const T* x;
    T* y;
  };
  const graph::AxisSplit to = graph::split_at(call.outputs[0].shape, call.attributes->axis);
  T* y = data_of<T>(call.outputs[0]);
  std::vector<Part> parts;
  for (const Operand& input : call.inputs) {
    const std::int64_t length = input.shape[call.attributes->axis] * to.inner;
    parts.push_back(
        {rows_box(to.outer, length, length, to.count * to.inner), data_of<T>(input), y});
    y += length;
  }
  return [parts] {
    for (const Part& part : parts) copy_box(part.box, part.x, part.y);
  };
}

}  // namespace

template <class T>
std::span<const Launcher> movement_launchers() {
  using namespace graph::ops;
  static constexpr Launcher kLaunchers[] = {{&kCopy, copy_launch<T>},
                                            {&kDetach, copy_launch<T>},
                                            {&kBroadcastTo, broadcast_launch<T>},
                                            {&kTranspose, transpose_launch<T>},
                                            {&kConcat, concat_launch<T>},
                                            {&kSlice, slice_launch<T>},
                                            {&kPad, pad_launch<T>}};
  return kLaunchers;
}

template std::span<const Launcher> movement_launchers<float>();
template std::span<const Launcher> movement_launchers<double>();

}  // namespace pathflow::cpu
