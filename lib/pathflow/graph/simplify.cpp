#include <map>
#include <string>

#include "pathflow/graph/ops/table.hpp"
#include "pathflow/graph/passes.hpp"

namespace pathflow::graph {
namespace {

template <class T>
void add_bytes(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Bytes that are equal for equal ops: the key of common subexpressions.
std::string key_of(const OpDef& op, const std::vector<Value>& inputs, const Attributes& a) {
  std::string key = a.name;
  add_bytes(key, &op);
  for (const Value& in : inputs) {
    add_bytes(key, in.node);
    add_bytes(key, in.output);
  }
  for (double value : a.values) add_bytes(key, value);
  for (int axis = 0; axis < a.shape.rank(); ++axis) add_bytes(key, a.shape[axis]);
  const std::int64_t rest[] = {a.shape.rank(),
                               a.axis,
                               a.begin,
                               a.end,
                               a.transpose_a,
                               a.transpose_b,
                               static_cast<int>(a.activation),
                               a.bias,
                               a.keep_pre};
  for (std::int64_t value : rest) add_bytes(key, value);
  key.append(a.has_ema.begin(), a.has_ema.end());
  return key;
}

bool is(Value value, const OpDef& op) { return node_of(value).op == &op; }
Value operand(Value value, std::size_t index = 0) { return node_of(value).inputs[index]; }
/// The number of a rank-0 constant, or null.
const double* number(Value value) {
  const Node& node = node_of(value);
  return node.op == &ops::kConstant && node.attributes.values.size() == 1
             ? node.attributes.values.data()
             : nullptr;
}
bool is_number(Value value, double expected) {
  const double* got = number(value);
  return got != nullptr && *got == expected;
}
Value without_broadcast(Value value) {
  return is(value, ops::kBroadcastTo) ? operand(value) : value;
}

/// Emits ops into the target graph, each in its simplest form.
class Simplifier {
 public:
  explicit Simplifier(Graph& target) : graph_(target) {}

  std::vector<Value> emit(const OpDef& op, std::vector<Value> inputs,
                          const Attributes& attributes) {
    if (Value simple = rewrite(op, inputs, attributes)) return {simple};
    const std::string key = key_of(op, inputs, attributes);
    const auto it = seen_.find(key);
    if (it != seen_.end()) return it->second;
    return seen_[key] = record(graph_, op, std::move(inputs), attributes);
  }

 private:
  Value one(const OpDef& op, std::initializer_list<Value> inputs, const Attributes& attributes) {
    return emit(op, inputs, attributes)[0];
  }
  // Apart from it, so that not every call makes and frees attributes: the code is half the size.
  Value one(const OpDef& op, std::initializer_list<Value> inputs) { return one(op, inputs, {}); }
  Value shaped(const OpDef& op, Value x, const Shape& shape) {
    return one(op, {x}, {.shape = shape});
  }
  Value make_number(double value) { return one(ops::kConstant, {}, {.values = {value}}); }
  Value broadcast(Value x, const Shape& shape) {
    return x.shape() == shape ? x : shaped(ops::kBroadcastTo, x, shape);
  }

  /// The simpler value that stands for an op, or an unset one.
  Value rewrite(const OpDef& op, std::vector<Value>& in, const Attributes& attributes) {
    if (op.kind == OpKind::kUnary) return rewrite_unary(op, in[0]);
    if (op.kind == OpKind::kBinary) return rewrite_binary(op, in);
    if (&op == &ops::kReshape) return rewrite_reshape(in[0], attributes.shape);
    if (&op == &ops::kBroadcastTo) return rewrite_broadcast(in[0], attributes.shape);
    if (&op == &ops::kTranspose && is(in[0], ops::kTranspose)) return operand(in[0]);
    if (&op == &ops::kMatmul) return rewrite_matmul(in, attributes);
    if (&op == &ops::kSum) return rewrite_sum(in[0], attributes);
    if (&op == &ops::kConcat && in.size() == 1) return in[0];
    if (&op == &ops::kPad && attributes.begin + attributes.end == 0) return in[0];
    if (&op == &ops::kSlice || &op == &ops::kTranspose) return rewrite_pick(op, in[0], attributes);
    return {};
  }

  Value rewrite_unary(const OpDef& op, Value x) {
    if (&op == &ops::kDetach) return x;
    if (const double* c = number(x); c && op.fold) return make_number(op.fold(*c, 0));
    if (is(x, ops::kBroadcastTo)) return broadcast(one(op, {operand(x)}), x.shape());
    return &op == &ops::kNegate ? rewrite_negate(x) : Value{};
  }

  Value rewrite_negate(Value x) {
    if (is(x, ops::kNegate)) return operand(x);
    if (is(x, ops::kSubtract) && operand(x, 0).shape() == operand(x, 1).shape()) {
      return one(ops::kSubtract, {operand(x, 1), operand(x, 0)});
    }
    if (is(x, ops::kMultiply)) {
      if (const double* c = number(operand(x, 1))) {
        return one(ops::kMultiply, {operand(x), make_number(-*c)});
      }
    }
    return {};
  }

  Value rewrite_binary(const OpDef& op, std::vector<Value>& in) {
    const Shape shape = broadcast_shape(op.name, in[0].shape(), in[1].shape());
    in = {without_broadcast(in[0]), without_broadcast(in[1])};
    if (broadcast_shape(op.name, in[0].shape(), in[1].shape()) != shape) {
      return broadcast(one(op, {in[0], in[1]}), shape);
    }
    if ((&op == &ops::kAdd || &op == &ops::kMultiply) && number(in[0])) std::swap(in[0], in[1]);
    const double *a = number(in[0]), *b = number(in[1]);
    if (a && b) return make_number(op.fold(*a, *b));
    Value result = &op == &ops::kMultiply ? rewrite_multiply(in) : rewrite_additive(op, in);
    return result ? broadcast(result, shape) : result;
  }

  Value rewrite_multiply(const std::vector<Value>& in) {
    const Value x = in[0], y = in[1];
    const double* c = number(y);
    if (c && *c == 1) return x;
    if (c && *c == -1) return one(ops::kNegate, {x});
    if (c && is(x, ops::kNegate)) return one(ops::kMultiply, {operand(x), make_number(-*c)});
    if (c && is(x, ops::kMultiply)) {
      if (const double* inner = number(operand(x, 1))) {
        return one(ops::kMultiply, {operand(x), make_number(*c * *inner)});
      }
    }
    if (is(x, ops::kNegate) && is(y, ops::kNegate)) {
      return one(ops::kMultiply, {operand(x), operand(y)});
    }
    return {};
  }

  Value rewrite_additive(const OpDef& op, const std::vector<Value>& in) {
    const Value x = in[0], y = in[1];
    if (&op == &ops::kDivide) return is_number(y, 1) ? x : Value{};
    if (is_number(y, 0)) return x;
    if (&op == &ops::kAdd) {
      if (is(y, ops::kNegate)) return one(ops::kSubtract, {x, operand(y)});
      if (is(x, ops::kNegate)) return one(ops::kSubtract, {y, operand(x)});
      return {};
    }
    if (is_number(x, 0)) return one(ops::kNegate, {y});
    return is(y, ops::kNegate) ? one(ops::kAdd, {x, operand(y)}) : Value{};
  }

  Value rewrite_reshape(Value x, const Shape& shape) {
    if (x.shape() == shape) return x;
    if (is(x, ops::kReshape)) return shaped(ops::kReshape, operand(x), shape);
    if (is(x, ops::kBroadcastTo) && operand(x).shape().size() == 1) {
      return broadcast(shaped(ops::kReshape, operand(x), {}), shape);
    }
    if (is(x, ops::kConstant) && !number(x)) {
      return one(ops::kConstant, {}, {.values = node_of(x).attributes.values, .shape = shape});
    }
    return {};
  }

  Value rewrite_broadcast(Value x, const Shape& shape) {
    if (x.shape() == shape) return x;
    if (x.shape().size() == shape.size()) return shaped(ops::kReshape, x, shape);
    return is(x, ops::kBroadcastTo) ? broadcast(operand(x), shape) : Value{};
  }

  Value rewrite_matmul(const std::vector<Value>& in, Attributes attributes) {
    const bool a = is(in[0], ops::kTranspose), b = is(in[1], ops::kTranspose);
    if (!a && !b) return {};
    attributes.transpose_a ^= a;
    attributes.transpose_b ^= b;
    return one(ops::kMatmul, {a ? operand(in[0]) : in[0], b ? operand(in[1]) : in[1]}, attributes);
  }

  Value rewrite_sum(Value x, const Attributes& attributes) {
    const Shape shape = ops::kSum.infer(std::vector{x.shape()}, attributes)[0];
    const std::int64_t count = x.shape()[attributes.axis];
    if (count == 1) return shaped(ops::kReshape, x, shape);
    if (is(x, ops::kBroadcastTo) && operand(x).shape().size() == 1) {
      const Value scalar = shaped(ops::kReshape, operand(x), {});
      const Value total = one(ops::kMultiply, {scalar, make_number(static_cast<double>(count))});
      return broadcast(total, shape);
    }
    return {};
  }

  /// Slices and transposes of what is everywhere the same, and slices of everything.
  Value rewrite_pick(const OpDef& op, Value x, const Attributes& attributes) {
    const Shape shape = op.infer(std::vector{x.shape()}, attributes)[0];
    if (&op == &ops::kSlice && shape == x.shape()) return x;
    if (is(x, ops::kBroadcastTo) && operand(x).shape().size() == 1) {
      return broadcast(shaped(ops::kReshape, operand(x), {}), shape);
    }
    return {};
  }

  Graph& graph_;
  std::map<std::string, std::vector<Value>> seen_;
};

/// Copies reachable nodes in order through `emit(op, inputs, attributes)`.
template <class Emit>
std::vector<Value> rebuild(ValueList roots, Emit&& emit) {
  const Graph& graph = *roots[0].graph;
  const std::vector<char> alive = reachable(graph, roots);
  std::vector<std::vector<Value>> images(alive.size());
  const auto image = [&](Value value) {
    return images[static_cast<std::size_t>(value.node)][static_cast<std::size_t>(value.output)];
  };
  for (std::size_t i = 0; i < alive.size(); ++i) {
    if (!alive[i]) continue;
    const Node& node = graph.node(static_cast<std::int32_t>(i));
    std::vector<Value> inputs;
    for (const Value& in : node.inputs) inputs.push_back(image(in));
    images[i] = emit(*node.op, std::move(inputs), node.attributes);
  }
  std::vector<Value> result;
  for (const Value& root : roots) result.push_back(image(root));
  return result;
}

}  // namespace

std::vector<char> reachable(const Graph& graph, ValueList roots) {
  std::vector<char> alive(static_cast<std::size_t>(graph.size()), 0);
  for (const Value& root : roots) alive[static_cast<std::size_t>(root.node)] = 1;
  for (std::int32_t i = graph.size() - 1; i >= 0; --i) {
    if (!alive[static_cast<std::size_t>(i)]) continue;
    for (const Value& in : graph.node(i).inputs) alive[static_cast<std::size_t>(in.node)] = 1;
  }
  return alive;
}

std::vector<Value> simplify(Graph& target, ValueList roots) {
  Simplifier simplifier(target);
  return rebuild(roots, [&](const OpDef& op, std::vector<Value> inputs, const Attributes& a) {
    return simplifier.emit(op, std::move(inputs), a);
  });
}

std::vector<Value> copy_reachable(Graph& target, ValueList roots) {
  return rebuild(roots, [&](const OpDef& op, std::vector<Value> inputs, const Attributes& a) {
    return record(target, op, std::move(inputs), a);
  });
}

}  // namespace pathflow::graph
