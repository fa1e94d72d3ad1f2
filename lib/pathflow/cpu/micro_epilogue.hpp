// What follows a product on its rows while they are near: bias, activation, an activation's
// derivative. Included only by micro_*.hpp.
#pragma once

#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/micro_elementwise.hpp"
#include "pathflow/cpu/vector_math.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

/// The first `columns`, whole packs, of rows that lie `n` apart. Apart, so that an activation's
/// code stands once for them and for the ragged end of a row.
template <class Function>
PATHFLOW_APART void finish_packs(std::int64_t rows, std::int64_t columns, std::int64_t n, float* c,
                                 const float* bias, float* pre, Function activation) {
  for (std::int64_t i = 0; i < rows; ++i, c += n, pre += pre ? n : 0) {
    for (std::int64_t j = 0; j < columns; j += kWidth) {
      Pack z = load(c + j);
      if (bias) z = z + load(bias + j);
      if (pre) store(pre + j, z);
      store(c + j, activation(z));
    }
  }
}

template <class Function>
inline void finish_rows(std::int64_t rows, std::int64_t n, float* c, const float* bias, float* pre,
                        Function activation) {
  const std::int64_t tail = n % kWidth, whole = n - tail;
  if (whole > 0) finish_packs(rows, whole, n, c, bias, pre, activation);
  if (tail == 0) return;
  float z[kWidth] = {}, shift[kWidth] = {}, before[kWidth];
  if (bias) copy_some(bias + whole, tail, shift);
  for (std::int64_t i = 0; i < rows; ++i) {
    float* end = c + i * n + whole;
    copy_some(end, tail, z);
    finish_packs(1, kWidth, kWidth, z, bias ? shift : nullptr, before, activation);
    copy_some(z, tail, end);
    if (pre) copy_some(before, tail, pre + i * n + whole);
  }
}

/// The epilogue of a linear layer with few outputs.
inline void add_bias(std::int64_t rows, std::int64_t n, float* c, const float* bias, float* pre) {
  for (std::int64_t i = 0; i < rows && bias; ++i) {
    for (std::int64_t j = 0; j < n; ++j) c[i * n + j] += bias[j];
  }
  if (pre) __builtin_memcpy(pre, c, sizeof(float) * static_cast<std::size_t>(rows * n));
}

template <class Function>
PATHFLOW_APART void scale_packs(std::int64_t count, float* c, const float* pre, Function gradient) {
  for (std::int64_t i = 0; i < count; i += kWidth) {
    store(c + i, load(c + i) * gradient(load(pre + i)));
  }
}

template <class Function>
inline void scale_rows(std::int64_t count, float* c, const float* pre, Function gradient) {
  const std::int64_t tail = count % kWidth, whole = count - tail;
  scale_packs(whole, c, pre, gradient);
  if (tail == 0) return;
  float z[kWidth] = {}, x[kWidth] = {};
  copy_some(c + whole, tail, z);
  copy_some(pre + whole, tail, x);
  scale_packs(kWidth, z, x, gradient);
  copy_some(z, tail, c + whole);
}

inline void epilogue(const GemmCall& g, std::int64_t begin, std::int64_t end) {
  const Epilogue<float>& e = g.epilogue;
  const std::int64_t rows = end - begin, n = g.n;
  float* c = g.c + begin * n;
  float* pre = e.pre_activation ? e.pre_activation + begin * n : nullptr;
  if (e.activation == Activation::kSilu) {
    finish_rows(rows, n, c, e.bias, pre, [](Pack z) PATHFLOW_INLINE_LAMBDA { return silu(z); });
  } else if (n < kWidth) {
    add_bias(rows, n, c, e.bias, pre);
  } else if (e.bias || pre) {
    finish_rows(rows, n, c, e.bias, pre, [](Pack z) PATHFLOW_INLINE_LAMBDA { return z; });
  }
  // The others in a pass of their own, while the rows are near: their code stands once.
  switch (e.activation) {
    case Activation::kIdentity:
    case Activation::kSilu:
      break;
    case Activation::kSelu:
      unary(Unary::kSelu, rows * n, c, c);
      break;
    case Activation::kGelu:
      unary(Unary::kGelu, rows * n, c, c);
      break;
    case Activation::kTanh:
      unary(Unary::kTanh, rows * n, c, c);
      break;
    case Activation::kRelu:
      unary(Unary::kRelu, rows * n, c, c);
      break;
  }
  if (!e.grad_pre_activation) return;
  const float* x = e.grad_pre_activation + begin * n;
  const auto scale = [&](auto f) { scale_rows(rows * n, c, x, f); };
  switch (e.grad_activation) {
    case Activation::kIdentity:
      break;
    case Activation::kSilu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return silu_grad(z); });
      break;
    case Activation::kSelu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return selu_grad(z); });
      break;
    case Activation::kGelu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return gelu_grad(z); });
      break;
    case Activation::kTanh:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return tanh_grad(z); });
      break;
    case Activation::kRelu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return relu_grad(z); });
      break;
  }
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
