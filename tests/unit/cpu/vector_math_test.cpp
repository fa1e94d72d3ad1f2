// The float functions against double, over the whole range of floats.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "pathflow/base/bits.hpp"
#include "pathflow/cpu/accuracy.hpp"
#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernels.hpp"
#include "pathflow/cpu/reference.hpp"

namespace pathflow::cpu {

// A test's name is to be the same in every build: no bytes of a pointer.
static void PrintTo(const Accuracy& f, std::ostream* out) { *out << f.name; }

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Every 4099th bit pattern (a prime: all exponents, changing mantissas), the ends of the ranges in
// which the functions change their ways, and the special values.
std::vector<float> arguments() {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits < (1ull << 32); bits += 4099) {
    x.push_back(pathflow::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  for (float edge :
       {0.0f, 1e-45f, 1.17549435e-38f, 0.625f, 1.0f, 6.0f, 14.0f, 30.0f, 87.68f, 88.03f, 88.722839f,
        103.97f, 104.0f, 128.0f, 8192.0f, kInfinity, std::numeric_limits<float>::max()}) {
    for (float v : {edge, std::nextafter(edge, 0.0f), std::nextafter(edge, kInfinity)}) {
      x.push_back(v);
      x.push_back(-v);
    }
  }
  for (int i = -4000; i <= 4000; ++i) x.push_back(static_cast<float>(i) * 0.00251f);
  return x;
}

/// Distance between neighbouring floats at a magnitude.
double spacing(double magnitude) {
  const int exponent = std::max(std::ilogb(std::max(magnitude, 0x1p-149)), -126);
  return std::ldexp(1.0, exponent - 23);
}

/// Error in ulps of the stated kind; infinity where the kinds of value differ.
double error_in_ulp(const Accuracy& accuracy, float got, double exact) {
  const double rounded = static_cast<double>(static_cast<float>(exact));
  if (std::isnan(exact)) return std::isnan(got) ? 0 : kInfinity;
  if (std::isinf(rounded) || std::isinf(got)) {
    // Near the largest float, rounding one way or the other is still within the bound.
    if (static_cast<double>(got) == rounded) return 0;
    return std::abs(exact) < 3.4028240e38 && std::abs(exact) > 3.4028230e38 ? 1 : kInfinity;
  }
  const double error = std::abs(static_cast<double>(got) - exact);
  if (error <= accuracy.absolute) return 0;
  return error / spacing(std::max(std::abs(exact), accuracy.floor));
}

class TanhGradient : public ::testing::Test {
 protected:
  void TearDown() override { set_isa(isas().back()); }
};

class VectorMath : public ::testing::TestWithParam<Accuracy> {
 protected:
  void TearDown() override { set_isa(isas().back()); }
};

TEST_P(VectorMath, ErrorStaysWithinTheStatedUlp) {
  const Accuracy& accuracy = GetParam();
  static const std::vector<float> x = arguments();
  std::vector<double> exact(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    exact[i] = reference::apply(accuracy.op, static_cast<double>(x[i]));
  }
  std::vector<float> y(x.size());
  for (const std::string& name : isas()) {
    set_isa(name);
    unary(accuracy.op, static_cast<std::int64_t>(x.size()), x.data(), y.data());
    double worst = 0;
    float where = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = error_in_ulp(accuracy, y[i], exact[i]);
      if (error > worst) worst = error, where = x[i];
    }
    EXPECT_LE(worst, accuracy.ulp) << accuracy.name << " on " << name << " at " << where;
    RecordProperty("worst_ulp_" + name, std::to_string(worst));
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, VectorMath, ::testing::ValuesIn(kAccuracy),
                         [](const auto& test) { return std::string(test.param.name); });

// tanh' is no Unary: it is reached as the derivative in the epilogue of a product, here 1 times 1.
TEST_F(TanhGradient, ErrorInTheEpilogueStaysWithinTheStatedUlp) {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits < (1ull << 32); bits += 16411) {
    x.push_back(bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  const Accuracy stated{Unary::kTanh, "tanh_grad", 4, 0, kFlush};
  const auto count = static_cast<std::int64_t>(x.size());
  const std::vector<float> ones(x.size(), 1.0f);
  std::vector<float> y(x.size());
  const float one = 1;
  for (const std::string& name : isas()) {
    set_isa(name);
    gemm<float>(1, count, 1, &one, false, ones.data(), false, y.data(),
                {.grad_pre_activation = x.data(), .grad_activation = Activation::kTanh});
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double c = std::cosh(static_cast<double>(x[i]));
      worst = std::max(worst, error_in_ulp(stated, y[i], 1 / c / c));
    }
    EXPECT_LE(worst, stated.ulp) << name;
    RecordProperty("worst_ulp_" + name, std::to_string(worst));
  }
}

TEST(VectorMathReference, GradientsAreTheSlopesOfTheirFunctions) {
  const std::pair<Unary, Unary> pairs[] = {{Unary::kSilu, Unary::kSiluGrad},
                                           {Unary::kSelu, Unary::kSeluGrad},
                                           {Unary::kGelu, Unary::kGeluGrad},
                                           {Unary::kRelu, Unary::kReluGrad}};
  const double h = 1e-5;
  for (const auto& [function, gradient] : pairs) {
    for (double x = -8.003; x < 8; x += 0.01) {
      const double slope =
          (reference::apply(function, x + h) - reference::apply(function, x - h)) / (2 * h);
      EXPECT_NEAR(reference::apply(gradient, x), slope, 1e-9) << x;
    }
  }
}

}  // namespace
}  // namespace pathflow::cpu
