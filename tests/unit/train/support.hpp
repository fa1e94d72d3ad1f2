// What the tests of objectives share: Gaussian rows, a network that learns in a second, refusals.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <initializer_list>
#include <span>
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {

using tensor::Points;

/// n rows of N(mean, diag(deviation^2)) in the plane.
inline Points gaussian_rows(std::size_t n, std::uint64_t seed, std::array<double, 2> mean,
                            std::array<double, 2> deviation) {
  Points rows = Points::from_shape({n, 2});
  Random(seed, Purpose::kUser).fill_normal(std::span<float>(rows.data(), rows.size()), 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < 2; ++k) {
      rows(i, k) = static_cast<float>(mean[k] + deviation[k] * rows(i, k));
    }
  }
  return rows;
}

/// The same law on both axes.
inline Points gaussian_rows(std::size_t n, std::uint64_t seed, double mean, double deviation) {
  return gaussian_rows(n, seed, {mean, mean}, {deviation, deviation});
}

/// A small network that comes to rest after `steps`.
inline TrainOptions quick_options(std::int64_t steps) {
  TrainOptions o;
  o.width = 32;
  o.depth = 2;
  o.batch = 256;
  o.lr = 1e-2;
  o.lr_schedule = "cosine";
  o.steps = steps;
  o.ema = 0.99;
  return o;
}

/// What the error says; "accepted" where there is none.
template <class Refusal = InvalidArgument, class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const Refusal& error) {
    return error.what();
  }
  return "accepted";
}

inline void expect_parts(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << "\"" << part << "\" not in: " << message;
  }
}

}  // namespace pathflow::train
