#include "pathflow/io/safetensors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/io/half.hpp"

namespace pathflow::io {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes file_of(const std::string& header, std::size_t data) {
  Bytes bytes;
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{header.size()} >> shift));
  }
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + data, 1);
  return bytes;
}

std::string error_of(const Bytes& bytes) {
  try {
    read_safetensors(bytes, "a.safetensors");
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

void expect_error(const Bytes& bytes, const std::string& part) {
  const std::string text = error_of(bytes);
  EXPECT_NE(text.find(part), std::string::npos) << text;
  EXPECT_NE(text.find("a.safetensors"), std::string::npos) << text;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

Safetensors example() {
  Safetensors file;
  const std::vector<float> weights = {1.5f, -2.25f, 3e-40f, 4, 5, 6};
  const std::vector<double> scalar = {0.1};
  file.tensors["layers.0.weight"] = Tensor::of(std::span<const float>(weights), {2, 3});
  file.tensors["step"] = Tensor::of(std::span<const double>(scalar), {});
  file.tensors["empty"] = Tensor::of(std::span<const float>(), {0, 7});
  file.tensors["flags"] = {"U8", {3}, {0, 1, 2}};
  file.metadata["format"] = "pathflow 1";
  file.metadata["odd \"text\""] = "back\\slash, tab\t, nul" + std::string(1, '\0') + ", \xC3\xA9";
  return file;
}

TEST(Safetensors, WrittenFilesReturn) {
  const Safetensors file = example();
  const Bytes bytes = write_safetensors(file);
  const Safetensors back = read_safetensors(bytes, "a");
  EXPECT_EQ(back.metadata, file.metadata);
  ASSERT_EQ(back.tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(back.tensors.at(name).dtype, tensor.dtype);
    EXPECT_EQ(back.tensors.at(name).shape, tensor.shape);
    EXPECT_EQ(back.tensors.at(name).bytes, tensor.bytes);
  }
  EXPECT_EQ(write_safetensors(back), bytes);
}

TEST(Safetensors, TheBytesAreTheFormats) {
  Safetensors file;
  const std::vector<float> values = {1, 2};
  file.tensors["b"] = Tensor::of(std::span<const float>(values), {2});
  file.tensors["a"] = {"U8", {1}, {9}};
  file.metadata["k"] = "v";
  const Bytes bytes = write_safetensors(file);
  const std::string json = "{\"__metadata__\":{\"k\":\"v\"}," + entry("a", "U8", "[1]", "[0,1]") +
                           "," + entry("b", "F32", "[2]", "[1,9]") + "}";
  const std::string padded = json + std::string((8 - json.size() % 8) % 8, ' ');
  ASSERT_EQ(bytes.size(), 8 + padded.size() + 9);
  EXPECT_EQ(std::size_t{bytes[0]} + 256 * std::size_t{bytes[1]}, padded.size());
  EXPECT_EQ(std::string(bytes.begin() + 8, bytes.end() - 9), padded);
  EXPECT_EQ(bytes[8 + padded.size()], 9);
  EXPECT_EQ(write_safetensors({}), file_of("{}      ", 0));
}

TEST(Safetensors, ValuesConvert) {
  const std::vector<double> wide = {1.0 / 3, 1e300};
  EXPECT_EQ(Tensor::of(std::span<const double>(wide), {2}).floats()[0], 1.0f / 3);
  EXPECT_EQ(Tensor::of(std::span<const double>(wide), {2}).doubles(), wide);
  const Tensor half{"F16", {2}, {0x00, 0x3C, 0x01, 0x80}};
  EXPECT_EQ(half.floats(), (std::vector<float>{1, -0x1p-24f}));
  const Tensor brain{"BF16", {1}, {0x49, 0x40}};  // 0x4049: 3.140625
  EXPECT_EQ(brain.floats(), std::vector<float>{3.140625f});
  EXPECT_EQ(brain.doubles(), std::vector<double>{3.140625});
  EXPECT_THROW((Tensor{"I32", {1}, {0, 0, 0, 0}}.floats()), IoError);
  EXPECT_THROW(Tensor::of(std::span<const double>(wide), {3}), ShapeError);
  EXPECT_THROW(Tensor::of(std::span<const double>(wide), {-2, -1}), InvalidArgument);
}

TEST(Safetensors, LengthsAreChecked) {
  expect_error({}, "8 bytes at offset 0, got 0");
  expect_error({1, 2, 3}, "8 bytes at offset 0, got 3");
  expect_error({99, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "header length 99 exceeds the 2 bytes");
  expect_error(Bytes(8, 0xFF), "header length 18446744073709551615 exceeds");
  expect_error(Bytes(8, 0), "expected '{' at offset 8");
  expect_error(file_of(" {}", 0), "expected '{' at offset 8");
  EXPECT_TRUE(read_safetensors(file_of("{}", 0), "a").tensors.empty());
}

TEST(Safetensors, JsonErrorsNameTheOffset) {
  expect_error(file_of("{\"a\" 1}", 0), "not valid JSON at offset 13");
  expect_error(file_of("{", 0), "not valid JSON");
  expect_error(file_of("{}}", 0), "not valid JSON at offset 10");
  expect_error(file_of("{\"\xFF\":1}", 0), "not valid JSON at offset 10");
  expect_error(file_of("{\"__metadata__\":{\"k\":\"\xC3\"}}", 0), "not valid JSON");
  expect_error(file_of("{\"__metadata__\":{\"k\":\"\\ud800\"}}", 0), "not valid JSON");
}

TEST(Safetensors, HeadersOfTheWrongKindAreRefused) {
  const std::string good = entry("a", "U8", "[1]", "[0,1]");
  expect_error(file_of("{" + good + "," + good + "}", 1), "\"a\" twice");
  expect_error(file_of("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0), "\"k\" twice");
  expect_error(file_of("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "\"__metadata__\" twice");
  expect_error(file_of("{\"__metadata__\":{\"k\":1}}", 0), "expected a string, got 1");
  expect_error(file_of("{\"__metadata__\":{\"k\":{}}}", 0), "expected a string, got an object");
  expect_error(file_of("{\"__metadata__\":[]}", 0), "expected an object, got an array");
  expect_error(file_of("{\"a\":1}", 0), "\"a\": expected an object, got 1");
  expect_error(file_of("{\"a\":null}", 0), "got null");
  expect_error(file_of("{\"a\":{}}", 0), "the keys dtype, shape and data_offsets");
  expect_error(file_of("{\"a\":{\"dtype\":1}}", 0), "expected a string, got 1");
  expect_error(file_of("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0), "\"dtype\" twice");
  expect_error(file_of("{\"a\":{\"color\":1}}", 0), "got \"color\"");
  expect_error(file_of("{" + entry("a", "U8", "[[1]]", "[0,1]") + "}", 1), "got an array");
  expect_error(file_of("{" + entry("a", "U8", "[-1]", "[0,1]") + "}", 1), "got -1");
  expect_error(file_of("{" + entry("a", "U8", "[1.5]", "[0,1]") + "}", 1), "got 1.5");
  expect_error(file_of("{" + entry("a", "U8", "[1e99]", "[0,1]") + "}", 1), "got 1e99");
  expect_error(file_of("{" + entry("a", "U8", "[true]", "[0,1]") + "}", 1), "got true");
  expect_error(file_of("{" + entry("a", "U8", "[\"1\"]", "[0,1]") + "}", 1), "got the string");
  expect_error(file_of("{" + entry("a", "U8", "[1]", "[0]") + "}", 1), "two data_offsets, got 1");
  expect_error(file_of("{" + entry("a", "U8", "[1]", "[18446744073709551616,1]") + "}", 1),
               "got 1844");
}

TEST(Safetensors, DataRangesAreChecked) {
  const auto one = [](const std::string& dtype, const std::string& shape,
                      const std::string& offsets) {
    return file_of("{" + entry("a", dtype, shape, offsets) + "}", 8);
  };
  EXPECT_EQ(error_of(one("F32", "[2]", "[0,8]")), "no error");
  expect_error(one("F31", "[2]", "[0,8]"), "expected a dtype of F64, F32");
  expect_error(one("F32", "[2]", "[8,0]"), "ends before it begins");
  expect_error(one("F32", "[3]", "[0,12]"), "past the 8 bytes");
  expect_error(one("F32", "[3]", "[0,8]"), "expected 12 bytes");
  expect_error(one("F32", "[4294967296,4294967296]", "[0,8]"), "overflows");
  expect_error(one("F64", "[2305843009213693953]", "[0,8]"), "overflows");
  expect_error(one("F32", "[18446744073709551615]", "[0,8]"), "overflows");
  expect_error(one("F32", "[1]", "[4,8]"), "leaves a hole");
  expect_error(one("F32", "[1]", "[0,4]"), "got 4 bytes more");
  const auto two = [](const std::string& a, const std::string& b) {
    return file_of("{" + entry("a", "U8", "[4]", a) + "," + entry("b", "U8", "[4]", b) + "}", 8);
  };
  EXPECT_EQ(error_of(two("[4,8]", "[0,4]")), "no error");  // any order in the header
  expect_error(two("[0,4]", "[3,7]"), "overlaps");
  expect_error(two("[0,4]", "[0,4]"), "overlaps");
}

TEST(Safetensors, TheWriterRefusesWhatTheReaderWould) {
  const auto refuse = [](const std::string& name, const Tensor& tensor) {
    Safetensors file;
    file.tensors[name] = tensor;
    EXPECT_THROW(write_safetensors(file), InvalidArgument) << name;
  };
  refuse("a", {"F32", {2}, {0, 0, 0, 0}});
  refuse("a", {"F33", {1}, {0, 0, 0, 0}});
  refuse("a", {"U8", {-1, -1}, {0}});
  refuse("__metadata__", {"U8", {1}, {0}});
  refuse("\xFF", {"U8", {1}, {0}});
  Safetensors file;
  file.metadata["k"] = "\xC0\x80";
  EXPECT_THROW(write_safetensors(file), InvalidArgument);
}

// Any single damaged byte and any cut is read or refused with an IoError, never anything else.
TEST(Safetensors, EveryDamagedByteAndEveryCut) {
  const Bytes good = write_safetensors(example());
  const Random random(3, Purpose::kUser);
  for (std::size_t at = 0; at < good.size(); ++at) {
    EXPECT_NE(error_of(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at))),
              "no error");
    for (std::uint64_t k = 0; k < 10; ++k) {
      Bytes bad = good;
      bad[at] = static_cast<std::uint8_t>(random.index(at, k, 256));
      EXPECT_NO_THROW(error_of(bad)) << at;
    }
  }
}

}  // namespace
}  // namespace pathflow::io
