// pathflow datasets
#include <memory>
#include <nlohmann/json.hpp>

#include "figure/figure.hpp"
#include "files.hpp"
#include "names.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/io/npy.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

const std::vector<std::string> kFigures = {"scatter", "density"};

struct DatasetsCommand {
  std::string name, out, plot, figure = "scatter";
  std::int64_t n = 1000;
  std::uint64_t seed = 0;
  bool json = false;

  ExitCode run() const;
  void check() const;
  figure::Png draw_figure(const data::Distribution& law, const tensor::Points& points) const;
  void tell(const tensor::Points& points) const;
};

Json described(const data::DatasetInfo& info) {
  return {{"name", info.name},
          {"title", info.title},
          {"description", info.description},
          {"has_density", info.has_density},
          {"classes", info.classes}};
}

void list(bool json) {
  Json all = Json::array();
  std::string text;
  for (const data::DatasetInfo& info : data::datasets()) {
    all.push_back(described(info));
    text += fmt::format("{:14} {}{}{}\n{:14} {}\n", info.name, info.title,
                        info.classes > 0 ? fmt::format(", {} classes", info.classes) : "",
                        info.has_density ? ", density known" : "", "", info.description);
  }
  json ? print_json(all) : write_out(text);
}

void DatasetsCommand::check() const {
  check_at_least("datasets", "n", n, 1);
  check_name("datasets", "figure", figure, kFigures);
  if (out.empty() && plot.empty()) {
    throw InvalidArgument("datasets", "drawing from a data set needs --out x.npy or --plot x.png");
  }
  check_targets({out, plot});
}

figure::Png DatasetsCommand::draw_figure(const data::Distribution& law,
                                         const tensor::Points& points) const {
  const figure::Cloud cloud{points, fmt::format("{} points", grouped(points.shape(0))),
                            law.labels(points.shape(0), seed)};
  if (figure == "scatter") return figure::scatter(name, {cloud});
  figure::Law known;
  if (law.has_density()) known = [&](const tensor::Points& x) { return law.log_density(x); };
  return figure::density(name, cloud, known);
}

void DatasetsCommand::tell(const tensor::Points& points) const {
  if (json) {
    Json line = {{"name", name}, {"n", n}, {"dimension", points.shape(1)}};
    if (!out.empty()) line["out"] = out;
    if (!plot.empty()) line["plot"] = plot;
    return print_json(line);
  }
  if (!out.empty()) print("{}: {} points of {}\n", out, n, name);
  if (!plot.empty()) print("{}: {} of {}\n", plot, figure, name);
}

ExitCode DatasetsCommand::run() const {
  if (name.empty()) {
    if (!out.empty() || !plot.empty()) {
      throw InvalidArgument("datasets", "--out and --plot need the NAME of a data set");
    }
    list(json);
    return kDone;
  }
  const auto law = data::make_dataset(name);
  check();
  const tensor::Points points = law->draw(static_cast<std::size_t>(n), seed);
  if (!out.empty()) write_file(out, io::write_npy(points));
  if (!plot.empty()) write_file(plot, draw_figure(*law, points));
  tell(points);
  return kDone;
}

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const data::DatasetInfo& info : data::datasets()) names.push_back(info.name);
  return names;
}

Run add_datasets(Verb& verb) {
  const auto c = std::make_shared<DatasetsCommand>();
  verb.group("Data set");
  verb.plain_option("name", c->name, "Data set to draw from, or text:WORD; without: the list",
                    {.names = dataset_names()});
  verb.option("--n", c->n, "Points to draw");
  verb.option("--seed", c->seed, "Seed of the draw");
  verb.group("Output");
  verb.plain_option("--out", c->out, "x.npy, float32 [n, d]", {.names = {}, .extension = "npy"});
  verb.plain_option("--plot", c->plot, "Figure, x.png", {.names = {}, .extension = "png"});
  verb.option("--figure", c->figure, "What --plot shows", {.names = kFigures});
  verb.json_flag(c->json);
  verb.footer(
      "Examples:\n"
      "  pathflow datasets moons --n 5000 --seed 1 --out moons.npy\n"
      "  pathflow datasets text:HELLO --plot hello.png --figure density");
  return [c] { return c->run(); };
}

}  // namespace pathflow::cli
