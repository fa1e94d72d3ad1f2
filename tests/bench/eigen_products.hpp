// Eigen's float product compiled for one instruction set a file, for comparison. Each file renames
// Eigen's namespace: its inline functions would otherwise be merged across instruction sets.
#pragma once

#include <cstdint>
#include <string>

namespace pathflow::bench {

using EigenProduct = void(std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
                          bool transpose_a, const float* b, bool transpose_b, float* c);

EigenProduct eigen_sse2, eigen_avx2, eigen_avx512;

/// The product for an instruction set's name, or null where there is none.
inline EigenProduct* eigen_product(const std::string& isa) {
#if defined(__x86_64__)
  if (isa == "sse2") return eigen_sse2;
  if (isa == "avx2") return eigen_avx2;
  if (isa == "avx512") return eigen_avx512;
#endif
  return nullptr;
}

}  // namespace pathflow::bench
