#include "pathflow/io/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pathflow/base/random.hpp"

namespace pathflow::io {
namespace {

/// Byte and message of the refusal, "" where there is none.
std::string refusal(const std::string& text) {
  try {
    parse_json(text);
  } catch (const JsonError& error) {
    return std::to_string(error.byte) + " " + error.what();
  }
  return "";
}

/// The same value through nlohmann's document, for comparison.
nlohmann::json document(const Json& value) {
  switch (value.kind()) {
    case JsonKind::kNull:
      return nullptr;
    case JsonKind::kBoolean:
      return value.boolean();
    case JsonKind::kNumber: {
      std::int64_t whole = 0;
      std::uint64_t natural = 0;
      if (value.text().find_first_of(".eE") != std::string_view::npos) return value.number();
      if (value.natural(natural)) return natural;
      if (value.integer(whole)) return whole;
      return value.number();
    }
    case JsonKind::kString:
      return value.string();
    case JsonKind::kArray: {
      nlohmann::json array = nlohmann::json::array();
      for (const auto& [name, item] : value.items()) array.push_back(document(item));
      return array;
    }
    case JsonKind::kObject:
      break;
  }
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, item] : value.items()) object[name] = document(item);
  return object;
}

/// Both accept the text with the same value, or both refuse it.
void expect_agreement(const std::string& text) {
  const nlohmann::json theirs = nlohmann::json::parse(text, nullptr, false);
  const std::string error = refusal(text);
  EXPECT_EQ(theirs.is_discarded(), !error.empty()) << text << ": " << error;
  if (!theirs.is_discarded() && error.empty()) {
    EXPECT_EQ(document(parse_json(text)), theirs) << text;
  }
}

TEST(Json, ValuesOfEveryKind) {
  const std::string text =
      R"( {"a": null, "b": [true, false, -0, 1.5e-3, 18446744073709551615], "c": {"d": "x"},
          "a": "é \" \\ \/ \b \f \n \r \t \u0041 \u00e9 \u20ac \ud83d\ude00"} )";
  const auto items = parse_json(text).items();
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[3].name, "a");  // equal names stay apart
  EXPECT_TRUE(items[0].value.is(JsonKind::kNull));
  EXPECT_EQ(items[1].value.items().size(), 5u);
  EXPECT_EQ(items[1].value.items()[3].value.number(), 1.5e-3);
  EXPECT_EQ(items[2].value.text(), R"({"d": "x"})");
  EXPECT_EQ(items[3].value.string(),
            "\xC3\xA9 \" \\ / \b \f \n \r \t A \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  expect_agreement(text);
}

TEST(Json, WholeNumbers) {
  const auto integer = [](const char* text) {
    std::int64_t value = 0;
    return parse_json(text).integer(value) ? std::to_string(value) : "no";
  };
  EXPECT_EQ(integer("3"), "3");
  EXPECT_EQ(integer("-3.0"), "-3");
  EXPECT_EQ(integer("1e3"), "1000");
  EXPECT_EQ(integer("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(integer("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(integer("9223372036854775808"), "no");
  EXPECT_EQ(integer("1e16"), "no");  // beyond 2^53 a double skips integers
  EXPECT_EQ(integer("1.5"), "no");
  EXPECT_EQ(integer("\"3\""), "no");
  std::uint64_t natural = 0;
  EXPECT_TRUE(parse_json("18446744073709551615").natural(natural));
  EXPECT_EQ(natural, 18446744073709551615u);
  EXPECT_FALSE(parse_json("18446744073709551616").natural(natural));
  EXPECT_FALSE(parse_json("-1").natural(natural));
  EXPECT_FALSE(parse_json("1.0").natural(natural));
}

TEST(Json, RefusalsNameTheByteAndTheRule) {
  EXPECT_EQ(refusal(""), "1 expected a value");
  EXPECT_EQ(refusal("{\"a\" 1}"), "6 expected ':'");
  EXPECT_EQ(refusal("{}}"), "3 expected the end of the text");
  EXPECT_EQ(refusal("{\"\xFF\":1}"), "3 expected UTF-8");
  EXPECT_EQ(refusal("[1,]"), "4 expected a value");
  EXPECT_EQ(refusal("[1 2]"), "4 expected ',' or ']'");
  EXPECT_EQ(refusal("{\"a\":1,}"), "8 expected a name in quotes");
  EXPECT_EQ(refusal("\"\\ud800\""), "8 expected the second half of a surrogate pair");
  EXPECT_EQ(refusal("\"\\x\""), "3 expected an escape of JSON");
  EXPECT_EQ(refusal("\"a"), "3 expected '\"' at the end of a string");
  EXPECT_EQ(refusal("1e999"), "6 expected a number that a double holds");
}

TEST(Json, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(refusal(nested(kMostJsonDepth)), "");
  EXPECT_NE(refusal(nested(kMostJsonDepth + 1)), "");
  EXPECT_NE(refusal(std::string(1'000'000, '[')), "");
  EXPECT_NE(refusal(std::string(1'000'000, '{')), "");
}

TEST(Json, AgreesWithNlohmannOnTheGrammar) {
  for (const char* text : {"0",
                           "-0",
                           "-",
                           "00",
                           "01",
                           "1.",
                           ".5",
                           "1.5",
                           "1e5",
                           "1E+5",
                           "1e-5",
                           "1e",
                           "+1",
                           "tru",
                           "true",
                           "truex",
                           "nul",
                           "null",
                           "[]",
                           "[ ]",
                           "{}",
                           "{ }",
                           "[,]",
                           "{,}",
                           "{\"a\"}",
                           "'a'",
                           "\"\\u12\"",
                           "\"\\uD83D\\u0041\"",
                           "\"\\uDE00\"",
                           "\"\\u0000\"",
                           "\"\t\"",
                           "\"\x7F\"",
                           "[1]x",
                           "\xEF\xBB\xBF[]",
                           "/**/1",
                           "[1}",
                           "{\"a\":1]",
                           "\"\xC0\x80\"",
                           "\"\xED\xA0\x80\"",
                           "\"\xF4\x90\x80\x80\"",
                           "\"\xE2\x82\xAC\"",
                           "1e308",
                           "1e309",
                           "NaN",
                           "\v1",
                           "\f[]"}) {
    if (std::string(text) == "\xEF\xBB\xBF[]") continue;  // RFC 8259: a parser may refuse a mark
    expect_agreement(text);
  }
}

// Damages a good text at one place after the other: both parsers say the same of each.
TEST(Json, AgreesWithNlohmannOnDamagedText) {
  const std::string good =
      R"({"name":"a\u00e9\n","n":[-1.5e2,0,17],"deep":[[{"x":{}}],null,true,false],"é":"€"})";
  const std::string bytes =
      "{}[],:\"\\ 0e-.u\x01\x80\xFF"
      "tfn";
  const Random random(7, Purpose::kUser);
  for (std::size_t at = 0; at < good.size(); ++at) {
    expect_agreement(good.substr(0, at));
    expect_agreement(good.substr(0, at) + good.substr(at + 1));
    for (std::uint64_t k = 0; k < 12; ++k) {
      std::string bad = good;
      bad[at] = bytes[random.index(at, k, bytes.size())];
      expect_agreement(bad);
    }
  }
}

TEST(Json, TextIsWrittenAsItIsRead) {
  const std::string odd = "quote \" back \\ tab \t nul " + std::string(1, '\0') + " \xE2\x82\xAC";
  EXPECT_EQ(parse_json(json_string(odd)).string(), odd);
  EXPECT_EQ(json_string("a\nb"), "\"a\\u000ab\"");
  EXPECT_EQ(valid_utf8("a\xFF\xC3\xA9\xE2\x82"), "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace pathflow::io
