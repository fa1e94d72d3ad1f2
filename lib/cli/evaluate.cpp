// pathflow evaluate
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "figure/figure.hpp"
#include "files.hpp"
#include "output.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/metric/random_rows.hpp"
#include "progress.hpp"
#include "verb.hpp"

namespace pathflow::cli {
namespace {

using tensor::Points;

/// Rows that a distance compares at most: their cost is n^3 (w2), n^2 (energy, mmd) and n log n.
std::size_t most_rows(const std::string& metric) {
  if (metric == "w2") return 2000;
  return metric == "sliced" ? 100000 : 10000;
}

/// Turns of the random choices, so that none meets another's: floors take those from 0 on.
constexpr std::uint64_t kSamplesTurn = 1000000, kReferenceTurn = 1000001, kFirstRead = 1000002;

struct Measured {
  std::string metric;
  std::size_t n = 0;
  double value = 0;
  metric::DistanceFloor floor;
  std::size_t floor_n = 0;
};

struct EvaluateCommand {
  std::string samples, reference, plot;
  std::vector<std::string> metrics = metric::distance_names();
  std::int64_t n = 0;
  int repeats = 10, threads = 1;
  std::uint64_t seed = 0;
  bool json = false;

  ExitCode run() const;
  void check() const;
  Points read(const std::string& file) const;
  /// Not --seed itself: the samples may have been drawn from the same law with it.
  std::uint64_t law_seed() const {
    return Random(seed, Purpose::kMetric).index(kReferenceTurn, 0, std::uint64_t{1} << 53);
  }
  Measured measure(const std::string& name, const Points& x, const Points& y) const;
  void tell(const std::vector<Measured>& all, const Points& x, const Points& y) const;
  /// The reference as a law to draw from, or null for a file.
  std::shared_ptr<const data::Distribution> law;
};

void EvaluateCommand::check() const {
  if (n != 0) check_at_least("evaluate", "n", n, 1);
  check_at_least("evaluate", "repeats", repeats, 1);
  if (metrics.empty())
    throw InvalidArgument("evaluate", "--metrics must name a distance, got none");
  for (const std::string& name : metrics) {
    check_name("evaluate", "metric", name, metric::distance_names());
  }
  if (!plot.empty()) check_writable(plot);
}

/// All rows of a file, or so many at random that every distance has its fill, and twice for floors.
Points EvaluateCommand::read(const std::string& file) const {
  constexpr std::size_t kMost = 200000;
  const auto rows = open_rows(file, json);
  std::vector<std::size_t> numbers(std::min(rows->size(), kMost));
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  if (rows->size() > kMost) {
    numbers = metric::random_row_numbers(rows->size(), kMost, seed, kFirstRead);
  }
  const std::size_t d = rows->dimension();
  Points points = Points::from_shape({numbers.size(), d});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    rows->read(numbers[i], 1, {points.data() + i * d, d});
  }
  return points;
}

Measured EvaluateCommand::measure(const std::string& name, const Points& x, const Points& y) const {
  Measured m{name, std::min({x.shape(0), y.shape(0), most_rows(name)}), 0, {}, 0};
  if (n != 0) m.n = std::min({x.shape(0), y.shape(0), static_cast<std::size_t>(n)});
  m.value = metric::distance(name, metric::random_rows(x, m.n, seed, kSamplesTurn),
                             metric::random_rows(y, m.n, seed, kReferenceTurn));
  if (law != nullptr) {
    m.floor_n = m.n;
    const auto draw = [this](std::size_t count, std::uint64_t from) {
      return law->draw(count, from);
    };
    m.floor = metric::floor(name, draw, m.n, repeats, seed);
  } else if (y.shape(0) >= 2) {
    m.floor_n = std::min(m.n, y.shape(0) / 2);
    m.floor = metric::floor_of_rows(name, y, m.floor_n, repeats, seed);
  }
  return m;
}

Json described(const Measured& m) {
  Json json = {{"value", m.value}, {"n", m.n}, {"floor", nullptr}};
  if (m.floor_n > 0) {
    json["floor"] = floor_json(m.floor);
    json["floor"]["n"] = m.floor_n;
  }
  return json;
}

std::string table(const std::vector<Measured>& all) {
  std::string text = fmt::format("{:8} {:>8} {:>10}   {:>10}   {}\n", "metric", "n", "value",
                                 "floor", "95 % of floors");
  bool fewer = false;
  for (const Measured& m : all) {
    text += fmt::format("{:8} {:>8} {:>10.5g}   ", m.metric, m.n, m.value);
    if (m.floor_n == 0) {
      text += fmt::format("{:>10}\n", "-");
      continue;
    }
    const std::string at = m.floor_n < m.n ? fmt::format("  at n = {}", m.floor_n) : "";
    text += fmt::format("{:>10.5g}   {:.5g} to {:.5g}{}\n", m.floor.mean, m.floor.low, m.floor.high,
                        at);
    fewer = fewer || m.floor_n < m.n;
  }
  text += "floor: what two samples of the reference's own law differ by\n";
  if (fewer) text += "a reference of twice as many rows as samples gives floors at the same n\n";
  return text;
}

void EvaluateCommand::tell(const std::vector<Measured>& all, const Points& x,
                           const Points& y) const {
  if (!json) {
    write_out(table(all));
    if (!plot.empty()) print("{}: scatter\n", plot);
    return;
  }
  Json metrics_json = Json::object();
  for (const Measured& m : all) metrics_json[m.metric] = described(m);
  Json line = {{"samples", samples},
               {"reference", reference},
               {"dimension", x.shape(1)},
               {"rows", {{"samples", x.shape(0)}, {"reference", y.shape(0)}}},
               {"metrics", metrics_json}};
  if (!plot.empty()) line["plot"] = plot;
  print_json(line);
}

ExitCode EvaluateCommand::run() const {
  set_threads(threads);
  check();
  const Points x = read(samples);
  const Points y = law != nullptr ? law->draw(x.shape(0), law_seed()) : read(reference);
  if (x.shape(1) != y.shape(1)) {
    throw ShapeError("evaluate",
                     fmt::format("samples and reference must have the same columns, got "
                                 "{} and {}",
                                 x.shape(1), y.shape(1)));
  }
  std::vector<Measured> all;
  Progress progress(json);
  for (const std::string& name : metrics) {
    const double share = static_cast<double>(all.size()) / static_cast<double>(metrics.size());
    progress.announce(share, fmt::format("{} and its floor", name));
    all.push_back(measure(name, x, y));
  }
  progress.clear();
  if (!plot.empty()) {
    write_file(plot, figure::scatter("Samples and reference", {{y, "reference"}, {x, "samples"}}));
  }
  tell(all, x, y);
  return kDone;
}

}  // namespace

Run add_evaluate(Verb& verb) {
  const auto c = std::make_shared<EvaluateCommand>();
  verb.group("Compared");
  verb.plain_option("--samples", c->samples, "A.npy, [n, d]", {.names = {}, .extension = "npy"})
      .required();
  verb.plain_option("--reference", c->reference, "B.npy, [m, d], or a data set's name",
                    {.names = {}, .extension = "npy"})
      .required();
  verb.option("--metrics", c->metrics, "Distances, joined by commas",
              {.names = metric::distance_names(), .several = true});

  verb.option("--n", c->n,
              "Rows compared, chosen at random; 0: all, up to 2,000 for w2, 10,000 for energy and "
              "mmd, 100,000 for sliced");
  verb.option("--repeats", c->repeats, "Pairs of samples behind each floor");
  verb.option("--seed", c->seed, "Seed of the choice of rows and of the floors");
  verb.option("--threads", c->threads, "Threads; the numbers do not depend on it");
  verb.group("Output");
  verb.plain_option("--plot", c->plot, "Figure of both, fig.png",
                    {.names = {}, .extension = "png"});
  verb.json_flag(c->json);
  verb.footer(
      "Each distance stands beside its floor: what two samples of the reference's own law differ\n"
      "by at the same n. No model comes reliably below it.\n"
      "Example:\n"
      "  pathflow evaluate --samples samples.npy --reference moons --metrics w2,sliced");
  return [c] {
    if (!is_npy(c->reference)) c->law = data::make_dataset(c->reference);
    return c->run();
  };
}

}  // namespace pathflow::cli
