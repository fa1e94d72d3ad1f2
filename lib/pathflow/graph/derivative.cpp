// Derivatives, graph to graph: the rules record more ops of the same kinds, so they compose.
#include <algorithm>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace {

void check_pairs(std::string_view where, std::string_view name, ValueList values, ValueList seeds) {
  check_size(where, name, seeds.size(), values.size());
  if (values.empty())
    throw_error(ErrorCode::kInvalidArgument, where, "values must not be empty, got none");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i] || !seeds[i] || values[i].graph != values[0].graph ||
        seeds[i].graph != values[0].graph) {
      throw_error(ErrorCode::kInvalidArgument, where,
                  {"values and ", name, " must be set and of one graph, got others at ", i});
    }
    if (values[i].shape() != seeds[i].shape()) {
      throw_error(ErrorCode::kShape, where,
                  {name, " ", i, " must have shape ", values[i].shape().to_text(), ", got ",
                   seeds[i].shape().to_text()});
    }
  }
}

Value zeros_like(Value x) { return constant(*x.graph, 0.0, x.shape()); }

std::vector<Value> outputs_of(Graph& graph, std::int32_t index) {
  std::vector<Value> outputs;
  for (int i = 0; i < static_cast<int>(graph.node(index).shapes.size()); ++i) {
    outputs.push_back({&graph, index, i});
  }
  return outputs;
}

/// Nodes that depend on one of `sources` (themselves included), up to node `last`.
std::vector<char> dependents(const Graph& graph, ValueList sources, std::int32_t last) {
  std::vector<char> marked(static_cast<std::size_t>(last) + 1, 0);
  for (const Value& source : sources) {
    if (source.node <= last) marked[static_cast<std::size_t>(source.node)] = 1;
  }
  for (std::int32_t i = 0; i <= last; ++i) {
    for (const Value& in : graph.node(i).inputs) {
      if (marked[static_cast<std::size_t>(in.node)]) marked[static_cast<std::size_t>(i)] = 1;
    }
  }
  return marked;
}

std::int32_t last_node(ValueList values) {
  std::int32_t last = 0;
  for (const Value& value : values) last = std::max(last, value.node);
  return last;
}

/// Derivatives found so far, by node and output; unset ones are zero.
using Seeds = std::vector<std::vector<Value>>;

void accumulate(Seeds& seeds, Value at, Value seed) {
  const auto node = static_cast<std::size_t>(at.node), output = static_cast<std::size_t>(at.output);
  if (seeds.size() <= node) seeds.resize(node + 1);
  if (seeds[node].size() <= output) seeds[node].resize(output + 1);
  Value& sum = seeds[node][output];
  sum = sum ? sum + seed : seed;
}

Value seed_at(const Seeds& seeds, Value at) {
  const auto node = static_cast<std::size_t>(at.node), output = static_cast<std::size_t>(at.output);
  const bool known = node < seeds.size() && output < seeds[node].size();
  return known ? seeds[node][output] : Value{};
}

[[noreturn]] void throw_no_rule(const OpDef& op, std::string_view what) {
  throw_error(ErrorCode::kInvalidArgument, what,
              {"every op on the way must have a derivative, got ", op.name});
}

/// One node of a vjp: cotangents of the outputs in, cotangents of the inputs added to `seeds`.
void pull_back(Graph& graph, std::int32_t index, std::span<const Value> cotangents,
               const std::vector<char>& wanted, Seeds& seeds) {
  const Node& node = graph.node(index);
  std::vector<Value> pulled;
  if (node.op->vjp != nullptr) {
    const std::vector<Value> outputs = outputs_of(graph, index);
    pulled = node.op->vjp({graph, node.attributes, node.inputs, outputs}, cotangents);
  } else {
    throw_no_rule(*node.op, "vjp");
  }
  for (std::size_t i = 0; i < pulled.size(); ++i) {
    if (pulled[i] && wanted[static_cast<std::size_t>(node.inputs[i].node)]) {
      accumulate(seeds, node.inputs[i], pulled[i]);
    }
  }
}

std::vector<Value> seeds_at(const Seeds& seeds, std::span<const Value> values, bool* any) {
  std::vector<Value> found;
  for (const Value& value : values) {
    found.push_back(seed_at(seeds, value));
    *any = *any || found.back();
  }
  return found;
}

}  // namespace

std::vector<Value> vjp(ValueList outputs, ValueList cotangents, ValueList wrt) {
  check_pairs("vjp", "cotangents", outputs, cotangents);
  check_pairs("vjp", "wrt", wrt, wrt);
  Graph& graph = *outputs[0].graph;
  const std::int32_t last = last_node(outputs);
  const std::vector<char> wanted = dependents(graph, wrt, last);
  Seeds seeds;
  for (std::size_t i = 0; i < outputs.size(); ++i) accumulate(seeds, outputs[i], cotangents[i]);
  for (std::int32_t i = last; i >= 0; --i) {
    if (!wanted[static_cast<std::size_t>(i)] || graph.node(i).inputs.empty()) continue;
    bool any = false;
    const std::vector<Value> at = seeds_at(seeds, outputs_of(graph, i), &any);
    if (any) pull_back(graph, i, at, wanted, seeds);
  }
  std::vector<Value> result;
  for (const Value& value : wrt) {
    const Value seed = seed_at(seeds, value);
    result.push_back(seed ? seed : zeros_like(value));
  }
  return result;
}

std::vector<Value> jvp(ValueList outputs, ValueList inputs, ValueList tangents) {
  check_pairs("jvp", "tangents", inputs, tangents);
  check_pairs("jvp", "outputs", outputs, outputs);
  Graph& graph = *inputs[0].graph;
  const std::int32_t last = last_node(outputs);
  const std::vector<char> reached = dependents(graph, inputs, last);
  const std::vector<char> needed = [&] {
    std::vector<char> marked(static_cast<std::size_t>(last) + 1, 0);
    for (const Value& output : outputs) marked[static_cast<std::size_t>(output.node)] = 1;
    for (std::int32_t i = last; i >= 0; --i) {
      if (!marked[static_cast<std::size_t>(i)]) continue;
      for (const Value& in : graph.node(i).inputs) marked[static_cast<std::size_t>(in.node)] = 1;
    }
    return marked;
  }();
  Seeds seeds;
  for (std::size_t i = 0; i < inputs.size(); ++i) accumulate(seeds, inputs[i], tangents[i]);
  for (std::int32_t i = 0; i <= last; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Node& node = graph.node(i);
    if (!reached[at] || !needed[at] || node.inputs.empty()) continue;
    bool any = false;
    const std::vector<Value> in = seeds_at(seeds, node.inputs, &any);
    if (!any) continue;
    if (node.op->jvp == nullptr) throw_no_rule(*node.op, "jvp");
    const std::vector<Value> outs = outputs_of(graph, i);
    const std::vector<Value> pushed = node.op->jvp({graph, node.attributes, node.inputs, outs}, in);
    for (std::size_t k = 0; k < pushed.size(); ++k) {
      if (pushed[k]) accumulate(seeds, outs[k], pushed[k]);
    }
  }
  std::vector<Value> result;
  for (const Value& output : outputs) {
    const Value seed = seed_at(seeds, output);
    result.push_back(seed ? seed : zeros_like(output));
  }
  return result;
}

}  // namespace pathflow::graph
