// pathflow datasets, pathflow info
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "files.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/io/safetensors.hpp"

namespace pathflow::cli {
namespace {

using Json = nlohmann::ordered_json;

struct DatasetsCommand {
  std::string name, out;
  std::int64_t n = 1000;
  std::uint64_t seed = 0;
  bool json = false;
};

void list(bool json) {
  Json all = Json::array();
  for (const data::DatasetInfo& info : data::datasets()) {
    if (json) {
      all.push_back({{"name", info.name},
                     {"title", info.title},
                     {"description", info.description},
                     {"has_density", info.has_density},
                     {"classes", info.classes}});
      continue;
    }
    fmt::print("{:14} {}{}{}\n{:14} {}\n", info.name, info.title,
               info.classes > 0 ? fmt::format(", {} classes", info.classes) : "",
               info.has_density ? ", density known" : "", "", info.description);
  }
  if (json) fmt::print("{}\n", all.dump());
}

ExitCode run_datasets(const DatasetsCommand& c) {
  if (c.name.empty()) {
    if (!c.out.empty()) throw InvalidArgument("datasets", "--out needs the NAME of a data set");
    list(c.json);
    return kDone;
  }
  check_at_least("datasets", "n", c.n, 1);
  const auto distribution = data::make_dataset(c.name);
  if (c.out.empty()) throw InvalidArgument("datasets", "drawing from a data set needs --out x.npy");
  check_writable(c.out);
  const tensor::Points points = distribution->draw(static_cast<std::size_t>(c.n), c.seed);
  io::write_file_atomic(c.out, io::write_npy(points));
  if (c.json) {
    fmt::print("{}\n", Json{{"out", c.out}, {"n", c.n}, {"dimension", points.shape(1)}}.dump());
  } else {
    fmt::print("{}: {} points of {}\n", c.out, c.n, c.name);
  }
  return kDone;
}

Json describe_points(const std::string& file) {
  const tensor::Points points = io::read_npy_points(std::filesystem::path(file));
  const std::size_t n = points.shape(0), d = points.shape(1);
  Json columns = Json::array();
  for (std::size_t k = 0; k < d; ++k) {
    double low = points(0, k), high = low, sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double value = points(i, k);
      low = std::min(low, value);
      high = std::max(high, value);
      sum += value;
    }
    columns.push_back({{"min", low}, {"max", high}, {"mean", sum / static_cast<double>(n)}});
  }
  return {{"file", file}, {"kind", "points"}, {"n", n}, {"dimension", d}, {"columns", columns}};
}

/// Metadata as it is, but a configuration as the JSON object that it holds.
Json describe_tensors(const std::string& file) {
  const io::Safetensors contents = io::read_safetensors(std::filesystem::path(file));
  Json metadata = Json::object(), tensors = Json::object();
  for (const auto& [key, value] : contents.metadata) {
    const Json parsed = Json::parse(value, nullptr, false);
    metadata[key] = parsed.is_object() ? parsed : Json(value);
  }
  for (const auto& [key, tensor] : contents.tensors) {
    tensors[key] = {{"dtype", tensor.dtype}, {"shape", tensor.shape}};
  }
  return {{"file", file}, {"kind", "safetensors"}, {"metadata", metadata}, {"tensors", tensors}};
}

}  // namespace

Run add_datasets(CLI::App& app) {
  const auto c = std::make_shared<DatasetsCommand>();
  app.add_option("name", c->name, "Data set to draw from; without: the list");
  app.add_option("--n", c->n, "Points to draw")->capture_default_str();
  app.add_option("--seed", c->seed, "Seed of the draw")->capture_default_str();
  app.add_option("--out", c->out, "x.npy, float32 [n, d]");
  app.add_flag("--json", c->json, "JSON on standard output and nothing else");
  app.footer("Example:\n  pathflow datasets moons --n 5000 --seed 1 --out moons.npy");
  return [c] { return run_datasets(*c); };
}

Run add_info(CLI::App& app) {
  const auto file = std::make_shared<std::string>();
  app.add_option("file", *file, "A .safetensors or .npy file")->required();
  app.footer("Example:\n  pathflow info run.safetensors");
  return [file] {
    fmt::print("{}\n", (is_npy(*file) ? describe_points(*file) : describe_tensors(*file)).dump(2));
    return kDone;
  };
}

}  // namespace pathflow::cli
