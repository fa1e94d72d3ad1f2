// The 2-D laws of the tables of Tong et al. 2023 ("Simulation-free Schroedinger bridges via score
// and flow matching", appendix F), as their code draws them: other scales and noises than the
// built-in sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pathflow/tensor/array.hpp"

namespace pathflow::bench {

/// n points [n, 2] of a law, a function of (seed, row):
///
///     normal            N(0, I)
///     8gaussians        radius 5, deviation 0.1^(1/4): a variance of sqrt(0.1), as drawn there
///     moons             unit half circles with noise 0.05, times 2, then x - 1
///     scurve            (sin u, sign(u) (cos u - 1)), |u| < 3 pi / 2, noise 0.05, times 1.5
///     8gaussians-wide   radius 12, deviation 1.5
///     moons-wide        half circles with noise 0.1, standardised over both axes, times 7
///
/// Errors: InvalidArgument for another name.
tensor::Points draw_law(const std::string& name, std::size_t n, std::uint64_t seed);

}  // namespace pathflow::bench
