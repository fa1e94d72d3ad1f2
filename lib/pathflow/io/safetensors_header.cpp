#include "pathflow/io/safetensors_header.hpp"

#include <set>

#include "pathflow/base/error.hpp"
#include "pathflow/io/json.hpp"

namespace pathflow::io {
namespace {

constexpr std::string_view kMetadata = "__metadata__";

std::string quoted(std::string_view text) { return message({"\"", text, "\""}); }

/// A value as an error names it: a list by its kind, anything else as it is written.
std::string described(const Json& value) {
  switch (value.kind()) {
    case JsonKind::kObject:
      return "an object";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kString:
      return message({"the string \"", value.string(), "\""});
    default:
      return std::string(value.text());
  }
}

class HeaderReader {
 public:
  HeaderReader(std::size_t offset, std::string_view where, std::string_view file)
      : offset_(offset), where_(where), file_(file) {}

  ParsedHeader read(std::string_view text) {
    std::set<std::string> names;
    for (const auto& [name, value] : items_of(JsonKind::kObject, parsed(text), "an object")) {
      context_ = message({"\"", name, "\": "});
      if (!names.insert(name).second) refuse_twice(name);
      if (name == kMetadata) {
        read_metadata(value);
      } else {
        header_.entries.push_back(entry(name, value));
      }
    }
    return std::move(header_);
  }

 private:
  Json parsed(std::string_view text) const {
    try {
      return parse_json(text);
    } catch (const JsonError& error) {
      throw_error(ErrorCode::kIo, where_,
                  {file_, ": header is not valid JSON at offset ", offset_ + error.byte - 1, ": ",
                   error.what()});
    }
  }
  [[noreturn]] void refuse(std::initializer_list<MessagePart> expected) const {
    throw_error(
        ErrorCode::kIo, where_,
        {file_, ": header at offset ", offset_, ": ", context_, "expected ", message(expected)});
  }
  [[noreturn]] void refuse_twice(const std::string& name) const {
    refuse({"each name once, got ", quoted(name), " twice"});
  }
  [[noreturn]] void refuse_kind(MessagePart expected, const Json& got) const {
    refuse({expected, ", got ", described(got)});
  }

  std::vector<JsonItem> items_of(JsonKind kind, const Json& value, const char* expected) const {
    if (!value.is(kind)) refuse_kind(expected, value);
    return value.items();
  }
  std::string string_of(const Json& value) const {
    if (!value.is(JsonKind::kString)) refuse_kind("a string", value);
    return value.string();
  }
  std::vector<std::uint64_t> numbers_of(const std::string& field, const Json& value) const {
    std::vector<std::uint64_t> numbers;
    for (const auto& [name, item] :
         items_of(JsonKind::kArray, value, "an array of whole numbers")) {
      std::uint64_t number = 0;
      if (!item.natural(number)) {
        refuse_kind(message({"whole numbers from 0 to 2^64 - 1 in ", field}), item);
      }
      numbers.push_back(number);
    }
    return numbers;
  }

  void read_metadata(const Json& value) {
    for (const auto& [key, text] : items_of(JsonKind::kObject, value, "an object")) {
      if (!header_.metadata.emplace(key, string_of(text)).second) refuse_twice(key);
    }
  }

  HeaderEntry entry(const std::string& name, const Json& value) const {
    constexpr std::string_view kFields[] = {"dtype", "shape", "data_offsets"};
    HeaderEntry entry;
    entry.name = name;
    bool seen[3] = {};
    for (const auto& [key, item] : items_of(JsonKind::kObject, value, "an object")) {
      std::size_t field = 0;
      while (field < 3 && key != kFields[field]) ++field;
      if (field == 3) refuse({"only the keys dtype, shape and data_offsets, got ", quoted(key)});
      if (seen[field]) refuse_twice(key);
      seen[field] = true;
      if (field == 0) {
        entry.dtype = string_of(item);
      } else if (field == 1) {
        entry.shape = numbers_of(key, item);
      } else {
        read_offsets(numbers_of(key, item), entry);
      }
    }
    if (!(seen[0] && seen[1] && seen[2])) refuse({"the keys dtype, shape and data_offsets"});
    return entry;
  }
  void read_offsets(const std::vector<std::uint64_t>& offsets, HeaderEntry& entry) const {
    if (offsets.size() != 2) refuse({"two data_offsets, got ", offsets.size()});
    entry.begin = offsets[0], entry.end = offsets[1];
  }

  std::size_t offset_;
  std::string_view where_, file_;
  std::string context_;
  ParsedHeader header_;
};

}  // namespace

ParsedHeader parse_safetensors_header(std::string_view text, std::size_t offset,
                                      std::string_view where, std::string_view name) {
  return HeaderReader(offset, where, name).read(text);
}

}  // namespace pathflow::io
