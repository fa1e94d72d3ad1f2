// Launchers of elementwise ops.
#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/device_launch.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {
namespace {

constexpr std::int64_t kGrain = 16384;

template <class T>
Launch unary_launch(const Call& call, int which) {
  const auto op = static_cast<Unary>(which);
  const std::int64_t count = call.outputs[0].shape.size();
  const T* x = data_of<T>(call.inputs[0]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] { unary(op, count, x, y); };
}

/// 1 - tanh(x)^2.
template <class T>
Launch tanh_grad_launch(const Call& call, int) {
  const std::int64_t count = call.outputs[0].shape.size();
  const T* x = data_of<T>(call.inputs[0]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] {
    unary(Unary::kTanh, count, x, y);
    parallel_for(count, kGrain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) y[i] = T(1) - y[i] * y[i];
    });
  };
}

template <class T>
Launch binary_launch(const Call& call, int which) {
  const auto op = static_cast<Binary>(which);
  const Shape& shape = call.outputs[0].shape;
  const Box box = make_box(shape, broadcast_strides(call.inputs[0].shape, shape),
                           broadcast_strides(call.inputs[1].shape, shape));
  const T* a = data_of<T>(call.inputs[0]);
  const T* b = data_of<T>(call.inputs[1]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] {
    const std::int64_t plane = box.extents[2] * box.extents[3];
    for (std::int64_t i = 0; i < box.extents[0]; ++i) {
      for (std::int64_t j = 0; j < box.extents[1]; ++j) {
        binary(op, box.extents[2], box.extents[3], a + i * box.a[0] + j * box.a[1],
               {box.a[2], box.a[3]}, b + i * box.b[0] + j * box.b[1], {box.b[2], box.b[3]},
               y + (i * box.extents[1] + j) * plane);
      }
    }
  };
}

template <class T>
constexpr Launcher of(const graph::OpDef& op, Unary kernel) {
  return {&op, unary_launch<T>, static_cast<int>(kernel)};
}
template <class T>
constexpr Launcher of(const graph::OpDef& op, Binary kernel) {
  return {&op, binary_launch<T>, static_cast<int>(kernel)};
}

}  // namespace

template <class T>
std::span<const Launcher> elementwise_launchers() {
  using namespace graph::ops;
  static constexpr Launcher kLaunchers[] = {of<T>(kNegate, Unary::kNegate),
                                            of<T>(kExp, Unary::kExp),
                                            of<T>(kLog, Unary::kLog),
                                            of<T>(kSqrt, Unary::kSqrt),
                                            of<T>(kSin, Unary::kSin),
                                            of<T>(kCos, Unary::kCos),
                                            of<T>(kTanh, Unary::kTanh),
                                            of<T>(kSigmoid, Unary::kSigmoid),
                                            of<T>(kErf, Unary::kErf),
                                            of<T>(kSquare, Unary::kSquare),
                                            of<T>(kReciprocal, Unary::kReciprocal),
                                            of<T>(kSilu, Unary::kSilu),
                                            of<T>(kSelu, Unary::kSelu),
                                            of<T>(kGelu, Unary::kGelu),
                                            of<T>(kRelu, Unary::kRelu),
                                            of<T>(kSiluGrad, Unary::kSiluGrad),
                                            of<T>(kSeluGrad, Unary::kSeluGrad),
                                            of<T>(kGeluGrad, Unary::kGeluGrad),
                                            of<T>(kReluGrad, Unary::kReluGrad),
                                            {&kTanhGrad, tanh_grad_launch<T>},
                                            of<T>(kAdd, Binary::kAdd),
                                            of<T>(kSubtract, Binary::kSubtract),
                                            of<T>(kMultiply, Binary::kMultiply),
                                            of<T>(kDivide, Binary::kDivide)};
  return kLaunchers;
}

template std::span<const Launcher> elementwise_launchers<float>();
template std::span<const Launcher> elementwise_launchers<double>();

}  // namespace pathflow::cpu
