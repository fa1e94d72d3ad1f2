// AdamW with global-norm clipping and EMA: one op over all tensors.
//
// Inputs: the nine scalars of AdamWScalars in their order, then per tensor parameter, gradient,
// first moment, second moment and, where it has one, ema. Outputs: the gradient norm, then per
// tensor new parameter, first moment, second moment and ema.
#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {
namespace {

constexpr std::size_t kScalars = 9;

std::vector<Shape> adamw_infer(std::span<const Shape> in, const Attributes& attributes) {
  for (std::size_t i = 0; i < kScalars; ++i) {
    if (in[i].rank() != 0) {
      throw_error(ErrorCode::kShape, "adamw",
                  {"scalar ", i, " must have rank 0, got ", in[i].to_text()});
    }
  }
  std::vector<Shape> shapes = {Shape{}};
  std::size_t next = kScalars;
  for (std::size_t t = 0; t < attributes.has_ema.size(); ++t) {
    const std::size_t count = attributes.has_ema[t] ? 5 : 4;
    for (std::size_t i = 1; i < count; ++i) {
      if (in[next + i] != in[next]) {
        throw_error(ErrorCode::kShape, "adamw",
                    {"the values of tensor ", t, " must have one shape, got ", in[next].to_text(),
                     " and ", in[next + i].to_text()});
      }
    }
    shapes.insert(shapes.end(), count - 1, in[next]);
    next += count;
  }
  return shapes;
}

/// min(1, clip / norm) where clip > 0, else 1.
Value clip_scale(Value clip, Value norm) {
  const Value excess = activate(1.0 - clip / norm, Activation::kRelu);
  return 1.0 - activation_grad(clip, Activation::kRelu) * excess;
}

std::vector<Value> adamw_define(const Attributes& attributes, std::span<const Value> in) {
  const Value rate = in[0], beta1 = in[1], beta2 = in[2], epsilon = in[3], decay = in[4];
  const Value ema_decay = in[6], correction1 = in[7], correction2 = in[8];
  Value squares;
  std::size_t next = kScalars;
  for (char has_ema : attributes.has_ema) {
    const Value own = sum(square(in[next + 1]));
    squares = squares ? squares + own : own;
    next += has_ema ? 5 : 4;
  }
  const Value norm = sqrt(squares), scale = clip_scale(in[5], norm);
  std::vector<Value> out = {norm};
  next = kScalars;
  for (char has_ema : attributes.has_ema) {
    const Value p = in[next], g = in[next + 1] * scale;
    const Value m = beta1 * in[next + 2] + (1.0 - beta1) * g;
    const Value v = beta2 * in[next + 3] + (1.0 - beta2) * square(g);
    const Value direction = m / correction1 / (sqrt(v / correction2) + epsilon) + decay * p;
    const Value updated = p - rate * direction;
    out.insert(out.end(), {updated, m, v});
    if (has_ema) out.push_back(ema_decay * in[next + 4] + (1.0 - ema_decay) * updated);
    next += has_ema ? 5 : 4;
  }
  return out;
}

/// Each new tensor may take the buffer of the old one.
int adamw_in_place(const Attributes& attributes, int output) {
  int out = 1, in = static_cast<int>(kScalars);
  for (char has_ema : attributes.has_ema) {
    const int count = has_ema ? 4 : 3;
    if (output >= out && output < out + count) {
      const int which = output - out;
      return in + (which == 0 ? 0 : which + 1);  // the gradient lies between
    }
    out += count;
    in += count + 1;
  }
  return -1;
}

}  // namespace

const OpDef kAdamW{
    .name = "adamw", .infer = adamw_infer, .define = adamw_define, .in_place = adamw_in_place};

}  // namespace ops

AdamWResult adamw(std::span<const AdamWTensors> tensors, const AdamWScalars& s) {
  if (tensors.empty())
    throw_error(ErrorCode::kInvalidArgument, "adamw", "tensors must not be empty, got none");
  std::vector<Value> in = {s.learning_rate,   s.beta1,     s.beta2,     s.epsilon,
                           s.weight_decay,    s.clip_norm, s.ema_decay, s.bias_correction1,
                           s.bias_correction2};
  Attributes attributes;
  for (const AdamWTensors& t : tensors) {
    in.insert(in.end(), {t.parameter, t.gradient, t.first_moment, t.second_moment});
    if (t.ema) in.push_back(t.ema);
    attributes.has_ema.push_back(t.ema ? 1 : 0);
  }
  if (!in[0])
    throw_error(ErrorCode::kInvalidArgument, "adamw",
                "learning_rate must be set, got an unset value");
  Graph& graph = *in[0].graph;
  const std::vector<Value> out = record(graph, ops::kAdamW, std::move(in), std::move(attributes));
  AdamWResult result{.updated = {}, .gradient_norm = out[0]};
  std::size_t next = 1;
  for (const AdamWTensors& t : tensors) {
    AdamWTensors updated;
    updated.parameter = out[next++];
    updated.first_moment = out[next++];
    updated.second_moment = out[next++];
    if (t.ema) updated.ema = out[next++];
    result.updated.push_back(updated);
  }
  return result;
}

}  // namespace pathflow::graph
