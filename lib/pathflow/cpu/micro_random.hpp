// Philox blocks and normals of one instruction set, several blocks at a time, with the bits of
// base/random.cpp. Included only by isa_*.cpp.
#pragma once

#include "pathflow/base/elementary_lanes.hpp"
#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/simd.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

#if defined(__AVX512F__)
inline constexpr int kBlocks = 8;
#elif defined(__AVX2__)
inline constexpr int kBlocks = 4;
#else
inline constexpr int kBlocks = 2;
#endif
typedef double Doubles __attribute__((vector_size(8 * kBlocks)));
typedef std::uint64_t Words __attribute__((vector_size(8 * kBlocks)));

PATHFLOW_INLINE Words splat_word(std::uint64_t word) { return word + Words{}; }

/// The low 32 bits of each lane times a number of 32 bits.
PATHFLOW_INLINE Words multiply_low(Words a, std::uint32_t factor) {
#if defined(__AVX512F__)
  return (Words)_mm512_maskz_mul_epu32(0xFF, (__m512i)a, (__m512i)splat_word(factor));
#elif defined(__AVX2__)
  return (Words)_mm256_mul_epu32((__m256i)a, (__m256i)splat_word(factor));
#elif defined(__SSE2__)
  return (Words)_mm_mul_epu32((__m128i)a, (__m128i)splat_word(factor));
#elif defined(__wasm_simd128__)
  const v128_t low = wasm_i32x4_shuffle((v128_t)a, (v128_t)a, 0, 2, 0, 2);
  return (Words)wasm_u64x2_extmul_low_u32x4(low,
                                            wasm_i32x4_splat(static_cast<std::int32_t>(factor)));
#else
  return (a & 0xFFFFFFFFu) * splat_word(factor);
#endif
}

PATHFLOW_INLINE Doubles square_root(Doubles v) {
#if defined(__AVX512F__)
  return _mm512_maskz_sqrt_pd(0xFF, v);
#elif defined(__AVX2__)
  return _mm256_sqrt_pd(v);
#elif defined(__SSE2__)
  return _mm_sqrt_pd(v);
#elif defined(__wasm_simd128__)
  return (Doubles)wasm_f64x2_sqrt((v128_t)v);
#else
  for (int i = 0; i < kBlocks; ++i) v[i] = __builtin_sqrt(v[i]);
  return v;
#endif
}

struct WordPair {
  Words first, second;
};

/// Ten rounds of Philox 4x32 on kBlocks counters, each number in the low half of a lane; what lands
/// in the high halves is never read.
PATHFLOW_INLINE WordPair philox_blocks(const RandomBlocks& from, Words block) {
  Words c0 = block, c1 = block >> 32, c2 = splat_word(from.step), c3 = splat_word(from.step >> 32);
  std::uint32_t key0 = from.key0, key1 = from.key1;
  for (int round = 0; round < 10; ++round) {
    const Words product0 = multiply_low(c0, 0xD2511F53u), product1 = multiply_low(c2, 0xCD9E8D57u);
    c0 = (product1 >> 32) ^ c1 ^ splat_word(key0);
    c1 = product1;
    c2 = (product0 >> 32) ^ c3 ^ splat_word(key1);
    c3 = product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {(c1 << 32) | (c0 & 0xFFFFFFFFu), (c3 << 32) | (c2 & 0xFFFFFFFFu)};
}

/// Random::uniform_of: 52 bits as the mantissa of 2^52 + n, all of it exact.
PATHFLOW_INLINE Doubles open_unit(Words word) {
  const Words bits = (word >> 12) | static_cast<std::uint64_t>(elementary::kTwo52Bits);
  return (((Doubles)bits - 0x1p52) + 0.5) * 0x1p-52;
}

/// put(i, words of kBlocks blocks from first + i) for i = 0, kBlocks, ...
template <class Put>
PATHFLOW_INLINE void for_blocks(std::int64_t blocks, const RandomBlocks& from, Put put) {
  Words block = splat_word(from.first);
  for (int lane = 0; lane < kBlocks; ++lane) block[lane] += static_cast<std::uint64_t>(lane);
  for (std::int64_t i = 0; i < blocks; i += kBlocks, block += kBlocks) {
    put(i, philox_blocks(from, block));
  }
}

inline void random_words(std::int64_t blocks, const RandomBlocks& from, std::uint64_t* words) {
  for_blocks(blocks, from, [=](std::int64_t i, const WordPair& pair) PATHFLOW_INLINE_LAMBDA {
    for (int lane = 0; lane < kBlocks && i + lane < blocks; ++lane) {
      words[2 * (i + lane)] = pair.first[lane];
      words[2 * (i + lane) + 1] = pair.second[lane];
    }
  });
}

inline void random_normals(std::int64_t blocks, const RandomBlocks& from, float* normals) {
  for_blocks(blocks, from, [=](std::int64_t i, const WordPair& pair) PATHFLOW_INLINE_LAMBDA {
    const Doubles radius = square_root(-2.0 * elementary::log_lanes(open_unit(pair.first)));
    const auto turn = elementary::sincos_turn_lanes(open_unit(pair.second));
    const Doubles first = radius * turn.cos, second = radius * turn.sin;
    for (int lane = 0; lane < kBlocks && i + lane < blocks; ++lane) {
      normals[2 * (i + lane)] = static_cast<float>(first[lane]);
      normals[2 * (i + lane) + 1] = static_cast<float>(second[lane]);
    }
  });
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
