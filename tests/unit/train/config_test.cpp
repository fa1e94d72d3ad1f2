#include "pathflow/train/config.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "support.hpp"

namespace pathflow::train {
namespace {

TrainOptions unusual() {
  TrainOptions o;
  o.data = "text:O \"K\" \\ é";
  o.source = "moons";
  o.schedule = "vp-cosine";
  o.predict = "v";
  o.coupling = "ot";
  o.coupling_reg = 0.2;
  o.label_penalty = 3;
  o.time_law = "uniform";
  o.objective = "interpolant";
  o.gamma = "quadratic";
  o.gamma_scale = 0.3;
  o.action_diffusion = 0.7;
  o.weight = "velocity";
  o.flow_share = 0.4;
  o.adaptive_power = 0.7;
  o.consistency_steps = 99;
  o.dimension = 7;
  o.width = 33;
  o.depth = 5;
  o.activation = "gelu";
  o.time_features = "fourier";
  o.conditional = true;
  o.classes = 12;
  o.label_dropout = 0.1 + 0.2;
  o.batch = 77;
  o.lr = 1.0 / 3.0;
  o.lr_schedule = "cosine";
  o.warmup = 9;
  o.steps = 123456789012;
  o.beta1 = 0.123456789012345678;
  o.beta2 = 0.99999999;
  o.epsilon = 5e-324;
  o.weight_decay = 1e-3;
  o.clip = 0;
  o.ema = 0;
  o.seed = (std::uint64_t{1} << 53) - 1;
  return o;
}

TEST(Config, EveryFieldComesBackExactly) {
  EXPECT_EQ(options_from_json(to_json(unusual())), unusual());
  EXPECT_EQ(options_from_json(to_json(unusual(), 2)), unusual());
  EXPECT_EQ(options_from_json(to_json(TrainOptions{})), TrainOptions{});
}

TEST(Config, EveryKeyIsWrittenOnceAndTheDefaultsDifferFromUnusual) {
  const std::string json = to_json(TrainOptions{}), other = to_json(unusual());
  EXPECT_EQ(option_names().size(), 36u);
  for (const std::string& name : option_names()) {
    const std::string key = "\"" + name + "\":";
    const std::size_t at = json.find(key);
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_EQ(json.find(key, at + 1), std::string::npos) << name;
    const auto value = [&](const std::string& text) {
      const std::size_t begin = text.find(key) + key.size();
      return text.substr(begin, text.find_first_of(",}", begin) - begin);
    };
    EXPECT_NE(value(json), value(other)) << name;
  }
}

TEST(Config, AbsentKeysKeepTheGivenDefaults) {
  const TrainOptions o = options_from_json(R"({"width": 64, "batch": 32})", unusual());
  TrainOptions expected = unusual();
  expected.width = 64;
  expected.batch = 32;
  EXPECT_EQ(o, expected);
}

TEST(Config, WholeNumbersMayBeWrittenAsFloats) {
  EXPECT_EQ(options_from_json(R"({"width": 64.0, "seed": 1e3})").seed, 1000u);
  EXPECT_EQ(options_from_json(R"({"lr": 1})").lr, 1.0);
}

TEST(Config, UnknownKeysAreRefusedWithTheNearest) {
  expect_parts(refusal([] { options_from_json(R"({"widht": 3})", {}, "run"); }),
               {"run: ", "widht", "width"});
  expect_parts(refusal([] { options_from_json(R"({"learning_rate": 3})"); }), {"learning_rate"});
}

TEST(Config, WrongTypesNameTheKeyTheTypeAndTheValue) {
  const auto message = [](const char* json) { return refusal([&] { options_from_json(json); }); };
  expect_parts(message(R"({"width": "128"})"), {"width", "an integer", "\"128\""});
  expect_parts(message(R"({"width": 1.5})"), {"width", "an integer", "1.5"});
  expect_parts(message(R"({"width": 1e30})"), {"width", "an integer"});
  expect_parts(message(R"({"classes": 3000000000})"), {"classes", "an integer", "3000000000"});
  expect_parts(message(R"({"seed": -1})"), {"seed", "at least 0", "-1"});
  expect_parts(message(R"({"data": 3})"), {"data", "a string", "3"});
  expect_parts(message(R"({"lr": "fast"})"), {"lr", "a number", "fast"});
  expect_parts(message(R"({"lr": null})"), {"lr", "a number", "null"});
  expect_parts(message(R"({"conditional": 1})"), {"conditional", "true or false", "1"});
}

TEST(Config, TextThatIsNoObjectIsRefusedWithThePlace) {
  expect_parts(refusal([] { options_from_json("{\"width\": 12"); }), {"JSON object", "byte"});
  expect_parts(refusal([] { options_from_json("[1]"); }), {"JSON object", "array"});
  expect_parts(refusal([] { options_from_json(""); }), {"JSON object"});
  expect_parts(refusal([] { options_from_json("{\"data\": \"\xff\"}"); }), {"JSON object"});
}

// Printing or copying a document takes stack for every level: a megabyte of '[' ended the process.
TEST(Config, DeepNestingIsRefused) {
  const auto nested = [](std::size_t depth) {
    return "{\"width\": " + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  expect_parts(refusal([&] { options_from_json(nested(1'000'000)); }), {"nested at most 64 deep"});
  expect_parts(refusal([&] { options_from_json(nested(64)); }), {"nested at most 64 deep"});
  expect_parts(refusal([&] { options_from_json(nested(63)); }), {"width must be an integer", "[["});
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "{\"a\":";
    return text;
  }();
  expect_parts(refusal([&] { options_from_json(objects); }), {"nested at most 64 deep"});
}

TEST(Config, LaterFormatsAreRefused) {
  EXPECT_NO_THROW(options_from_json(R"({"format": 1})"));
  EXPECT_NO_THROW(options_from_json(R"({"format": 2})"));
  expect_parts(refusal([] { options_from_json(R"({"format": 3})"); }), {"format", "3"});
  expect_parts(refusal([] { options_from_json(R"({"format": 0})"); }), {"format", "0"});
  expect_parts(refusal([] { options_from_json(R"({"format": "x"})"); }), {"format", "integer"});
  const char* bridge = R"("objective": "interpolant", "gamma": "brownian"})";
  EXPECT_NO_THROW(options_from_json(std::string(R"({"format": 2, )") + bridge));
  EXPECT_NO_THROW(options_from_json(std::string("{") + bridge));
  expect_parts(refusal([&] { options_from_json(std::string(R"({"format": 1, )") + bridge); }),
               {"format", "brownian", "1"});
}

struct Rule {
  const char* key;
  std::function<void(TrainOptions&)> break_it;
  const char* got;
};

TEST(Config, EveryRuleNamesTheArgumentAndTheValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const Rule rules[] = {
      {"data", [](auto& o) { o.data = ""; }, "\"\""},
      {"source", [](auto& o) { o.source = ""; }, "\"\""},
      {"schedule", [](auto& o) { o.schedule = "liner"; }, "linear"},
      {"predict", [](auto& o) { o.predict = "velocty"; }, "velocity"},
      {"coupling", [](auto& o) { o.coupling = "otto"; }, "ot"},
      {"weight", [](auto& o) { o.weight = "defualt"; }, "default"},
      {"activation", [](auto& o) { o.activation = "sliu"; }, "silu"},
      {"time_features", [](auto& o) { o.time_features = "fourir"; }, "fourier"},
      {"lr_schedule", [](auto& o) { o.lr_schedule = "cos"; }, "cosine"},
      {"dimension", [](auto& o) { o.dimension = 0; }, "0"},
      {"width", [](auto& o) { o.width = 5000; }, "5000"},
      {"depth", [](auto& o) { o.depth = 0; }, "0"},
      {"classes", [](auto& o) { o.classes = -2; }, "-2"},
      {"label_dropout", [](auto& o) { o.label_dropout = 1.5; }, "1.5"},
      {"batch", [](auto& o) { o.batch = 0; }, "0"},
      {"batch", [](auto& o) { o.batch = 65537; }, "65537"},
      {"batch", [](auto& o) { o.coupling = "ot", o.batch = 1025; }, "1025"},
      {"batch", [](auto& o) { o.coupling = "bridge", o.batch = 1025; }, "1025"},
      {"coupling_reg", [](auto& o) { o.coupling_reg = 0; }, "0"},
      {"gamma_scale", [](auto& o) { o.coupling = "bridge", o.coupling_reg = 0.5; }, "0.5"},
      {"label_penalty", [](auto& o) { o.label_penalty = -1; }, "-1"},
      {"conditional-ot", [](auto& o) { o.coupling = "conditional-ot"; }, "unconditional"},
      {"source-end", [](auto& o) { o.time_law = "source-end:0"; }, "source-end:0"},
      {"time law", [](auto& o) { o.time_law = "edm:1"; }, "edm:1"},
      {"polynomial", [](auto& o) { o.schedule = "polynomial:0.5"; }, "0.5"},
      {"lr", [](auto& o) { o.lr = 0; }, "0"},
      {"lr", [](auto& o) { o.lr = -1e-3; }, "-0.001"},
      {"lr", [=](auto& o) { o.lr = nan; }, "nan"},
      {"lr", [=](auto& o) { o.lr = infinity; }, "inf"},
      {"warmup", [](auto& o) { o.warmup = -1; }, "-1"},
      {"steps", [](auto& o) { o.steps = 0; }, "0"},
      {"beta1", [](auto& o) { o.beta1 = 1; }, "1"},
      {"beta2", [=](auto& o) { o.beta2 = nan; }, "nan"},
      {"epsilon", [](auto& o) { o.epsilon = 0; }, "0"},
      {"weight_decay", [](auto& o) { o.weight_decay = -1; }, "-1"},
      {"clip", [](auto& o) { o.clip = -0.5; }, "-0.5"},
      {"ema", [](auto& o) { o.ema = 1; }, "1"},
      {"seed", [](auto& o) { o.seed = std::uint64_t{1} << 53; }, "9007199254740992"},
  };
  for (const Rule& rule : rules) {
    TrainOptions options;
    rule.break_it(options);
    expect_parts(refusal([&] { validate(options, "here"); }), {"here: ", rule.key, rule.got});
  }
  EXPECT_NO_THROW(validate(TrainOptions{}));
  EXPECT_NO_THROW(validate(unusual()));
}

}  // namespace
}  // namespace pathflow::train
