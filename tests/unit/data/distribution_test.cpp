#include "pathflow/data/distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/threads.hpp"

namespace pathflow::data {
namespace {

std::vector<std::string> all_sets() {
  std::vector<std::string> names;
  for (const DatasetInfo& info : datasets()) {
    names.push_back(info.name == "text:" ? "text:Hello, 42!" : info.name);
  }
  return names;
}

std::string message_of(std::string_view name) {
  try {
    make_dataset(name);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

TEST(Datasets, TheTableIsTrue) {
  std::set<std::string> seen;
  for (const DatasetInfo& info : datasets()) {
    EXPECT_TRUE(seen.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.title.empty());
    EXPECT_FALSE(info.description.empty());
    const std::string name = info.name == "text:" ? "text:a" : info.name;
    const auto set = make_dataset(name);
    EXPECT_EQ(set->name(), name);
    EXPECT_EQ(set->dimension(), 2u);
    EXPECT_EQ(set->classes(), info.classes) << name;
    EXPECT_EQ(set->has_density(), info.has_density) << name;
  }
  EXPECT_EQ(seen.size(), 14u);
}

TEST(Datasets, RowsAreFunctionsOfSeedAndRow) {
  for (const std::string& name : all_sets()) {
    const auto set = make_dataset(name);
    const tensor::Points few = set->draw(10, 7), many = set->draw(2500, 7),
                         other = set->draw(10, 8);
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin())) << name;
    EXPECT_FALSE(std::equal(few.begin(), few.end(), other.begin())) << name;
    set_threads(3);
    EXPECT_EQ(set->draw(2500, 7), many) << name;
    set_threads(1);
    EXPECT_EQ(set->draw(0, 7).shape(0), 0u);
  }
}

TEST(Datasets, LieInTheFrame) {
  for (const std::string& name : all_sets()) {
    const tensor::Points points = make_dataset(name)->draw(4000, 1);
    double sum[2] = {}, square[2] = {}, widest = 0;
    for (std::size_t i = 0; i < 8000; ++i) {
      const double value = static_cast<double>(points.data()[i]);
      sum[i % 2] += value / 4000, square[i % 2] += value * value / 4000;
      widest = std::max(widest, std::abs(value));
    }
    EXPECT_LT(widest, 5.2) << name;
    const double spread = std::sqrt(square[0] - sum[0] * sum[0] + square[1] - sum[1] * sum[1]);
    EXPECT_GT(spread, 1.3) << name;
    EXPECT_LT(spread, 3.5) << name;
    EXPECT_LT(std::abs(sum[0]), 0.75) << name;
    EXPECT_LT(std::abs(sum[1]), 0.75) << name;
  }
}

// FNV-1a of the bits of 500 rows: the same on every compiler and in WASM, and for ever. A set that
// is redrawn on purpose gets a new number here.
std::uint64_t hash_of(const tensor::Points& points) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const float value : points) {
    hash = (hash ^ bit_cast<std::uint32_t>(value)) * 1099511628211ull;
  }
  return hash;
}

TEST(Datasets, TheSamePointsOnEveryCompiler) {
  const std::vector<std::pair<std::string, std::uint64_t>> golden = {
      {"gaussian", 0x821f15a1e545045eull},    {"8gaussians", 0xe12ed1a7136ed697ull},
      {"moons", 0x271e1412664f0e58ull},       {"checkerboard", 0x3693a59c47c03a1eull},
      {"pinwheel", 0x6c41ed12d5ae07a2ull},    {"spirals", 0x30f6018bccdf995eull},
      {"rings", 0x6227787d435c6dacull},       {"swissroll", 0xe8539680e635ddfcull},
      {"scurve", 0xef4a2a0ca5a4e761ull},      {"cat", 0x7db6516ec7bf1e15ull},
      {"dog", 0x8964047af6904d53ull},         {"cat-outline", 0xddb49941c55643ffull},
      {"dog-outline", 0x6ca288b0d3b3e47eull}, {"text:Hello, 42!", 0x699ccb03a1bcc5c1ull},
  };
  for (const auto& [name, hash] : golden) {
    EXPECT_EQ(hash_of(make_dataset(name)->draw(500, 20)), hash) << name;
  }
}

TEST(Datasets, LabelsAreBalancedAndRepeat) {
  for (const DatasetInfo& info : datasets()) {
    if (info.classes == 0) continue;
    const auto set = make_dataset(info.name);
    const std::size_t n = 8000;
    const std::vector<int> labels = set->labels(n, 3);
    ASSERT_EQ(labels.size(), n);
    EXPECT_EQ(set->labels(20, 3), std::vector<int>(labels.begin(), labels.begin() + 20));
    const double expected = static_cast<double>(n) / info.classes;
    for (int k = 0; k < info.classes; ++k) {
      const auto count = std::count(labels.begin(), labels.end(), k);
      EXPECT_NEAR(static_cast<double>(count), expected, 5 * std::sqrt(expected)) << info.name;
    }
  }
  EXPECT_TRUE(make_dataset("gaussian")->labels(5, 1).empty());
}

// A label says which component its point was drawn from.
TEST(Datasets, LabelsBelongToTheirPoints) {
  const tensor::Points eight = make_dataset("8gaussians")->draw(2000, 5);
  const std::vector<int> of_eight = make_dataset("8gaussians")->labels(2000, 5);
  const tensor::Points rings = make_dataset("rings")->draw(2000, 5);
  const std::vector<int> of_rings = make_dataset("rings")->labels(2000, 5);
  for (std::size_t i = 0; i < 2000; ++i) {
    const double angle = 0.78539816339744831 * of_eight[i];
    EXPECT_LT(std::hypot(static_cast<double>(eight(i, 0)) - 2.8 * std::cos(angle),
                         static_cast<double>(eight(i, 1)) - 2.8 * std::sin(angle)),
              0.3 * 5.5);
    EXPECT_NEAR(std::hypot(static_cast<double>(rings(i, 0)), static_cast<double>(rings(i, 1))),
                1.2 + 1.1 * of_rings[i], 0.55);
  }
}

TEST(Datasets, UnknownNamesSuggestTheNearest) {
  const std::string text = message_of("moon");
  EXPECT_NE(text.find("did you mean \"moons\"?"), std::string::npos) << text;
  EXPECT_NE(text.find("text:WORD"), std::string::npos) << text;
  EXPECT_NE(message_of(""), "no error");
}

TEST(Text, RefusesWhatItCannotDraw) {
  EXPECT_NE(message_of("text:").find("visible"), std::string::npos);
  EXPECT_NE(message_of("text:   ").find("visible"), std::string::npos);
  EXPECT_NE(message_of("text:" + std::string(33, 'a')).find("at most 32"), std::string::npos);
  EXPECT_NE(message_of("text:caf\xC3\xA9").find("the byte 0xC3 at position 3"), std::string::npos);
  const std::string text = message_of("text:a~");
  EXPECT_NE(text.find("got '~' at position 1"), std::string::npos) << text;
  EXPECT_NE(text.find("ABCDEFGHIJKLMNOPQRSTUVWXYZabc"), std::string::npos) << text;
}

TEST(Text, EveryCharacterFitsTheFrameAndIsItsOwn) {
  const std::string characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,!?-_+=:;'\"()/*#<>";
  std::set<std::vector<float>> drawn;
  for (const char c : characters) {
    // Beside a pair of tall strokes, so that every glyph is drawn to one scale.
    const tensor::Points points = make_dataset(std::string("text:(") + c + ")")->draw(300, 2);
    for (const float value : points) ASSERT_LE(std::abs(value), 3.7001f) << c;
    EXPECT_TRUE(drawn.insert({points.begin(), points.end()}).second) << c;
  }
}

TEST(FromPoints, DrawsItsRowsWithTheirLabels) {
  const tensor::Points rows = {{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}, {7.0f, 8.0f, 9.0f}};
  const auto set = from_points(rows, "three", {2, 0, 1});
  EXPECT_EQ(set->name(), "three");
  EXPECT_EQ(set->dimension(), 3u);
  EXPECT_EQ(set->classes(), 3);
  const tensor::Points drawn = set->draw(3000, 4);
  const std::vector<int> labels = set->labels(3000, 4);
  int counts[3] = {};
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t row = static_cast<std::size_t>((drawn(i, 0) - 1) / 3);
    ASSERT_LT(row, 3u);
    for (std::size_t axis = 0; axis < 3; ++axis) ASSERT_EQ(drawn(i, axis), rows(row, axis));
    ASSERT_EQ(labels[i], (std::vector<int>{2, 0, 1})[row]);
    ++counts[row];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000.0));
  EXPECT_TRUE(std::equal(drawn.begin(), drawn.begin() + 30, set->draw(10, 4).begin()));
}

TEST(FromPoints, RefusesWhatIsNoLaw) {
  const tensor::Points rows = {{1.0f}, {2.0f}};
  tensor::Points bad = rows;
  bad(1, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(from_points(tensor::Points::from_shape({0, 2}), "x"), InvalidArgument);
  EXPECT_THROW(from_points(tensor::Points::from_shape({2, 0}), "x"), InvalidArgument);
  EXPECT_THROW(from_points(bad, "x"), InvalidArgument);
  EXPECT_THROW(from_points(rows, "x", {1}), ShapeError);
  EXPECT_THROW(from_points(rows, "x", {1, -1}), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::data
