// Built with -march=native and contraction on; nothing else of the project is.
#include "peak.hpp"

namespace pathflow::bench {
namespace {

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif
typedef float Pack __attribute__((vector_size(kBytes)));
constexpr int kChains = 12;  // latency 4 x 2 pipes, with room
constexpr long kRounds = 400000;
volatile float g_sink = 0;

}  // namespace

double multiply_add_burst() {
  Pack chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = Pack{} + static_cast<float>(i);
  Pack factor = Pack{} + 0.999f, addend = Pack{} + 0.001f;
  for (long round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chain[i] = chain[i] * factor + addend;
  }
  Pack total{};
  for (const Pack& one : chain) total += one;
  g_sink = total[0];
  return 2.0 * kRounds * kChains * (kBytes / sizeof(float));
}

}  // namespace pathflow::bench
