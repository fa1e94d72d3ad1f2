#include "mixture_file.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/json.hpp"

namespace pathflow::cli {
namespace {

/// A value inside the file, with the path that leads to it: covariances[1][0].
struct Node {
  const std::string& file;
  const Json& json;
  std::string path;

  [[noreturn]] void refuse(const std::string& rule) const {
    std::string got = json.dump();
    if (got.size() > 60) got = got.substr(0, 57) + "...";
    throw IoError(file, path + " must be " + rule + ", got " + got);
  }
  Node at(std::size_t i) const { return {file, json[i], path + "[" + std::to_string(i) + "]"}; }
  /// size: 0 for any.
  void check_list(std::size_t size, const std::string& of) const {
    if (json.is_array() && (size == 0 ? !json.empty() : json.size() == size)) return;
    refuse("a list of " + (size == 0 ? "at least one " : std::to_string(size) + " ") + of);
  }
  double number() const {
    if (!json.is_number()) refuse("a number");
    return json.get<double>();
  }
};

Json parse(const std::string& file) {
  const std::vector<std::uint8_t> bytes = io::read_file(file);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  try {
    // First by the library's reader, which limits the nesting.
    if (io::parse_json(text).is(io::JsonKind::kObject)) return Json::parse(text);
  } catch (const io::JsonError& error) {
    throw IoError(file,
                  "must be JSON, got text that breaks off at byte " + std::to_string(error.byte));
  }
  throw IoError(file, "must be a JSON object {\"weights\", \"means\", \"covariances\"}");
}

Node member(const std::string& file, const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) {
    throw IoError(file, std::string("must have the keys \"weights\", \"means\" and "
                                    "\"covariances\", got no \"") +
                            key + "\"");
  }
  return {file, *found, key};
}

void check_keys(const std::string& file, const Json& json) {
  for (const auto& [key, value] : json.items()) {
    if (key == "weights" || key == "means" || key == "covariances") continue;
    throw_unknown_name(file, "key", key, {"weights", "means", "covariances"});
  }
}

density::GaussianMixture build(const std::string& file, const Json& json) {
  check_keys(file, json);
  const Node weights = member(file, json, "weights"), means = member(file, json, "means"),
             covariances = member(file, json, "covariances");
  weights.check_list(0, "weights");
  const std::size_t k = weights.json.size();
  means.check_list(k, "means, one a weight");
  means.at(0).check_list(0, "coordinates");
  const std::size_t d = means.json[0].size();
  covariances.check_list(k, "matrices, one a weight");
  auto w = tensor::Vector<double>::from_shape({k});
  auto m = tensor::Matrix<double>::from_shape({k, d});
  auto c = tensor::Cube<double>::from_shape({k, d, d});
  for (std::size_t component = 0; component < k; ++component) {
    w(component) = weights.at(component).number();
    means.at(component).check_list(d, "coordinates, as the first mean has");
    covariances.at(component).check_list(d, "rows");
    for (std::size_t i = 0; i < d; ++i) {
      m(component, i) = means.at(component).at(i).number();
      const Node row = covariances.at(component).at(i);
      row.check_list(d, "numbers");
      for (std::size_t j = 0; j < d; ++j) c(component, i, j) = row.at(j).number();
    }
  }
  return {std::move(w), std::move(m), std::move(c)};
}

}  // namespace

density::GaussianMixture read_mixture(const std::filesystem::path& path) {
  const std::string file = path.string();
  const Json json = parse(file);
  try {
    return build(file, json);
  } catch (const InvalidArgument& error) {
    throw IoError(file, error.what());
  }
}

density::GaussianMixture marginal(const density::GaussianMixture& mixture, std::size_t d) {
  const std::size_t k = mixture.components();
  auto m = tensor::Matrix<double>::from_shape({k, d});
  auto c = tensor::Cube<double>::from_shape({k, d, d});
  for (std::size_t component = 0; component < k; ++component) {
    for (std::size_t i = 0; i < d; ++i) {
      m(component, i) = mixture.means()(component, i);
      for (std::size_t j = 0; j < d; ++j) {
        c(component, i, j) = mixture.covariances()(component, i, j);
      }
    }
  }
  return {mixture.weights(), std::move(m), std::move(c)};
}

}  // namespace pathflow::cli
