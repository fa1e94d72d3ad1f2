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
#define PATHFLOW_KEEP_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define PATHFLOW_UNROLL _Pragma("GCC unroll 32")
#define PATHFLOW_KEEP_ROLLED _Pragma("GCC unroll 1")
#endif
#define PATHFLOW_INLINE inline __attribute__((always_inline))
/// Between a lambda's parameters and its body, where it is called for every pack: emcc has clang
/// inline nothing that does not ask for it.
#define PATHFLOW_INLINE_LAMBDA __attribute__((always_inline))

namespace pathflow::cpu::PATHFLOW_ISA {

#if defined(__AVX512F__)
inline constexpr int kWidth = 16;
#elif defined(__AVX__) || defined(__wasm_simd128__)
inline constexpr int kWidth = 8;  // WebAssembly: two registers, whose chains of operations overlap
#elif defined(__wasm__) && !defined(__wasm_simd128__)
inline constexpr int kWidth = 1;
#else
inline constexpr int kWidth = 4;
#endif

typedef float Pack __attribute__((vector_size(4 * kWidth)));
typedef std::int32_t Ints __attribute__((vector_size(4 * kWidth)));
typedef std::uint32_t Words32 __attribute__((vector_size(4 * kWidth)));
typedef float Quad __attribute__((vector_size(16)));

/// Modulo 2^32: lanes that a function replaces in the end (NaN, out of its range) may overflow.
PATHFLOW_INLINE Ints add(Ints a, Ints b) { return (Ints)((Words32)a + (Words32)b); }
PATHFLOW_INLINE Ints subtract(Ints a, Ints b) { return (Ints)((Words32)a - (Words32)b); }

PATHFLOW_INLINE Pack load(const float* p) {
  Pack v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
PATHFLOW_INLINE void store(float* p, Pack v) { __builtin_memcpy(p, &v, sizeof v); }

/// Code that runs now and then stays apart, and small.
#define PATHFLOW_APART inline __attribute__((noinline))

PATHFLOW_APART void copy_some(const float* from, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i];
}
/// The first `count` lanes, the others 0.
PATHFLOW_INLINE Pack load_some(const float* p, std::int64_t count) {
  float lanes[kWidth] = {};
  copy_some(p, count, lanes);
  return load(lanes);
}
PATHFLOW_INLINE void store_some(float* p, std::int64_t count, Pack v) {
  float lanes[kWidth];
  store(lanes, v);
  copy_some(lanes, count, p);
}

#if defined(__wasm_simd128__)
PATHFLOW_INLINE Quad low(Pack v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3); }
PATHFLOW_INLINE Quad high(Pack v) { return __builtin_shufflevector(v, v, 4, 5, 6, 7); }
PATHFLOW_INLINE Pack join(Quad low, Quad high) {
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}
/// f of each register.
template <class Function, class... Packs>
PATHFLOW_INLINE Pack by_halves(Function f, Packs... v) {
  return join((Quad)f((v128_t)low(v)...), (Quad)f((v128_t)high(v)...));
}
#endif

PATHFLOW_INLINE Pack splat(float s) {
#if defined(__wasm_simd128__)
  const Quad v = s - Quad{};
  return join(v, v);
#else
  return s - Pack{};
#endif
}

/// A float that is known when compiling, as a template's argument.
struct Literal {
  std::uint32_t bits;
  constexpr Literal(float f) : bits(__builtin_bit_cast(std::uint32_t, f)) {}  // NOLINT: implicit
  constexpr Literal(std::int32_t i) : bits(static_cast<std::uint32_t>(i)) {}  // NOLINT: implicit
};

// V8 builds a vector constant anew at every use, in three instructions, and spills those that are
// kept: one load from memory is the quickest. (Not const, or the compiler would see the value.)
#if defined(__wasm_simd128__)
template <std::uint32_t Bits>
inline std::uint32_t kept = Bits;
#endif

template <Literal L>
PATHFLOW_INLINE Pack constant() {
#if defined(__wasm_simd128__)
  const Quad v = (Quad)wasm_v128_load32_splat(&kept<L.bits>);
  return join(v, v);
#else
  return splat(__builtin_bit_cast(float, L.bits));
#endif
}
template <Literal L>
PATHFLOW_INLINE Ints constant_int() {
#if defined(__wasm_simd128__)
  return (Ints)constant<L>();
#else
  return static_cast<std::int32_t>(L.bits) - Ints{};
#endif
}
PATHFLOW_INLINE Ints to_bits(Pack v) { return (Ints)v; }
PATHFLOW_INLINE Pack from_bits(Ints v) { return (Pack)v; }
PATHFLOW_INLINE Pack select(Ints mask, Pack yes, Pack no) { return mask ? yes : no; }

PATHFLOW_INLINE Pack absolute(Pack v) { return from_bits(to_bits(v) & constant_int<0x7FFFFFFF>()); }
PATHFLOW_INLINE Pack negative_absolute(Pack v) {
  return from_bits(to_bits(v) | constant_int<static_cast<std::int32_t>(0x80000000u)>());
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
  return by_halves([](v128_t a, v128_t b) PATHFLOW_INLINE_LAMBDA { return wasm_f32x4_pmax(a, b); },
                   v, bound);
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
  return by_halves([](v128_t a, v128_t b) PATHFLOW_INLINE_LAMBDA { return wasm_f32x4_pmin(a, b); },
                   v, bound);
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
  return by_halves([](v128_t a) PATHFLOW_INLINE_LAMBDA { return wasm_f32x4_sqrt(a); }, v);
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

#if defined(__wasm_simd128__)
PATHFLOW_INLINE Quad madd(Quad a, Quad b, Quad c) {
#if !defined(__wasm_relaxed_simd__)
  return a * b + c;
#elif __has_builtin(__builtin_wasm_relaxed_madd_f32x4)
  return (Quad)__builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else  // clang 14 and 15; wasm/relaxed-simd.mjs brings their draft opcode up to date
  return (Quad)__builtin_wasm_fma_f32x4(a, b, c);
#endif
}
#endif
/// a b + c, with one rounding where kFused and two elsewhere. The only place where a product and a
/// sum may join: contraction by the compiler is off.
PATHFLOW_INLINE Pack madd(Pack a, Pack b, Pack c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__wasm_simd128__)
  return join(madd(low(a), low(b), low(c)), madd(high(a), high(b), high(c)));
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
