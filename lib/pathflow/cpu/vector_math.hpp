// Elementary functions and activations on packs of floats. Included only by isa_*.cpp.
//
// Polynomials are near-minimax fits (weighted least squares, reweighted until the error is level)
// of this library. Accuracy is stated in units in the last place (ulp) of the exact result, for
// every float argument, denormals, infinities and NaN included (which gives NaN). The same numbers
// stand in accuracy.hpp, where tests/unit/cpu/vector_math_test.cpp finds what it checks. "Flushed":
// results below 2^-119 may be 0.
#pragma once

#include "pathflow/cpu/simd.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

/// c0 + c1 x + c2 x^2 + ..., by Horner's rule.
template <Literal C0, Literal... More>
PATHFLOW_INLINE Pack polynomial(Pack x) {
  if constexpr (sizeof...(More) == 0)
    return constant<C0>();
  else
    return madd(polynomial<More...>(x), x, constant<C0>());
}

// Exponential -------------------------------------------------------------------------------------

struct Reduced {
  Ints exponent;   // n
  Pack power;      // 2^n as a float, if n > -127; 0 at n = -127
  Pack remainder;  // r = x - n log 2, |r| <= log(2) / 2
};

// Adding 1.5 2^23 rounds to an integer whose low bits are then the mantissa's. log 2 is cut in two:
// n times the first part (10 bits) is exact.
PATHFLOW_INLINE Reduced reduce_exp(Pack x) {
  const Pack shift = constant<12582912.0f>();
  const Pack rounded = madd(x, constant<1.44269504f>(), shift);
  const Pack n = rounded - shift;
  Pack r = madd(n, constant<-0.693359375f>(), x);
  r = madd(n, constant<2.12194440e-4f>(), r);
  // shift's own bits fall out
  const Ints power = add(to_bits(rounded) << 23, constant_int<0x3F800000>());
  return {subtract(to_bits(rounded), to_bits(shift)), from_bits(power), r};
}

/// e^r - 1 for |r| <= log(2) / 2.
PATHFLOW_INLINE Pack expm1_core(Pack r) {
  const Pack q = polynomial<4.999999702e-01f, 1.666654348e-01f, 4.166719690e-02f, 8.366581053e-03f,
                            1.388297649e-03f>(r);
  return madd(q, r * r, r);
}

/// e^x. Accuracy: 1.25 ulp; overflow gives inf, underflow is gradual.
PATHFLOW_INLINE Pack exp(Pack x) {
  const Pack clamped = at_most(at_least(x, constant<-104.0f>()), constant<89.0f>());
  const Reduced e = reduce_exp(clamped);
  const Pack p = constant<1.0f>() + expm1_core(e.remainder);
  const Ints half = e.exponent >> 1, rest = e.exponent - half;  // 2^n itself may not be a float
  return p * from_bits((half + constant_int<127>()) << 23) *
         from_bits((rest + constant_int<127>()) << 23);
}

/// e^x for x <= 0; 0 below -87.7, so that one multiplication scales.
PATHFLOW_INLINE Pack exp_negative(Pack x) {
  const Reduced e = reduce_exp(at_least(x, constant<-88.0296936f>()));  // -127 log 2
  return madd(expm1_core(e.remainder), e.power, e.power);
}

/// e^x - 1 for x <= 0.
PATHFLOW_INLINE Pack expm1_negative(Pack x) {
  const Reduced e = reduce_exp(at_least(x, constant<-30.0f>()));
  return madd(expm1_core(e.remainder), e.power, e.power - constant<1.0f>());
}

/// Natural logarithm. Accuracy: 1 ulp; log(0) = -inf, log of a negative number is NaN.
PATHFLOW_INLINE Pack log(Pack x) {
  const Ints tiny = x < constant<1.17549435e-38f>();
  const Pack scaled = select(tiny, x * constant<8388608.0f>(), x);
  const Ints bits = to_bits(scaled);
  const Ints k =
      subtract(bits, constant_int<0x3F3504F3>()) >> 23;  // mantissa in [sqrt(1/2), sqrt(2))
  const Pack f = from_bits(subtract(bits, k << 23)) - constant<1.0f>();
  const Pack n =
      __builtin_convertvector(k, Pack) - select(tiny, constant<23.0f>(), constant<0.0f>());
  const Pack f2 = f * f;
  const Pack p = polynomial<3.333331347e-01f, -2.500000894e-01f, 2.000212371e-01f,
                            -1.666800529e-01f, 1.421945095e-01f, -1.240534261e-01f,
                            1.188870892e-01f, -1.167750508e-01f, 6.747692078e-02f>(f);
  Pack tail = madd(n, constant<-2.12194440e-4f>(), f2 * f * p);
  tail = madd(constant<-0.5f>(), f2, tail);
  Pack y = madd(n, constant<0.693359375f>(), f + tail);
  y = select(x == Pack{}, constant<-__builtin_inff()>(), y);
  y = select(x < Pack{}, constant<__builtin_nanf("")>(), y);
  return select((x == constant<__builtin_inff()>()) | (x != x), x, y);
}

// Sigmoid and its relatives: with e = e^-|x|, nothing overflows and nothing cancels ---------------

/// 1 / (1 + e^-x). Accuracy: 3 ulp, gradual underflow.
PATHFLOW_INLINE Pack sigmoid(Pack x) {
  const Pack e = exp(negative_absolute(x));
  return select(x < Pack{}, e, constant<1.0f>()) / (constant<1.0f>() + e);
}

/// tanh x. Accuracy: 2 ulp.
PATHFLOW_INLINE Pack tanh(Pack x) {
  const Pack a = absolute(x), x2 = x * x;
  const Pack e = exp_negative(a * constant<-2.0f>());
  const Pack large = with_sign((constant<1.0f>() - e) / (constant<1.0f>() + e), x);
  const Pack p = polynomial<-3.333333135e-01f, 1.333321035e-01f, -5.394720286e-02f,
                            2.170296758e-02f, -8.182673715e-03f, 2.147536958e-03f>(x2);
  return select(a < constant<0.625f>(), madd(p * x2, x, x), large);
}

/// 1 - tanh^2 x = 4 e / (1 + e)^2 with e = e^-2|x|. Accuracy: 4 ulp, flushed.
PATHFLOW_INLINE Pack tanh_grad(Pack x) {
  const Pack e = exp_negative(absolute(x) * constant<-2.0f>());
  const Pack d = constant<1.0f>() + e;
  return constant<4.0f>() * e / (d * d);
}

/// x < 0 ? small : large, where 0 <= small <= large or one of them is NaN.
PATHFLOW_INLINE Pack smaller_if_negative(Pack x, Pack small, Pack large) {
  return at_least(small, from_bits(to_bits(large) & ~(x < Pack{})));
}

/// x sigmoid(x). Accuracy: 3.5 ulp, flushed.
PATHFLOW_INLINE Pack silu(Pack x) {
  const Pack e = exp_negative(negative_absolute(x));
  const Pack bounded = at_least(x, constant<-128.0f>());  // -inf times 0 would be NaN
  return bounded * smaller_if_negative(x, e, constant<1.0f>()) / (constant<1.0f>() + e);
}

/// s + x s (1 - s), s = sigmoid(x). It has a root at -1.278: accuracy 3 ulp of max(|y|,
/// 1/4).
PATHFLOW_INLINE Pack silu_grad(Pack x) {
  const Pack e = exp_negative(negative_absolute(x));
  const Pack bounded = at_most(at_least(x, constant<-128.0f>()), constant<128.0f>());
  const Pack d = constant<1.0f>() / (constant<1.0f>() + e);
  const Pack ed = e * d;
  return madd(bounded * ed, d, smaller_if_negative(x, ed, d));
}

inline constexpr float kSeluScale = 1.05070099f, kSeluScaleAlpha = 1.75809934f;

/// scale (x > 0 ? x : alpha (e^x - 1)). Accuracy: 2 ulp.
PATHFLOW_INLINE Pack selu(Pack x) {
  const Pack negative = constant<kSeluScaleAlpha>() * expm1_negative(at_most(x, constant<0.0f>()));
  return select(x > Pack{}, constant<kSeluScale>() * x, negative);
}

/// scale (x > 0 ? 1 : alpha e^x). Accuracy: 2 ulp, flushed.
PATHFLOW_INLINE Pack selu_grad(Pack x) {
  const Pack negative = constant<kSeluScaleAlpha>() * exp_negative(at_most(x, constant<0.0f>()));
  return select(x > Pack{}, constant<kSeluScale>(), negative);
}

PATHFLOW_INLINE Pack relu(Pack x) { return at_least(x, constant<0.0f>()); }
PATHFLOW_INLINE Pack relu_grad(Pack x) {
  return select(x > Pack{}, constant<1.0f>(), select(x == x, constant<0.0f>(), x));
}

// Normal distribution and error function ----------------------------------------------------------

/// e^(scale x^2) for scale < 0 with x^2 carried to twice the precision: without it the error would
/// grow with x^2. (x^2 = h + l exactly; e^(scale l) = 1 + scale l.)
template <Literal Scale>
PATHFLOW_INLINE Pack gaussian(Pack x) {
  const Pack high = from_bits(to_bits(x) & static_cast<std::int32_t>(0xFFFFF000u));
  const Pack low = x - high;
  const Pack h = x * x;
  const Pack l = ((high * high - h) + constant<2.0f>() * high * low) + low * low;
  const Pack e = exp_negative(constant<Scale>() * h);
  return madd(e * constant<Scale>(), l, e);
}

/// e^(t^2/2) Q(t), Q the upper tail of the standard normal, for 0 <= t <= 14.5.
PATHFLOW_INLINE Pack tail_ratio(Pack t) {
  const Pack s = constant<1.0f>() / madd(constant<0.3f>(), t, constant<1.0f>());
  return s * polynomial<1.196866930e-01f, 1.195718125e-01f, 1.102354228e-01f, 7.838964462e-02f,
                        9.615684301e-02f, -7.942350209e-02f, 1.917845458e-01f, -2.282136083e-01f,
                        1.124356166e-01f, -2.062346973e-02f>(s);
}

/// erf x. Accuracy: 2 ulp.
PATHFLOW_INLINE Pack erf(Pack x) {
  const Pack a = at_most(absolute(x), constant<6.0f>());
  const Pack tail = gaussian<-1.0f>(a) * tail_ratio(a * constant<1.41421356f>());
  const Pack large = with_sign(constant<1.0f>() - constant<2.0f>() * tail, x);
  const Pack p =
      polynomial<1.283791661e-01f, -3.761262596e-01f, 1.128360033e-01f, -2.685444430e-02f,
                 5.189535208e-03f, -8.020839887e-04f, 7.889114204e-05f>(x * x);
  return select(absolute(x) < constant<1.0f>(), madd(p, x, x), large);
}

/// x Phi(x), Phi the normal distribution function. Accuracy: 7 ulp, flushed.
PATHFLOW_INLINE Pack gelu(Pack x) {
  const Pack a = at_most(absolute(x), constant<14.0f>());
  const Pack tail = gaussian<-0.5f>(a) * tail_ratio(a);
  const Pack bounded = at_least(x, constant<-14.0f>());
  const Pack product = bounded * tail;
  return select(x < Pack{}, product, select(x < constant<14.0f>(), x - product, x));
}

/// Phi(x) + x phi(x). It has a root at -0.752: accuracy 8 ulp of max(|y|, 1/4).
PATHFLOW_INLINE Pack gelu_grad(Pack x) {
  const Pack a = at_most(absolute(x), constant<14.0f>());
  const Pack density = gaussian<-0.5f>(a);
  const Pack tail = density * tail_ratio(a);
  const Pack bounded = with_sign(a, x);
  const Pack distribution = select(x < Pack{}, tail, constant<1.0f>() - tail);
  return madd(bounded * constant<0.398942280f>(), density, distribution);
}

// Sine and cosine ---------------------------------------------------------------------------------

/// Beyond this magnitude each lane goes through the C library's double function.
inline constexpr float kTurnLimit = 8192.0f;

struct Turn {
  Ints quadrant;
  Pack remainder;  // |r| <= pi / 4
};

// pi / 2 in three parts; n (13 bits) times the first two is exact.
PATHFLOW_INLINE Turn reduce_turn(Pack x) {
  const Pack shift = constant<12582912.0f>();
  const Pack rounded = madd(x, constant<0.636619772f>(), shift);
  const Pack n = rounded - shift;
  Pack r = madd(n, constant<-1.5703125f>(), x);
  r = madd(n, constant<-4.837512969970703125e-4f>(), r);
  r = madd(n, constant<-7.549789954891882e-8f>(), r);
  return {subtract(to_bits(rounded), to_bits(shift)), r};
}

PATHFLOW_INLINE Pack sin_or_cos(Pack r, Ints use_cos) {
  const Pack z = r * r;
  const Pack sine = madd(
      z * r,
      polynomial<-1.666666716e-01f, 8.333329111e-03f, -1.983932743e-04f, 2.718237283e-06f>(z), r);
  const Pack cosine =
      madd(z * z,
           polynomial<4.166666791e-02f, -1.388888340e-03f, 2.479951218e-05f, -2.720954626e-07f>(z),
           madd(constant<-0.5f>(), z, constant<1.0f>()));
  return select(use_cos, cosine, sine);
}

#if defined(PATHFLOW_HOST_SINE)  // WebAssembly's kernels: JavaScript has one, a copy would take 2
                                 // KB
extern "C" {
__attribute__((import_module("env"), import_name("sin"))) double far_sin(double x);
__attribute__((import_module("env"), import_name("cos"))) double far_cos(double x);
}
#else
PATHFLOW_INLINE double far_sin(double x) { return __builtin_sin(x); }
PATHFLOW_INLINE double far_cos(double x) { return __builtin_cos(x); }
#endif

/// The lanes beyond kTurnLimit (inf and NaN too) by function(double), the others from y.
template <class Function>
PATHFLOW_INLINE Pack far_lanes(Pack x, Pack y, Function function) {
  float from[kWidth], to[kWidth];
  store(from, x);
  store(to, y);
  for (int i = 0; i < kWidth; ++i) {
    const double v = static_cast<double>(from[i]);
    if (!(__builtin_fabs(v) <= static_cast<double>(kTurnLimit))) {
      to[i] = static_cast<float>(function(v));
    }
  }
  return load(to);
}

/// sin x. Accuracy: 2 ulp of max(|y|, 2^-10).
PATHFLOW_INLINE Pack sin(Pack x) {
  const Turn t = reduce_turn(x);
  const Pack magnitude = sin_or_cos(t.remainder, (t.quadrant & 1) != 0);
  const Pack y = from_bits(to_bits(magnitude) ^ ((t.quadrant & 2) << 30));
  if (!any(~(absolute(x) <= constant<kTurnLimit>()))) return y;
  return far_lanes(x, y, [](double v) { return far_sin(v); });
}

/// cos x. Accuracy: 2 ulp of max(|y|, 2^-10).
PATHFLOW_INLINE Pack cos(Pack x) {
  const Turn t = reduce_turn(x);
  const Pack magnitude = sin_or_cos(t.remainder, (t.quadrant & 1) == 0);
  const Pack y = from_bits(to_bits(magnitude) ^ ((add(t.quadrant, constant_int<1>()) & 2) << 30));
  if (!any(~(absolute(x) <= constant<kTurnLimit>()))) return y;
  return far_lanes(x, y, [](double v) { return far_cos(v); });
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
