// Guidance: two predictions of one thing, a better and a worse one, and what lies beyond the
// better.
#pragma once

#include <string_view>
#include <vector>

#include "pathflow/sample/model.hpp"
#include "pathflow/sample/sample.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// q = q_weak + scale (q_strong - q_weak), for any two models of one prediction and dimension.
///
/// Classifier-free guidance: strong is the conditional model, weak the unconditional one; scale 1
/// is the conditional model itself, 0 the unconditional one. Two conventions are in use: `scale` as
/// here (SiT, DiT, diffusers: v_u + w (v_c - v_u)) and its excess over 1 (Ho & Salimans: (1 + w)
/// v_c - w v_u); scale_of_excess() translates. Autoguidance: weak is a smaller or less trained
/// version of the same model. With scale other than 0 and 1 the result is the gradient of no path:
/// its samples are no longer the model's law, and a likelihood of it has no meaning. Source: Ho &
/// Salimans, "Classifier-free diffusion guidance", 2022; Karras et al., "Guiding a diffusion model
/// with a bad version of itself", 2024.
template <class T>
class GuidedModel final : public Model<T> {
 public:
  /// Both are borrowed and must outlive this model.
  /// Errors: ShapeError for other dimensions, InvalidArgument for other predictions or a scale that
  /// is not finite.
  GuidedModel(Model<T>& strong, Model<T>& weak, double scale);

  std::size_t dimension() const override { return strong_.dimension(); }
  path::Prediction prediction() const override { return strong_.prediction(); }
  /// Cost: both models once; at scale 1 or 0 one of them.
  void predict(std::span<const T> x, T t, std::span<T> q) override;
  bool has_velocity() const override { return strong_.has_velocity() && weak_.has_velocity(); }
  bool jumps() const override { return strong_.jumps() && weak_.jumps(); }
  /// By the guided mean velocity. Cost: as predict().
  void jump(std::span<const T> x, T t, T s, std::span<T> out) override;

 private:
  template <class Ask>
  void guide(std::span<T> q, const Ask& ask);

  Model<T>&strong_, &weak_;
  double scale_;
  std::vector<T> other_;
};

/// The scale of Ho & Salimans's w.
constexpr double scale_of_excess(double w) { return 1 + w; }
/// The scale that the options ask for, 1 for none.
/// Errors: InvalidArgument for guidance that is not finite or an unknown convention.
double guidance_scale(const SampleOptions& options);

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
