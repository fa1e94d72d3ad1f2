// Launchers of products, plain and fused, sums and table look-up.
#include "pathflow/cpu/device_launch.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {
namespace {

/// Everything of a product but its epilogue.
template <class T>
struct Product {
  std::int64_t m, n, k;
  const T *a, *b;
  bool transpose_a, transpose_b;
  T* c;

  explicit Product(const Call& call)
      : m(call.outputs[0].shape[0]),
        n(call.outputs[0].shape[1]),
        k(call.inputs[0].shape[call.attributes->transpose_a ? 0 : 1]),
        a(data_of<T>(call.inputs[0])),
        b(data_of<T>(call.inputs[1])),
        transpose_a(call.attributes->transpose_a),
        transpose_b(call.attributes->transpose_b),
        c(data_of<T>(call.outputs[0])) {}
};

template <class T>
Launch product_launch(const Call& call, const Epilogue<T>& epilogue) {
  const Product<T> p(call);
  return
      [p, epilogue] { gemm(p.m, p.n, p.k, p.a, p.transpose_a, p.b, p.transpose_b, p.c, epilogue); };
}

template <class T>
Launch matmul_launch(const Call& call, int) {
  return product_launch<T>(call, {});
}

template <class T>
Launch linear_launch(const Call& call, int) {
  Epilogue<T> epilogue;
  epilogue.activation = call.attributes->activation;
  if (call.attributes->bias) epilogue.bias = data_of<T>(call.inputs[2]);
  if (call.attributes->keep_pre) epilogue.pre_activation = data_of<T>(call.outputs[1]);
  return product_launch<T>(call, epilogue);
}

template <class T>
Launch matmul_grad_launch(const Call& call, int) {
  Epilogue<T> epilogue;
  epilogue.grad_activation = call.attributes->activation;
  epilogue.grad_pre_activation = data_of<T>(call.inputs[2]);
  return product_launch<T>(call, epilogue);
}

template <class T>
Launch sum_launch(const Call& call, int) {
  const graph::AxisSplit split = graph::split_at(call.inputs[0].shape, call.attributes->axis);
  const T* x = data_of<T>(call.inputs[0]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] { reduce_sum(split.outer, split.count, split.inner, x, y); };
}

template <class T>
Launch gather_launch(const Call& call, int) {
  const Shape table = call.inputs[0].shape, out = call.outputs[0].shape;
  const T* rows = data_of<T>(call.inputs[0]);
  const T* indices = data_of<T>(call.inputs[1]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] { gather_rows(out[0], out[1], table[0], rows, indices, y); };
}

template <class T>
Launch scatter_launch(const Call& call, int) {
  const Shape in = call.inputs[0].shape, out = call.outputs[0].shape;
  const T* x = data_of<T>(call.inputs[0]);
  const T* indices = data_of<T>(call.inputs[1]);
  T* y = data_of<T>(call.outputs[0]);
  return [=] { scatter_add_rows(in[0], in[1], out[0], x, indices, y); };
}

}  // namespace

template <class T>
std::span<const Launcher> product_launchers() {
  using namespace graph::ops;
  static constexpr Launcher kLaunchers[] = {
      {&kMatmul, matmul_launch<T>},          {&kFusedLinear, linear_launch<T>},
      {&kMatmulGrad, matmul_grad_launch<T>}, {&kSum, sum_launch<T>},
      {&kGatherRows, gather_launch<T>},      {&kScatterAddRows, scatter_launch<T>}};
  return kLaunchers;
}

template std::span<const Launcher> product_launchers<float>();
template std::span<const Launcher> product_launchers<double>();

}  // namespace pathflow::cpu
