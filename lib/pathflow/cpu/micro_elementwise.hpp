// Elementwise kernels, sums and the optimizer of one instruction set. Included only by isa_*.cpp.
//
// Tails go through the same pack code on a padded register: an element's bits do not depend on
// where it lies.
#pragma once

#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/vector_math.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

// Elementwise -------------------------------------------------------------------------------------

/// Whole packs. Apart, so that a function's code stands once for them and for the tail.
template <class Function>
PATHFLOW_APART void map_packs(std::int64_t count, const float* x, float* y, Function f) {
  for (std::int64_t i = 0; i < count; i += kWidth) store(y + i, f(load(x + i)));
}

template <class Function>
inline void map(std::int64_t count, const float* x, float* y, Function f) {
  const std::int64_t tail = count % kWidth, whole = count - tail;
  map_packs(whole, x, y, f);
  if (tail == 0) return;
  float lanes[kWidth] = {};
  copy_some(x + whole, tail, lanes);
  map_packs(kWidth, lanes, lanes, f);
  copy_some(lanes, tail, y + whole);
}

inline void unary(Unary op, std::int64_t count, const float* x, float* y) {
  const auto run = [&](auto f) { map(count, x, y, f); };
  switch (op) {
    case Unary::kNegate:
      return run([](Pack v) { return -v; });
    case Unary::kExp:
      return run([](Pack v) { return exp(v); });
    case Unary::kLog:
      return run([](Pack v) { return log(v); });
    case Unary::kSqrt:
      return run([](Pack v) { return square_root(v); });
    case Unary::kSin:
      return run([](Pack v) { return sin(v); });
    case Unary::kCos:
      return run([](Pack v) { return cos(v); });
    case Unary::kTanh:
      return run([](Pack v) { return tanh(v); });
    case Unary::kSigmoid:
      return run([](Pack v) { return sigmoid(v); });
    case Unary::kErf:
      return run([](Pack v) { return erf(v); });
    case Unary::kSquare:
      return run([](Pack v) { return v * v; });
    case Unary::kReciprocal:
      return run([](Pack v) { return constant<1.0f>() / v; });
    case Unary::kSilu:
      return run([](Pack v) { return silu(v); });
    case Unary::kSelu:
      return run([](Pack v) { return selu(v); });
    case Unary::kGelu:
      return run([](Pack v) { return gelu(v); });
    case Unary::kRelu:
      return run([](Pack v) { return relu(v); });
    case Unary::kSiluGrad:
      return run([](Pack v) { return silu_grad(v); });
    case Unary::kSeluGrad:
      return run([](Pack v) { return selu_grad(v); });
    case Unary::kGeluGrad:
      return run([](Pack v) { return gelu_grad(v); });
    case Unary::kReluGrad:
      return run([](Pack v) { return relu_grad(v); });
  }
}

/// One row: element strides are 0 or 1 in the vector loops, anything in the last one.
template <class Function>
inline void binary_row(std::int64_t inner, const float* a, std::int64_t a_step, const float* b,
                       std::int64_t b_step, float* y, Function f) {
  std::int64_t j = 0;
  if (a_step == 1 && b_step == 1) {
    for (; j + kWidth <= inner; j += kWidth) store(y + j, f(load(a + j), load(b + j)));
  } else if (a_step == 1 && b_step == 0) {
    const Pack scalar = splat(*b);
    for (; j + kWidth <= inner; j += kWidth) store(y + j, f(load(a + j), scalar));
  } else if (a_step == 0 && b_step == 1) {
    const Pack scalar = splat(*a);
    for (; j + kWidth <= inner; j += kWidth) store(y + j, f(scalar, load(b + j)));
  }
  for (; j < inner; ++j) y[j] = f(a[j * a_step], b[j * b_step]);
}

template <class Function>
inline void binary_box(std::int64_t outer, std::int64_t inner, const float* a, Stride2 sa,
                       const float* b, Stride2 sb, float* y, Function f) {
  for (std::int64_t i = 0; i < outer; ++i) {
    binary_row(inner, a + i * sa.row, sa.element, b + i * sb.row, sb.element, y + i * inner, f);
  }
}

inline void binary(Binary op, std::int64_t outer, std::int64_t inner, const float* a, Stride2 sa,
                   const float* b, Stride2 sb, float* y) {
  const auto run = [&](auto f) { binary_box(outer, inner, a, sa, b, sb, y, f); };
  switch (op) {
    case Binary::kAdd:
      return run([](auto u, auto v) { return u + v; });
    case Binary::kSubtract:
      return run([](auto u, auto v) { return u - v; });
    case Binary::kMultiply:
      return run([](auto u, auto v) { return u * v; });
    case Binary::kDivide:
      return run([](auto u, auto v) { return u / v; });
  }
}

// Sums --------------------------------------------------------------------------------------------

PATHFLOW_INLINE void load_to(const float* p, Pack& v) { v = load(p); }
PATHFLOW_INLINE void load_to(const float* p, float& v) { v = *p; }
PATHFLOW_INLINE void store_from(float* p, Pack v) { store(p, v); }
PATHFLOW_INLINE void store_from(float* p, float v) { *p = v; }

template <class V, int S>
PATHFLOW_INLINE void sum_block(std::int64_t rows, std::int64_t stride, const float* x,
                               V (&sums)[S]) {
  constexpr int kStep = sizeof(V) / sizeof(float);
  PATHFLOW_UNROLL
  for (int s = 0; s < S; ++s) load_to(x + s * kStep, sums[s]);
  for (std::int64_t i = 1; i < rows; ++i) {
    PATHFLOW_UNROLL
    for (int s = 0; s < S; ++s) {
      V v;
      load_to(x + i * stride + s * kStep, v);
      sums[s] = sums[s] + v;
    }
  }
}

/// S adjacent packs of columns: blocks of `rows` rows in order, blocks joined pairwise as a binary
/// counter carries, so the order depends on the number of rows alone.
template <class V, int S>
inline void sum_strip(std::int64_t count, std::int64_t rows, std::int64_t stride, const float* x,
                      float* y) {
  constexpr int kStep = sizeof(V) / sizeof(float);
  V level[48][S] = {};
  int depth = 0;
  for (std::int64_t block = 0; block * rows < count; ++block) {
    const std::int64_t left = count - block * rows;
    V sums[S];
    sum_block<V, S>(left < rows ? left : rows, stride, x + block * rows * stride, sums);
    for (std::int64_t carry = block; carry & 1; carry >>= 1) {
      --depth;
      for (int s = 0; s < S; ++s) sums[s] = level[depth][s] + sums[s];
    }
    for (int s = 0; s < S; ++s) level[depth][s] = sums[s];
    ++depth;
  }
  while (--depth > 0) {
    for (int s = 0; s < S; ++s) level[depth - 1][s] = level[depth - 1][s] + level[depth][s];
  }
  for (int s = 0; s < S; ++s) store_from(y + s * kStep, level[0][s]);
}

inline void sum_columns(std::int64_t count, std::int64_t rows, std::int64_t stride,
                        std::int64_t begin, std::int64_t end, const float* x, float* y) {
  std::int64_t j = begin;
  for (; j + 4 * kWidth <= end; j += 4 * kWidth) {
    sum_strip<Pack, 4>(count, rows, stride, x + j, y + j);
  }
  for (; j + kWidth <= end; j += kWidth) sum_strip<Pack, 1>(count, rows, stride, x + j, y + j);
  for (; j < end; ++j) sum_strip<float, 1>(count, rows, stride, x + j, y + j);
}

inline void sum_contiguous(std::int64_t count, std::int64_t inner, const float* x, float* y) {
  static_assert(kSumLanes % kWidth == 0);
  const std::int64_t total = count * inner, rows = total / kSumLanes;
  float lanes[kSumLanes] = {};
  if (rows > 0) sum_strip<Pack, kSumLanes / kWidth>(rows, kSumBlock, kSumLanes, x, lanes);
  for (std::int64_t i = rows * kSumLanes; i < total; ++i) lanes[i - rows * kSumLanes] += x[i];
  for (std::int64_t half = kSumLanes / 2; half >= inner; half /= 2) {
    for (std::int64_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  for (std::int64_t l = 0; l < inner; ++l) y[l] = lanes[l];
}

// The square of a float is exact in double, so fused or not gives the same bits.
inline double sum_of_squares(std::int64_t count, const float* x) {
  double lanes[kSumLanes] = {};
  std::int64_t i = 0;
  for (; i + kSumLanes <= count; i += kSumLanes) {
    PATHFLOW_UNROLL
    for (int l = 0; l < kSumLanes; ++l) {
      const double v = static_cast<double>(x[i + l]);
      lanes[l] += v * v;
    }
  }
  for (int l = 0; i < count; ++i, ++l) {
    const double v = static_cast<double>(x[i]);
    lanes[l] += v * v;
  }
  for (int half = kSumLanes / 2; half >= 1; half /= 2) {
    for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

// Optimizer ---------------------------------------------------------------------------------------

struct AdamWPacks {
  Pack scale, beta1, one_minus_beta1, beta2, one_minus_beta2, rate, decay, root, epsilon, average;
};

struct AdamWState {
  Pack parameter, first, second;
};

PATHFLOW_INLINE AdamWState adamw_pack(const AdamWPacks& s, Pack gradient, AdamWState x) {
  const Pack g = gradient * s.scale;
  x.first = madd(s.beta1, x.first, s.one_minus_beta1 * g);
  x.second = madd(s.beta2, x.second, s.one_minus_beta2 * (g * g));
  const Pack denominator = madd(square_root(x.second), s.root, s.epsilon);
  const Pack update = s.rate * x.first / denominator;
  x.parameter = madd(s.decay, x.parameter, x.parameter) - update;
  return x;
}

inline AdamWPacks adamw_packs(const AdamWStep& step) {
  const auto pack = [](double v) { return splat(static_cast<float>(v)); };
  return {pack(step.gradient_scale),
          pack(step.beta1),
          pack(1 - step.beta1),
          pack(step.beta2),
          pack(1 - step.beta2),
          pack(step.learning_rate / step.bias_correction1),
          pack(-step.learning_rate * step.weight_decay),
          pack(1 / __builtin_sqrt(step.bias_correction2)),
          pack(step.epsilon),
          pack(1 - step.ema_decay)};
}

inline void adamw(std::int64_t count, const AdamWStep& step, const float* gradient,
                  float* parameter, float* first, float* second, float* ema) {
  const AdamWPacks s = adamw_packs(step);
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const AdamWState x =
        adamw_pack(s, load(gradient + i), {load(parameter + i), load(first + i), load(second + i)});
    store(parameter + i, x.parameter);
    store(first + i, x.first);
    store(second + i, x.second);
    if (ema) store(ema + i, madd(s.average, x.parameter - load(ema + i), load(ema + i)));
  }
  if (i == count) return;
  const std::int64_t left = count - i;
  const AdamWState x = adamw_pack(
      s, load_some(gradient + i, left),
      {load_some(parameter + i, left), load_some(first + i, left), load_some(second + i, left)});
  store_some(parameter + i, left, x.parameter);
  store_some(first + i, left, x.first);
  store_some(second + i, left, x.second);
  if (!ema) return;
  const Pack old = load_some(ema + i, left);
  store_some(ema + i, left, madd(s.average, x.parameter - old, old));
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
