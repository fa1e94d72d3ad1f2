#include "pathflow/io/npy_header.hpp"

#include <array>
#include <cstring>
#include <limits>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/io/half.hpp"

namespace pathflow::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxAxes = 32;  // numpy's own limit

// The Python literal in a header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), },
// keys in any order, each once.
class HeaderParser {
 public:
  HeaderParser(std::string_view literal, std::size_t offset, std::string_view where,
               std::string_view name)
      : literal_(literal), offset_(offset), where_(where), name_(name) {}

  NpyHeader parse() {
    expect('{', "a dictionary");
    while (!accept('}')) {
      entry();
      if (!accept(',')) {
        expect('}', "',' or '}' after a value");
        break;
      }
    }
    if (peek() != '\0') fail({"nothing but spaces after the dictionary"});
    if (!descr_ || !order_ || !shape_) fail({"the keys 'descr', 'fortran_order' and 'shape'"});
    return header_;
  }

 private:
  [[noreturn]] void fail(std::initializer_list<MessagePart> expected) const {
    throw_error(
        ErrorCode::kIo, where_,
        {name_, ": npy header: expected ", message(expected), " at offset ", offset_ + at_});
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
    if (!accept(c)) fail({expected});
  }
  std::string_view quoted(std::string_view expected) {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail({expected});
    const std::size_t end = literal_.find(quote, at_ + 1);
    if (end == literal_.npos) fail({"a closing quote"});
    const std::string_view value = literal_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return value;
  }
  void once(bool& seen) {
    if (seen) fail({"each key once"});
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
      fail({"only the keys 'descr', 'fortran_order' and 'shape'"});
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
    fail({"True or False"});
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
      fail({kRule, ", got '", type, "'"});
    }
    header_.big_endian = type[0] == '>';
    header_.kind = code[0];
    header_.size = static_cast<std::size_t>(code[1] - '0');
  }
  void shape() {
    expect('(', "a tuple");
    while (!accept(')')) {
      header_.shape.push_back(extent());
      if (header_.shape.size() > kMaxAxes) fail({"at most 32 axes"});
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
        fail({"an extent that fits in memory"});
      }
      value = 10 * value + digit;
    }
    if (digits == 0) fail({"an extent (digits)"});
    return value;
  }

  std::string_view literal_;
  std::size_t offset_, at_ = 0;
  std::string_view where_, name_;
  NpyHeader header_;
  bool descr_ = false, order_ = false, shape_ = false;
};

std::uint64_t little_endian(const NpySource& source, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | source.bytes[offset + i];
  return value;
}

// Number of elements; refuses a product that overflows or is not the length that is there.
std::size_t checked_count(const NpySource& source, const NpyHeader& header) {
  std::size_t count = 1;
  for (const std::size_t extent : header.shape) {
    if (extent != 0 && count > std::numeric_limits<std::size_t>::max() / header.size / extent) {
      source.fail({"npy shape: the number of bytes overflows"});
    }
    count *= extent;
  }
  const std::size_t have = source.bytes.size() - header.data;
  if (count * header.size != have) {
    source.fail({"npy data: expected ", count * header.size, " bytes at offset ", header.data,
                 ", got ", have});
  }
  return count;
}

}  // namespace

void NpySource::fail(std::initializer_list<MessagePart> what) const {
  throw_error(ErrorCode::kIo, where, {name, ": ", message(what)});
}

NpyHeader read_npy_header(const NpySource& source) {
  const auto bytes = source.bytes;
  if (bytes.size() < 10 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    source.fail({"expected an npy file (\\x93NUMPY, version, header length) at offset 0"});
  }
  const int version = bytes[6];
  if (version < 1 || version > 3 || bytes[7] != 0) {
    source.fail({"expected npy version 1.0, 2.0 or 3.0 at offset 6, got ", version, ".", bytes[7]});
  }
  const std::size_t width = version == 1 ? 2 : 4, start = 8 + width;
  if (bytes.size() < start) source.fail({"expected a header length of 4 bytes at offset 8"});
  const std::uint64_t length = little_endian(source, 8, width);
  if (length > bytes.size() - start) {
    source.fail({"npy header length ", length, " exceeds the ", bytes.size() - start,
                 " bytes left at offset 8"});
  }
  const std::string_view literal(reinterpret_cast<const char*>(bytes.data()) + start,
                                 static_cast<std::size_t>(length));
  NpyHeader header = HeaderParser(literal, start, source.where, source.name).parse();
  header.data = start + static_cast<std::size_t>(length);
  checked_count(source, header);
  return header;
}

NpyExtents npy_rows_and_columns(const NpySource& source, const NpyHeader& header) {
  const std::size_t axes = header.shape.size();
  if (axes != 1 && axes != 2) {
    source.fail({"npy shape: expected 1 or 2 axes, got ", axes});
  }
  const NpyExtents extents = {header.shape[0], axes == 2 ? header.shape[1] : 1};
  if (extents.rows == 0 || extents.columns == 0) {
    source.fail({"npy shape: expected at least one row and column, got [", extents.rows, ", ",
                 extents.columns, "]"});
  }
  return extents;
}

std::uint64_t npy_element_bits(const NpySource& source, const NpyHeader& header,
                               std::size_t index) {
  const std::uint8_t* at = source.bytes.data() + header.data + index * header.size;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < header.size; ++i) {
    value = value << 8 | at[header.big_endian ? i : header.size - 1 - i];
  }
  return value;
}

float npy_element(const NpySource& source, const NpyHeader& header, std::size_t index) {
  const std::uint64_t bits = npy_element_bits(source, header, index);
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

void refuse_npy_value(const NpySource& source, const NpyHeader& header, float value,
                      std::size_t row, std::size_t column, std::size_t index) {
  source.fail({"npy data: expected finite float values, got ", static_cast<double>(value),
               " in row ", row, ", column ", column, " at offset ",
               header.data + index * header.size});
}

}  // namespace pathflow::io
