// Random draws as pure functions of (seed, purpose, step, element): no hidden state, no order.
//
// The same draw has the same value on every compiler, in WASM and for every number of threads:
// integers exactly; uniforms exactly; normals exactly where contraction is off (every public build)
// and in any case within kNormalUlp units in the last place of the correctly rounded transform.
#pragma once

#include <cstdint>
#include <span>

#include "pathflow/base/philox.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow {

/// What a draw is for. Streams of different purposes are independent; numbers are part of the
/// reproducibility promise and never change.
enum class Purpose : std::uint32_t {
  kDataIndex = 1,     ///< which training row is drawn for the data end
  kSourceIndex = 2,   ///< which row is drawn for the source end, when the source is a data set
  kSourceNoise = 3,   ///< Gaussian source end of a training batch
  kTime = 4,          ///< training times
  kWeights = 5,       ///< initial network weights
  kLabelDropout = 6,  ///< null-label dropout
  kSampleStart = 7,   ///< starting points of a sampler
  kSampleNoise = 8,   ///< Brownian increments of a stochastic sampler
  kDataset = 9,       ///< points of a built-in data set
  kMetric = 10,       ///< random projections, subsampling
  kProbe = 11,        ///< Hutchinson probes
  kFourier = 12,      ///< random Fourier time features
  kPathNoise = 13,    ///< the interpolant's own noise z
  kAcceptance = 14,   ///< the Metropolis test of a Markov chain
  kCoupling = 15,     ///< which partner is drawn from a row of a transport plan
  kSecondTime = 16,   ///< the second time of a few-step objective
  kUser = 1024,       ///< first number free for callers
};

/// Bound on the error of normal(): ulps (float and double) against the exact Box-Muller transform
/// of the same integers; the worst of four million was 3.63. Checked by
/// tests/unit/base/random_test.cpp.
inline constexpr double kNormalUlp = 4.0;

/// A family of streams for one (seed, purpose).
///
/// Key: the 64-bit seed and the purpose are mixed by one Philox block into the 64-bit key, so that
/// neighbouring seeds and purposes share nothing. Counter: (step, block), both 64 bit. One block of
/// 128 bits serves two doubles: elements 2k and 2k+1 of a step share block k.
class Random {
 public:
  /// Any seed; a caller's own purposes start at Purpose::kUser.
  Random(std::uint64_t seed, Purpose purpose);

  /// 128 bits of block `block` of `step`.
  PhiloxCounter bits(std::uint64_t step, std::uint64_t block) const {
    return philox4x32({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                       static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)},
                      key_);
  }
  /// The key that every counter is enciphered with.
  const PhiloxKey& key() const { return key_; }
  /// What uniform() and index() make of an element's 64 bits: the low or high half of its block.
  static double uniform_of(std::uint64_t word) {
    return (static_cast<double>(word >> 12) + 0.5) * 0x1p-52;  // exact, symmetric about 1/2
  }
  /// The same for index().
  static std::uint64_t index_of(std::uint64_t word, std::uint64_t count);

  /// Uniform in the open interval (0, 1): 52 random bits, never 0 or 1.
  double uniform(std::uint64_t step, std::uint64_t element) const;
  /// Uniform integer in [0, count), count >= 1, by 64-bit multiply-high (bias below count / 2^64).
  std::uint64_t index(std::uint64_t step, std::uint64_t element, std::uint64_t count) const;
  /// Standard normal, Box-Muller on two 52-bit uniforms of one block.
  double normal(std::uint64_t step, std::uint64_t element) const;

  /// out[i] = uniform(step, first + i), rounded to T (a float result may round up to exactly 1).
  template <class T>
  void fill_uniform(std::span<T> out, std::uint64_t step, std::uint64_t first = 0) const;
  /// out[i] = normal(step, first + i), rounded to T.
  template <class T>
  void fill_normal(std::span<T> out, std::uint64_t step, std::uint64_t first = 0) const;

 private:
  PhiloxKey key_;
};

}  // namespace pathflow

#pragma GCC visibility pop  // public
