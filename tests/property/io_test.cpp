// Properties of the file formats, over seeds, shapes and dtypes: what is written returns, whatever
// it is, and any damage is read or refused with an IoError.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/io/safetensors.hpp"
#include "pathflow/train/config.hpp"

namespace pathflow {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Draws of one seed, one after the other.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed, Purpose::kUser) {}
  std::uint64_t below(std::uint64_t n) { return random_.index(0, count_++, n); }
  std::uint64_t bits() {
    const PhiloxCounter block = random_.bits(1, count_++);
    return std::uint64_t{block[1]} << 32 | block[0];
  }
  /// Any finite number: every exponent and sign, zero and subnormals among them.
  float finite_float() {
    const std::uint32_t pattern = static_cast<std::uint32_t>(bits());
    const float value = bit_cast<float>(pattern);
    return std::isfinite(value) ? value : bit_cast<float>(pattern & 0x807FFFFFu);
  }

 private:
  Random random_;
  std::uint64_t count_ = 0;
};

bool same_bits(const float* a, const float* b, std::size_t count) {
  return std::memcmp(a, b, count * sizeof(float)) == 0;
}

// npy
// ------------------------------------------------------------------------------------------------

TEST(NpyProperty, WrittenPointsReturnBitForBit) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draws draws(seed);
    const std::size_t rows = 1 + draws.below(40), columns = 1 + draws.below(9);
    auto points = tensor::Points::from_shape({rows, columns});
    for (float& value : points) value = draws.finite_float();
    const tensor::Points again = io::read_npy_points(io::write_npy(points), "x.npy");
    ASSERT_EQ(again.shape(), points.shape()) << seed;
    ASSERT_TRUE(same_bits(again.data(), points.data(), points.size())) << seed;
  }
}

/// A file as any writer may make it: dtype, byte order, layout and version of its choosing.
template <class T>
Bytes npy_file(const std::vector<T>& values, std::size_t rows, std::size_t columns, bool big,
               bool fortran, int version) {
  const char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
  std::string literal = "{'descr': '" + std::string(1, big ? '>' : '<') + kind +
                        std::to_string(sizeof(T)) +
                        "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" +
                        std::to_string(rows) + ", " + std::to_string(columns) + "), }\n";
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<std::uint8_t>(version), 0};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) {
    bytes.push_back(static_cast<std::uint8_t>(literal.size() >> 8 * i));
  }
  bytes.insert(bytes.end(), literal.begin(), literal.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t from = fortran ? i % rows * columns + i / rows : i;
    std::array<std::uint8_t, sizeof(T)> raw;
    std::memcpy(raw.data(), &values[from], sizeof(T));
    if (big) std::reverse(raw.begin(), raw.end());
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  }
  return bytes;
}

template <class T>
T any_value(Draws& draws) {
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(draws.finite_float());
  return static_cast<T>(draws.bits());
}

template <class T>
class NpyDtypeProperty : public testing::Test {};
using Dtypes = testing::Types<float, double, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                              std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(NpyDtypeProperty, Dtypes);

TYPED_TEST(NpyDtypeProperty, EveryLayoutReadsToTheSameFloats) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Draws draws(seed);
    const std::size_t rows = 1 + draws.below(12), columns = 1 + draws.below(5);
    std::vector<TypeParam> values(rows * columns);
    for (TypeParam& value : values) value = any_value<TypeParam>(draws);
    const bool big = draws.below(2) == 1, fortran = draws.below(2) == 1;
    const int version = 1 + static_cast<int>(draws.below(3));
    const auto points =
        io::read_npy_points(npy_file(values, rows, columns, big, fortran, version), "x.npy");
    ASSERT_EQ(points.shape(0), rows);
    ASSERT_EQ(points.shape(1), columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(points.data()[i], static_cast<float>(values[i])) << seed << " at " << i;
    }
  }
}

// safetensors
// ----------------------------------------------------------------------------------------

constexpr std::array<std::pair<const char*, std::size_t>, 13> kDtypes = {{{"F64", 8},
                                                                          {"F32", 4},
                                                                          {"F16", 2},
                                                                          {"BF16", 2},
                                                                          {"I64", 8},
                                                                          {"I32", 4},
                                                                          {"I16", 2},
                                                                          {"I8", 1},
                                                                          {"U64", 8},
                                                                          {"U32", 4},
                                                                          {"U16", 2},
                                                                          {"U8", 1},
                                                                          {"BOOL", 1}}};

/// Text of every kind that JSON must escape or keep.
std::string any_text(Draws& draws) {
  constexpr std::array<std::string_view, 10> kParts = {
      "a",        "layer.0",          "\"", "\\", "\n", std::string_view("\0", 1),
      "\xC3\xA9", "\xF0\x9F\x98\x80", "/",  "{}"};
  std::string text;
  for (std::uint64_t left = draws.below(6); left > 0; --left) text += kParts[draws.below(10)];
  return text;
}

io::Safetensors any_file(Draws& draws) {
  io::Safetensors file;
  for (std::uint64_t left = draws.below(5); left > 0; --left) {
    file.metadata[any_text(draws)] = any_text(draws);
  }
  for (std::uint64_t left = draws.below(7); left > 0; --left) {
    const auto [dtype, size] = kDtypes[draws.below(kDtypes.size())];
    io::Tensor tensor{dtype, {}, {}};
    std::size_t bytes = size;
    for (std::uint64_t axes = draws.below(4); axes > 0; --axes) {
      tensor.shape.push_back(static_cast<std::int64_t>(draws.below(5)));
      bytes *= static_cast<std::size_t>(tensor.shape.back());
    }
    for (std::size_t i = 0; i < bytes; ++i) {
      tensor.bytes.push_back(static_cast<std::uint8_t>(draws.bits()));
    }
    file.tensors[any_text(draws)] = tensor;
  }
  return file;
}

TEST(SafetensorsProperty, WrittenFilesReturn) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draws draws(seed);
    const io::Safetensors file = any_file(draws);
    const Bytes bytes = io::write_safetensors(file);
    const io::Safetensors again = io::read_safetensors(bytes, "x");
    ASSERT_EQ(again.metadata, file.metadata) << seed;
    ASSERT_EQ(again.tensors.size(), file.tensors.size()) << seed;
    for (const auto& [name, tensor] : file.tensors) {
      const io::Tensor& found = again.tensors.at(name);
      ASSERT_EQ(found.dtype, tensor.dtype) << seed;
      ASSERT_EQ(found.shape, tensor.shape) << seed;
      ASSERT_EQ(found.bytes, tensor.bytes) << seed;
    }
    ASSERT_EQ(io::write_safetensors(again), bytes) << seed;
  }
}

TEST(SafetensorsProperty, DamageIsReadOrRefused) {
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Draws draws(seed);
    Bytes bytes = io::write_safetensors(any_file(draws));
    for (std::uint64_t left = 1 + draws.below(4); left > 0; --left) {
      bytes[draws.below(bytes.size())] = static_cast<std::uint8_t>(draws.bits());
    }
    if (draws.below(3) == 0) bytes.resize(draws.below(bytes.size()));
    try {
      io::read_safetensors(bytes, "x");
    } catch (const IoError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 150);
}

// Configurations
// -------------------------------------------------------------------------------------

TEST(ConfigProperty, EveryRunsOptionsReturn) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draws draws(seed);
    const auto positive = [&] {
      return std::abs(static_cast<double>(draws.finite_float())) + 1e-300;
    };
    train::TrainOptions options;
    options.data = "text:" + any_text(draws);
    options.width = 1 + static_cast<std::int64_t>(draws.below(4096));
    options.batch = 1 + static_cast<std::int64_t>(draws.below(65536));
    options.steps = 1 + static_cast<std::int64_t>(draws.bits() >> 2);
    options.lr = positive();
    options.epsilon = positive();
    options.clip = positive();
    options.beta1 = static_cast<double>(draws.bits() >> 11) * 0x1p-53;
    options.ema = static_cast<double>(draws.bits() >> 11) * 0x1p-53;
    options.conditional = draws.below(2) == 1;
    options.seed = draws.bits() >> 11;
    ASSERT_EQ(train::options_from_json(train::to_json(options)), options) << seed;
  }
}

}  // namespace
}  // namespace pathflow
