#include "pathflow/path/gamma.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pathflow/base/error.hpp"

namespace pathflow::path {
namespace {

TEST(Gamma, VanishesAtBothEndsAndHasItsOwnDerivative) {
  for (const std::string& name : gamma_names()) {
    const Gamma gamma(name, 0.7);
    EXPECT_EQ(gamma.at(0), 0) << name;
    EXPECT_EQ(gamma.at(1), 0) << name;
    EXPECT_EQ(gamma.zero(), name == "zero");
    for (const double t : {0.1, 0.45, 0.5, 0.8}) {
      constexpr double h = 1e-5;
      EXPECT_NEAR(gamma.dot(t), (gamma.at(t + h) - gamma.at(t - h)) / (2 * h), 1e-8) << name;
    }
    const Interval interval = gamma.interval();
    EXPECT_TRUE(std::isfinite(gamma.dot(interval.low)) && std::isfinite(gamma.dot(interval.high)));
    EXPECT_EQ(interval.low > 0, name == "brownian");
  }
  EXPECT_DOUBLE_EQ(Gamma("brownian", 2).at(0.5), std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(Gamma("quadratic", 4).at(0.5), 0.5);
  EXPECT_DOUBLE_EQ(Gamma("sine-squared").at(0.5), 1);
}

TEST(Gamma, ConstantIsAUnitAtAllTimes) {
  const Gamma gamma = Gamma::constant(0.35);
  for (const double t : {0.0, 0.4, 1.0}) {
    EXPECT_DOUBLE_EQ(gamma.at(t), 0.35);
    EXPECT_EQ(gamma.dot(t), 0);
    EXPECT_DOUBLE_EQ(diffusion_at("sigma", 1, gamma, t).w, 0.7);
  }
  EXPECT_FALSE(gamma.zero());
  EXPECT_EQ(gamma.interval().low, 0);
  EXPECT_THROW(Gamma::constant(0), InvalidArgument);
}

TEST(Gamma, DiffusionsAreThoseOfItsOwnNoise) {
  const Gamma gamma("brownian", 2);
  const Diffusion sigma = diffusion_at("sigma", 3, gamma, 0.3);
  EXPECT_DOUBLE_EQ(sigma.w, 6 * gamma.at(0.3));
  EXPECT_DOUBLE_EQ(sigma.w_over_sigma, 6);
  const Diffusion constant = diffusion_at("constant", 0.5, gamma, 0.3);
  EXPECT_DOUBLE_EQ(constant.w, 0.5);
  EXPECT_DOUBLE_EQ(constant.w_over_sigma, 0.5 / gamma.at(0.3));
  EXPECT_TRUE(has_diffusion("sigma", gamma, 0));
  EXPECT_FALSE(has_diffusion("constant", gamma, 0));
  EXPECT_THROW(diffusion_at("constant", 1, gamma, 1), NumericError);
}

TEST(Gamma, RefusesWhatHasNoMeaning) {
  EXPECT_THROW(Gamma("brown"), InvalidArgument);
  EXPECT_THROW(Gamma("brownian", 0), InvalidArgument);
  EXPECT_THROW(Gamma("brownian", std::numeric_limits<double>::infinity()), InvalidArgument);
  const Gamma gamma("quadratic");
  EXPECT_THROW(diffusion_at("g2", 1, gamma, 0.5), InvalidArgument);
  EXPECT_THROW(diffusion_at("sigma", -1, gamma, 0.5), InvalidArgument);
  EXPECT_THROW(has_diffusion("sigmas", gamma, 0.5), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::path
