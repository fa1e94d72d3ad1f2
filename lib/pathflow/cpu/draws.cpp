#include "pathflow/cpu/draws.hpp"

#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernel_table.hpp"

namespace pathflow::cpu {
namespace {

/// A block makes two elements; of the last one perhaps only the first is wanted.
template <class T>
void draw(void (*kernel)(std::int64_t, const RandomBlocks&, T*), const Random& random,
          std::uint64_t step, std::span<T> out) {
  RandomBlocks from{random.key()[0], random.key()[1], step, 0};
  const std::size_t blocks = out.size() / 2;
  kernel(static_cast<std::int64_t>(blocks), from, out.data());
  if (out.size() % 2 == 0) return;
  from.first = blocks;
  T last[2];
  kernel(1, from, last);
  out.back() = last[0];
}

}  // namespace

void draw_words(const Random& random, std::uint64_t step, std::span<std::uint64_t> out) {
  if (const auto kernel = kernels().random_words) return draw(kernel, random, step, out);
  PhiloxCounter bits = {};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool second = i % 2 == 1;
    if (!second) bits = random.bits(step, i / 2);
    out[i] = std::uint64_t{bits[second ? 3 : 1]} << 32 | bits[second ? 2 : 0];
  }
}

void draw_normals(const Random& random, std::uint64_t step, std::span<float> out) {
  if (const auto kernel = kernels().random_normals) return draw(kernel, random, step, out);
  random.fill_normal(out, step);
}

}  // namespace pathflow::cpu
