// Launcher of the fused optimizer: one norm over all gradients, then one pass over each tensor.
#include <algorithm>
#include <cmath>

#include "pathflow/cpu/device_launch.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {
namespace {

/// An old value and the place of the new one: the same buffer when it is updated in place.
template <class T>
struct Moved {
  const T* from = nullptr;
  T* to = nullptr;
  T* settle(std::int64_t count) const {
    if (from != to) std::copy_n(from, count, to);
    return to;
  }
};

template <class T>
struct TensorUpdate {
  std::int64_t count;
  const T* gradient;
  Moved<T> parameter, first, second, ema;  ///< ema.to null: none
};

template <class T>
std::vector<TensorUpdate<T>> updates_of(const Call& call) {
  std::vector<TensorUpdate<T>> updates;
  std::size_t in = 9, out = 1;
  const auto moved = [&] {
    return Moved<T>{data_of<T>(call.inputs[in++]), data_of<T>(call.outputs[out++])};
  };
  for (char has_ema : call.attributes->has_ema) {
    TensorUpdate<T> update{.count = call.inputs[in].shape.size(),
                           .gradient = data_of<T>(call.inputs[in + 1]),
                           .parameter = moved(),
                           .first = {},
                           .second = {},
                           .ema = {}};
    ++in;  // the gradient
    update.first = moved();
    update.second = moved();
    if (has_ema) update.ema = moved();
    updates.push_back(update);
  }
  return updates;
}

template <class T>
Launch adamw_launch(const Call& call, int) {
  std::array<const T*, 9> scalars;
  for (std::size_t i = 0; i < scalars.size(); ++i) scalars[i] = data_of<T>(call.inputs[i]);
  T* norm_out = data_of<T>(call.outputs[0]);
  return [scalars, norm_out, updates = updates_of<T>(call)] {
    const auto scalar = [&](std::size_t i) { return static_cast<double>(*scalars[i]); };
    double squares = 0;
    for (const TensorUpdate<T>& u : updates) squares += sum_of_squares(u.count, u.gradient);
    const double norm = std::sqrt(squares), clip = scalar(5);
    const double scale = clip > 0 && norm > clip ? clip / norm : 1.0;
    const AdamWStep step{.learning_rate = scalar(0),
                         .beta1 = scalar(1),
                         .beta2 = scalar(2),
                         .epsilon = scalar(3),
                         .weight_decay = scalar(4),
                         .gradient_scale = scale,
                         .ema_decay = scalar(6),
                         .bias_correction1 = scalar(7),
                         .bias_correction2 = scalar(8)};
    for (const TensorUpdate<T>& u : updates) {
      adamw(u.count, step, u.gradient, u.parameter.settle(u.count), u.first.settle(u.count),
            u.second.settle(u.count), u.ema.to ? u.ema.settle(u.count) : nullptr);
    }
    *norm_out = static_cast<T>(norm);
  };
}

}  // namespace

template <class T>
std::span<const Launcher> optimizer_launchers() {
  using namespace graph::ops;
  static constexpr Launcher kLaunchers[] = {{&kAdamW, adamw_launch<T>}};
  return kLaunchers;
}

template std::span<const Launcher> optimizer_launchers<float>();
template std::span<const Launcher> optimizer_launchers<double>();

}  // namespace pathflow::cpu
