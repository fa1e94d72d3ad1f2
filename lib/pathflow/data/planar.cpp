#include "pathflow/data/planar.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/elementary.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"

namespace pathflow::data {
namespace {

constexpr std::int64_t kGrain = 1024;  // rows a task

}  // namespace

double length(Point a) { return std::sqrt(dot(a, a)); }

Point on_circle(double turns) {
  const auto [sine, cosine] = elementary::sincos_turn(turns - std::floor(turns));
  return {cosine, sine};
}

double log_sum_exp(std::span<const double> terms) {
  const double top = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - top);
  return top + std::log(sum);
}

tensor::Points Planar::draw(std::size_t n, std::uint64_t seed) const {
  tensor::Points points = tensor::Points::from_shape({n, 2});
  const Random random(seed, Purpose::kDataset);
  float* out = points.data();
  parallel_for(static_cast<std::int64_t>(n), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Point p = point(Row(random, static_cast<std::uint64_t>(i)));
      out[2 * i] = static_cast<float>(p.x);
      out[2 * i + 1] = static_cast<float>(p.y);
    }
  });
  return points;
}

std::vector<int> Planar::labels(std::size_t n, std::uint64_t seed) const {
  if (classes() == 0) return {};
  std::vector<int> labels(n);
  const Random random(seed, Purpose::kDataset);
  for (std::size_t i = 0; i < n; ++i) labels[i] = label(Row(random, i));
  return labels;
}

std::vector<double> Planar::log_density(const tensor::Points& x) const {
  check_size("log_density", "a row of x", x.shape(1), 2);
  std::vector<double> values(x.shape(0));
  const float* in = x.data();
  parallel_for(static_cast<std::int64_t>(values.size()), kGrain / 16,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   values[static_cast<std::size_t>(i)] = log_density_at(
                       {static_cast<double>(in[2 * i]), static_cast<double>(in[2 * i + 1])});
                 }
               });
  return values;
}

std::vector<double> Distribution::log_density(const tensor::Points&) const {
  throw_error(ErrorCode::kInvalidArgument, "log_density",
              {"the set must have a density, got ", name()});
}

}  // namespace pathflow::data
