#include "pathflow/metric/random_rows.hpp"

#include <algorithm>
#include <unordered_map>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::metric {

using tensor::Points;

Points rows_at(const Points& rows, std::span<const std::size_t> numbers) {
  const std::size_t d = rows.shape(1);
  Points result = Points::from_shape({numbers.size(), d});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::copy_n(rows.data() + numbers[i] * d, d, result.data() + i * d);
  }
  return result;
}

std::vector<std::size_t> random_row_numbers(std::size_t total, std::size_t count,
                                            std::uint64_t seed, std::uint64_t turn) {
  check_between("random_rows", "count", static_cast<std::int64_t>(count), 0,
                static_cast<std::int64_t>(total));
  // The first part of a shuffle that swaps place i with one from i on; places are kept only where
  // they moved, so that a few rows of very many cost little.
  const Random random(seed, Purpose::kMetric);
  std::unordered_map<std::size_t, std::size_t> moved;
  const auto at = [&moved](std::size_t place) {
    const auto found = moved.find(place);
    return found == moved.end() ? place : found->second;
  };
  std::vector<std::size_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t j = i + static_cast<std::size_t>(random.index(turn, i, total - i));
    numbers[i] = at(j);
    moved[j] = at(i);
  }
  return numbers;
}

Points random_rows(const Points& rows, std::size_t count, std::uint64_t seed, std::uint64_t turn) {
  return rows_at(rows, random_row_numbers(rows.shape(0), count, seed, turn));
}

}  // namespace pathflow::metric
