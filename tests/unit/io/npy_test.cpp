#include "pathflow/io/npy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>
#include <string>
#include <xtensor/xnpy.hpp>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::io {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A file of this literal and data, with version `major`.0.
Bytes file_of(const std::string& literal, const Bytes& data, int major = 1) {
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<std::uint8_t>(major), 0};
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) {
    bytes.push_back(static_cast<std::uint8_t>(literal.size() >> 8 * i));
  }
  bytes.insert(bytes.end(), literal.begin(), literal.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::string literal_of(const std::string& descr, const std::string& shape,
                       const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

template <class T>
Bytes data_of(const std::vector<T>& values, bool big_endian = false) {
  Bytes bytes;
  for (const T value : values) {
    std::uint8_t raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    if (big_endian) std::reverse(raw, raw + sizeof(T));
    bytes.insert(bytes.end(), raw, raw + sizeof(T));
  }
  return bytes;
}

std::string error_of(const Bytes& bytes) {
  try {
    read_npy_points(bytes, "a.npy");
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

void expect_error(const Bytes& bytes, const std::string& part) {
  const std::string text = error_of(bytes);
  EXPECT_NE(text.find(part), std::string::npos) << text;
  EXPECT_NE(text.find("a.npy"), std::string::npos) << text;
}

template <class T>
class NpyDtype : public testing::Test {};
using Dtypes = testing::Types<float, double, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                              std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(NpyDtype, Dtypes);

TYPED_TEST(NpyDtype, EveryByteOrderAndLayoutReadsTheSame) {
  using T = TypeParam;
  const T low = std::is_signed_v<T> ? static_cast<T>(-5) : static_cast<T>(250);
  const std::vector<T> rows = {1, 2, 3, low, 0, 100};  // [[1, 2, 3], [low, 0, 100]]
  const std::vector<T> columns = {1, low, 2, 0, 3, 100};
  const std::string kind = std::is_floating_point_v<T> ? "f" : std::is_signed_v<T> ? "i" : "u";
  const std::string code = kind + std::to_string(sizeof(T));
  for (const bool big : {false, true}) {
    const std::string descr = (sizeof(T) == 1 ? "|" : big ? ">" : "<") + code;
    const auto c = read_npy_points(file_of(literal_of(descr, "(2, 3)"), data_of(rows, big)), "c");
    const auto f =
        read_npy_points(file_of(literal_of(descr, "(2, 3)", "True"), data_of(columns, big)), "f");
    ASSERT_EQ(c.shape(0), 2u);
    ASSERT_EQ(c.shape(1), 3u);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(c.data()[i], static_cast<float>(rows[i]));
      EXPECT_EQ(f.data()[i], static_cast<float>(rows[i]));
    }
  }
}

TEST(Npy, HalfPrecisionBothByteOrders) {
  const std::vector<std::uint16_t> halves = {0x3C00, 0xC000, 0x0001, 0x7BFF};  // 1, -2, 2^-24, max
  const std::vector<float> expected = {1, -2, 0x1p-24f, 65504};
  for (const bool big : {false, true}) {
    const Bytes file = file_of(literal_of(big ? ">f2" : "<f2", "(2, 2)"), data_of(halves, big));
    const auto points = read_npy_points(file, "h");
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(points.data()[i], expected[i]);
  }
}

TEST(Npy, OneAxisBecomesAColumn) {
  const auto points =
      read_npy_points(file_of(literal_of("<f4", "(3,)"), data_of<float>({1, 2, 3})), "a.npy");
  EXPECT_EQ(points.shape(0), 3u);
  EXPECT_EQ(points.shape(1), 1u);
  EXPECT_EQ(points(2, 0), 3.0f);
}

TEST(Npy, HeadersThatOtherWritersMake) {
  const Bytes data = data_of<float>({1, 2});
  const std::vector<std::string> literals = {
      "{\"shape\":(1,2),\"descr\":\"<f4\",\"fortran_order\":False}",
      "{'fortran_order':False,'shape':(1, 2, ),'descr':'<f4'}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }" + std::string(500, ' ') + "\n"};
  for (const std::string& literal : literals) {
    for (const int version : {1, 2, 3}) {
      const auto points = read_npy_points(file_of(literal, data, version), "a.npy");
      EXPECT_EQ(points(0, 1), 2.0f) << literal;
    }
  }
}

TEST(Npy, DamagedFilesAreNamedWithOffsetAndExpectation) {
  const Bytes four = data_of<float>({1, 2, 3, 4});
  expect_error({}, "expected an npy file");
  expect_error(Bytes(100, 0), "expected an npy file");
  expect_error(file_of(literal_of("<f4", "(2, 2)"), four, 4), "version 1.0, 2.0 or 3.0");
  expect_error({0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 1, 1}, "header length of 4 bytes");
  Bytes cut = file_of(literal_of("<f4", "(2, 2)"), four);
  cut.resize(30);
  expect_error(cut, "exceeds the 20 bytes left at offset 8");
  expect_error(file_of(literal_of("<f4", "(2, 3)"), four), "expected 24 bytes");
  expect_error(file_of(literal_of("<f4", "(2, 1)"), four), "expected 8 bytes");
  expect_error(file_of(literal_of("<f4", "(2, 1, 2)"), four), "1 or 2 axes, got 3");
  expect_error(file_of(literal_of("<f4", "()"), data_of<float>({1})), "1 or 2 axes, got 0");
  expect_error(file_of(literal_of("<f4", "(0, 2)"), {}), "at least one row");
  expect_error(file_of(literal_of("<f4", "(2, 0)"), {}), "at least one row");
  for (const std::string type : {"<c8", "O", "<U4", "=f4", "<f3", "<f16", "|f4", "V8", ""}) {
    expect_error(file_of(literal_of(type, "(2, 2)"), four), "expected a dtype of");
  }
}

TEST(Npy, DamagedLiteralsAreRefused) {
  const Bytes data = data_of<float>({1, 2});
  for (const std::string literal :
       {"", "{", "}", "{}", "{'descr'}", "{'descr': }", "{'descr': '<f4}",
        "{'descr': [('x', '<f4')]}", "{'descr': '<f4', 'fortran_order': false, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [2]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}"}) {
    expect_error(file_of(literal, data), "npy header: expected");
  }
}

TEST(Npy, ShapesThatOverflowAreRefused) {
  for (const std::string shape :
       {"(4294967296, 4294967296)", "(9223372036854775807, 2)", "(4611686018427387905, 1)"}) {
    const std::string text = error_of(file_of(literal_of("<f4", shape), data_of<float>({1})));
    const bool product = text.find("overflow") != text.npos;
    const bool extent = text.find("fits in memory") != text.npos;  // where size_t has 32 bits
    EXPECT_TRUE(product || extent) << text;
  }
  expect_error(file_of(literal_of("<f4", "(99999999999999999999,)"), {}), "fits in memory");
  std::string axes = "(";
  for (int i = 0; i < 40; ++i) axes += "1,";
  expect_error(file_of(literal_of("<f4", axes + ")"), data_of<float>({1})), "at most 32 axes");
}

TEST(Npy, NotFiniteValuesNameTheFirstRow) {
  std::vector<double> values(20, 1.0);
  values[13] = NAN;
  values[18] = HUGE_VAL;
  expect_error(file_of(literal_of("<f8", "(10, 2)"), data_of(values)), "nan in row 6, column 1");
  values[13] = 1e39;  // finite, but not as a float
  expect_error(file_of(literal_of("<f8", "(10, 2)"), data_of(values)), "inf in row 6, column 1");
}

TEST(Npy, LabelsAreIntegersOfOneColumn) {
  const auto read = [](const std::string& descr, const std::string& shape, const Bytes& data) {
    return read_npy_labels(file_of(literal_of(descr, shape), data), "l.npy");
  };
  EXPECT_EQ(read("<i8", "(3,)", data_of<std::int64_t>({4, -1, 2})), (std::vector<int>{4, -1, 2}));
  EXPECT_EQ(read("|u1", "(2, 1)", {0, 255}), (std::vector<int>{0, 255}));
  EXPECT_EQ(read("|b1", "(2,)", {0, 1}), (std::vector<int>{0, 1}));
  EXPECT_THROW(read("<i8", "(1,)", data_of<std::int64_t>({1ll << 31})), IoError);
  EXPECT_THROW(read("<u8", "(1,)", data_of<std::uint64_t>({~0ull})), IoError);
  EXPECT_THROW(read("<f4", "(1,)", data_of<float>({1})), IoError);
  EXPECT_THROW(read("<i4", "(1, 2)", data_of<std::int32_t>({1, 2})), IoError);
}

TEST(Npy, WrittenArraysReturnBitForBit) {
  const Random random(5, Purpose::kUser);
  for (const std::size_t n : {1u, 7u, 100u}) {
    xt::xtensor<float, 2> points = xt::xtensor<float, 2>::from_shape({n, 3});
    random.fill_normal(std::span<float>(points.data(), points.size()), n);
    const Bytes bytes = write_npy(points);
    EXPECT_EQ((bytes.size() - points.size() * 4) % 64, 0u);
    const auto back = read_npy_points(bytes, "a.npy");
    EXPECT_EQ(std::memcmp(back.data(), points.data(), 12 * n), 0);
  }
}

// xtensor's own reader and writer as the independent other side.
TEST(Npy, AgreesWithXtensor) {
  xt::xtensor<float, 3> cube = xt::xtensor<float, 3>::from_shape({2, 3, 4});
  for (std::size_t i = 0; i < cube.size(); ++i) cube.data()[i] = static_cast<float>(i) / 7;
  const Bytes ours = write_npy(cube);
  std::istringstream stream(std::string(ours.begin(), ours.end()));
  const auto read = xt::load_npy<float>(stream);
  ASSERT_EQ(read.dimension(), 3u);
  EXPECT_TRUE(std::equal(cube.begin(), cube.end(), read.begin()));

  const xt::xtensor<double, 2> matrix = {{1, 2, 3}, {4, 5, 6.5}};
  const std::string theirs = xt::dump_npy(matrix);
  const auto points = read_npy_points(Bytes(theirs.begin(), theirs.end()), "a.npy");
  EXPECT_EQ(points.shape(0), 2u);
  EXPECT_EQ(points(1, 2), 6.5f);
}

// Any single damaged byte and any cut is read or refused with an IoError, never anything else.
TEST(Npy, EveryDamagedByteAndEveryCut) {
  const Bytes good = file_of(literal_of("<f4", "(2, 2)"), data_of<float>({1, 2, 3, 4}));
  const Random random(9, Purpose::kUser);
  int refused = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_NE(error_of(cut), "no error") << at;
    for (std::uint64_t k = 0; k < 20; ++k) {
      Bytes bad = good;
      bad[at] = static_cast<std::uint8_t>(random.index(at, k, 256));
      refused += error_of(bad) != "no error";
    }
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace pathflow::io
