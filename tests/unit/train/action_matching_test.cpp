// Action matching, plain and entropic: derivatives, Gaussians in closed form, and snapshots.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>

#include "pathflow/cpu/device.hpp"
#include "pathflow/graph/plan.hpp"
#include "pathflow/io/safetensors.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/train/loss.hpp"
#include "pathflow/train/trainer.hpp"
#include "support.hpp"

namespace pathflow::train {
namespace {

using graph::Value;

constexpr double kDataMean = 0.5, kData = 0.5, kSourceMean = -1, kSource = 1.2;

TrainOptions options_of(const std::string& objective) {
  TrainOptions o = quick_options(600);
  o.data = "data";
  o.source = "source";
  o.objective = objective;
  return o;
}

// The loss's gradient by all parameters (second and third derivatives of the network) against
// central differences of the loss, and the loss against its own definition with the derivatives of
// phi and chi by central differences of the network. Double: 1e-6 of the largest gradient.
TEST(ActionMatching, DerivativesAreThoseOfFiniteDifferences) {
  TrainOptions options = options_of("entropic-action");
  options.activation = "tanh";
  options.width = 6;
  options.batch = 5;
  options.action_diffusion = 0.7;
  TrainInputs inputs{.data = gaussian_rows(16, 1, kDataMean, kData),
                     .source = gaussian_rows(16, 2, kSourceMean, kSource)};
  const Ends ends = make_ends(options, std::move(inputs));
  const Objective objective(path::make_schedule("linear"), path::Prediction::kVelocity,
                            Weighting::kDefault, {});
  const auto loss = make_loss({options, objective, ends});
  const nn::Mlp mlp(loss->network({.dimension = 2,
                                   .width = options.width,
                                   .depth = options.depth,
                                   .activation = graph::Activation::kTanh}));
  graph::Graph graph;
  std::vector<Value> in;
  for (const LossInput& input : loss->inputs()) {
    in.push_back(graph::input(graph, input.name, {options.batch, input.columns}));
  }
  const std::vector<Value> parameters = mlp.record_parameters(graph);
  const RecordedNetwork network{graph, mlp, options.batch, parameters};
  const Value value = loss->record(network, in);
  const auto gradients = graph::vjp({value}, {graph::constant(graph, 1.0)}, parameters);
  graph::CompileSpec spec{.outputs = {{"loss", value}, {"net", network(in[0], in[1])}},
                          .updates = {}};
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    spec.outputs.emplace_back("g" + std::to_string(p), gradients[p]);
  }
  graph::StateStore<double> states;
  mlp.initialize(states, 3);
  auto plan = graph::compile(spec, states, cpu::device());
  for (const LossInput& input : loss->inputs()) {
    Random(5, Purpose::kUser).fill_normal(plan.input(input.name), input.name.size());
  }
  std::fill(plan.input("rate").begin(), plan.input("rate").end(), 1.0);
  plan.run();

  constexpr double kStep = 1e-5;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    plan.run();
    const auto out = plan.output("g" + std::to_string(p));
    const std::vector<double> exact(out.begin(), out.end());
    const std::span<double> weights = states.at(mlp.parameters()[p].name);
    for (std::size_t i = 0; i < weights.size(); i += 3) {
      const double kept = weights[i];
      double ends_of[2];
      for (const int side : {0, 1}) {
        weights[i] = kept + (side ? kStep : -kStep);
        plan.run();
        ends_of[side] = plan.scalar("loss");
      }
      weights[i] = kept;
      EXPECT_NEAR(exact[i], (ends_of[1] - ends_of[0]) / (2 * kStep), 1e-7)
          << mlp.parameters()[p].name << " at " << i;
    }
  }

  // Row by row: 0.5 |grad phi|^2 + d phi/dt + 0.5 (|grad chi|^2 + w lap chi), and the ends.
  plan.run();
  const double got = plan.scalar("loss");
  const auto net = [&](std::size_t row, int head) {
    plan.run();
    return plan.output("net")[2 * row + static_cast<std::size_t>(head)];
  };
  double sum = 0;
  const auto x = plan.input("x"), t = plan.input("t");
  constexpr double kH = 1e-3;
  for (std::size_t row = 0; row < 5; ++row) {
    const auto shifted = [&](double& at, double by, int head) {
      const double kept = at;
      at = kept + by;
      const double moved = net(row, head);
      at = kept;
      return moved;
    };
    for (std::size_t k = 2 * row; k < 2 * row + 2; ++k) {
      const double dphi = (shifted(x[k], kH, 0) - shifted(x[k], -kH, 0)) / (2 * kH);
      const double up = shifted(x[k], kH, 1), down = shifted(x[k], -kH, 1);
      const double dchi = (up - down) / (2 * kH);
      const double second = (up - 2 * net(row, 1) + down) / (kH * kH);
      sum += 0.5 * dphi * dphi + 0.5 * (dchi * dchi + 0.7 * second);
    }
    sum += (shifted(t[row], kH, 0) - shifted(t[row], -kH, 0)) / (2 * kH);
    const std::vector<double> here{x[2 * row], x[2 * row + 1], t[row]};
    for (const char* end : {"from", "to"}) {
      x[2 * row] = plan.input(end)[2 * row];
      x[2 * row + 1] = plan.input(end)[2 * row + 1];
      t[row] = plan.input(std::string(end) + "_time")[row];
      sum += (end[0] == 'f' ? 1 : -1) * net(row, 0);
    }
    x[2 * row] = here[0], x[2 * row + 1] = here[1], t[row] = here[2];
  }
  EXPECT_NEAR(got, sum / 5, 1e-6);
}

// Over all signs u of the plane, u . J u is the trace of J on average, to rounding.
TEST(ActionMatching, ProbesAverageToTheDivergence) {
  graph::Graph graph;
  const Value x = graph::input(graph, "x", {4, 2}), u = graph::input(graph, "u", {4, 2});
  const Value a = graph::constant(graph, {0.3, -1.2, 0.8, 0.5}, {2, 2});
  const Value y = graph::tanh(graph::matmul(x, a));
  graph::StateStore<double> states;
  auto plan =
      graph::compile<double>({.outputs = {{"exact", graph::mean(divergence(y, x))},
                                          {"along", graph::mean(divergence_along(y, x, u))}},
                              .updates = {}},
                             states, cpu::device());
  for (std::size_t i = 0; i < 8; ++i) {
    plan.input("x")[i] = i % 2 ? 0.4 : -0.9;
    plan.input("u")[i] = (i % 2 ? (i / 2) / 2 : (i / 2) % 2) ? 1 : -1;
  }
  plan.run();
  EXPECT_NEAR(plan.scalar("along"), plan.scalar("exact"), 1e-14);
  EXPECT_GT(std::abs(plan.scalar("exact")), 0.1);
}

struct Law {
  double mean, variance, velocity, slope;  ///< grad phi = velocity + slope (x - mean)
};
/// Of (1 - t) x0 + t x1, independent: m' + V' / (2 V) (x - m).
Law law_at(double t) {
  const double s0 = kData * kData, s1 = kSource * kSource;
  Law law{(1 - t) * kDataMean + t * kSourceMean, (1 - t) * (1 - t) * s0 + t * t * s1,
          kSourceMean - kDataMean, 0};
  law.slope = (-(1 - t) * s0 + t * s1) / law.variance;
  return law;
}

Trainer trained(const std::string& objective) {
  Trainer trainer(options_of(objective), {.data = gaussian_rows(8192, 1, kDataMean, kData),
                                          .source = gaussian_rows(8192, 2, kSourceMean, kSource)});
  trainer.step(600);
  return trainer;
}

/// Mean of -(|grad phi|^2 + w^2 |score|^2 / 4) / 2 over t, two coordinates.
double optimum(double w) {
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const Law law = law_at((i + 0.5) / 1000);
    sum -= law.velocity * law.velocity + law.slope * law.slope * law.variance +
           0.25 * w * w / law.variance;
  }
  return sum / 1000;
}

// Mean square error of grad phi as a share of its mean square (measured up to 0.011), and of
// sqrt(V) score, of mean square 1 (up to 0.03), at points of p_t; the loss of 200 steps against
// minus the path's energy, about -3.0 and -3.7 (both off by 0.006). Fixed seeds: no false alarms.
TEST(ActionMatching, GaussiansInClosedForm) {
  for (const char* objective : {"action", "entropic-action"}) {
    Trainer trainer = trained(objective);
    const bool entropic = objective[0] == 'e';
    const auto model = trainer.model();
    ASSERT_EQ(model->gamma() != nullptr, entropic);
    for (const double t : {0.1, 0.5, 0.9}) {
      const Law law = law_at(t);
      Points x = gaussian_rows(1024, 7, law.mean, std::sqrt(law.variance)), v = x, z = x;
      if (entropic) {
        model->predict_noise({x.data(), x.size()}, static_cast<float>(t), {v.data(), v.size()},
                             {z.data(), z.size()});
      } else {
        model->predict({x.data(), x.size()}, static_cast<float>(t), {v.data(), v.size()});
      }
      double velocity = 0, score = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double away = x.data()[i] - law.mean;
        velocity += std::pow(v.data()[i] - (law.velocity + law.slope * away), 2);
        if (entropic) {
          score += law.variance *
                   std::pow(-z.data()[i] / model->gamma()->at(t) + away / law.variance, 2);
        }
      }
      const double n = static_cast<double>(x.size());
      const double size = law.velocity * law.velocity + law.slope * law.slope * law.variance;
      EXPECT_LT(velocity / n, 0.02 * size) << objective << " at " << t;
      EXPECT_LT(score / n, 0.05) << objective << " at " << t;
    }
    EXPECT_NEAR(trainer.step(200).mean_loss, optimum(entropic ? 1 : 0), 0.03) << objective;
  }
}

/// A population on a curve that divides: centres +-r(t) (cos a, sin a), r = 0.2 + 1.3 t and a = 1.2
/// t around (2 t - 1, t^2), both of deviation 0.25.
Points population(std::size_t n, std::uint64_t seed, double t) {
  Points rows = gaussian_rows(n, seed, 0, 0.25);
  const double r = 0.2 + 1.3 * t, angle = 1.2 * t;
  for (std::size_t i = 0; i < n; ++i) {
    const double side = i % 2 ? r : -r;
    rows(i, 0) += static_cast<float>(2 * t - 1 + side * std::cos(angle));
    rows(i, 1) += static_cast<float>(t * t + side * std::sin(angle));
  }
  return rows;
}

std::vector<Snapshot> population_snapshots() {
  std::vector<Snapshot> list;
  for (int k = 0; k <= 4; ++k) {
    list.push_back({0.25 * k, population(2000, static_cast<std::uint64_t>(20 + k), 0.25 * k)});
  }
  return list;
}

TrainOptions snapshot_options(const std::string& objective) {
  TrainOptions options = options_of(objective);
  options.coupling = "ot";
  options.width = 64;
  return options;
}

const Trainer& along_the_population(const std::string& objective) {
  const auto make = [](const char* name) {
    TrainOptions options = snapshot_options(name);
    options.lr = 2e-2;
    options.steps = 800;
    options.ema = 0.998;
    Trainer trainer(options, {.snapshots = population_snapshots()});
    trainer.step(800);
    return trainer;
  };
  static const Trainer plain = make("action"), entropic = make("entropic-action");
  return objective == "action" ? plain : entropic;
}

Points at_time(const sample::SampleResult<float>& result, std::size_t k) {
  Points points = Points::from_shape({result.trajectories.shape(1), 2});
  std::copy_n(result.trajectories.data() + k * points.size(), points.size(), points.data());
  return points;
}

// Trajectories of 1,000 rows both ways against 1,000 fresh rows of the law at every snapshot's time
// and at 0.625, midway between two. Measured up to 0.09, of which two samples of one such law at
// 1,000 rows make 0.03 to 0.05; the first and the last law lie 1.6 apart. Fixed seeds.
TEST(ActionMatching, TrajectoriesPassThroughTheSnapshots) {
  struct Case {
    const char *objective, *sampler, *diffusion;
  };
  for (const Case& c : {Case{"action", "heun", "zero"}, Case{"entropic-action", "heun", "zero"},
                        Case{"entropic-action", "euler-maruyama", "sigma"},
                        Case{"entropic-action", "stochastic-heun", "constant"}}) {
    const Trainer& trainer = along_the_population(c.objective);
    for (const bool toward_source : {true, false}) {
      sample::SampleOptions options{.sampler = c.sampler, .steps = 60, .seed = 3};
      options.diffusion = c.diffusion;
      options.diffusion_scale = c.diffusion[0] == 'c' ? 0.5 : 1;
      options.toward_source = toward_source;
      options.keep = {0.25, 0.5, 0.625, 0.75, 1};
      if (!toward_source) options.keep = {0.75, 0.625, 0.5, 0.25, 0};
      const auto moved = trainer.sample(1000, options);
      for (std::size_t k = 0; k < moved.times.size(); ++k) {
        const double t = moved.times[k];
        const double distance = metric::energy_distance(at_time(moved, k), population(1000, 91, t));
        EXPECT_LT(distance, 0.12) << c.objective << ", " << c.sampler << " at " << t;
      }
    }
  }
  EXPECT_GT(metric::energy_distance(population(1000, 1, 0), population(1000, 2, 1)), 1.5);
}

TEST(ActionMatching, RunsFromSnapshotsGoOnToTheSameBits) {
  for (const char* coupling : {"independent", "ot", "sinkhorn", "bridge"}) {
    TrainOptions options = snapshot_options("entropic-action");
    options.coupling = coupling;
    options.batch = 7;
    Trainer whole(options, {.snapshots = population_snapshots()});
    Trainer half(options, {.snapshots = population_snapshots()});
    whole.step(20);
    half.step(10);
    Trainer rest = Trainer::restore(half.save());
    rest.step(10);
    EXPECT_EQ(rest.save(), whole.save()) << coupling;
    EXPECT_EQ(rest.snapshots(), population_snapshots());
    EXPECT_EQ(rest.options().data, "snapshots");
  }
}

TEST(ActionMatching, RefusesRunsWhoseSnapshotsAreDamaged) {
  TrainOptions options = snapshot_options("action");
  options.batch = 4;
  const auto restored = [&](auto damage) {
    io::Safetensors file =
        io::read_safetensors(Trainer(options, {.snapshots = population_snapshots()}).save(), "run");
    damage(file);
    return refusal<IoError>([&] { Trainer::restore(io::write_safetensors(file), "run"); });
  };
  const auto time = [](const char* text) {
    return [text](io::Safetensors& file) { file.metadata["snapshot.1.time"] = text; };
  };
  EXPECT_EQ(restored([](io::Safetensors&) {}), "accepted");
  for (const char* text : {"", "x", "-1", "nan"}) {
    expect_parts(restored(time(text)), {"run: metadata \"snapshot.1.time\" must be a number"});
  }
  expect_parts(restored(time("0.5")), {"[0, 0.5, 0.5, 0.75, 1]"});
  expect_parts(restored([](io::Safetensors& file) { file.tensors.erase("snapshot.4.rows"); }),
               {"[0, 0.25, 0.5, 0.75]"});
  expect_parts(restored([](io::Safetensors& file) { file.tensors.erase("snapshot.0.rows"); }),
               {"\"snapshots\""});
  expect_parts(restored([](io::Safetensors& file) {
                 file.tensors["snapshot.2.rows"] = file.tensors["mlp.0.bias"];
               }),
               {"\"snapshot.2.rows\" must be [rows, columns]"});
}

// Beyond 64 coordinates the Laplacian is that along one random direction a row.
TEST(ActionMatching, TakesOneDirectionBeyond64Coordinates) {
  TrainOptions options = options_of("entropic-action");
  options.source = "gaussian";
  options.lr = 1e-3;
  Points rows = Points::from_shape({512, 65});
  Random(6, Purpose::kUser).fill_normal(std::span<float>(rows.data(), rows.size()), 0);
  Trainer trainer(options, {.data = rows});
  const double first = trainer.step(20).mean_loss, last = trainer.step(150).loss;
  // The score's share of the optimum: -1/8 E |s|^2, V between 1/2 and 1.
  EXPECT_LT(last, first - 3);
  EXPECT_GT(last, -0.5 * 65);
}

std::string refused(const TrainOptions& options, TrainInputs inputs) {
  return refusal<Error>([&] { Trainer(options, std::move(inputs)); });
}

TrainInputs snapshots_at(std::vector<double> times) {
  std::vector<Snapshot> list;
  for (const double time : times) list.push_back({time, population(4, 1, 0)});
  return {.snapshots = std::move(list)};
}

TEST(ActionMatching, RefusesSnapshotsThatAreNoPath) {
  const TrainOptions options = options_of("action");
  expect_parts(refused(options, snapshots_at({0, 0.7, 0.5, 1})),
               {"ascending times from 0 to 1", "got 4 at times [0, 0.7, 0.5, 1]"});
  expect_parts(refused(options, snapshots_at({0, 0.5, 0.5, 1})), {"[0, 0.5, 0.5, 1]"});
  expect_parts(refused(options, snapshots_at({0, std::nan(""), 1})), {"nan"});
  expect_parts(refused(options, snapshots_at({0})), {"at least 2", "got 1 at times [0]"});
  expect_parts(refused(options, snapshots_at({})), {"at least 2", "got 0"});
  expect_parts(refused(options, snapshots_at({0.1, 1})), {"[0.1, 1]"});
  expect_parts(refused(options, snapshots_at({0, 0.9})), {"from 0 to 1", "[0, 0.9]"});
  TrainInputs inputs = snapshots_at({0, 0.5, 1});
  (*inputs.snapshots)[1].points = Points::from_shape({4, 3});
  (*inputs.snapshots)[1].points.fill(0);
  expect_parts(refused(options, std::move(inputs)),
               {"snapshot 1 must have the first's 2 columns, got 3"});
  inputs = snapshots_at({0, 0.5, 1});
  (*inputs.snapshots)[2].points(3, 1) = INFINITY;
  expect_parts(refused(options, std::move(inputs)), {"snapshot 2 must be finite"});
  inputs = snapshots_at({0, 0.5, 1});
  (*inputs.snapshots)[0].points = Points::from_shape({0, 2});
  expect_parts(refused(options, std::move(inputs)), {"snapshot 0 must have at least one row"});
  inputs = snapshots_at({0, 1});
  inputs.data = population(4, 1, 0);
  expect_parts(refused(options, std::move(inputs)), {"take the place of data"});
}

TEST(ActionMatching, RefusesOptionsThatDoNotApply) {
  const auto check = [](auto change, TrainInputs inputs, const char* part) {
    TrainOptions options = options_of("entropic-action");
    options.data = "moons";
    options.source = "8gaussians";
    change(options);
    expect_parts(refused(options, std::move(inputs)), {part});
  };
  check([](auto& o) { o.predict = "noise"; }, {}, "must be \"velocity\"");
  check([](auto& o) { o.weight = "one"; }, {}, "weight \"default\"");
  check([](auto& o) { o.time_law = "logit-normal"; }, {}, "time_law must be \"stratified\"");
  check([](auto& o) { o.activation = "relu"; }, {}, "silu, gelu or tanh");
  check([](auto& o) { o.action_diffusion = 0; }, {}, "action_diffusion must be");
  check([](auto& o) { o.action_diffusion = -1; }, {}, "action_diffusion must be");
  check([](auto& o) { o.schedule = "trig"; }, snapshots_at({0, 1}), "must be \"linear\"");
  check([](auto& o) { o.coupling = "pairs"; }, snapshots_at({0, 1}), "not joined");
  check([](auto& o) { o.objective = "regression"; }, snapshots_at({0, 1}), "snapshots need");
  check([](auto& o) { o.conditional = true; }, snapshots_at({0, 1}), "needs labelled data");
}

std::string refused(const Trainer& trainer, const sample::SampleOptions& options) {
  return refusal([&] { trainer.sample(8, options); });
}

// Without the score there is no SDE; with it, none of the methods that want the ends by themselves.
TEST(ActionMatching, RefusesSamplersThatWantWhatIsNotKnown) {
  TrainOptions options = options_of("action");
  const Trainer plain(options, snapshots_at({0, 0.4, 1}));
  expect_parts(refused(plain, {.sampler = "euler-maruyama", .diffusion = "sigma"}),
               {"entropic-action"});
  options.objective = "entropic-action";
  const Trainer entropic(options, snapshots_at({0, 0.4, 1}));
  expect_parts(refused(entropic, {.sampler = "dpmpp-2m"}), {"of its own"});
  expect_parts(refused(entropic, {.sampler = "euler-maruyama"}), {"\"sigma\""});
}

// The same field on the path of a run whose source is Gaussian is the probability flow's, so that
// the likelihood is that of N(mean, deviation^2): off by 0.08 nats on average, where log p itself
// ranges over several.
TEST(ActionMatching, GivesTheLikelihoodOfAGaussianPath) {
  TrainOptions options = options_of("action");
  options.source = "gaussian";
  Trainer trainer(options, {.data = gaussian_rows(8192, 1, kDataMean, kData)});
  trainer.step(600);
  const Points x = gaussian_rows(200, 8, kDataMean, kData);
  const auto found = trainer.log_density(x);
  double sum = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    double exact = -std::log(2 * std::numbers::pi * kData * kData);
    for (std::size_t k = 0; k < 2; ++k) {
      exact -= 0.5 * std::pow((x(i, k) - kDataMean) / kData, 2);
    }
    sum += std::abs(found.log_density[i] - exact);
  }
  EXPECT_LT(sum / 200, 0.12);
}

}  // namespace
}  // namespace pathflow::train
