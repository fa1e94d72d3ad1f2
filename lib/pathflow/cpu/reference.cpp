#include "pathflow/cpu/reference.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace pathflow::cpu::reference {
namespace {

constexpr double kInvSqrt2 = 0.70710678118654752440, kInvSqrt2Pi = 0.39894228040143267794;
constexpr double kSeluScale = 1.0507009873554804934, kSeluAlpha = 1.6732632423543772848;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Beyond 1000 sigmoid is 0 or 1 in double: the bound keeps inf times 0 out.
double bounded(double x) { return std::isnan(x) ? x : std::clamp(x, -1000.0, 1000.0); }

double silu(double x) { return x > 0 ? x * sigmoid(x) : bounded(x) * sigmoid(x); }

double silu_grad(double x) { return sigmoid(x) * (1 + bounded(x) * sigmoid(-x)); }

double gelu(double x) {
  return x > 0 ? 0.5 * x * std::erfc(-x * kInvSqrt2) : 0.5 * bounded(x) * std::erfc(-x * kInvSqrt2);
}

double gelu_grad(double x) {
  return 0.5 * std::erfc(-x * kInvSqrt2) + bounded(x) * kInvSqrt2Pi * std::exp(-0.5 * x * x);
}

}  // namespace

double apply(Unary op, double x) {
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
      return 1 / x;
    case Unary::kSilu:
      return silu(x);
    case Unary::kSelu:
      return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x));
    case Unary::kGelu:
      return gelu(x);
    case Unary::kRelu:
      return x < 0 ? 0 : x;
    case Unary::kSiluGrad:
      return silu_grad(x);
    case Unary::kSeluGrad:
      return kSeluScale * (x > 0 ? 1 : kSeluAlpha * std::exp(x));
    case Unary::kGeluGrad:
      return gelu_grad(x);
    case Unary::kReluGrad:
      return std::isnan(x) ? x : (x > 0 ? 1 : 0);
  }
  return x;
}

namespace {

double activate(Activation activation, double x) {
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

// 1 - tanh^2 = (1 - tanh)(1 + tanh) would cancel for large |x|; 1 / cosh^2 does not.
double activate_grad(Activation activation, double x) {
  switch (activation) {
    case Activation::kIdentity:
      return 1;
    case Activation::kSilu:
      return apply(Unary::kSiluGrad, x);
    case Activation::kSelu:
      return apply(Unary::kSeluGrad, x);
    case Activation::kGelu:
      return apply(Unary::kGeluGrad, x);
    case Activation::kTanh:
      return 1 / (std::cosh(x) * std::cosh(x));
    case Activation::kRelu:
      return apply(Unary::kReluGrad, x);
  }
  return 1;
}

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Operand = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

// Blocks this small keep Eigen's packing space on the stack (no allocation) and its own blocking,
// which follows cache sizes, out of the order of summation.
constexpr std::int64_t kBlock = 64;

struct Blocks {
  std::int64_t i, j, p, rows, columns, depth;
};

void multiply_block(const Blocks& s, const double* a, bool transpose_a, std::int64_t a_stride,
                    const double* b, bool transpose_b, std::int64_t b_stride, double* c,
                    std::int64_t n) {
  Eigen::Map<Matrix, 0, Eigen::OuterStride<>> out(c + s.i * n + s.j, s.rows, s.columns,
                                                  Eigen::OuterStride<>(n));
  const Operand left(transpose_a ? a + s.p * a_stride + s.i : a + s.i * a_stride + s.p,
                     transpose_a ? s.depth : s.rows, transpose_a ? s.rows : s.depth,
                     Eigen::OuterStride<>(a_stride));
  const Operand right(transpose_b ? b + s.j * b_stride + s.p : b + s.p * b_stride + s.j,
                      transpose_b ? s.columns : s.depth, transpose_b ? s.depth : s.columns,
                      Eigen::OuterStride<>(b_stride));
  if (transpose_a && transpose_b) {
    out.noalias() += left.transpose() * right.transpose();
  } else if (transpose_a) {
    out.noalias() += left.transpose() * right;
  } else if (transpose_b) {
    out.noalias() += left * right.transpose();
  } else {
    out.noalias() += left * right;
  }
}

void finish_row(std::int64_t n, std::int64_t i, double* c, const Epilogue<double>& e) {
  for (std::int64_t j = 0; j < n; ++j) {
    double z = c[i * n + j];
    if (e.bias) z += e.bias[j];
    if (e.pre_activation) e.pre_activation[i * n + j] = z;
    z = activate(e.activation, z);
    if (e.grad_pre_activation) {
      z *= activate_grad(e.grad_activation, e.grad_pre_activation[i * n + j]);
    }
    c[i * n + j] = z;
  }
}

}  // namespace

void gemm_rows(std::int64_t begin, std::int64_t end, std::int64_t m, std::int64_t n, std::int64_t k,
               const double* a, bool transpose_a, const double* b, bool transpose_b, double* c,
               const Epilogue<double>& epilogue) {
  std::fill(c + begin * n, c + end * n, 0.0);
  for (std::int64_t i = begin; i < end; i += kBlock) {
    for (std::int64_t j = 0; j < n; j += kBlock) {
      for (std::int64_t p = 0; p < k; p += kBlock) {
        const Blocks s{
            i, j, p, std::min(kBlock, end - i), std::min(kBlock, n - j), std::min(kBlock, k - p)};
        multiply_block(s, a, transpose_a, transpose_a ? m : k, b, transpose_b, transpose_b ? k : n,
                       c, n);
      }
    }
  }
  for (std::int64_t i = begin; i < end; ++i) finish_row(n, i, c, epilogue);
}

void unary(Unary op, std::int64_t count, const double* x, double* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = apply(op, x[i]);
}

void binary(Binary op, std::int64_t outer, std::int64_t inner, const double* a, Stride2 a_stride,
            const double* b, Stride2 b_stride, double* y) {
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      const double left = a[i * a_stride.row + j * a_stride.element];
      const double right = b[i * b_stride.row + j * b_stride.element];
      double& out = y[i * inner + j];
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
double pairwise(std::int64_t count, const double* x, std::int64_t stride) {
  if (count <= 8) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += x[i * stride];
    return sum;
  }
  const std::int64_t half = count / 2;
  return pairwise(half, x, stride) + pairwise(count - half, x + half * stride, stride);
}
}  // namespace

void reduce_sum(std::int64_t outer, std::int64_t count, std::int64_t inner, const double* x,
                double* y) {
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      y[i * inner + j] = pairwise(count, x + i * count * inner + j, inner);
    }
  }
}

void transpose(std::int64_t rows, std::int64_t columns, const double* x, double* y) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) y[j * rows + i] = x[i * columns + j];
  }
}

double sum_of_squares(std::int64_t count, const double* x) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += x[i] * x[i];
  return sum;
}

void adamw(std::int64_t count, const AdamWStep& step, const double* gradient, double* parameter,
           double* first, double* second, double* ema) {
  for (std::int64_t i = 0; i < count; ++i) {
    const double g = gradient[i] * step.gradient_scale;
    const double m = step.beta1 * first[i] + (1 - step.beta1) * g;
    const double v = step.beta2 * second[i] + (1 - step.beta2) * g * g;
    const double direction =
        (m / step.bias_correction1) / (std::sqrt(v / step.bias_correction2) + step.epsilon);
    const double p = parameter[i] * (1 - step.learning_rate * step.weight_decay) -
                     step.learning_rate * direction;
    first[i] = m;
    second[i] = v;
    parameter[i] = p;
    if (ema) ema[i] = static_cast<double>(step.ema_decay * ema[i] + (1 - step.ema_decay) * p);
  }
}

}  // namespace pathflow::cpu::reference
