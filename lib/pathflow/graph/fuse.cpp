#include "pathflow/graph/ops/table.hpp"
#include "pathflow/graph/passes.hpp"

namespace pathflow::graph {
namespace {

/// What one product becomes; -1 for nodes that take no part.
struct Match {
  const OpDef* op = nullptr;     ///< null: nothing
  std::int32_t product = -1;     ///< the matmul
  std::int32_t sum = -1;         ///< its bias addition
  std::int32_t activation = -1;  ///< the activation of the sum, or the product with activation'
  Value third = {};              ///< bias, or pre-activation
  Attributes attributes = {};
};

class Fuser {
 public:
  explicit Fuser(ValueList roots) : graph_(*roots[0].graph), roots_(roots) {
    const std::vector<char> alive = reachable(graph_, roots);
    users_.resize(alive.size());
    at_.resize(alive.size());
    absorbed_.resize(alive.size());
    images_.resize(alive.size());
    for (std::size_t i = 0; i < alive.size(); ++i) {
      if (!alive[i]) continue;
      for (const Value& in : graph_.node(static_cast<std::int32_t>(i)).inputs) {
        users_[static_cast<std::size_t>(in.node)].push_back(static_cast<std::int32_t>(i));
      }
    }
    for (const Value& root : roots) users_[static_cast<std::size_t>(root.node)].push_back(-1);
    for (std::size_t i = 0; i < alive.size(); ++i) {
      if (alive[i]) match(static_cast<std::int32_t>(i));
    }
    alive_ = alive;
  }

  std::vector<Value> emit(Graph& target) {
    for (std::size_t i = 0; i < alive_.size(); ++i) {
      const auto index = static_cast<std::int32_t>(i);
      if (!alive_[i] || absorbed_[i]) continue;
      if (at_[i].op != nullptr) {
        emit_match(target, at_[i]);
      } else {
        const Node& node = graph_.node(index);
        set(index, record(target, *node.op, images(node.inputs), node.attributes));
      }
    }
    std::vector<Value> result;
    for (const Value& root : roots_) result.push_back(image(root));
    return result;
  }

 private:
  const std::vector<std::int32_t>& users(std::int32_t node) const {
    return users_[static_cast<std::size_t>(node)];
  }
  bool is(std::int32_t node, const OpDef& op) const {
    return node >= 0 && graph_.node(node).op == &op;
  }
  static Activation which(const OpDef* op, const OpDef* (*table)(Activation)) {
    for (int a = 1; a <= static_cast<int>(Activation::kRelu); ++a) {
      if (table(static_cast<Activation>(a)) == op) return static_cast<Activation>(a);
    }
    return Activation::kIdentity;
  }

  void match(std::int32_t product) {
    if (!is(product, ops::kMatmul) || users(product).size() != 1) return;
    const std::int32_t user = users(product)[0];
    if (is(user, ops::kAdd)) match_bias(product, user);
    if (is(user, ops::kMultiply)) match_gradient(product, user);
  }

  /// The other operand of a two-operand node.
  Value other(std::int32_t node, std::int32_t operand) const {
    const std::vector<Value>& in = graph_.node(node).inputs;
    return in[0].node == operand ? in[1] : in[0];
  }

  void match_bias(std::int32_t product, std::int32_t sum) {
    const Value bias = other(sum, product);
    const Shape& shape = graph_.node(product).shapes[0];
    if (at(sum).op != nullptr || absorbed(bias.node)) return;  // a one-row product as the bias
    if (bias.shape().size() != shape[1] || bias.shape().rank() == 0 ||
        bias.shape()[-1] != shape[1] || graph_.node(sum).shapes[0] != shape) {
      return;
    }
    Match m{.op = &ops::kFusedLinear, .product = product, .sum = sum, .third = bias};
    m.attributes = graph_.node(product).attributes;
    m.attributes.bias = true;
    for (std::int32_t user : users(sum)) {
      if (user < 0) continue;
      const Activation a = which(graph_.node(user).op, ops::activation_op);
      if (a == Activation::kIdentity) continue;
      m.activation = user;
      m.attributes.activation = a;
      break;
    }
    m.attributes.keep_pre = m.activation >= 0 && users(sum).size() > 1;
    absorbed(product) = true;
    if (m.activation >= 0) absorbed(m.activation) = true;
    at(sum) = std::move(m);
  }

  void match_gradient(std::int32_t product, std::int32_t multiply) {
    const Value factor = other(multiply, product);
    const Node& node = node_of(factor);
    const Activation a = which(node.op, ops::activation_grad_op);
    if (a == Activation::kIdentity || users(factor.node).size() != 1 ||
        factor.shape() != graph_.node(product).shapes[0]) {
      return;
    }
    Match m{.op = &ops::kMatmulGrad, .product = product, .activation = multiply};
    m.third = node.inputs[0];
    m.attributes = graph_.node(product).attributes;
    m.attributes.activation = a;
    at(multiply) = std::move(m);
    absorbed(product) = absorbed(factor.node) = true;
  }

  void emit_match(Graph& target, const Match& m) {
    std::vector<Value> inputs = images(graph_.node(m.product).inputs);
    inputs.push_back(image(m.third));
    const std::vector<Value> out = record(target, *m.op, std::move(inputs), m.attributes);
    if (m.op == &ops::kMatmulGrad) {
      set(m.activation, out);
    } else {
      set(m.sum, {out.back()});
      if (m.activation >= 0) set(m.activation, {out[0]});
    }
  }

  Value image(Value value) const {
    return images_[static_cast<std::size_t>(value.node)][static_cast<std::size_t>(value.output)];
  }
  std::vector<Value> images(const std::vector<Value>& values) const {
    std::vector<Value> result;
    for (const Value& value : values) result.push_back(image(value));
    return result;
  }
  void set(std::int32_t node, std::vector<Value> values) {
    images_[static_cast<std::size_t>(node)] = std::move(values);
  }
  Match& at(std::int32_t node) { return at_[static_cast<std::size_t>(node)]; }
  char& absorbed(std::int32_t node) { return absorbed_[static_cast<std::size_t>(node)]; }

  const Graph& graph_;
  ValueList roots_;
  std::vector<char> alive_;
  // By node:
  std::vector<std::vector<std::int32_t>> users_;  ///< -1 stands for a root
  std::vector<Match> at_;                         ///< what is emitted in its place
  std::vector<char> absorbed_;                    ///< whether it is part of a match elsewhere
  std::vector<std::vector<Value>> images_;
};

}  // namespace

std::vector<Value> fuse(Graph& target, ValueList roots) { return Fuser(roots).emit(target); }

}  // namespace pathflow::graph
