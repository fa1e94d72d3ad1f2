#include <algorithm>
#include <optional>

#include "pathflow/graph/ops/table.hpp"
#include "pathflow/graph/passes.hpp"
#include "pathflow/graph/planner.hpp"

namespace pathflow::graph {
namespace {

class Lowering {
 public:
  Lowering(const Graph& graph, const LoweringSpec& spec, Dtype dtype)
      : graph_(graph), spec_(spec), bytes_(dtype_bytes(dtype)) {
    program_.dtype = dtype;
  }

  Program run() {
    alive_ = find_alive();
    tensors_.resize(alive_.size(), -1);
    early_.resize(alive_.size(), -1);
    for (std::int32_t node = 0; node < graph_.size(); ++node) {
      if (graph_.node(node).op->kind == OpKind::kLeaf && keeps(node)) add_leaf(node);
    }
    for (const auto& update : spec_.updates) state_buffer(update);
    add_early_copies();
    for (std::int32_t node : order()) add_node(node);
    add_final_copies();
    assign_buffers();
    program_.arena_bytes = place(program_.buffers, spec_.share_buffers);
    return std::move(program_);
  }

 private:
  /// Where a tensor lies within another; in none: a tensor of its own.
  struct View {
    int of = -1;
    std::size_t offset = 0;  ///< bytes
  };

  // Which nodes, in which order ------------------------------------------------------------------

  std::vector<char> find_alive() const {
    std::vector<Value> roots;
    for (const auto& [name, value] : spec_.results) roots.push_back(value);
    for (const auto& update : spec_.updates) roots.push_back(update.value);
    return reachable(graph_, roots);
  }

  bool keeps(std::int32_t node) const {
    return alive_[static_cast<std::size_t>(node)] || graph_.node(node).op == &ops::kInput;
  }

  /// Recorded order, but the ops that make new states, and what depends on them, come last.
  std::vector<std::int32_t> order() const {
    std::vector<char> late(alive_.size(), 0);
    for (const auto& update : spec_.updates) {
      const OpKind kind = node_of(update.value).op->kind;
      if (kind != OpKind::kLeaf && kind != OpKind::kView) {
        late[static_cast<std::size_t>(update.value.node)] = 1;
      }
    }
    std::vector<std::int32_t> now, later;
    for (std::int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (!alive_[static_cast<std::size_t>(i)] || node.op->kind == OpKind::kLeaf) continue;
      char& own = late[static_cast<std::size_t>(i)];
      for (const Value& in : node.inputs) own |= late[static_cast<std::size_t>(in.node)];
      (own ? later : now).push_back(i);
    }
    now.insert(now.end(), later.begin(), later.end());
    return now;
  }

  // Tensors and instructions ---------------------------------------------------------------------

  int add_buffer(Buffer buffer) {
    buffer.bytes = static_cast<std::size_t>(buffer.shape.size()) * bytes_;
    program_.buffers.push_back(std::move(buffer));
    return static_cast<int>(program_.buffers.size()) - 1;
  }
  int add_tensor(const Shape& shape, int buffer = -1, std::size_t offset = 0) {
    program_.tensors.push_back({shape, buffer, offset});
    views_.emplace_back();
    return static_cast<int>(program_.tensors.size()) - 1;
  }
  Tensor& tensor(int index) { return program_.tensors[static_cast<std::size_t>(index)]; }
  Buffer& buffer(int index) { return program_.buffers[static_cast<std::size_t>(index)]; }
  View& view(int index) { return views_[static_cast<std::size_t>(index)]; }
  /// The tensors of a node's outputs follow one another.
  int& first_tensor(std::int32_t node) { return tensors_[static_cast<std::size_t>(node)]; }
  int tensor_of(Value value) { return first_tensor(value.node) + value.output; }

  void add_leaf(std::int32_t node) {
    const Node& leaf = graph_.node(node);
    const Storage storage = leaf.op == &ops::kInput   ? Storage::kInput
                            : leaf.op == &ops::kState ? Storage::kState
                                                      : Storage::kConstant;
    const int own = add_buffer({.storage = storage,
                                .name = leaf.attributes.name,
                                .values = leaf.attributes.values,
                                .shape = leaf.shapes[0]});
    first_tensor(node) = add_tensor(leaf.shapes[0], own);
  }

  /// The buffer of an updated state; made here if nothing reads the state.
  int state_buffer(const LoweringSpec::Update& update) {
    for (std::size_t i = 0; i < program_.buffers.size(); ++i) {
      const Buffer& own = program_.buffers[i];
      if (own.storage == Storage::kState && own.name == update.name) return static_cast<int>(i);
    }
    return add_buffer({.storage = Storage::kState,
                       .name = update.name,
                       .values = {},
                       .shape = update.value.shape()});
  }

  int add_copy(int from, int to) {
    program_.instructions.push_back({&ops::kCopy, {}, {from}, {to}});
    return to;
  }

  /// The byte offset at which an op's output lies within its input's buffer, if it is a view.
  std::optional<std::size_t> view_offset(const Node& node) const {
    if (node.op->kind == OpKind::kView) return 0;
    if (node.op != &ops::kSlice) return std::nullopt;
    const AxisSplit split = split_at(node.inputs[0].shape(), node.attributes.axis);
    const std::size_t offset =
        static_cast<std::size_t>(node.attributes.begin * split.inner) * bytes_;
    if (split.outer != 1 || offset % kAlignment != 0) return std::nullopt;
    return offset;
  }

  /// The leaf that a value is, or is a chain of views of; -1 otherwise.
  std::int32_t leaf_under(Value value) const {
    while (view_offset(node_of(value))) value = node_of(value).inputs[0];
    return node_of(value).op->kind == OpKind::kLeaf ? value.node : -1;
  }

  /// Values read after the run, or after the states have changed, that a leaf's buffer holds: taken
  /// out before anything is written.
  void add_early_copies() {
    const auto take = [&](Value value, bool inputs_too) {
      const std::int32_t leaf = leaf_under(value);
      if (leaf < 0 || early_[static_cast<std::size_t>(leaf)] >= 0) return;
      const Node& node = graph_.node(leaf);
      if (node.op == &ops::kConstant || (node.op == &ops::kInput && !inputs_too)) return;
      early_[static_cast<std::size_t>(leaf)] =
          add_copy(first_tensor(leaf), add_tensor(node.shapes[0]));
    };
    for (const auto& [name, value] : spec_.results) take(value, true);
    for (const auto& update : spec_.updates) take(update.value, false);
  }

  void add_node(std::int32_t index) {
    const Node& node = graph_.node(index);
    std::vector<int> inputs;
    for (const Value& in : node.inputs) inputs.push_back(tensor_of(in));
    if (const std::optional<std::size_t> offset = view_offset(node)) {
      first_tensor(index) = add_tensor(node.shapes[0]);
      view(first_tensor(index)) = {inputs[0], *offset};
      return;
    }
    Instruction instruction{node.op, node.attributes, std::move(inputs), {}};
    first_tensor(index) = static_cast<int>(program_.tensors.size());
    for (const Shape& shape : node.shapes) instruction.outputs.push_back(add_tensor(shape));
    program_.instructions.push_back(std::move(instruction));
  }

  /// The tensor itself, or its place in the early copy of the leaf that it is a view of.
  int stable_tensor(Value value) {
    const std::int32_t leaf = leaf_under(value);
    const int copy = leaf < 0 ? -1 : early_[static_cast<std::size_t>(leaf)];
    if (copy < 0) return tensor_of(value);
    std::size_t offset = 0;
    for (int at = tensor_of(value); view(at).of >= 0; at = view(at).of) offset += view(at).offset;
    const int out = add_tensor(value.shape());
    view(out) = {copy, offset};
    return out;
  }

  void add_final_copies() {
    for (const auto& [name, value] : spec_.results) {
      program_.outputs.emplace_back(name, stable_tensor(value));
    }
    std::vector<std::pair<int, int>> updates;
    for (const auto& update : spec_.updates) {
      updates.emplace_back(stable_tensor(update.value), state_buffer(update));
    }
    kernels_ = static_cast<int>(program_.instructions.size());
    for (const auto& [from, state] : updates) {
      if (!claim(from, state)) {
        add_copy(from, add_tensor(tensor(from).shape, state));
      }
    }
  }

  // Buffers --------------------------------------------------------------------------------------

  /// Lets the instruction that computes `value` write straight into a state's buffer, if nothing
  /// reads the old state afterwards.
  bool claim(int value, int state) {
    if (view(value).of >= 0 || tensor(value).buffer >= 0) return false;
    for (int i = 0; i < kernels_; ++i) {
      const Instruction& in = program_.instructions[static_cast<std::size_t>(i)];
      const auto out = std::find(in.outputs.begin(), in.outputs.end(), value);
      if (out == in.outputs.end()) continue;
      const int output = static_cast<int>(out - in.outputs.begin());
      if (reads_after(i, output, state)) return false;
      tensor(value).buffer = state;
      return true;
    }
    return false;
  }

  bool reads_after(int instruction, int output, int state) {
    for (int i = instruction; i < kernels_; ++i) {
      const Instruction& in = program_.instructions[static_cast<std::size_t>(i)];
      for (std::size_t k = 0; k < in.inputs.size(); ++k) {
        const int root = root_tensor(in.inputs[k]);
        // A claimed tensor holds the new state: reading it is no reading of the old one.
        if (tensor(root).buffer != state || is_output(root)) continue;
        if (i > instruction || !may_overwrite(in, output, k)) return true;
      }
    }
    return false;
  }

  bool is_output(int index) const {
    return std::any_of(program_.instructions.begin(), program_.instructions.end(),
                       [&](const Instruction& in) {
                         return std::count(in.outputs.begin(), in.outputs.end(), index) > 0;
                       });
  }

  int root_tensor(int index) {
    while (view(index).of >= 0) index = view(index).of;
    return index;
  }

  /// Whether output `output` may lie in the very buffer of input `input`.
  bool may_overwrite(const Instruction& in, int output, std::size_t input) {
    if (in.op->kind == OpKind::kUnary || in.op->kind == OpKind::kBinary) {
      return tensor(in.inputs[input]).shape.size() ==
             tensor(in.outputs[static_cast<std::size_t>(output)]).shape.size();
    }
    return in.op->in_place != nullptr &&
           in.op->in_place(in.attributes, output) == static_cast<int>(input);
  }

  void assign_buffers() {
    const int end = static_cast<int>(program_.instructions.size());
    const std::vector<int> last = last_uses(end);
    for (int i = 0; i < end; ++i) {
      const Instruction& in = program_.instructions[static_cast<std::size_t>(i)];
      for (int k = 0; k < static_cast<int>(in.outputs.size()); ++k) {
        const int out = in.outputs[static_cast<std::size_t>(k)];
        if (tensor(out).buffer >= 0) continue;  // a state's
        const int chosen = take_over(in, i, k);
        tensor(out).buffer = chosen >= 0 ? chosen : arena_buffer(tensor(out).shape, i);
        Buffer& own = buffer(tensor(out).buffer);
        own.last = std::max({own.last, i, last[static_cast<std::size_t>(out)]});
        program_.unshared_bytes += (own.bytes + kAlignment - 1) / kAlignment * kAlignment;
      }
    }
    for (std::size_t i = 0; i < program_.tensors.size(); ++i) resolve_view(static_cast<int>(i));
  }

  int arena_buffer(const Shape& shape, int first) {
    const int own = add_buffer({.name = {}, .values = {}, .shape = shape});
    buffer(own).first = first;
    return own;
  }

  /// Last instruction that reads a tensor or a view of it; `end` for results.
  std::vector<int> last_uses(int end) {
    std::vector<int> last(program_.tensors.size(), -1);
    for (int i = 0; i < end; ++i) {
      for (int in : program_.instructions[static_cast<std::size_t>(i)].inputs) {
        last[static_cast<std::size_t>(root_tensor(in))] = i;
      }
    }
    for (const auto& [name, out] : program_.outputs) {
      last[static_cast<std::size_t>(root_tensor(out))] = end;
    }
    return last;
  }

  /// The buffer of a dying input that the op may overwrite, or -1.
  int take_over(const Instruction& in, int position, int output) {
    if (!spec_.share_buffers) return -1;
    for (std::size_t k = 0; k < in.inputs.size(); ++k) {
      const int root = root_tensor(in.inputs[k]);
      const int candidate = tensor(root).buffer;
      if (buffer(candidate).storage != Storage::kArena || buffer(candidate).last != position)
        continue;
      if (tensor(root).shape.size() != tensor(in.inputs[k]).shape.size()) continue;
      if (may_overwrite(in, output, k) && !reads_otherwise(in, output, candidate)) return candidate;
    }
    return -1;
  }

  /// Whether an op also reads a buffer in a way that its output must not overwrite.
  bool reads_otherwise(const Instruction& in, int output, int candidate) {
    for (std::size_t k = 0; k < in.inputs.size(); ++k) {
      if (tensor(root_tensor(in.inputs[k])).buffer == candidate && !may_overwrite(in, output, k)) {
        return true;
      }
    }
    for (int other : in.outputs) {
      if (tensor(other).buffer == candidate) return true;
    }
    return false;
  }

  void resolve_view(int index) {
    const View own = view(index);
    if (own.of < 0 || tensor(index).buffer >= 0) return;
    resolve_view(own.of);
    tensor(index).buffer = tensor(own.of).buffer;
    tensor(index).offset = tensor(own.of).offset + own.offset;
  }

  const Graph& graph_;
  const LoweringSpec& spec_;
  std::size_t bytes_;
  Program program_;
  std::vector<char> alive_;
  std::vector<int> tensors_;  ///< by node: the tensor of its first output
  std::vector<View> views_;   ///< by tensor
  std::vector<int> early_;    ///< by leaf: its early copy, or -1
  int kernels_ = 0;           ///< instructions before the final copies
};

}  // namespace

Program lower(const Graph& graph, const LoweringSpec& spec, Dtype dtype) {
  return Lowering(graph, spec, dtype).run();
}

}  // namespace pathflow::graph
