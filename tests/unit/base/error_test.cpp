#include "pathflow/base/error.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <limits>
#include <string>

namespace pathflow {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void expect_refusal(const std::function<void()>& call, ErrorCode code, const std::string& text) {
  try {
    call();
    FAIL() << "no error for: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(error.what(), text);
  }
}

TEST(Error, ChecksNameFunctionArgumentRuleAndValue) {
  const auto argument = ErrorCode::kInvalidArgument;
  expect_refusal([] { check_at_least("sample", "steps", 0, 1); }, argument,
                 "sample: steps must be at least 1, got 0");
  expect_refusal([] { check_between("mlp", "width", std::int64_t{9}, std::int64_t{1}, 8); },
                 argument, "mlp: width must lie in [1, 8], got 9");
  expect_refusal([] { check_between("path", "t", 1.5, 0.0, 1.0); }, argument,
                 "path: t must lie in [0, 1], got 1.5");
  expect_refusal([] { check_between("path", "t", kNan, 0.0, 1.0); }, argument,
                 "path: t must lie in [0, 1], got nan");
  expect_refusal([] { check_positive("adamw", "rate", 0); }, argument,
                 "adamw: rate must be finite and positive, got 0");
  expect_refusal([] { check_positive("adamw", "rate", kInfinity); }, argument,
                 "adamw: rate must be finite and positive, got inf");
  expect_refusal([] { check_not_negative("sde", "noise", -0.1); }, argument,
                 "sde: noise must be finite and not negative, got -0.1");
  expect_refusal([] { check_finite("load", "x", -kInfinity); }, argument,
                 "load: x must be finite, got -inf");
  expect_refusal([] { check_size("run", "input", 3, 4); }, ErrorCode::kShape,
                 "run: input must hold 4 elements, got 3");
}

TEST(Error, ChecksLetGoodValuesPass) {
  check_at_least("f", "n", 1, 1);
  check_between("f", "n", std::int64_t{8}, std::int64_t{1}, 8);
  check_between("f", "t", 0.0, 0.0, 1.0);
  check_between("f", "t", 1.0, 0.0, 1.0);
  check_positive("f", "x", 5e-324);
  check_not_negative("f", "x", 0);
  check_finite("f", "x", -1e308);
  check_size("f", "x", 0, 0);
}

TEST(Error, UnknownNamesListTheValidOnesAndTheNearest) {
  const std::vector<std::string> valid = {"linear", "trig", "vp-cosine"};
  expect_refusal([&] { throw_unknown_name("schedule", "schedule", "liner", valid); },
                 ErrorCode::kInvalidArgument,
                 "schedule: unknown schedule \"liner\": did you mean \"linear\"? "
                 "(valid: linear, trig, vp-cosine)");
  expect_refusal([&] { throw_unknown_name("schedule", "schedule", "zzzzzzzzz", valid); },
                 ErrorCode::kInvalidArgument,
                 "schedule: unknown schedule \"zzzzzzzzz\" (valid: linear, trig, vp-cosine)");
  expect_refusal([&] { throw_unknown_name("schedule", "schedule", "vp", valid); },
                 ErrorCode::kInvalidArgument,
                 "schedule: unknown schedule \"vp\": did you mean \"vp-cosine\"? "
                 "(valid: linear, trig, vp-cosine)");
}

TEST(Error, TwoLettersSwappedAreOneMistake) {
  expect_refusal(
      [] {
        throw_unknown_name("f", "option", "widht", {"weight", "width"});
      },
      ErrorCode::kInvalidArgument,
      "f: unknown option \"widht\": did you mean \"width\"? (valid: weight, width)");
}

TEST(Error, MessagesAreOneLineOfUtf8) {
  EXPECT_STREQ(IoError("a\nb", "name \"\x1b[2J\x7f\" of caf\xC3\xA9 \xF0\x9F\x98\x80").what(),
               "a?b: name \"?[2J?\" of caf\xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(IoError("a\xFF", "b").where(), "a?");
  for (const std::string bad :
       {"\x80", "\xC3", "\xC3(", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF8\x88\x80\x80", "\xE2\x82", "\xFF"}) {
    std::string shown = "<" + bad + ">";
    for (char& c : shown) c = static_cast<signed char>(c) < 0 ? '?' : c;
    EXPECT_EQ(IoError("", "<" + bad + ">").what(), shown);
  }
}

TEST(Error, CarriesWhereAndCodeAndNamesTheCode) {
  const IoError error("npy", "the file ends at byte 7");
  EXPECT_EQ(error.where(), "npy");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_STREQ(error.what(), "npy: the file ends at byte 7");
  EXPECT_STREQ(Cancelled("", "stopped").what(), "stopped");
  EXPECT_EQ(error_name(ErrorCode::kShape), "ShapeError");
  EXPECT_EQ(error_name(ErrorCode::kInvalidArgument), "InvalidArgument");
  EXPECT_EQ(error_name(ErrorCode::kCancelled), "Cancelled");
}

TEST(Error, NumbersReadBackAsThemselves) {
  for (double value : {0.1, 1.0 / 3, 1e300, -2.5e-308, 5e-324, 123456789.0, 1.0}) {
    EXPECT_EQ(std::strtod(to_text(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(std::int64_t{-7}), "-7");
}

}  // namespace
}  // namespace pathflow
