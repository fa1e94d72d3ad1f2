#include "pathflow/graph/plan.hpp"

#include "pathflow/base/error.hpp"
#include "pathflow/graph/device.hpp"
#include "pathflow/graph/ops/table.hpp"
#include "pathflow/graph/passes.hpp"
#include "pathflow/graph/planner.hpp"

namespace pathflow::graph {

template <class T>
using NamedSpans = std::vector<std::pair<std::string, std::span<T>>>;

template <class T>
struct Plan<T>::Impl {
  std::vector<std::shared_ptr<void>> memory;
  NamedSpans<T> inputs, outputs;
  std::unique_ptr<Executable> executable;
  Program program;  ///< what stats() and describe() are read from
};

namespace {

template <class T>
std::span<T> find_span(std::string_view where, std::string_view kind, std::string_view name,
                       const NamedSpans<T>& spans) {
  for (const auto& [known, span] : spans) {
    if (known == name) return span;
  }
  std::vector<std::string> names;
  for (const auto& [known, span] : spans) names.push_back(known);
  throw_unknown_name(where, kind, name, names);
}

void check_values(const CompileSpec& spec) {
  if (spec.outputs.empty() && spec.updates.empty()) {
    throw_error(ErrorCode::kInvalidArgument, "compile",
                "outputs and updates must not both be empty, got neither");
  }
  const Graph* graph =
      spec.outputs.empty() ? spec.updates[0].second.graph : spec.outputs[0].second.graph;
  const auto check = [&](Value value, const std::string& what) {
    if (!value || value.graph != graph) {
      throw_error(ErrorCode::kInvalidArgument, "compile",
                  {what, " must be a value of the plan's graph, got ",
                   (value ? "one of another graph" : "an unset one")});
    }
  };
  for (std::size_t i = 0; i < spec.outputs.size(); ++i) {
    const auto& [name, value] = spec.outputs[i];
    check(value, "output \"" + name + "\"");
    for (std::size_t j = 0; j < i; ++j) {
      if (spec.outputs[j].first != name) continue;
      throw_error(ErrorCode::kInvalidArgument, "compile",
                  {"output names must be unique, got \"", name, "\" twice"});
    }
  }
  for (const auto& [target, value] : spec.updates) {
    check(target, "an update's target");
    check(value, "an update's value");
  }
}

void check_updates(const CompileSpec& spec) {
  for (std::size_t i = 0; i < spec.updates.size(); ++i) {
    const auto& [target, value] = spec.updates[i];
    const Node& node = node_of(target);
    if (node.op != &ops::kState) {
      throw_error(ErrorCode::kInvalidArgument, "compile",
                  {"an update's target must be a state, got the result of ", node.op->name});
    }
    const std::string& name = node.attributes.name;
    for (std::size_t j = 0; j < i; ++j) {
      if (node_of(spec.updates[j].first).attributes.name != name) continue;
      throw_error(ErrorCode::kInvalidArgument, "compile",
                  {"a state may be updated once, got \"", name, "\" twice"});
    }
    if (target.shape() != value.shape()) {
      throw_error(ErrorCode::kShape, "compile",
                  {"the update of state \"", name, "\" must have shape ", target.shape().to_text(),
                   ", got ", value.shape().to_text()});
    }
  }
}

/// Roots of a spec: outputs, then update values, then every input of the graph.
std::vector<Value> roots_of(const CompileSpec& spec) {
  std::vector<Value> roots;
  for (const auto& [name, value] : spec.outputs) roots.push_back(value);
  for (const auto& [target, value] : spec.updates) roots.push_back(value);
  Graph& graph = *roots[0].graph;
  for (std::int32_t i = 0; i < graph.size(); ++i) {
    if (graph.node(i).op == &ops::kInput) roots.push_back({&graph, i, 0});
  }
  return roots;
}

Program build_program(const CompileSpec& spec, Dtype dtype) {
  Graph simple, fused;
  std::vector<Value> roots = roots_of(spec);
  roots = spec.options.simplify ? simplify(simple, roots) : copy_reachable(simple, roots);
  if (spec.options.fuse) roots = fuse(fused, roots);
  LoweringSpec lowering{.results = {}, .updates = {}, .share_buffers = spec.options.share_buffers};
  std::size_t next = 0;
  for (const auto& [name, value] : spec.outputs) lowering.results.emplace_back(name, roots[next++]);
  for (const auto& [target, value] : spec.updates) {
    lowering.updates.push_back({node_of(target).attributes.name, roots[next++]});
  }
  return lower(*roots[0].graph, lowering, dtype);
}

double flops_of(const Program& program, const Instruction& in) {
  if (in.op != &ops::kMatmul && in.op != &ops::kFusedLinear && in.op != &ops::kMatmulGrad) return 0;
  const Shape& a = program.tensors[static_cast<std::size_t>(in.inputs[0])].shape;
  const Shape& c = program.tensors[static_cast<std::size_t>(in.outputs[0])].shape;
  const std::int64_t inner = a[in.attributes.transpose_a ? 0 : 1];
  return 2.0 * static_cast<double>(c.size()) * static_cast<double>(inner);
}

PlanStats stats_of(const Program& program) {
  PlanStats stats;
  for (const Instruction& in : program.instructions) {
    ++stats.ops;
    if (in.op->define != nullptr) ++stats.fused;
    stats.flops += flops_of(program, in);
  }
  stats.arena_bytes = program.arena_bytes;
  stats.unshared_bytes = program.unshared_bytes;
  return stats;
}

std::string place_text(const Program& program, int index) {
  const Tensor& tensor = program.tensors[static_cast<std::size_t>(index)];
  const Buffer& buffer = program.buffers[static_cast<std::size_t>(tensor.buffer)];
  std::string text = tensor.shape.to_text();
  if (buffer.storage == Storage::kArena) {
    text += "@" + std::to_string(buffer.offset + tensor.offset);
  } else if (buffer.storage == Storage::kConstant) {
    text += buffer.values.size() == 1 ? "=" + to_text(buffer.values[0]) : "=constant";
  } else {
    text += ":" + buffer.name;
  }
  return text;
}

std::string flags_text(const Attributes& a) {
  std::string text;
  if (a.transpose_a) text += " a^T";
  if (a.transpose_b) text += " b^T";
  if (a.activation != Activation::kIdentity) {
    text += " " + std::string(activation_name(a.activation));
  }
  return text;
}

/// "fused_linear silu ([256, 3]@0, [3, 128]:w, [128]:b) -> [256, 128]@4096"
std::string describe_program(const Program& program) {
  std::string text;
  for (const Instruction& in : program.instructions) {
    text += std::string(in.op->name) + flags_text(in.attributes) + " (";
    for (std::size_t i = 0; i < in.inputs.size(); ++i) {
      text += (i ? ", " : "") + place_text(program, in.inputs[i]);
    }
    text += ") -> ";
    for (std::size_t i = 0; i < in.outputs.size(); ++i) {
      text += (i ? ", " : "") + place_text(program, in.outputs[i]);
    }
    text += "\n";
  }
  return text;
}

void check_supported(const Program& program, const Device& device) {
  for (const Instruction& in : program.instructions) {
    if (!device.supports(*in.op, program.dtype)) {
      throw_error(ErrorCode::kDevice, "compile",
                  {"device \"", device.name(), "\" must have a kernel for every op, got none for ",
                   in.op->name});
    }
  }
}

/// Memory for the buffers of a program.
template <class T>
class Binder {
 public:
  Binder(const Program& program, StateStore<T>& states, const Device& device)
      : program_(program), arena_(device.allocate(program.arena_bytes)) {
    memory.push_back(arena_);
    for (const Buffer& buffer : program.buffers) data_.push_back(bind(buffer, states, device));
  }

  T* data(int tensor) const {
    const Tensor& t = program_.tensors[static_cast<std::size_t>(tensor)];
    return reinterpret_cast<T*>(data_[static_cast<std::size_t>(t.buffer)] + t.offset);
  }
  std::span<T> span(int tensor) const {
    const Shape& shape = program_.tensors[static_cast<std::size_t>(tensor)].shape;
    return {data(tensor), static_cast<std::size_t>(shape.size())};
  }
  std::vector<Operand> operands(const std::vector<int>& tensors) const {
    std::vector<Operand> list;
    for (int t : tensors) {
      list.push_back({data(t), program_.tensors[static_cast<std::size_t>(t)].shape});
    }
    return list;
  }

  std::vector<std::shared_ptr<void>> memory;
  NamedSpans<T> inputs;

 private:
  std::byte* bind(const Buffer& buffer, StateStore<T>& states, const Device& device) {
    if (buffer.storage == Storage::kArena) {
      return static_cast<std::byte*>(arena_.get()) + buffer.offset;
    }
    if (buffer.storage == Storage::kState) {
      return reinterpret_cast<std::byte*>(states.get(buffer.name, buffer.shape).data());
    }
    memory.push_back(device.allocate(buffer.bytes));
    T* own = static_cast<T*>(memory.back().get());
    const auto count = static_cast<std::size_t>(buffer.shape.size());
    if (buffer.storage == Storage::kInput) inputs.emplace_back(buffer.name, std::span(own, count));
    for (std::size_t i = 0; i < buffer.values.size(); ++i)
      own[i] = static_cast<T>(buffer.values[i]);
    return reinterpret_cast<std::byte*>(own);
  }

  const Program& program_;
  std::shared_ptr<void> arena_;
  std::vector<std::byte*> data_;  ///< by buffer
};

}  // namespace

template <class T>
Plan<T>::Plan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
template <class T>
Plan<T>::~Plan() = default;
template <class T>
Plan<T>::Plan(Plan&&) noexcept = default;
template <class T>
Plan<T>& Plan<T>::operator=(Plan&&) noexcept = default;

template <class T>
std::span<T> Plan<T>::input(std::string_view name) {
  return find_span("Plan::input", "input", name, impl_->inputs);
}

template <class T>
std::span<const T> Plan<T>::output(std::string_view name) const {
  return find_span("Plan::output", "output", name, impl_->outputs);
}

template <class T>
double Plan<T>::scalar(std::string_view name) const {
  const std::span<const T> values = output(name);
  check_size("Plan::scalar", name, values.size(), 1);
  return static_cast<double>(values[0]);
}

template <class T>
void Plan<T>::run() {
  impl_->executable->run();
}

template <class T>
PlanStats Plan<T>::stats() const {
  return stats_of(impl_->program);
}

template <class T>
std::string Plan<T>::describe() const {
  return describe_program(impl_->program);
}

template <class T>
Plan<T> compile(const CompileSpec& spec, StateStore<T>& states, const Device& device) {
  check_values(spec);
  check_updates(spec);
  Program program = build_program(spec, kDtypeOf<T>);
  check_supported(program, device);
  Binder<T> binder(program, states, device);
  std::vector<Call> calls;
  for (const Instruction& in : program.instructions) {
    calls.push_back(
        {in.op, &in.attributes, binder.operands(in.inputs), binder.operands(in.outputs)});
  }
  auto impl = std::make_unique<typename Plan<T>::Impl>();
  impl->executable = device.prepare(calls, kDtypeOf<T>);
  impl->memory = std::move(binder.memory);
  impl->inputs = std::move(binder.inputs);
  for (const auto& [name, tensor] : program.outputs) {
    impl->outputs.emplace_back(name, binder.span(tensor));
  }
  impl->program = std::move(program);
  return Plan<T>(std::move(impl));
}

template class Plan<float>;
template class Plan<double>;
template Plan<float> compile(const CompileSpec&, StateStore<float>&, const Device&);
template Plan<double> compile(const CompileSpec&, StateStore<double>&, const Device&);

}  // namespace pathflow::graph
