#include "pathflow/sample/guidance.hpp"

#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/flow.hpp"
#include "pathflow/sample/option_table.hpp"

namespace pathflow::sample {

template <class T>
GuidedModel<T>::GuidedModel(Model<T>& strong, Model<T>& weak, double scale)
    : strong_(strong), weak_(weak), scale_(scale) {
  check_finite("GuidedModel", "scale", scale);
  if (strong.dimension() != weak.dimension()) {
    throw_error(ErrorCode::kShape, "GuidedModel",
                {"both models must have one dimension, got ", strong.dimension(), " and ",
                 weak.dimension()});
  }
  if (strong.prediction() != weak.prediction()) {
    throw_error(
        ErrorCode::kInvalidArgument, "GuidedModel",
        {"both models must predict the same, got ", path::prediction_name(strong.prediction()),
         " and ", path::prediction_name(weak.prediction())});
  }
}

template <class T>
template <class Ask>
void GuidedModel<T>::guide(std::span<T> q, const Ask& ask) {
  if (scale_ == 0) return ask(weak_, q);
  ask(strong_, q);
  if (scale_ == 1) return;
  other_.resize(q.size());
  ask(weak_, std::span<T>(other_));
  linear_combination<T>(scale_, q, 1 - scale_, other_, q);
}

template <class T>
void GuidedModel<T>::predict(std::span<const T> x, T t, std::span<T> q) {
  guide(q, [&](Model<T>& model, std::span<T> out) { model.predict(x, t, out); });
}

template <class T>
void GuidedModel<T>::jump(std::span<const T> x, T t, T s, std::span<T> out) {
  guide(out, [&](Model<T>& model, std::span<T> end) { model.jump(x, t, s, end); });
}

double guidance_scale(const SampleOptions& options) {
  check_finite("sample", "guidance", options.guidance);
  if (options.guidance_convention == "scale") return options.guidance;
  if (options.guidance_convention == "excess") return scale_of_excess(options.guidance);
  throw_unknown_name("sample", "guidance_convention", options.guidance_convention,
                     guidance_convention_names());
}

template class GuidedModel<float>;
template class GuidedModel<double>;

}  // namespace pathflow::sample
