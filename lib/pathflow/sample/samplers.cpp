// The table of samplers, and what they share.
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"
#include "pathflow/sample/sampler.hpp"

// One line a sampler: its public name and the function that its file defines.
#define PATHFLOW_SAMPLERS(ENTRY)                         \
  ENTRY("euler", make_euler)                             \
  ENTRY("midpoint", make_midpoint)                       \
  ENTRY("heun", make_heun)                               \
  ENTRY("rk4", make_rk4)                                 \
  ENTRY("dopri5", make_dopri5)                           \
  ENTRY("ddim", make_ddim)                               \
  ENTRY("ddpm", make_ddpm)                               \
  ENTRY("dpm-solver-2", make_dpm_solver_2)               \
  ENTRY("dpm-solver-3", make_dpm_solver_3)               \
  ENTRY("dpmpp-2s", make_dpmpp_2s)                       \
  ENTRY("dpmpp-2m", make_dpmpp_2m)                       \
  ENTRY("dpmpp-3m", make_dpmpp_3m)                       \
  ENTRY("dpmpp-sde-2m", make_dpmpp_sde_2m)               \
  ENTRY("unipc", make_unipc)                             \
  ENTRY("edm", make_edm)                                 \
  ENTRY("euler-maruyama", make_euler_maruyama)           \
  ENTRY("stochastic-heun", make_stochastic_heun)         \
  ENTRY("predictor-corrector", make_predictor_corrector) \
  ENTRY("jump", make_jump)                               \
  ENTRY("consistency", make_consistency)

namespace pathflow::sample {

#define PATHFLOW_DECLARE(name, make) \
  template <class T>                 \
  std::unique_ptr<Sampler<T>> make(Flow<T>& flow, const SampleOptions& options);
PATHFLOW_SAMPLERS(PATHFLOW_DECLARE)
#undef PATHFLOW_DECLARE

const std::vector<std::string>& sampler_names() {
#define PATHFLOW_NAME(name, make) name,
  static const std::vector<std::string> names = name_list({PATHFLOW_SAMPLERS(PATHFLOW_NAME)});
#undef PATHFLOW_NAME
  return names;
}

template <class T>
std::unique_ptr<Sampler<T>> make_sampler(Flow<T>& flow, const SampleOptions& options) {
#define PATHFLOW_MAKE(name, make) \
  if (options.sampler == name) return make<T>(flow, options);
  PATHFLOW_SAMPLERS(PATHFLOW_MAKE)
#undef PATHFLOW_MAKE
  throw_unknown_name("sample", "sampler", options.sampler, sampler_names());
}

template <class T>
void Sampler<T>::interpolate(const StepEnds<T>& ends, double u, std::span<T> out) const {
  const double r = (u - ends.t) / (ends.s - ends.t);
  linear_combination(1 - r, ends.before, r, ends.after, out);
}

// x(u) = x_t + (u - t) v + r^2 (x_s - x_t - h v), r = (u - t) / h.
template <class T>
void interpolate_parabola(const StepEnds<T>& ends, std::span<const T> velocity, double u,
                          std::span<T> out) {
  const double h = ends.s - ends.t, r = (u - ends.t) / h;
  const T end = static_cast<T>(r * r), slope = static_cast<T>(h * r * (1 - r));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = ends.before[i] + end * (ends.after[i] - ends.before[i]) + slope * velocity[i];
  }
}

void require_gaussian_source(const SampleOptions& options, std::string_view what) {
  if (options.gaussian_source && options.independent) return;
  throw_error(
      ErrorCode::kInvalidArgument, "sample",
      {what,
       " needs the score, which follows from the velocity for an independent Gaussian source "
       "(coupling \"independent\") or from noise of its own; use an ODE sampler (euler, midpoint, "
       "heun, rk4, dopri5, ddim "
       "with eta 0, dpmpp-2m, ...), or train objective \"interpolant\" with a gamma other "
       "than zero or \"entropic-action\", which learn the score"});
}

#define PATHFLOW_INSTANTIATE(T)                                                      \
  template class Sampler<T>;                                                         \
  template std::unique_ptr<Sampler<T>> make_sampler(Flow<T>&, const SampleOptions&); \
  template void interpolate_parabola(const StepEnds<T>&, std::span<const T>, double, std::span<T>);
PATHFLOW_INSTANTIATE(float)
PATHFLOW_INSTANTIATE(double)
#undef PATHFLOW_INSTANTIATE

}  // namespace pathflow::sample
