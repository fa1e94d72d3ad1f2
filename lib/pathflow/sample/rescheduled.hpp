// A model trained on one Gaussian path as a model on any other (MATH section 2, its last line).
#pragma once

#include <memory>
#include <vector>

#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// The model of the schedule `to` that a model of the schedule `from` already is. With t(r) the
/// time of equal log-SNR and c(r) = sigma_to(r) / sigma_from(t) (= the ratio of the alphas),
///
///     x_r = c(r) x_t(r),    D_to(x_r, r) = D_from(x_r / c, t(r)),    N alike:
///
/// the same posterior seen at another scale. It predicts `v` of the new schedule, which every
/// prediction determines at every time where `from` has one. Time: r in [0, 1]; r whose log-SNR
/// lies outside `from`'s own range is taken at its nearest end, where the law differs least; so
/// start and stop within what both cover if that matters. Errors: NumericError where `from`'s
/// prediction has no finite conversion. Source: Karras et al. 2022, section 2; Pokle et al.,
/// "Training-free linear image inverses via flows", 2024, for flows.
template <class T>
class RescheduledModel final : public Model<T> {
 public:
  /// `model` is borrowed and must outlive this one.
  RescheduledModel(Model<T>& model, std::shared_ptr<const path::Schedule> from,
                   std::shared_ptr<const path::Schedule> to)
      : model_(model), from_(std::move(from)), to_(std::move(to)) {}

  std::size_t dimension() const override { return model_.dimension(); }
  path::Prediction prediction() const override { return path::Prediction::kV; }
  void predict(std::span<const T> x, T t, std::span<T> q) override;

 private:
  Model<T>& model_;
  std::shared_ptr<const path::Schedule> from_, to_;
  std::vector<T> scaled_;
};

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
