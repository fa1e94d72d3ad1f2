#include "pathflow/train/network.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pathflow/base/error.hpp"
#include "pathflow/cpu/device.hpp"

namespace pathflow::train {
namespace {

using graph::Graph;
using graph::Value;

/// Row counts of the sampling plans, greatest first: large enough that products run at full speed,
/// few enough that they compile once, small enough at the end that padding wastes little.
constexpr std::int64_t kReaderRows[] = {1024, 256, 64};

nn::MlpOptions mlp_options(const TrainOptions& options) {
  return {.dimension = options.dimension,
          .width = options.width,
          .depth = options.depth,
          .activation = graph::activation_of(options.activation),
          .time_features = options.time_features,
          .classes = options.classes};
}

Value label_input(Graph& graph, const TrainOptions& options, std::int64_t rows) {
  return options.classes > 0 ? graph::input(graph, "label", {rows}) : Value{};
}

std::span<float> label_view(graph::Plan<float>& plan, const TrainOptions& options) {
  return options.classes > 0 ? plan.input("label") : std::span<float>{};
}

/// loss = mean over rows of weight |F(x, t) - target|^2, its gradients, and their AdamW update.
graph::Plan<float> compile_training(const TrainOptions& options, const nn::Mlp& mlp,
                                    graph::StateStore<float>& states) {
  Graph graph;
  const std::int64_t n = options.batch, d = options.dimension;
  const Value x = graph::input(graph, "x", {n, d}), t = graph::input(graph, "t", {n, 1});
  const Value target = graph::input(graph, "target", {n, d});
  const Value weight = graph::input(graph, "weight", {n, 1});
  const std::vector<Value> parameters = mlp.record_parameters(graph);
  const Value q = mlp.forward(graph, parameters, x, t, label_input(graph, options, n));
  const Value loss =
      graph::sum(weight * graph::square(q - target)) * (1.0 / static_cast<double>(n));
  std::vector<std::string> names;
  for (const nn::Mlp::Parameter& parameter : mlp.parameters()) names.push_back(parameter.name);
  const std::vector<Value> gradients =
      graph::vjp({loss}, {graph::constant(graph, 1.0)}, parameters);
  graph::CompileSpec spec{.outputs = {{"loss", loss}}, .updates = {}};
  nn::record_adamw(graph, names, parameters, gradients, spec);
  return graph::compile(spec, states, cpu::device());
}

graph::Plan<float> compile_reader(const TrainOptions& options, const nn::Mlp& mlp,
                                  graph::StateStore<float>& states, std::int64_t rows) {
  Graph graph;
  const Value x = graph::input(graph, "x", {rows, options.dimension});
  const Value t = graph::input(graph, "t", {rows, 1});
  const std::vector<Value> parameters = mlp.record_parameters(graph, options.ema > 0 ? "ema." : "");
  const Value q = mlp.forward(graph, parameters, x, t, label_input(graph, options, rows));
  return graph::compile({.outputs = {{"q", q}}, .updates = {}}, states, cpu::device());
}

}  // namespace

struct Network::Training {
  graph::Plan<float> plan;
  BatchViews views;
  nn::AdamWScalars<float> scalars;

  Training(graph::Plan<float> compiled, const TrainOptions& options)
      : plan(std::move(compiled)),
        views{plan.input("x"), plan.input("t"), plan.input("target"), plan.input("weight"),
              label_view(plan, options)},
        scalars(plan) {}
};

struct Network::Reader {
  graph::Plan<float> plan;
  std::int64_t rows;
  std::span<float> x, t, label;
  std::span<const float> q;

  Reader(graph::Plan<float> compiled, const TrainOptions& options, std::int64_t row_count)
      : plan(std::move(compiled)),
        rows(row_count),
        x(plan.input("x")),
        t(plan.input("t")),
        label(label_view(plan, options)),
        q(plan.output("q")) {}
};

Network::Network(const TrainOptions& options) : options_(options), mlp_(mlp_options(options)) {
  mlp_.initialize(states_, options.seed);
  for (const nn::Mlp::Parameter& parameter : mlp_.parameters()) {
    const std::span<float> from = states_.at(parameter.name);
    const std::span<float> to = states_.get(nn::ema_name(parameter.name), parameter.shape);
    std::copy(from.begin(), from.end(), to.begin());
    states_.get(nn::first_moment_name(parameter.name), parameter.shape);
    states_.get(nn::second_moment_name(parameter.name), parameter.shape);
    for (const std::string& name :
         {parameter.name, nn::ema_name(parameter.name), nn::first_moment_name(parameter.name),
          nn::second_moment_name(parameter.name)}) {
      state_names_.push_back(name);
    }
  }
}

Network::~Network() = default;

Network::Training& Network::training() {
  if (!training_) {
    training_ = std::make_unique<Training>(compile_training(options_, mlp_, states_), options_);
  }
  return *training_;
}

Network::Reader& Network::reader(std::int64_t rows) {
  std::unique_ptr<Reader>& reader = readers_[rows];
  if (!reader) {
    reader =
        std::make_unique<Reader>(compile_reader(options_, mlp_, states_, rows), options_, rows);
  }
  return *reader;
}

BatchViews Network::batch() { return training().views; }

bool Network::Update::finite() const { return std::isfinite(loss) && std::isfinite(gradient_norm); }

Network::Update Network::update(const nn::AdamWOptions& options, std::int64_t step) {
  Training& plan = training();
  const double rate = plan.scalars.set(options, step);
  plan.plan.run();
  return {plan.plan.scalar("loss"), plan.plan.scalar("gradient_norm"), rate};
}

void Network::predict_chunk(Reader& reader, std::span<const float> x, float t,
                            std::span<const int> labels, const Objective::Reading& reading,
                            std::span<float> q) {
  const float input = static_cast<float>(reading.input), skip = static_cast<float>(reading.skip);
  const float output = static_cast<float>(reading.output);
  for (std::size_t i = 0; i < x.size(); ++i) reader.x[i] = input * x[i];
  std::fill(reader.x.begin() + static_cast<std::ptrdiff_t>(x.size()), reader.x.end(), 0.0f);
  std::fill(reader.t.begin(), reader.t.end(), t);
  std::fill(reader.label.begin(), reader.label.end(), static_cast<float>(options_.classes));
  if (!reader.label.empty()) {
    for (std::size_t i = 0; i < labels.size(); ++i) reader.label[i] = static_cast<float>(labels[i]);
  }
  reader.plan.run();
  for (std::size_t i = 0; i < x.size(); ++i) q[i] = skip * x[i] + output * reader.q[i];
}

void Network::predict(std::span<const float> x, float t, std::span<const int> labels,
                      const Objective::Reading& reading, std::span<float> q) {
  const std::size_t d = static_cast<std::size_t>(options_.dimension), n = x.size() / d;
  std::size_t begin = 0;
  while (begin < n) {
    std::int64_t rows = kReaderRows[std::size(kReaderRows) - 1];
    for (const std::int64_t candidate : kReaderRows) {
      if (static_cast<std::size_t>(candidate) <= n - begin) {
        rows = candidate;
        break;
      }
    }
    const std::size_t count = std::min(static_cast<std::size_t>(rows), n - begin);
    predict_chunk(this->reader(rows), x.subspan(begin * d, count * d), t,
                  labels.empty() ? labels : labels.subspan(begin, count), reading,
                  q.subspan(begin * d, count * d));
    begin += count;
  }
}

void Network::remember() {
  remembered_.resize(state_names_.size());
  for (std::size_t i = 0; i < state_names_.size(); ++i) {
    const std::span<const float> values = states_.at(state_names_[i]);
    remembered_[i].assign(values.begin(), values.end());
  }
}

void Network::recall() {
  for (std::size_t i = 0; i < state_names_.size(); ++i) {
    const std::vector<float>& values = remembered_[i];
    std::copy(values.begin(), values.end(), states_.at(state_names_[i]).begin());
  }
}

}  // namespace pathflow::train
