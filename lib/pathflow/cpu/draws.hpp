// Random's draws in vector registers, for what draws at every step: the bits of base/random.hpp on
// every instruction set, several times as fast.
#pragma once

#include <cstdint>
#include <span>

#include "pathflow/base/random.hpp"

namespace pathflow::cpu {

/// out[i] = the 64 bits of element i of a step: Random::uniform_of and index_of read them.
void draw_words(const Random& random, std::uint64_t step, std::span<std::uint64_t> out);

/// out[i] = random.normal(step, i), rounded to float: as Random::fill_normal.
void draw_normals(const Random& random, std::uint64_t step, std::span<float> out);

}  // namespace pathflow::cpu
