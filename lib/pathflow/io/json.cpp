#include "pathflow/io/json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pathflow/base/decimal.hpp"

namespace pathflow::io {
namespace {

/// Bytes of the UTF-8 character that `text` begins with; 0 if it begins with none.
std::size_t utf8_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 0 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (byte(i) >> 6 != 2) return 0;
  }
  // Longer than need be, a surrogate, or beyond U+10FFFF.
  const unsigned second = byte(1);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : size;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6), tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12), tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0);
  }
}

}  // namespace

/// Walks over a text by the grammar; throws where the text leaves it.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  void expect(char c, const char* wanted) {
    if (!skip(c)) fail(wanted);
  }
  bool skip(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }
  void end() {
    if (at_ < text_.size()) fail("expected the end of the text");
  }

  void value(int depth) {
    switch (peek()) {
      case '{':
      case '[':
        return items(depth, nullptr);
      case '"':
        return string(nullptr);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }
  /// An object or an array that lies in `depth` others, into `found` where that is given.
  void items(int depth, std::vector<JsonItem>* found) {
    if (depth == kMostJsonDepth) fail("expected values nested at most 64 deep");
    const bool object = text_[at_++] == '{';
    const char close = object ? '}' : ']';
    space();
    if (skip(close)) return;
    for (;;) {
      std::string name;
      if (object) this->name(found == nullptr ? nullptr : &name);
      const std::size_t begin = at_;
      value(depth + 1);
      if (found != nullptr) {
        found->push_back({std::move(name), Json(text_.substr(begin, at_ - begin))});
      }
      space();
      if (skip(close)) return;
      expect(',', object ? "expected ',' or '}'" : "expected ',' or ']'");
      space();
    }
  }
  /// Decodes into `out` where that is given.
  void string(std::string* out) {
    ++at_;  // the opening quote
    for (;;) {
      if (skip('"')) return;
      if (at_ == text_.size()) fail("expected '\"' at the end of a string");
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        fail("expected control characters in strings to be escaped");
      }
      if (skip('\\')) {
        const std::uint32_t code = escape();
        if (out != nullptr) append_utf8(*out, code);
        continue;
      }
      const std::size_t size = utf8_size(text_.substr(at_));
      if (size == 0) fail("expected UTF-8");
      if (out != nullptr) out->append(text_, at_, size);
      at_ += size;
    }
  }

 private:
  /// "name": and the space after it.
  void name(std::string* out) {
    if (peek() != '"') fail("expected a name in quotes");
    string(out);
    space();
    expect(':', "expected ':'");
    space();
  }
  /// The byte here; 0 at the end, where no rule asks for one.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[noreturn]] void fail(const char* wanted) const { throw JsonError(at_ + 1, wanted); }

  void word(std::string_view wanted) {
    for (const char c : wanted) expect(c, "expected true, false or null");
  }
  void digits() {
    if (peek() < '0' || peek() > '9') fail("expected a digit");
    while (peek() >= '0' && peek() <= '9') ++at_;
  }
  void number() {
    const std::size_t begin = at_;
    if (!skip('-') && (peek() < '0' || peek() > '9')) fail("expected a value");
    if (!skip('0')) digits();
    if (skip('.')) digits();
    if (skip('e') || skip('E')) {
      if (!skip('-')) skip('+');
      digits();
    }
    double value = 0;
    read_double(text_.substr(begin, at_ - begin), value);
    if (!std::isfinite(value)) fail("expected a number that a double holds");
  }
  /// What follows a backslash, as a code point.
  std::uint32_t escape() {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t letter = kLetters.find(peek());
    if (at_ < text_.size() && letter != kLetters.npos) {
      ++at_;
      return static_cast<unsigned char>(kMeanings[letter]);
    }
    const std::uint32_t high = hexadecimal();
    if (high < 0xD800 || high > 0xDFFF) return high;
    expect('\\', "expected the second half of a surrogate pair");
    const std::uint32_t low = hexadecimal();
    if (high > 0xDBFF || low < 0xDC00 || low > 0xDFFF) fail("expected a surrogate pair");
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }
  /// The XXXX of uXXXX.
  std::uint32_t hexadecimal() {
    expect('u', "expected an escape of JSON");
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek(), lower = static_cast<char>(c | 0x20);
      const bool letter = lower >= 'a' && lower <= 'f';
      if (!letter && (c < '0' || c > '9')) fail("expected four hexadecimal digits");
      code = code << 4 | static_cast<std::uint32_t>(letter ? lower - 'a' + 10 : c - '0');
    }
    return code;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

const char* json_kind_name(JsonKind kind) {
  constexpr const char* kNames[] = {"null", "boolean", "number", "string", "array", "object"};
  return kNames[static_cast<int>(kind)];
}

JsonKind Json::kind() const {
  switch (text_.front()) {
    case 'n':
      return JsonKind::kNull;
    case 't':
    case 'f':
      return JsonKind::kBoolean;
    case '"':
      return JsonKind::kString;
    case '[':
      return JsonKind::kArray;
    case '{':
      return JsonKind::kObject;
    default:
      return JsonKind::kNumber;
  }
}

double Json::number() const {
  double value = 0;
  read_double(text_, value);
  return value;
}

bool Json::natural(std::uint64_t& value) const {
  std::uint64_t sum = 0;
  for (const char c : text_) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (sum > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  value = sum;
  return true;
}

bool Json::integer(std::int64_t& value) const {
  if (!is(JsonKind::kNumber)) return false;
  const bool negative = text_.front() == '-';
  std::uint64_t size = 0;
  if (!Json(text_.substr(negative ? 1 : 0)).natural(size)) {
    const double number = std::abs(this->number());
    if (number > 9007199254740992.0 || number != std::floor(number)) return false;
    size = static_cast<std::uint64_t>(number);
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (size > kMost + (negative ? 1 : 0)) return false;
  value = static_cast<std::int64_t>(negative ? 0 - size : size);
  return true;
}

std::string Json::string() const {
  std::string decoded;
  JsonScanner(text_).string(&decoded);
  return decoded;
}

std::vector<JsonItem> Json::items() const {
  std::vector<JsonItem> found;
  JsonScanner(text_).items(0, &found);
  return found;
}

Json parse_json(std::string_view text) {
  JsonScanner scanner(text);
  scanner.space();
  const std::size_t begin = scanner.at();
  scanner.value(0);
  const std::size_t end = scanner.at();
  scanner.space();
  scanner.end();
  return Json(text.substr(begin, end - begin));
}

std::string json_string(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00", out += kHex[byte >> 4], out += kHex[byte & 15];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = utf8_size(text);
    out += size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace pathflow::io
