// Launchers of elementwise ops.
#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/device_launch.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {
namespace {

constexpr std::int64_t kGrain = 16384;

template <class T>
Preparer unary_launch(Unary op) {
  return [op](const Call& call) -> Launch {
    const std::int64_t count = call.outputs[0].shape.size();
    const T* x = data_of<T>(call.inputs[0]);
    T* y = data_of<T>(call.outputs[0]);
    return [=] { unary(op, count, x, y); };
  };
}

/// 1 - tanh(x)^2.
template <class T>
Launch tanh_grad_launch(const Call& call) {
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
Preparer binary_launch(Binary op) {
  return [op](const Call& call) -> Launch {
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
  };
}

}  // namespace

template <class T>
void add_elementwise(LaunchTable& table) {
  using namespace graph::ops;
  const std::pair<const graph::OpDef*, Unary> unaries[] = {{&kNegate, Unary::kNegate},
                                                           {&kExp, Unary::kExp},
                                                           {&kLog, Unary::kLog},
                                                           {&kSqrt, Unary::kSqrt},
                                                           {&kSin, Unary::kSin},
                                                           {&kCos, Unary::kCos},
                                                           {&kTanh, Unary::kTanh},
                                                           {&kSigmoid, Unary::kSigmoid},
                                                           {&kErf, Unary::kErf},
                                                           {&kSquare, Unary::kSquare},
                                                           {&kReciprocal, Unary::kReciprocal},
                                                           {&kSilu, Unary::kSilu},
                                                           {&kSelu, Unary::kSelu},
                                                           {&kGelu, Unary::kGelu},
                                                           {&kRelu, Unary::kRelu},
                                                           {&kSiluGrad, Unary::kSiluGrad},
                                                           {&kSeluGrad, Unary::kSeluGrad},
                                                           {&kGeluGrad, Unary::kGeluGrad},
                                                           {&kReluGrad, Unary::kReluGrad}};
  for (const auto& [op, kernel] : unaries) table[op->name] = unary_launch<T>(kernel);
  table[kTanhGrad.name] = tanh_grad_launch<T>;
  table[kAdd.name] = binary_launch<T>(Binary::kAdd);
  table[kSubtract.name] = binary_launch<T>(Binary::kSubtract);
  table[kMultiply.name] = binary_launch<T>(Binary::kMultiply);
  table[kDivide.name] = binary_launch<T>(Binary::kDivide);
}

template void add_elementwise<float>(LaunchTable&);
template void add_elementwise<double>(LaunchTable&);

}  // namespace pathflow::cpu
