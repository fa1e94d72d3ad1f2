#include "pathflow/io/npy_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/io/content_hash.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/mapped_file.hpp"
#include "pathflow/io/npy.hpp"
#include "unit/io/scratch_folder.hpp"

namespace pathflow::io {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kRows = 50000, kColumns = 6;  // more than one window of reading through

tensor::Points some_points(std::size_t rows, std::size_t columns) {
  tensor::Points points = tensor::Points::from_shape({rows, columns});
  for (std::size_t i = 0; i < points.size(); ++i) {
    points.data()[i] = std::sin(0.1f * static_cast<float>(i % 10007));
  }
  return points;
}

/// The points as npy bytes of one of the forms that differ in how they are converted.
Bytes npy_bytes(const tensor::Points& points, char order, int size, bool fortran) {
  const std::size_t n = points.shape(0), d = points.shape(1);
  std::string header = std::string("{'descr': '") + order + "f" + std::to_string(size) +
                       "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" +
                       std::to_string(n) + ", " + std::to_string(d) + "), }\n";
  const std::string magic = "\x93NUMPY\x01";
  std::string start = magic + '\0' + static_cast<char>(header.size()) + '\0' + header;
  Bytes bytes(start.begin(), start.end());
  for (std::size_t k = 0; k < n * d; ++k) {
    const float value = fortran ? points(k % n, k / n) : points.data()[k];
    const double wide = static_cast<double>(value);
    Bytes element(static_cast<std::size_t>(size));
    size == 4 ? std::memcpy(element.data(), &value, 4) : std::memcpy(element.data(), &wide, 8);
    if (order == '>') std::reverse(element.begin(), element.end());
    bytes.insert(bytes.end(), element.begin(), element.end());
  }
  return bytes;
}

class NpyRows : public ScratchFolder {
 protected:
  fs::path write(const Bytes& bytes, const char* name = "x.npy") const {
    write_file_atomic(folder_ / name, bytes);
    return folder_ / name;
  }
  static std::shared_ptr<const Rows> map(const fs::path& file) {
    return open_npy_rows(file, {.most_in_memory = 0});
  }
};

TEST_F(NpyRows, MappedAndReadRowsAreTheSame) {
  const tensor::Points points = some_points(kRows, kColumns);
  for (const char order : {'<', '>'}) {
    for (const int size : {4, 8}) {
      for (const bool fortran : {false, true}) {
        const fs::path file = write(npy_bytes(points, order, size, fortran));
        const auto mapped = map(file), read = open_npy_rows(file);
        ASSERT_NE(mapped->file(), nullptr);
        EXPECT_EQ(read->file(), nullptr);
        for (const auto& rows : {mapped, read}) {
          ASSERT_EQ(rows->size(), kRows);
          ASSERT_EQ(rows->dimension(), kColumns);
          std::vector<float> all(points.size());
          rows->read(0, kRows, all);
          EXPECT_TRUE(std::equal(all.begin(), all.end(), points.data()));
          std::vector<float> some(3 * kColumns);
          rows->read(777, 3, some);
          EXPECT_TRUE(std::equal(some.begin(), some.end(), points.data() + 777 * kColumns));
        }
        EXPECT_NEAR(mapped->sum_of_squares(), read->sum_of_squares(),
                    1e-12 * read->sum_of_squares());
      }
    }
  }
}

TEST_F(NpyRows, ManyReadsGiveMemoryBackAndStayRight) {
  const tensor::Points points = some_points(kRows, kColumns);
  const auto rows = map(write(write_npy(points)));
  std::vector<float> row(kColumns);
  for (std::size_t turn = 0; turn < 20000; ++turn) {  // several times the memory held
    const std::size_t i = turn * 7919 % kRows;
    rows->read(i, 1, row);
    ASSERT_TRUE(std::equal(row.begin(), row.end(), points.data() + i * kColumns)) << i;
  }
}

TEST_F(NpyRows, ContentsTellFilesApart) {
  Bytes bytes = npy_bytes(some_points(kRows, kColumns), '<', 8, false);
  const auto first = map(write(bytes)), again = map(write(bytes, "copy.npy"));
  EXPECT_TRUE(first->file()->same_contents(*again->file()));
  EXPECT_TRUE(fs::path(first->file()->path).is_absolute());
  for (const std::size_t at : {std::size_t{200}, bytes.size() / 2, bytes.size() - 1}) {
    Bytes changed = bytes;
    changed[at] ^= 1;
    EXPECT_FALSE(first->file()->same_contents(*map(write(changed, "c.npy"))->file())) << at;
  }
}

TEST_F(NpyRows, RefusesAsReadingDoes) {
  tensor::Points points = some_points(kRows, 2);
  points(43210, 1) = std::numeric_limits<float>::quiet_NaN();
  const fs::path file = write(write_npy(points));
  for (const std::size_t most : {std::size_t{0}, std::size_t{1} << 30}) {
    try {
      open_npy_rows(file, {.most_in_memory = most});
      FAIL();
    } catch (const IoError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("row 43210, column 1"), std::string::npos) << text;
      EXPECT_NE(text.find("x.npy"), std::string::npos) << text;
    }
  }
  EXPECT_THROW(map(write({}, "empty.npy")), IoError);
  EXPECT_THROW(map(folder_), IoError);
  EXPECT_THROW(map(folder_ / "missing.npy"), IoError);
}

TEST_F(NpyRows, ProgressRisesToOneAndCanStop) {
  const fs::path file = write(write_npy(some_points(3000000, 3)));  // 36 MB: five windows
  std::vector<double> shares;
  open_npy_rows(file, {.progress = [&](double share) { return shares.push_back(share), true; }});
  ASSERT_GT(shares.size(), 3u);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_EQ(shares.back(), 1.0);
  EXPECT_THROW(open_npy_rows(file, {.progress = [](double) { return false; }}), Cancelled);
}

TEST(ContentHash, DependsOnEveryByteTheirOrderAndTheirNumber) {
  const auto hash_of = [](const Bytes& bytes) {
    ContentHash hash;
    hash.add(bytes);
    return hash.value();
  };
  Bytes bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
  const std::uint64_t whole = hash_of(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    EXPECT_NE(hash_of(changed), whole) << i;
  }
  Bytes swapped = bytes;
  std::swap_ranges(swapped.begin(), swapped.begin() + 32, swapped.begin() + 32);
  EXPECT_NE(hash_of(swapped), whole);
  EXPECT_NE(hash_of(Bytes(64, 0)), hash_of(Bytes(96, 0)));
  EXPECT_NE(hash_of(Bytes(64, 0)), hash_of(Bytes(63, 0)));
  ContentHash pieces;
  pieces.add(std::span<const std::uint8_t>(bytes).first(320));
  pieces.add(std::span<const std::uint8_t>(bytes).subspan(320));
  EXPECT_EQ(pieces.value(), whole);
}

}  // namespace
}  // namespace pathflow::io
