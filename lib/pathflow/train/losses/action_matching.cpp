// action and entropic-action: dynamics from samples of p_t alone, unpaired over time. A scalar
// phi(x, t) is learned whose gradient moves the law: p_t is its dynamics' marginal for all t iff
// phi minimises, with a <= t <= b and any constant c(t) free,
//     E phi(x_a, a) - E phi(x_b, b) + int_a^b E [|grad phi|^2 / 2 + d phi/dt] dt.
// By d/dt E phi = E [d phi/dt + grad phi . v], from d_t p = -div(v p) (MATH section 3), that is
// int E |grad phi - v|^2 / 2 dt less int E |v|^2 / 2 dt, v the one gradient field with these
// marginals: the loss at the optimum is minus the kinetic energy of the path.
//
// Entropic, for the SDE of diffusion w with drift u = grad psi. Going on in t, source end last,
// d_t p = -div(u p) + w lap p / 2 makes d/dt E psi = E [d psi/dt + grad psi . u + w lap psi / 2]:
// the loss gains + w lap psi / 2. Going back in t the noise counts against time, and it gains
// - w lap psi / 2. Either drift differs from the ODE's velocity by the score, u = v +- w score / 2,
// and one alone knows neither v nor the score nor the way back. So both are learned, as phi + chi
// and phi - chi, and the loss is the mean of the two, in which their crossed terms cancel:
//     the plain loss of phi + int E [|grad chi|^2 / 2 + w lap chi / 2] dt,
// v = grad phi and w score / 2 = grad chi: ODE and SDEs of any diffusion, both ways, and at w the
// drift has no score. The second term is implicit score matching, and like it unbounded where a
// law is a few points: entropic-action wants many rows.
//
// From snapshots (TrainInputs::snapshots) x_t is drawn between neighbours, (1 - s) x_k + s x_k+1,
// joined by the run's coupling (batch.cpp says which is best). The two first terms are then taken
// of each piece: those of the snapshots in between cancel in the mean, and at the ends of its own
// line a row's phi varies with its d phi/dt. Source: Neklyudov, Brekelmans, Severo & Makhzani,
// "Action matching: learning stochastic dynamics from samples", 2023, propositions 2.2 and 3.2.
#include <algorithm>

#include "pathflow/base/error.hpp"
#include "pathflow/train/loss.hpp"

namespace pathflow::train {
namespace {

using graph::Value;

enum Input { kX, kT, kFrom, kFromTime, kTo, kToTime, kRate, kDirection };

/// Sum over the columns, [n, 1].
Value square_norm(Value x) { return graph::sum(graph::square(x), 1, true); }

Value ones(Value like) { return graph::constant(*like.graph, 1.0, like.shape()); }

/// d of each row's y, [n, 1], along x.
Value gradient(Value y, Value x) { return graph::vjp({y}, {ones(y)}, {x})[0]; }

class ActionMatching final : public Loss {
 public:
  ActionMatching(const LossSetup& setup, bool entropic)
      : Loss(setup),
        entropic_(entropic),
        gamma_(path::Gamma::constant(0.5 * options().action_diffusion)),
        size_(std::max(objective().scales().data, objective().scales().source)) {
    require_velocity();
    require(options().time_law == "stratified",
            message({"is an integral over t, time_law must be \"stratified\", got \"",
                     options().time_law, "\""}));
    const std::string& name = options().activation;
    require(name == "silu" || name == "gelu" || name == "tanh",
            message({"differentiates twice, activation must be silu, gelu or tanh, got \"", name,
                     "\""}));
    require(ends().snapshots.empty() || options().schedule == "linear",
            message({"goes in straight lines from snapshot to snapshot, schedule must be "
                     "\"linear\", got \"",
                     options().schedule, "\""}));
  }

  nn::MlpOptions network(nn::MlpOptions plain) const override {
    plain.outputs = entropic_ ? 2 : 1;
    return plain;
  }
  bool takes_snapshots() const override { return true; }

  std::vector<LossInput> inputs() const override {
    const std::int64_t d = options().dimension;
    std::vector<LossInput> list{{"x", d},  {"t"},       {"from", d}, {"from_time"},
                                {"to", d}, {"to_time"}, {"rate"}};
    if (probed()) list.push_back({"u", d});
    return list;
  }

  Value record(const RecordedNetwork& network, std::span<const Value> in) const override {
    const Value x = in[kX], t = in[kT];
    const Value phi = potential(network, x, t, 0);
    const Value start = potential(network, in[kFrom], in[kFromTime], 0);
    const Value end = potential(network, in[kTo], in[kToTime], 0);
    Value loss = in[kRate] * (start - end) + 0.5 * square_norm(gradient(phi, x)) +
                 graph::jvp({phi}, {t}, {ones(t)})[0];
    if (entropic_) {
      const Value half = gradient(potential(network, x, t, 1), x);  // w score / 2
      const Value laplacian =
          probed() ? divergence_along(half, x, in[kDirection]) : divergence(half, x);
      loss = loss + 0.5 * (square_norm(half) + options().action_diffusion * laplacian);
    }
    const path::Interval all = interval();
    return (all.high - all.low) * mean_of_rows(loss);
  }

  void fill(const Draws& draws, std::span<const std::span<float>> out) const override {
    for (std::size_t i = 0; i < draws.rows; ++i) {
      const double t = draws.times[i];
      const path::Interval piece = piece_at(t);
      out[kT][i] = static_cast<float>(t);
      out[kFromTime][i] = static_cast<float>(piece.low);
      out[kToTime][i] = static_cast<float>(piece.high);
      out[kRate][i] = static_cast<float>(1 / (piece.high - piece.low));
      place(draws, i, piece, t, out[kX]);
      place(draws, i, piece, piece.low, out[kFrom]);
      place(draws, i, piece, piece.high, out[kTo]);
    }
    if (probed()) draws.signs(Purpose::kProbe, out[kDirection]);
  }

  Heads read(const RecordedNetwork& network, Value x, Value t) const override {
    const Value velocity = gradient(potential(network, x, t, 0), x);
    if (!entropic_) return {velocity};
    return {velocity, -gradient(potential(network, x, t, 1), x)};
  }
  Objective::Reading reading(double) const override { return {}; }
  path::Prediction prediction() const override { return path::Prediction::kVelocity; }
  /// w / 2, so that score = -(-grad chi) / gamma, and diffusion "sigma", 2 gamma, is w.
  const path::Gamma* gamma() const override { return entropic_ ? &gamma_ : nullptr; }

 private:
  bool probed() const { return entropic_ && options().dimension > kMostExact; }

  /// phi (0) or chi (1) of each row, [n, 1], of coordinates about as large as 1.
  Value potential(const RecordedNetwork& network, Value x, Value t, std::int64_t which) const {
    const Value all = network(x * (1 / size_), t);
    return (size_ * size_) * (entropic_ ? graph::slice(all, 1, which, which + 1) : all);
  }

  path::Interval piece_at(double t) const {
    if (ends().snapshots.empty()) return interval();
    const std::size_t k = ends().piece(t);
    return {ends().times[k], ends().times[k + 1]};
  }

  /// Row i's point at time t of the piece that it was drawn in.
  void place(const Draws& draws, std::size_t i, path::Interval piece, double t,
             std::span<float> out) const {
    const bool pieces = !ends().snapshots.empty();
    const path::Coefficients at =
        schedule().at(pieces ? (t - piece.low) / (piece.high - piece.low) : t);
    draws.mix(i, at.alpha, at.sigma, out);
  }

  bool entropic_;
  path::Gamma gamma_;
  double size_;  ///< of the coordinates, 1 where they are of a usual one
};

}  // namespace

std::unique_ptr<Loss> make_action(const LossSetup& setup) {
  return std::make_unique<ActionMatching>(setup, false);
}
std::unique_ptr<Loss> make_entropic_action(const LossSetup& setup) {
  return std::make_unique<ActionMatching>(setup, true);
}

}  // namespace pathflow::train
