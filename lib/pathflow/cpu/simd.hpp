// Packs of floats in one register, on the vector extensions of gcc and clang; one source for every
// instruction set. Included only by isa_*.cpp, each of which names its namespace in PATHFLOW_ISA.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#if defined(__clang__)
#define PATHFLOW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PATHFLOW_UNROLL _Pragma("GCC unroll 32")
#endif
#define PATHFLOW_INLINE inline __attribute__((always_inline))
/// Between a lambda's parameters and its body, where it is called for every pack: emcc has clang
/// inline nothing that does not ask for it.
#define PATHFLOW_INLINE_LAMBDA __attribute__((always_inline))

namespace pathflow::cpu::PATHFLOW_ISA {

#if defined(__AVX512F__)
inline constexpr int kWidth = 16;
#elif defined(__AVX__)
inline constexpr int kWidth = 8;
#elif defined(__wasm__) && !defined(__wasm_simd128__)
inline constexpr int kWidth = 1;
#else
inline constexpr int kWidth = 4;
#endif

typedef float Pack __attribute__((vector_size(4 * kWidth)));
typedef std::int32_t Ints __attribute__((vector_size(4 * kWidth)));
typedef float Quad __attribute__((vector_size(16)));

PATHFLOW_INLINE Pack load(const float* p) {
  Pack v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
PATHFLOW_INLINE void store(float* p, Pack v) { __builtin_memcpy(p, &v, sizeof v); }

/// The first `count` lanes, the others 0.
PATHFLOW_INLINE Pack load_some(const float* p, std::int64_t count) {
  float lanes[kWidth] = {};
  for (std::int64_t i = 0; i < count; ++i) lanes[i] = p[i];
  return load(lanes);
}
PATHFLOW_INLINE void store_some(float* p, std::int64_t count, Pack v) {
  float lanes[kWidth];
  store(lanes, v);
  for (std::int64_t i = 0; i < count; ++i) p[i] = lanes[i];
}

// V8 builds a vector constant anew at every use, in three instructions. One that the compiler cannot
// see through is built before the loop and stays in a register or on the stack.
#if defined(__wasm_simd128__)
#define PATHFLOW_KEEP_CONSTANT(s, v) \
  if (__builtin_constant_p(s)) __asm__("" : "+r"(v))
#else
#define PATHFLOW_KEEP_CONSTANT(s, v) static_cast<void>(0)
#endif

PATHFLOW_INLINE Pack splat(float s) {
  Pack v = s - Pack{};
  PATHFLOW_KEEP_CONSTANT(s, v);
  return v;
}
PATHFLOW_INLINE Ints splat_int(std::int32_t s) {
  Ints v = s - Ints{};
  PATHFLOW_KEEP_CONSTANT(s, v);
  return v;
}
PATHFLOW_INLINE Ints to_bits(Pack v) { return (Ints)v; }
PATHFLOW_INLINE Pack from_bits(Ints v) { return (Pack)v; }
PATHFLOW_INLINE Pack select(Ints mask, Pack yes, Pack no) { return mask ? yes : no; }

PATHFLOW_INLINE Pack absolute(Pack v) { return from_bits(to_bits(v) & splat_int(0x7FFFFFFF)); }
PATHFLOW_INLINE Pack negative_absolute(Pack v) {
  return from_bits(to_bits(v) | splat_int(static_cast<std::int32_t>(0x80000000u)));
}
/// The magnitude of v with the sign of `sign`; v must not be negative.
PATHFLOW_INLINE Pack with_sign(Pack v, Pack sign) {
  return from_bits(to_bits(v) | (to_bits(sign) & static_cast<std::int32_t>(0x80000000u)));
}

// x86 and WASM name the comparison's operand that survives a NaN; here it is always `v`. (AVX-512
// by the masked forms with every lane on: gcc 12 warns inside its own header about the plain ones.)
PATHFLOW_INLINE Pack at_least(Pack v, Pack bound) {
#if defined(__AVX512F__)
  return _mm512_maskz_max_ps(0xFFFF, bound, v);
#elif defined(__AVX__)
  return _mm256_max_ps(bound, v);
#elif defined(__SSE2__)
  return _mm_max_ps(bound, v);
#elif defined(__wasm_simd128__)
  return (Pack)wasm_f32x4_pmax((v128_t)v, (v128_t)bound);
#else
  return select(bound > v, bound, v);
#endif
}
PATHFLOW_INLINE Pack at_most(Pack v, Pack bound) {
#if defined(__AVX512F__)
  return _mm512_maskz_min_ps(0xFFFF, bound, v);
#elif defined(__AVX__)
  return _mm256_min_ps(bound, v);
#elif defined(__SSE2__)
  return _mm_min_ps(bound, v);
#elif defined(__wasm_simd128__)
  return (Pack)wasm_f32x4_pmin((v128_t)v, (v128_t)bound);
#else
  return select(bound < v, bound, v);
#endif
}

PATHFLOW_INLINE Pack square_root(Pack v) {
#if defined(__AVX512F__)
  return _mm512_maskz_sqrt_ps(0xFFFF, v);
#elif defined(__AVX__)
  return _mm256_sqrt_ps(v);
#elif defined(__SSE2__)
  return _mm_sqrt_ps(v);
#elif defined(__wasm_simd128__)
  return (Pack)wasm_f32x4_sqrt((v128_t)v);
#else
  float lanes[kWidth];
  store(lanes, v);
  for (float& lane : lanes) lane = __builtin_sqrtf(lane);
  return load(lanes);
#endif
}

#if defined(__AVX512F__) || defined(__FMA__) || defined(__wasm_relaxed_simd__)
inline constexpr bool kFused = true;
#else
inline constexpr bool kFused = false;
#endif

/// a b + c, with one rounding where kFused and two elsewhere. The only place where a product and a
/// sum may join: contraction by the compiler is off.
PATHFLOW_INLINE Pack madd(Pack a, Pack b, Pack c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__wasm_relaxed_simd__)
#if __has_builtin(__builtin_wasm_relaxed_madd_f32x4)
  return (Pack)__builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else  // clang 14 and 15; wasm/relaxed-simd.mjs brings their draft opcode up to date
  return (Pack)__builtin_wasm_fma_f32x4(a, b, c);
#endif
#else
  return a * b + c;
#endif
}

PATHFLOW_INLINE bool any(Ints mask) {
  std::int32_t lanes[kWidth], all = 0;
  __builtin_memcpy(lanes, &mask, sizeof mask);
  for (std::int32_t lane : lanes) all |= lane;
  return all != 0;
}

/// 4x4 transposition in registers.
PATHFLOW_INLINE void transpose4(const float* x, std::int64_t x_stride, float* y,
                                std::int64_t y_stride) {
  Quad r0, r1, r2, r3;
  __builtin_memcpy(&r0, x, 16);
  __builtin_memcpy(&r1, x + x_stride, 16);
  __builtin_memcpy(&r2, x + 2 * x_stride, 16);
  __builtin_memcpy(&r3, x + 3 * x_stride, 16);
  const Quad a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
  const Quad b = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
  const Quad c = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
  const Quad d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
  const Quad y0 = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  const Quad y1 = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  const Quad y2 = __builtin_shufflevector(c, d, 0, 1, 4, 5);
  const Quad y3 = __builtin_shufflevector(c, d, 2, 3, 6, 7);
  __builtin_memcpy(y, &y0, 16);
  __builtin_memcpy(y + y_stride, &y1, 16);
  __builtin_memcpy(y + 2 * y_stride, &y2, 16);
  __builtin_memcpy(y + 3 * y_stride, &y3, 16);
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
