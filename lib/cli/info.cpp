// pathflow info
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/json.hpp"
#include "pathflow/io/mapped_file.hpp"
#include "pathflow/io/npy_header.hpp"
#include "pathflow/io/safetensors.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

/// Running minimum, maximum and mean of each column.
class Columns {
 public:
  explicit Columns(std::size_t d) : low_(d), high_(d), sum_(d, 0.0) {}

  void add(std::span<const float> rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t k = i % sum_.size();
      const double value = static_cast<double>(rows[i]);
      low_[k] = count_ == 0 && i == k ? value : std::min(low_[k], value);
      high_[k] = count_ == 0 && i == k ? value : std::max(high_[k], value);
      sum_[k] += value;
    }
    count_ += rows.size() / sum_.size();
  }
  Json json() const {
    Json columns = Json::array();
    for (std::size_t k = 0; k < sum_.size(); ++k) {
      columns.push_back(
          {{"min", low_[k]}, {"max", high_[k]}, {"mean", sum_[k] / static_cast<double>(count_)}});
    }
    return columns;
  }

 private:
  std::vector<double> low_, high_, sum_;
  std::size_t count_ = 0;
};

Json describe_columns(const std::string& file) {
  const auto rows = open_rows(file, true);
  const std::size_t d = rows->dimension();
  const std::size_t most = std::max<std::size_t>(1, (std::size_t{1} << 20) / d);
  Columns columns(d);
  std::vector<float> values;
  for (std::size_t first = 0; first < rows->size(); first += most) {
    const std::size_t count = std::min(most, rows->size() - first);
    values.resize(count * d);
    rows->read(first, count, values);
    columns.add(values);
  }
  return {{"n", rows->size()}, {"dimension", d}, {"columns", columns.json()}};
}

Json describe_array(const std::string& file) {
  const io::MappedFile mapping{std::filesystem::path(file)};
  const io::NpyHeader header = io::read_npy_header({mapping.bytes(), "info", file});
  const std::string dtype = (header.size == 1    ? "|"
                             : header.big_endian ? ">"
                                                 : "<") +
                            std::string(1, header.kind) + std::to_string(header.size);
  Json json = {{"file", file},
               {"kind", "array"},
               {"dtype", dtype},
               {"shape", header.shape},
               {"order", header.fortran ? "Fortran" : "C"}};
  const std::size_t axes = header.shape.size();
  const bool empty = std::find(header.shape.begin(), header.shape.end(), 0u) != header.shape.end();
  if ((axes == 1 || axes == 2) && !empty) {
    json["kind"] = "points";
    json.update(describe_columns(file));
  }
  return json;
}

/// The JSON object that a text holds, or the text itself.
Json object_or_text(const std::string& text) {
  try {
    // First by the library's reader: what is printed must not be nested without a limit.
    if (io::parse_json(text).is(io::JsonKind::kObject)) return Json::parse(text);
  } catch (const io::JsonError&) {  // any other text, as it is
  }
  return text;
}

/// Metadata as it is, but a configuration as the JSON object that it holds.
Json describe_tensors(const std::string& file) {
  const io::Safetensors contents = io::read_safetensors(std::filesystem::path(file));
  Json metadata = Json::object(), tensors = Json::object();
  for (const auto& [key, value] : contents.metadata) {
    metadata[key] = object_or_text(value);
  }
  for (const auto& [key, tensor] : contents.tensors) {
    tensors[key] = {{"dtype", tensor.dtype}, {"shape", tensor.shape}};
  }
  return {{"file", file}, {"kind", "safetensors"}, {"metadata", metadata}, {"tensors", tensors}};
}

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string array_text(const Json& info) {
  std::string text = fmt::format("{}: {} {}, {} order\n", info["file"].get<std::string>(),
                                 info["dtype"].get<std::string>(), info["shape"].dump(),
                                 info["order"].get<std::string>());
  if (!info.contains("columns")) return text;
  constexpr std::size_t kMostColumns = 16;
  const Json& columns = info["columns"];
  text += fmt::format("{:>8} {:>14} {:>14} {:>14}\n", "column", "min", "mean", "max");
  for (std::size_t k = 0; k < std::min(columns.size(), kMostColumns); ++k) {
    text += fmt::format("{:>8} {:>14.6g} {:>14.6g} {:>14.6g}\n", k, columns[k]["min"].get<double>(),
                        columns[k]["mean"].get<double>(), columns[k]["max"].get<double>());
  }
  if (columns.size() > kMostColumns) {
    text += fmt::format("{:>8} {} more: --json has all\n", "", columns.size() - kMostColumns);
  }
  return text;
}

std::string tensors_text(const Json& info) {
  std::string text = info["file"].get<std::string>() + ": safetensors\n";
  for (const auto& [key, value] : info["metadata"].items()) {
    if (!value.is_object()) {
      text += fmt::format("{:14} {}\n", key, value_text(value));
      continue;
    }
    text += key + "\n";
    for (const auto& [name, inner] : value.items()) {
      text += fmt::format("  {:16} {}\n", name, value_text(inner));
    }
  }
  text += "tensors\n";
  for (const auto& [key, tensor] : info["tensors"].items()) {
    text += fmt::format("  {:24} {} {}\n", key, tensor["dtype"].get<std::string>(),
                        tensor["shape"].dump());
  }
  return text;
}

ExitCode run_info(const std::string& file, bool json) {
  const Json info = is_npy(file) ? describe_array(file) : describe_tensors(file);
  if (json) {
    print_json(info, 2);
  } else {
    write_out(is_npy(file) ? array_text(info) : tensors_text(info));
  }
  return kDone;
}

struct InfoCommand {
  std::string file;
  bool json = false;
};

}  // namespace

Run add_info(Verb& verb) {
  const auto c = std::make_shared<InfoCommand>();
  verb.plain_option("file", c->file, "A .safetensors or .npy file",
                    {.names = {}, .extension = "safetensors|npy"})
      .required();
  verb.json_flag(c->json);
  verb.footer("Example:\n  pathflow info run.safetensors");
  return [c] { return run_info(c->file, c->json); };
}

}  // namespace pathflow::cli
