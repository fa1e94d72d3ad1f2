#include "pathflow/train/network.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pathflow/base/error.hpp"
#include "pathflow/cpu/device.hpp"
#include "pathflow/train/teacher.hpp"

namespace pathflow::train {
namespace {

using graph::Graph;
using graph::Value;

/// Row counts of the sampling plans, greatest first: large enough that products run at full speed,
/// few enough that they compile once, small enough at the end that padding wastes little.
constexpr std::int64_t kReaderRows[] = {1024, 256, 64};

Value label_input(Graph& graph, const TrainOptions& options, std::int64_t rows) {
  return options.classes > 0 ? graph::input(graph, "label", {rows}) : Value{};
}

std::span<float> label_view(graph::Plan<float>& plan, const TrainOptions& options) {
  return options.classes > 0 ? plan.input("label") : std::span<float>{};
}

/// The loss, its gradients, and their AdamW update.
graph::Plan<float> compile_training(const TrainOptions& options, const Loss& objective,
                                    const nn::Mlp& mlp, graph::StateStore<float>& states) {
  Graph graph;
  const std::int64_t n = options.batch;
  std::vector<Value> inputs;
  for (const LossInput& input : objective.inputs()) {
    inputs.push_back(graph::input(graph, input.name, {n, input.columns}));
  }
  const std::vector<Value> parameters = mlp.record_parameters(graph);
  const Value label = label_input(graph, options, n);
  const std::vector<Value> averaged = mlp.record_parameters(graph, nn::ema_name(""));
  const Value loss = objective.record({graph, mlp, n, parameters, label, averaged}, inputs);
  std::vector<std::string> names;
  for (const nn::Mlp::Parameter& parameter : mlp.parameters()) names.push_back(parameter.name);
  const std::vector<Value> gradients =
      graph::vjp({loss}, {graph::constant(graph, 1.0)}, parameters);
  graph::CompileSpec spec{.outputs = {{"loss", loss}}, .updates = {}};
  nn::record_adamw(graph, names, parameters, gradients, spec, averaged);
  return graph::compile(spec, states, cpu::device());
}

}  // namespace

nn::MlpOptions mlp_options(const TrainOptions& options, const Loss& loss) {
  return loss.network({.dimension = options.dimension,
                       .width = options.width,
                       .depth = options.depth,
                       .activation = graph::activation_of(options.activation),
                       .time_features = options.time_features,
                       .classes = options.classes});
}

std::vector<std::string> state_names(const std::string& parameter) {
  return {parameter, nn::ema_name(parameter), nn::first_moment_name(parameter),
          nn::second_moment_name(parameter)};
}

struct Network::Training {
  graph::Plan<float> plan;
  std::vector<std::span<float>> inputs;
  std::span<float> label;
  nn::AdamWScalars<float> scalars;

  Training(graph::Plan<float> compiled, const TrainOptions& options, const Loss& loss)
      : plan(std::move(compiled)), label(label_view(plan, options)), scalars(plan) {
    for (const LossInput& input : loss.inputs()) inputs.push_back(plan.input(input.name));
  }
};

/// q, and beside it its derivative along "u" or the path's own noise.
struct Network::Reader {
  graph::Plan<float> plan;
  std::span<float> x, t, label, u, span;
  std::span<const float> q, beside;

  Reader(Network& network, std::int64_t rows, Kind kind)
      : plan(compile(network, rows, kind)),
        x(plan.input("x")),
        t(plan.input("t")),
        label(label_view(plan, network.options_)),
        q(plan.output("q")) {
    if (kind == Kind::kTangent) u = plan.input("u");
    if (kind == Kind::kJump) span = plan.input("span");
    if (kind == Kind::kTangent || kind == Kind::kNoise) beside = plan.output("beside");
  }

  static graph::Plan<float> compile(Network& network, std::int64_t rows, Kind kind) {
    Graph graph;
    const TrainOptions& options = network.options_;
    const nn::Mlp& mlp = network.mlp_;
    const Value x = graph::input(graph, "x", {rows, options.dimension});
    const Value t = graph::input(graph, "t", {rows, 1});
    const std::vector<Value> parameters =
        mlp.record_parameters(graph, options.ema > 0 ? "ema." : "");
    const Value label = label_input(graph, options, rows);
    const RecordedNetwork recorded{graph, mlp, rows, parameters, label};
    if (kind == Kind::kJump) {
      const Value span = graph::input(graph, "span", {rows, 1});
      return graph::compile(
          {.outputs = {{"q", network.loss_.mean_velocity(recorded, x, t, span)}}, .updates = {}},
          network.states_, cpu::device());
    }
    const Heads heads = network.loss_.read(recorded, x, t);
    const Value q = heads.prediction;
    graph::CompileSpec spec{.outputs = {{"q", q}}, .updates = {}};
    if (kind == Kind::kTangent) {
      const Value u = graph::input(graph, "u", {rows, options.dimension});
      spec.outputs.emplace_back("beside", graph::jvp({q}, {x}, {u})[0]);
    } else if (kind == Kind::kNoise) {
      spec.outputs.emplace_back("beside", heads.noise);
    }
    return graph::compile(spec, network.states_, cpu::device());
  }
};

/// What a call asks for: rows of x, and of u where a derivative is wanted; beside: that, or noise.
struct Network::Rows {
  Kind kind;
  std::span<const float> x, u;
  std::span<const int> labels;
  std::span<float> q, beside;
  float span = 0;  ///< of a jump

  /// `count` rows of d from row `begin` on.
  Rows part(std::size_t begin, std::size_t count, std::size_t d) const {
    const auto cut = [&](auto all) {
      return all.empty() ? all : all.subspan(begin * d, count * d);
    };
    return {kind,   cut(x),      cut(u), labels.empty() ? labels : labels.subspan(begin, count),
            cut(q), cut(beside), span};
  }
};

Network::Network(const TrainOptions& options, const Loss& loss)
    : options_(options), loss_(loss), mlp_(mlp_options(options, loss)) {
  mlp_.initialize(states_, options.seed);
  for (const nn::Mlp::Parameter& parameter : mlp_.parameters()) {
    const std::span<float> from = states_.at(parameter.name);
    const std::span<float> to = states_.get(nn::ema_name(parameter.name), parameter.shape);
    std::copy(from.begin(), from.end(), to.begin());
    states_.get(nn::first_moment_name(parameter.name), parameter.shape);
    states_.get(nn::second_moment_name(parameter.name), parameter.shape);
    for (const std::string& name : train::state_names(parameter.name)) {
      state_names_.push_back(name);
    }
  }
  if (loss.teacher() != nullptr) loss.teacher()->copy_weights(states_);
}

Network::~Network() = default;

Network::Training& Network::training() {
  if (!training_) {
    training_ = std::make_unique<Training>(compile_training(options_, loss_, mlp_, states_),
                                           options_, loss_);
  }
  return *training_;
}

Network::Reader& Network::reader(std::int64_t rows, Kind kind) {
  std::unique_ptr<Reader>& reader = readers_[{rows, kind}];
  if (!reader) reader = std::make_unique<Reader>(*this, rows, kind);
  return *reader;
}

BatchViews Network::batch() {
  const Training& plan = training();
  return {plan.inputs, plan.label};
}

bool Network::Update::finite() const { return std::isfinite(loss) && std::isfinite(gradient_norm); }

Network::Update Network::update(const nn::AdamWOptions& options, std::int64_t step) {
  Training& plan = training();
  const double rate = plan.scalars.set(options, step);
  plan.plan.run();
  return {plan.plan.scalar("loss"), plan.plan.scalar("gradient_norm"), rate};
}

void Network::predict_rows(Reader& reader, const Rows& rows, float t,
                           const Objective::Reading& reading) {
  const float input = static_cast<float>(reading.input), skip = static_cast<float>(reading.skip);
  const float output = static_cast<float>(reading.output);
  const std::size_t size = rows.x.size();
  for (std::size_t i = 0; i < size; ++i) reader.x[i] = input * rows.x[i];
  std::fill(reader.x.begin() + static_cast<std::ptrdiff_t>(size), reader.x.end(), 0.0f);
  std::fill(reader.t.begin(), reader.t.end(), t);
  std::fill(reader.span.begin(), reader.span.end(), rows.span);
  std::fill(reader.label.begin(), reader.label.end(), static_cast<float>(options_.classes));
  if (!reader.label.empty()) {
    for (std::size_t i = 0; i < rows.labels.size(); ++i) {
      reader.label[i] = static_cast<float>(rows.labels[i]);
    }
  }
  std::copy(rows.u.begin(), rows.u.end(), reader.u.begin());
  reader.plan.run();
  for (std::size_t i = 0; i < size; ++i) rows.q[i] = skip * rows.x[i] + output * reader.q[i];
  if (rows.kind == Kind::kNoise) {
    std::copy_n(reader.beside.begin(), size, rows.beside.begin());
  } else {
    for (std::size_t i = 0; i < rows.beside.size(); ++i) {
      rows.beside[i] = skip * rows.u[i] + output * input * reader.beside[i];
    }
  }
}

void Network::predict_all(const Rows& rows, float t, const Objective::Reading& reading) {
  const std::size_t d = static_cast<std::size_t>(options_.dimension), n = rows.x.size() / d;
  std::size_t begin = 0;
  while (begin < n) {
    std::int64_t size = kReaderRows[std::size(kReaderRows) - 1];
    for (const std::int64_t candidate : kReaderRows) {
      if (static_cast<std::size_t>(candidate) <= n - begin) {
        size = candidate;
        break;
      }
    }
    const std::size_t count = std::min(static_cast<std::size_t>(size), n - begin);
    predict_rows(reader(size, rows.kind), rows.part(begin, count, d), t, reading);
    begin += count;
  }
}

void Network::predict(std::span<const float> x, float t, std::span<const int> labels,
                      const Objective::Reading& reading, std::span<float> q) {
  predict_all({Kind::kPlain, x, {}, labels, q, {}}, t, reading);
}

void Network::predict_along(std::span<const float> x, float t, std::span<const float> tangent,
                            std::span<const int> labels, const Objective::Reading& reading,
                            std::span<float> q, std::span<float> dq) {
  predict_all({Kind::kTangent, x, tangent, labels, q, dq}, t, reading);
}

void Network::predict_noise(std::span<const float> x, float t, std::span<const int> labels,
                            const Objective::Reading& reading, std::span<float> q,
                            std::span<float> z) {
  predict_all({Kind::kNoise, x, {}, labels, q, z}, t, reading);
}

bool Network::begin_with(Network& other) {
  const nn::MlpOptions &mine = mlp_.options(), &theirs = other.mlp_.options();
  const auto alike = [](const nn::Mlp::Parameter& a, const nn::Mlp::Parameter& b) {
    return a.name == b.name && a.shape == b.shape;
  };
  if (mine.activation != theirs.activation || mine.time_features != theirs.time_features ||
      !std::equal(mlp_.parameters().begin(), mlp_.parameters().end(),
                  other.mlp_.parameters().begin(), other.mlp_.parameters().end(), alike)) {
    return false;
  }
  for (const nn::Mlp::Parameter& parameter : mlp_.parameters()) {
    const std::string read = nn::ema_name(parameter.name);
    const std::span<const float> from =
        other.states_.at(other.options_.ema > 0 ? read : parameter.name);
    for (const std::string& name : {parameter.name, read}) {
      std::copy(from.begin(), from.end(), states_.at(name).begin());
    }
  }
  return true;
}

void Network::jump(std::span<const float> x, float t, float s, std::span<const int> labels,
                   std::span<float> out) {
  const float span = t - s;
  predict_all({Kind::kJump, x, {}, labels, out, {}, span}, t,
              {.input = 1, .skip = 1, .output = -static_cast<double>(span)});
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
