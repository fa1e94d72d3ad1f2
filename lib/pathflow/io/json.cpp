#include "pathflow/io/json.hpp"

namespace pathflow::io {
namespace {

/// nlohmann's own receiver behind the virtual interface, so that the parser exists once.
class Builder final : public JsonEvents {
 public:
  explicit Builder(Json& root) : builder_(root, true) {}
  bool null() override { return builder_.null(); }
  bool boolean(bool value) override { return builder_.boolean(value); }
  bool number_integer(Json::number_integer_t value) override {
    return builder_.number_integer(value);
  }
  bool number_unsigned(Json::number_unsigned_t value) override {
    return builder_.number_unsigned(value);
  }
  bool number_float(double value, const std::string& text) override {
    return builder_.number_float(value, text);
  }
  bool string(std::string& value) override { return builder_.string(value); }
  bool binary(Json::binary_t& value) override { return builder_.binary(value); }
  bool start_object(std::size_t size) override { return builder_.start_object(size); }
  bool key(std::string& name) override { return builder_.key(name); }
  bool end_object() override { return builder_.end_object(); }
  bool start_array(std::size_t size) override { return builder_.start_array(size); }
  bool end_array() override { return builder_.end_array(); }
  bool parse_error(std::size_t byte, const std::string&,
                   const nlohmann::detail::exception& error) override {
    throw JsonError(byte, error.what());
  }

 private:
  nlohmann::detail::json_sax_dom_parser<Json> builder_;
};

}  // namespace

void parse_json(std::string_view text, JsonEvents& events) {
  Json::sax_parse(text.begin(), text.end(), &events);
}

Json parse_json(std::string_view text) {
  Json root;
  Builder builder(root);
  parse_json(text, builder);
  return root;
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pathflow::io
