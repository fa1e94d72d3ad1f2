// Random subsets of rows without repetition.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pathflow/tensor/array.hpp"

namespace pathflow::metric {

/// `count` different row numbers below `total` in random order, a function of (seed, turn).
/// Cost: O(count), whatever the total. Errors: InvalidArgument for count > total.
std::vector<std::size_t> random_row_numbers(std::size_t total, std::size_t count,
                                            std::uint64_t seed, std::uint64_t turn = 0);

/// The rows of these numbers. Shapes: rows [n, d], result [numbers.size(), d].
tensor::Points rows_at(const tensor::Points& rows, std::span<const std::size_t> numbers);

/// `count` different rows in random order. Errors: as random_row_numbers.
tensor::Points random_rows(const tensor::Points& rows, std::size_t count, std::uint64_t seed,
                           std::uint64_t turn = 0);

}  // namespace pathflow::metric
