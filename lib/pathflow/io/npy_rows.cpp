#include "pathflow/io/npy_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/io/content_hash.hpp"
#include "pathflow/io/mapped_file.hpp"
#include "pathflow/io/npy_header.hpp"

namespace pathflow::io {
namespace {

constexpr std::string_view kWhere = "open_npy_rows";

/// What reading through a file takes at a time.
constexpr std::size_t kWindow = std::size_t{8} << 20;

class MappedNpyRows final : public Rows {
 public:
  MappedNpyRows(const std::filesystem::path& file, const OpenRowsOptions& options)
      : name_(file.string()),
        mapping_(file),
        source_{mapping_.bytes(), kWhere, name_},
        header_(read_npy_header(source_)),
        extents_(npy_rows_and_columns(source_, header_)),
        element_(header_),
        copied_(header_.kind == 'f' && header_.size == 4 && !header_.big_endian) {
    element_.data = 0;
    contents_.path = std::filesystem::absolute(file).string();
    contents_.bytes = source_.bytes.size();
    if (contents_.bytes > options.most_in_memory) read_through(options);
  }

  std::size_t size() const override { return extents_.rows; }
  std::size_t dimension() const override { return extents_.columns; }
  double sum_of_squares() const override { return sum_of_squares_; }
  const FileContents* file() const override { return &contents_; }

  void read(std::size_t first, std::size_t count, std::span<float> out) const override {
    const std::size_t d = extents_.columns;
    if (!header_.fortran) return fetch(first * d, count * d, out.data(), 1);
    for (std::size_t column = 0; column < d; ++column) {
      fetch(index(first, column), count, out.data() + column, d);
    }
  }

  /// All rows, with the check of each value.
  tensor::Points points() const {
    tensor::Points all = tensor::Points::from_shape({size(), dimension()});
    convert(0, size(), all.data());
    check_finite_rows(0, size(), all.data());
    return all;
  }

 private:
  std::size_t index(std::size_t row, std::size_t column) const {
    return header_.fortran ? column * extents_.rows + row : row * extents_.columns + column;
  }

  /// Elements [first, first + count) of the file to out[0], out[stride], ...
  void fetch(std::size_t first, std::size_t count, float* out, std::size_t stride) const {
    std::array<std::uint8_t, 1024> buffer = {};
    const NpySource source{buffer, kWhere, name_};
    for (std::size_t done = 0; done < count;) {
      const std::size_t some = std::min(count - done, buffer.size() / header_.size);
      mapping_.read_at(header_.data + (first + done) * header_.size,
                       std::span(buffer).first(some * header_.size));
      for (std::size_t i = 0; i < some; ++i, ++done) {
        out[done * stride] = npy_element(source, element_, i);
      }
    }
  }

  void convert(std::size_t first, std::size_t count, float* out) const {
    const std::size_t d = extents_.columns;
    if (copied_ && (!header_.fortran || d == 1)) {
      std::memcpy(out, source_.bytes.data() + header_.data + first * d * 4, count * d * 4);
      return;
    }
    // Along the file's own order, so that reading through a Fortran file does not jump.
    for (std::size_t column = 0; column < d; ++column) {
      for (std::size_t i = 0; i < count; ++i) {
        out[i * d + column] = npy_element(source_, header_, index(first + i, column));
      }
    }
  }

  void check_finite_rows(std::size_t first, std::size_t count, const float* values) const {
    const std::size_t d = extents_.columns;
    for (std::size_t i = 0; i < count * d; ++i) {
      if (std::isfinite(values[i])) continue;
      const std::size_t row = first + i / d, column = i % d;
      refuse_npy_value(source_, header_, values[i], row, column, index(row, column));
    }
  }

  /// One pass in windows: window k of the bytes into the hash, window k of the rows checked.
  void read_through(const OpenRowsOptions& options) {
    const std::size_t windows = (contents_.bytes + kWindow - 1) / kWindow;
    const std::size_t rows = (size() + windows - 1) / windows;
    std::vector<float> values(rows * dimension());
    ContentHash hash;
    for (std::size_t k = 0; k < windows; ++k) {
      hash.add(source_.bytes.subspan(k * kWindow,
                                     std::min(kWindow, source_.bytes.size() - k * kWindow)));
      const std::size_t first = std::min(k * rows, size());
      const std::size_t count = std::min(rows, size() - first);
      convert(first, count, values.data());
      check_finite_rows(first, count, values.data());
      for (std::size_t i = 0; i < count * dimension(); ++i) {
        const double value = values[i];
        sum_of_squares_ += value * value;
      }
      mapping_.release();
      const double share = static_cast<double>(k + 1) / static_cast<double>(windows);
      if (options.progress && !options.progress(share)) {
        throw Cancelled(kWhere, "stopped by progress while reading " + name_);
      }
    }
    contents_.hash = hash.value();
  }

  std::string name_;
  MappedFile mapping_;
  NpySource source_;
  NpyHeader header_;
  NpyExtents extents_;
  NpyHeader element_;  ///< of bytes that begin with the element
  bool copied_;        ///< elements lie in the file as floats lie in memory
  FileContents contents_;
  double sum_of_squares_ = 0;
};

}  // namespace

std::shared_ptr<const Rows> open_npy_rows(const std::filesystem::path& file,
                                          const OpenRowsOptions& options) {
  auto rows = std::make_shared<MappedNpyRows>(file, options);
  if (rows->file()->bytes > options.most_in_memory) return rows;
  return rows_in_memory(rows->points());
}

}  // namespace pathflow::io
