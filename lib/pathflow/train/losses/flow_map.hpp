// FlowMap: what mean flow and shortcut models share. One network u(x, t, t - r) of two times is the
// mean velocity of the ODE's way from t to r < t, and at r = t the velocity itself:
//     x_r = x_t - (t - r) u(x_t, t, t - r),      v(x, t) = u(x, t, 0)
// so that the same network serves jumps of any length and every ODE sampler, field and likelihood.
// A batch's first rows learn steps, the others the velocity: E |u(x_t, t, 0) - v_c|^2 at the
// conditional velocity v_c = alpha_dot x0 + sigma_dot x1, which is flow matching.
#pragma once

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/time_sampling.hpp"
#include "pathflow/train/loss.hpp"

namespace pathflow::train {

class FlowMap : public Loss {
 public:
  explicit FlowMap(const LossSetup& setup) : Loss(setup) {
    require_velocity();
    require_all_times();
    require(!objective().preconditioned(),
            message({"needs a velocity of one size over the whole path: schedule linear, "
                     "linear-sigma-min or trig, and data of a deviation from 1/4 to 4; got ",
                     options().schedule, " and data of ", objective().scales().data}));
  }

  nn::MlpOptions network(nn::MlpOptions plain) const override {
    plain.times = 2;
    return plain;
  }
  bool jumps() const override { return true; }
  graph::Value mean_velocity(const RecordedNetwork& network, graph::Value x, graph::Value t,
                             graph::Value span) const override {
    return network(x, graph::concat({t, span}, 1));
  }
  Heads read(const RecordedNetwork& network, graph::Value x, graph::Value t) const override {
    return {mean_velocity(network, x, t, graph::constant(network.graph, 0.0, t.shape()))};
  }

 protected:
  /// Rows of the batch that learn steps: at least one.
  std::int64_t step_rows() const {
    const double rows = (1 - options().flow_share) * static_cast<double>(options().batch);
    return std::max<std::int64_t>(1, std::llround(rows));
  }
  /// A time for row i out of the batch's, which may rise with their number: those of the rows that
  /// learn steps, and of the others, spread over all of them.
  double time_of(const Draws& draws, std::size_t i) const {
    const std::size_t steps = static_cast<std::size_t>(step_rows()), n = draws.rows;
    return i < steps ? draws.times[i * n / steps] : draws.times[(i - steps) * n / (n - steps)];
  }
  /// Writes x_t and the conditional velocity of row i.
  void write_row(const Draws& draws, std::size_t i, double t, std::span<float> x,
                 std::span<float> velocity) const {
    const path::Coefficients at = schedule().at(t);
    draws.mix(i, at.alpha, at.sigma, x);
    draws.mix(i, at.alpha_dot, at.sigma_dot, velocity);
  }
  /// Errors of the rows [steps, n), [n - steps, d]: the velocity's.
  graph::Value flow_error(const RecordedNetwork& network, graph::Value x, graph::Value t,
                          graph::Value velocity) const {
    const std::int64_t from = step_rows(), n = network.rows;
    const auto cut = [&](graph::Value all) { return graph::slice(all, 0, from, n); };
    return read(network.part(from, n), cut(x), cut(t)).prediction - cut(velocity);
  }
  /// Errors of both kinds of rows, [n, d].
  graph::Value with_flow_error(graph::Value steps, const RecordedNetwork& network, graph::Value x,
                               graph::Value t, graph::Value velocity) const {
    if (step_rows() == network.rows) return steps;
    return graph::concat({steps, flow_error(network, x, t, velocity)}, 0);
  }
};

}  // namespace pathflow::train
