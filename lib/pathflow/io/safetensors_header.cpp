#include "pathflow/io/safetensors_header.hpp"

#include <set>

#include "pathflow/base/error.hpp"
#include "pathflow/io/json.hpp"

namespace pathflow::io {
namespace {

// Receives the parser's events. Events instead of a document because a document silently keeps the
// last of two equal names, and because it would double the size of this code in WASM.
class HeaderEvents : public JsonEvents {
 public:
  HeaderEvents(std::size_t offset, std::string_view where, std::string_view file)
      : offset_(offset), where_(where), file_(file) {}

  ParsedHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (level_ == Level::kBefore) return enter(Level::kTop);
    if (level_ != Level::kTop) refuse(expectation() + ", got an object");
    if (key_ == kMetadata) return enter(Level::kMetadata);
    header_.entries.emplace_back().name = key_;
    fields_.clear();
    return enter(Level::kTensor);
  }
  bool end_object() override {
    if (level_ == Level::kTop) return enter(Level::kAfter);
    if (level_ == Level::kTensor && fields_.size() != 3) {
      refuse("the keys dtype, shape and data_offsets");
    }
    return enter(Level::kTop);
  }
  bool key(std::string& text) override {
    if (level_ == Level::kTop) {
      context_ = quoted(key_ = text);
      unique(names_, text);
    } else if (level_ == Level::kMetadata) {
      metadata_key_ = text;
      unique(metadata_names_, text);
    } else {
      field_ = text;
      unique(fields_, text);
      if (text != "dtype" && text != "shape" && text != "data_offsets") {
        refuse("only the keys dtype, shape and data_offsets, got " + quoted(text));
      }
    }
    return true;
  }
  bool string(std::string& text) override {
    if (level_ == Level::kMetadata) {
      header_.metadata[metadata_key_] = text;
    } else if (level_ == Level::kTensor && field_ == "dtype") {
      header_.entries.back().dtype = text;
    } else {
      refuse(expectation() + ", got the string " + quoted(text));
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (level_ != Level::kTensor || field_ == "dtype") refuse(expectation() + ", got an array");
    numbers_.clear();
    return enter(Level::kArray);
  }
  bool end_array() override {
    HeaderEntry& entry = header_.entries.back();
    if (field_ == "shape") {
      entry.shape = numbers_;
    } else {
      if (numbers_.size() != 2) {
        refuse("two data_offsets, got " + std::to_string(numbers_.size()));
      }
      entry.begin = numbers_[0], entry.end = numbers_[1];
    }
    return enter(Level::kTensor);
  }
  bool number_unsigned(std::uint64_t value) override {
    if (level_ != Level::kArray) refuse(expectation() + ", got " + std::to_string(value));
    numbers_.push_back(value);
    return true;
  }
  bool number_integer(std::int64_t value) override {
    refuse(expectation() + ", got " + std::to_string(value));
  }
  bool number_float(double, const std::string& text) override {
    refuse(expectation() + ", got " + text);
  }
  bool null() override { refuse(expectation() + ", got null"); }
  bool boolean(bool value) override {
    refuse(expectation() + ", got " + (value ? "true" : "false"));
  }
  bool binary(Json::binary_t&) override { refuse(expectation() + ", got binary"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // nlohmann's text after its own "[...] parse error at ...: " says what was expected.
    const std::string_view text = error.what();
    const std::size_t start = text.find(": ");
    throw IoError(where_, file_ + ": header is not valid JSON at offset " +
                              std::to_string(offset_ + (position > 0 ? position - 1 : 0)) + ": " +
                              std::string(start == text.npos ? text : text.substr(start + 2)));
  }

 private:
  enum class Level { kBefore, kTop, kMetadata, kTensor, kArray, kAfter };
  static constexpr std::string_view kMetadata = "__metadata__";

  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  bool enter(Level level) {
    level_ = level;
    return true;
  }
  [[noreturn]] void refuse(const std::string& expected) const {
    const std::string at = context_.empty() ? std::string() : context_ + ": ";
    throw IoError(where_, file_ + ": header at offset " + std::to_string(offset_) + ": " + at +
                              "expected " + expected);
  }
  void unique(std::set<std::string>& seen, const std::string& name) const {
    if (!seen.insert(name).second) refuse("each name once, got " + quoted(name) + " twice");
  }
  std::string expectation() const {
    switch (level_) {
      case Level::kTop:
        return "an object";
      case Level::kMetadata:
        return "a string";
      case Level::kTensor:
        return field_ == "dtype" ? "a string" : "an array of whole numbers";
      case Level::kArray:
        return "whole numbers from 0 to 2^64 - 1 in " + field_;
      default:
        return "an object";
    }
  }

  std::size_t offset_;
  std::string where_, file_;
  ParsedHeader header_;
  Level level_ = Level::kBefore;
  std::string key_, metadata_key_, field_, context_;
  std::set<std::string> names_, metadata_names_, fields_;
  std::vector<std::uint64_t> numbers_;
};

}  // namespace

ParsedHeader parse_safetensors_header(std::string_view text, std::size_t offset,
                                      std::string_view where, std::string_view name) {
  HeaderEvents events(offset, where, name);
  parse_json(text, events);
  return events.take();
}

}  // namespace pathflow::io
