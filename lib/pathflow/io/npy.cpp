#include "pathflow/io/npy.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/io/half.hpp"

namespace pathflow::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxAxes = 32;  // numpy's own limit

struct Header {
  bool big_endian = false, fortran = false;
  char kind = 'f';       // b, i, u or f
  std::size_t size = 0;  // bytes of one element
  std::vector<std::size_t> shape;
  std::size_t data = 0;  // offset of the first element
};

std::string text(std::size_t value) { return std::to_string(value); }

// The Python literal in a header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), },
// keys in any order, each once.
class HeaderParser {
 public:
  HeaderParser(std::string_view literal, std::size_t offset, std::string_view where,
               std::string_view name)
      : literal_(literal), offset_(offset), where_(where), name_(name) {}

  Header parse() {
    expect('{', "a dictionary");
    while (!accept('}')) {
      entry();
      if (!accept(',')) {
        expect('}', "',' or '}' after a value");
        break;
      }
    }
    if (peek() != '\0') fail("nothing but spaces after the dictionary");
    if (!descr_ || !order_ || !shape_) fail("the keys 'descr', 'fortran_order' and 'shape'");
    return header_;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    throw IoError(where_, std::string(name_) + ": npy header: expected " + std::string(expected) +
                              " at offset " + text(offset_ + at_));
  }
  char peek() {
    constexpr std::string_view kSpace = " \n\t\r";
    while (at_ < literal_.size() && kSpace.find(literal_[at_]) != kSpace.npos) ++at_;
    return at_ < literal_.size() ? literal_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, std::string_view expected) {
    if (!accept(c)) fail(expected);
  }
  std::string_view quoted(std::string_view expected) {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail(expected);
    const std::size_t end = literal_.find(quote, at_ + 1);
    if (end == literal_.npos) fail("a closing quote");
    const std::string_view value = literal_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return value;
  }
  void once(bool& seen) {
    if (seen) fail("each key once");
    seen = true;
  }
  void entry() {
    const std::string_view key = quoted("a quoted key");
    expect(':', "':'");
    if (key == "descr") {
      once(descr_), descr();
    } else if (key == "fortran_order") {
      once(order_), header_.fortran = boolean();
    } else if (key == "shape") {
      once(shape_), shape();
    } else {
      fail("only the keys 'descr', 'fortran_order' and 'shape'");
    }
  }
  bool boolean() {
    peek();
    for (const std::string_view word : {"True", "False"}) {
      if (literal_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    }
    fail("True or False");
  }
  void descr() {
    constexpr std::string_view kRule =
        "a dtype of b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4 or f8 in quotes";
    peek();
    const std::size_t start = at_;
    const std::string_view type = quoted(kRule);
    const std::string_view code = type.size() == 3 ? type.substr(1) : std::string_view();
    constexpr std::array<std::string_view, 12> kCodes = {"b1", "i1", "i2", "i4", "i8", "u1",
                                                         "u2", "u4", "u8", "f2", "f4", "f8"};
    bool known = false;
    for (const std::string_view valid : kCodes) known = known || code == valid;
    const bool byte = known && code[1] == '1';
    if (!known || !(type[0] == '<' || type[0] == '>' || (type[0] == '|' && byte))) {
      at_ = start;
      fail(std::string(kRule) + ", got '" + std::string(type) + "'");
    }
    header_.big_endian = type[0] == '>';
    header_.kind = code[0];
    header_.size = static_cast<std::size_t>(code[1] - '0');
  }
  void shape() {
    expect('(', "a tuple");
    while (!accept(')')) {
      header_.shape.push_back(extent());
      if (header_.shape.size() > kMaxAxes) fail("at most 32 axes");
      if (!accept(',')) {
        expect(')', "',' or ')' after an extent");
        break;
      }
    }
  }
  std::size_t extent() {
    peek();
    std::size_t value = 0, digits = 0;
    for (; at_ < literal_.size() && literal_[at_] >= '0' && literal_[at_] <= '9'; ++at_, ++digits) {
      const std::size_t digit = static_cast<std::size_t>(literal_[at_] - '0');
      if (value > (std::numeric_limits<std::size_t>::max() - digit) / 10) {
        fail("an extent that fits in memory");
      }
      value = 10 * value + digit;
    }
    if (digits == 0) fail("an extent (digits)");
    return value;
  }

  std::string_view literal_;
  std::size_t offset_, at_ = 0;
  std::string_view where_, name_;
  Header header_;
  bool descr_ = false, order_ = false, shape_ = false;
};

// A file under inspection: its bytes, its name and the public function that reads it.
struct Source {
  std::span<const std::uint8_t> bytes;
  std::string_view where, name;

  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(where, std::string(name) + ": " + what);
  }
  std::uint64_t little_endian(std::size_t offset, std::size_t count) const {
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | bytes[offset + i];
    return value;
  }
};

// Number of elements; refuses a product that overflows or is not the length that is there.
std::size_t checked_count(const Source& source, const Header& header) {
  std::size_t count = 1;
  for (const std::size_t extent : header.shape) {
    if (extent != 0 && count > std::numeric_limits<std::size_t>::max() / header.size / extent) {
      source.fail("npy shape: the number of bytes overflows");
    }
    count *= extent;
  }
  const std::size_t have = source.bytes.size() - header.data;
  if (count * header.size != have) {
    source.fail("npy data: expected " + text(count * header.size) + " bytes at offset " +
                text(header.data) + ", got " + text(have));
  }
  return count;
}

Header read_header(const Source& source) {
  const auto bytes = source.bytes;
  if (bytes.size() < 10 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    source.fail("expected an npy file (\\x93NUMPY, version, header length) at offset 0");
  }
  const int version = bytes[6];
  if (version < 1 || version > 3 || bytes[7] != 0) {
    source.fail("expected npy version 1.0, 2.0 or 3.0 at offset 6, got " + std::to_string(version) +
                "." + std::to_string(bytes[7]));
  }
  const std::size_t width = version == 1 ? 2 : 4, start = 8 + width;
  if (bytes.size() < start) source.fail("expected a header length of 4 bytes at offset 8");
  const std::uint64_t length = source.little_endian(8, width);
  if (length > bytes.size() - start) {
    source.fail("npy header length " + std::to_string(length) + " exceeds the " +
                text(bytes.size() - start) + " bytes left at offset 8");
  }
  const std::string_view literal(reinterpret_cast<const char*>(bytes.data()) + start,
                                 static_cast<std::size_t>(length));
  Header header = HeaderParser(literal, start, source.where, source.name).parse();
  header.data = start + static_cast<std::size_t>(length);
  checked_count(source, header);
  return header;
}

// The bits of element `index`, in the low bytes.
std::uint64_t element_bits(const Source& source, const Header& header, std::size_t index) {
  const std::uint8_t* at = source.bytes.data() + header.data + index * header.size;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < header.size; ++i) {
    value = value << 8 | at[header.big_endian ? i : header.size - 1 - i];
  }
  return value;
}

std::int64_t sign_extended(std::uint64_t bits, std::size_t size) {
  const int shift = static_cast<int>(64 - 8 * size);
  return static_cast<std::int64_t>(bits << shift) >> shift;
}

float element_float(const Source& source, const Header& header, std::size_t index) {
  const std::uint64_t bits = element_bits(source, header, index);
  switch (header.kind) {
    case 'f':
      if (header.size == 2) return float_of_half(static_cast<std::uint16_t>(bits));
      if (header.size == 4) return bit_cast<float>(static_cast<std::uint32_t>(bits));
      return static_cast<float>(bit_cast<double>(bits));
    case 'i':
      return static_cast<float>(sign_extended(bits, header.size));
    case 'b':
      return bits != 0 ? 1.0f : 0.0f;
    default:
      return static_cast<float>(bits);
  }
}

int element_label(const Source& source, const Header& header, std::size_t row) {
  const std::uint64_t bits = element_bits(source, header, row);
  const std::int64_t value =
      header.kind == 'i' ? sign_extended(bits, header.size) : static_cast<std::int64_t>(bits);
  const bool wrapped = header.kind != 'i' && value < 0;
  if (wrapped || value < std::numeric_limits<int>::min() ||
      value > std::numeric_limits<int>::max()) {
    source.fail("npy labels: row " + text(row) + " does not fit in 32 bits");
  }
  return header.kind == 'b' ? static_cast<int>(value != 0) : static_cast<int>(value);
}

// Rows and columns of an array of one or two axes.
std::array<std::size_t, 2> rows_and_columns(const Source& source, const Header& header) {
  const std::size_t axes = header.shape.size();
  if (axes != 1 && axes != 2) {
    source.fail("npy shape: expected 1 or 2 axes, got " + text(axes));
  }
  const std::array<std::size_t, 2> extents = {header.shape[0], axes == 2 ? header.shape[1] : 1};
  if (extents[0] == 0 || extents[1] == 0) {
    source.fail("npy shape: expected at least one row and column, got [" + text(extents[0]) + ", " +
                text(extents[1]) + "]");
  }
  return extents;
}

}  // namespace

tensor::Points read_npy_points(std::span<const std::uint8_t> bytes, std::string_view name) {
  const Source source{bytes, "read_npy_points", name};
  const Header header = read_header(source);
  const auto [rows, columns] = rows_and_columns(source, header);
  tensor::Points points = tensor::Points::from_shape({rows, columns});
  float* out = points.data();
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t index = header.fortran ? column * rows + row : row * columns + column;
      const float value = element_float(source, header, index);
      if (!std::isfinite(value)) {
        source.fail("npy data: expected finite float values, got " +
                    to_text(static_cast<double>(value)) + " in row " + text(row) + ", column " +
                    text(column) + " at offset " + text(header.data + index * header.size));
      }
      *out++ = value;
    }
  }
  return points;
}

std::vector<int> read_npy_labels(std::span<const std::uint8_t> bytes, std::string_view name) {
  const Source source{bytes, "read_npy_labels", name};
  const Header header = read_header(source);
  const auto [rows, columns] = rows_and_columns(source, header);
  if (columns != 1) source.fail("npy labels: expected one column, got " + text(columns));
  if (header.kind == 'f') source.fail("npy labels: expected an integer dtype, got f");
  std::vector<int> labels(rows);
  for (std::size_t row = 0; row < rows; ++row) labels[row] = element_label(source, header, row);
  return labels;
}

template <std::size_t Rank>
std::vector<std::uint8_t> write_npy(const xt::xtensor<float, Rank>& array) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied as they lie");
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    header += text(array.shape(axis)) + (axis + 1 < Rank ? ", " : Rank == 1 ? ",)" : ")");
  }
  header += ", }";
  const std::size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header += '\n';
  std::vector<std::uint8_t> bytes(kMagic.begin(), kMagic.end());
  bytes.insert(bytes.end(), {1, 0, static_cast<std::uint8_t>(header.size() & 255),
                             static_cast<std::uint8_t>(header.size() >> 8)});
  bytes.insert(bytes.end(), header.begin(), header.end());
  const auto* data = reinterpret_cast<const std::uint8_t*>(array.data());
  bytes.insert(bytes.end(), data, data + array.size() * sizeof(float));
  return bytes;
}

template std::vector<std::uint8_t> write_npy(const xt::xtensor<float, 1>&);
template std::vector<std::uint8_t> write_npy(const xt::xtensor<float, 2>&);
template std::vector<std::uint8_t> write_npy(const xt::xtensor<float, 3>&);

}  // namespace pathflow::io
