#include "pathflow/path/squared_distances.hpp"

namespace pathflow::path {
namespace {

constexpr std::size_t kBlock = 16;

[[gnu::always_inline]] inline void add_squares(float x, const float* __restrict__ y,
                                               float* __restrict__ sum) {
  for (std::size_t j = 0; j < kBlock; ++j) {
    const float difference = x - y[j];
    sum[j] += difference * difference;
  }
}

[[gnu::always_inline]] inline void fill_blocks(const float* x, const float* y, std::size_t d,
                                               std::size_t stride, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b) {
    float sum[kBlock] = {};
    for (std::size_t k = 0; k < d; ++k) add_squares(x[k], y + k * stride + b * kBlock, sum);
    for (std::size_t j = 0; j < kBlock; ++j) out[b * kBlock + j] = sum[j];
  }
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
[[gnu::target("avx2")]] void fill_blocks_avx2(const float* x, const float* y, std::size_t d,
                                              std::size_t stride, std::size_t blocks, float* out) {
  fill_blocks(x, y, d, stride, blocks, out);
}
void fill_whole_blocks(const float* x, const float* y, std::size_t d, std::size_t stride,
                       std::size_t blocks, float* out) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) {
    fill_blocks_avx2(x, y, d, stride, blocks, out);
  } else {
    fill_blocks(x, y, d, stride, blocks, out);
  }
}
#else
void fill_whole_blocks(const float* x, const float* y, std::size_t d, std::size_t stride,
                       std::size_t blocks, float* out) {
  fill_blocks(x, y, d, stride, blocks, out);
}
#endif

}  // namespace

void squared_distances(const float* x, const float* y, std::size_t d, std::size_t stride,
                       std::size_t count, float* out) {
  const std::size_t blocks = count / kBlock;
  fill_whole_blocks(x, y, d, stride, blocks, out);
  for (std::size_t j = blocks * kBlock; j < count; ++j) {
    float sum = 0;
    for (std::size_t k = 0; k < d; ++k) {
      const float difference = x[k] - y[k * stride + j];
      sum += difference * difference;
    }
    out[j] = sum;
  }
}

void by_axes(std::size_t n, std::size_t d, std::span<const float> rows, std::vector<float>& out) {
  out.resize(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) out[k * n + i] = rows[i * d + k];
  }
}

}  // namespace pathflow::path
