// JSON text as events or as a document, through one instantiation of nlohmann-json: every further
// one (another document type, another kind of event receiver) costs the WebAssembly file 15 to 40
// KB.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pathflow::io {

/// The one document type: keys keep their order.
using Json = nlohmann::ordered_json;
/// Receives a parser's events.
using JsonEvents = nlohmann::json_sax<Json>;

/// Text that is no JSON, or a number no double holds. what() says what was expected.
struct JsonError : std::runtime_error {
  JsonError(std::size_t at, const char* what) : std::runtime_error(what), byte(at) {}
  std::size_t byte;  ///< 1-based: where the text breaks off
};

/// Sends the events of `text` until its end or until a call returns false.
void parse_json(std::string_view text, JsonEvents& events);
/// The document in `text`. Errors: JsonError.
Json parse_json(std::string_view text);
/// indent < 0: one line. Bytes that are not UTF-8 become U+FFFD.
std::string json_text(const Json& json, int indent = -1);

}  // namespace pathflow::io
