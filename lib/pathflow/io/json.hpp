// JSON (RFC 8259) as a view of its text: parse_json() checks the whole text once, and what it gives
// decodes values where they stand. No document is built: the library reads small, flat objects,
// and a document type with its parser and printer was a fifth of the WebAssembly module.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pathflow::io {

/// Objects and arrays inside one another, at most.
inline constexpr int kMostJsonDepth = 64;

/// Text that is no JSON, or JSON beyond the limits of parse_json(). what() says what was expected.
struct JsonError : std::runtime_error {
  JsonError(std::size_t at, const char* what) : std::runtime_error(what), byte(at) {}
  std::size_t byte;  ///< 1-based: where the text breaks off; 0: it is nested too deep
};

enum class JsonKind { kNull, kBoolean, kNumber, kString, kArray, kObject };
/// "null", "boolean", "number", "string", "array", "object".
const char* json_kind_name(JsonKind kind);

struct JsonItem;

/// A value inside a text that parse_json() has accepted and that outlives it. The decoding
/// functions ask for a value of their kind.
class Json {
 public:
  JsonKind kind() const;
  bool is(JsonKind wanted) const { return kind() == wanted; }
  /// The value as it is written.
  std::string_view text() const { return text_; }

  bool boolean() const { return text_ == "true"; }
  double number() const;
  /// A number written with digits alone and below 2^64; returns false for any other.
  bool natural(std::uint64_t& value) const;
  /// A whole number, written as 3 or as 3.0 (JavaScript writes no difference), from -2^63 to
  /// 2^63 - 1, at most 2^53 in size where it has a fraction or an exponent; returns false for any
  /// other.
  bool integer(std::int64_t& value) const;
  std::string string() const;
  /// What an object or an array holds, in the order of the text; equal names stay apart.
  std::vector<JsonItem> items() const;

 private:
  friend class JsonScanner;
  friend Json parse_json(std::string_view text);
  explicit Json(std::string_view text) : text_(text) {}
  std::string_view text_;
};

struct JsonItem {
  std::string name;  ///< empty in an array
  Json value;
};

/// The value that `text` holds, white space around it allowed. Errors: JsonError for anything that
/// RFC 8259 does not allow, for bytes that are not UTF-8, halves of surrogate pairs, numbers too
/// large for a double and values nested deeper than kMostJsonDepth.
Json parse_json(std::string_view text);

/// Text in quotes, with JSON's escapes; its UTF-8 stands as it is.
std::string json_string(std::string_view text);
/// Text whose bytes that are not UTF-8 have become U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace pathflow::io
