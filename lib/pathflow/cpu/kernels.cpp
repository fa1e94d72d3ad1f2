#include "pathflow/cpu/kernels.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "pathflow/base/threads.hpp"

namespace pathflow::cpu {
namespace {

constexpr double kInvSqrt2 = 0.70710678118654752440, kInvSqrt2Pi = 0.39894228040143267794;
constexpr double kSeluScale = 1.0507009873554804934, kSeluAlpha = 1.6732632423543772848;

template <class T>
T sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

template <class T>
T apply(Unary op, T x) {
  switch (op) {
    case Unary::kNegate:
      return -x;
    case Unary::kExp:
      return std::exp(x);
    case Unary::kLog:
      return std::log(x);
    case Unary::kSqrt:
      return std::sqrt(x);
    case Unary::kSin:
      return std::sin(x);
    case Unary::kCos:
      return std::cos(x);
    case Unary::kTanh:
      return std::tanh(x);
    case Unary::kSigmoid:
      return sigmoid(x);
    case Unary::kErf:
      return std::erf(x);
    case Unary::kSquare:
      return x * x;
    case Unary::kReciprocal:
      return T(1) / x;
    case Unary::kSilu:
      return x * sigmoid(x);
    case Unary::kSelu:
      return T(kSeluScale) * (x > 0 ? x : T(kSeluAlpha) * std::expm1(x));
    case Unary::kGelu:
      return T(0.5) * x * std::erfc(-x * T(kInvSqrt2));
    case Unary::kRelu:
      return x > 0 ? x : T(0);
    case Unary::kSiluGrad:
      return sigmoid(x) * (T(1) + x * sigmoid(-x));
    case Unary::kSeluGrad:
      return T(kSeluScale) * (x > 0 ? T(1) : T(kSeluAlpha) * std::exp(x));
    case Unary::kGeluGrad:
      return T(0.5) * std::erfc(-x * T(kInvSqrt2)) + x * T(kInvSqrt2Pi) * std::exp(T(-0.5) * x * x);
    case Unary::kReluGrad:
      return x > 0 ? T(1) : T(0);
  }
  return x;
}

template <class T>
T activate(Activation activation, T x) {
  switch (activation) {
    case Activation::kIdentity:
      return x;
    case Activation::kSilu:
      return apply(Unary::kSilu, x);
    case Activation::kSelu:
      return apply(Unary::kSelu, x);
    case Activation::kGelu:
      return apply(Unary::kGelu, x);
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kRelu:
      return apply(Unary::kRelu, x);
  }
  return x;
}

template <class T>
T activate_grad(Activation activation, T x) {
  switch (activation) {
    case Activation::kIdentity:
      return T(1);
    case Activation::kSilu:
      return apply(Unary::kSiluGrad, x);
    case Activation::kSelu:
      return apply(Unary::kSeluGrad, x);
    case Activation::kGelu:
      return apply(Unary::kGeluGrad, x);
    case Activation::kTanh:
      return T(1) - std::tanh(x) * std::tanh(x);
    case Activation::kRelu:
      return apply(Unary::kReluGrad, x);
  }
  return T(1);
}

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, bool transpose_a, const T* b,
          bool transpose_b, T* c, const Epilogue<T>& epilogue) {
  const Eigen::Map<const Matrix<T>> am(a, transpose_a ? k : m, transpose_a ? m : k);
  const Eigen::Map<const Matrix<T>> bm(b, transpose_b ? n : k, transpose_b ? k : n);
  Eigen::Map<Matrix<T>> cm(c, m, n);
  if (transpose_a && transpose_b) {
    cm.noalias() = am.transpose() * bm.transpose();
  } else if (transpose_a) {
    cm.noalias() = am.transpose() * bm;
  } else if (transpose_b) {
    cm.noalias() = am * bm.transpose();
  } else {
    cm.noalias() = am * bm;
  }
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      T z = c[i * n + j];
      if (epilogue.bias) z += epilogue.bias[j];
      if (epilogue.pre_activation) epilogue.pre_activation[i * n + j] = z;
      z = activate(epilogue.activation, z);
      if (epilogue.grad_pre_activation) {
        z *= activate_grad(epilogue.grad_activation, epilogue.grad_pre_activation[i * n + j]);
      }
      c[i * n + j] = z;
    }
  }
}

template <class T>
void unary(Unary op, std::int64_t count, const T* x, T* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = apply(op, x[i]);
}

template <class T>
void binary(Binary op, std::int64_t outer, std::int64_t inner, const T* a, Stride2 a_stride,
            const T* b, Stride2 b_stride, T* y) {
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      const T left = a[i * a_stride.row + j * a_stride.element];
      const T right = b[i * b_stride.row + j * b_stride.element];
      T& out = y[i * inner + j];
      switch (op) {
        case Binary::kAdd:
          out = left + right;
          break;
        case Binary::kSubtract:
          out = left - right;
          break;
        case Binary::kMultiply:
          out = left * right;
          break;
        case Binary::kDivide:
          out = left / right;
          break;
      }
    }
  }
}

namespace {
template <class T>
T pairwise(std::int64_t count, const T* x, std::int64_t stride) {
  if (count <= 8) {
    T sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += x[i * stride];
    return sum;
  }
  const std::int64_t half = count / 2;
  return pairwise(half, x, stride) + pairwise(count - half, x + half * stride, stride);
}
}  // namespace

template <class T>
void reduce_sum(std::int64_t outer, std::int64_t count, std::int64_t inner, const T* x, T* y) {
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      y[i * inner + j] = pairwise(count, x + i * count * inner + j, inner);
    }
  }
}

template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* x, T* y) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) y[j * rows + i] = x[i * columns + j];
  }
}

template <class T>
void gather_rows(std::int64_t n, std::int64_t d, std::int64_t, const T* table, const T* indices,
                 T* y) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T* row = table + static_cast<std::int64_t>(indices[i]) * d;
    std::copy(row, row + d, y + i * d);
  }
}

template <class T>
void scatter_add_rows(std::int64_t n, std::int64_t d, std::int64_t table_rows, const T* x,
                      const T* indices, T* y) {
  std::fill(y, y + table_rows * d, T(0));
  for (std::int64_t i = 0; i < n; ++i) {
    T* row = y + static_cast<std::int64_t>(indices[i]) * d;
    for (std::int64_t j = 0; j < d; ++j) row[j] += x[i * d + j];
  }
}

template <class T>
double sum_of_squares(std::int64_t count, const T* x) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += double{x[i]} * double{x[i]};
  return sum;
}

template <class T>
void adamw(std::int64_t count, const AdamWStep& step, const T* gradient, T* parameter, T* first,
           T* second, T* ema) {
  for (std::int64_t i = 0; i < count; ++i) {
    const double g = double{gradient[i]} * step.gradient_scale;
    const double m = step.beta1 * double{first[i]} + (1 - step.beta1) * g;
    const double v = step.beta2 * double{second[i]} + (1 - step.beta2) * g * g;
    const double direction =
        (m / step.bias_correction1) / (std::sqrt(v / step.bias_correction2) + step.epsilon);
    const double p = double{parameter[i]} * (1 - step.learning_rate * step.weight_decay) -
                     step.learning_rate * direction;
    first[i] = static_cast<T>(m);
    second[i] = static_cast<T>(v);
    parameter[i] = static_cast<T>(p);
    if (ema) ema[i] = static_cast<T>(step.ema_decay * double{ema[i]} + (1 - step.ema_decay) * p);
  }
}

const char* isa() { return "scalar"; }

#define PATHFLOW_INSTANTIATE(T)                                                                   \
  template void gemm<T>(std::int64_t, std::int64_t, std::int64_t, const T*, bool, const T*, bool, \
                        T*, const Epilogue<T>&);                                                  \
  template void unary<T>(Unary, std::int64_t, const T*, T*);                                      \
  template void binary<T>(Binary, std::int64_t, std::int64_t, const T*, Stride2, const T*,        \
                          Stride2, T*);                                                           \
  template void reduce_sum<T>(std::int64_t, std::int64_t, std::int64_t, const T*, T*);            \
  template void transpose<T>(std::int64_t, std::int64_t, const T*, T*);                           \
  template void gather_rows<T>(std::int64_t, std::int64_t, std::int64_t, const T*, const T*, T*); \
  template void scatter_add_rows<T>(std::int64_t, std::int64_t, std::int64_t, const T*, const T*, \
                                    T*);                                                          \
  template double sum_of_squares<T>(std::int64_t, const T*);                                      \
  template void adamw<T>(std::int64_t, const AdamWStep&, const T*, T*, T*, T*, T*);
PATHFLOW_INSTANTIATE(float)
PATHFLOW_INSTANTIATE(double)

}  // namespace pathflow::cpu
