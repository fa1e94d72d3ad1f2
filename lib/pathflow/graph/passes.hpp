// Graph-to-graph passes of compile(). Each copies what the roots need into an empty graph and
// returns the roots' images, so dead code falls away by itself.
#pragma once

#include <vector>

#include "pathflow/graph/op.hpp"

namespace pathflow::graph {

/// Common subexpressions, constants and identities: x + 0, x * 1, -(-x), scalar factors gathered,
/// broadcasts moved behind elementwise ops (which broadcast themselves), transposes turned into
/// flags of products, reshapes merged. Factors may be reassociated: results agree to rounding.
std::vector<Value> simplify(Graph& target, ValueList roots);

/// Products with what follows them: activation(a b + bias), keeping the pre-activation where others
/// read it, and (a b) * activation'(pre).
std::vector<Value> fuse(Graph& target, ValueList roots);

/// A plain copy of what the roots need.
std::vector<Value> copy_reachable(Graph& target, ValueList roots);

/// Nodes that the roots depend on, themselves included.
std::vector<char> reachable(const Graph& graph, ValueList roots);

}  // namespace pathflow::graph
