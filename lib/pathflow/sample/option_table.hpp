// What a sampler may be told, one row an option: the command and the JS module's C interface read
// their options from these rows, so that a new one is a field of SampleOptions and a row here.
#pragma once

#include <string>
#include <vector>

#include "pathflow/base/names.hpp"
#include "pathflow/path/dynamics.hpp"
#include "pathflow/sample/sample.hpp"
#include "pathflow/sample/time_grid.hpp"

namespace pathflow::sample {

/// Values of the options that have a list and no other place for it.
///@{
inline const std::vector<std::string>& variance_names() {
  static const std::vector<std::string> names = name_list({"small", "large"});
  return names;
}
inline const std::vector<std::string>& predictor_names() {
  static const std::vector<std::string> names = name_list({"reverse-diffusion", "ode", "none"});
  return names;
}
inline const std::vector<std::string>& last_step_names() {
  static const std::vector<std::string> names = name_list({"mean", "tweedie", "euler"});
  return names;
}
inline const std::vector<std::string>& guidance_convention_names() {
  static const std::vector<std::string> names = name_list({"scale", "excess"});
  return names;
}
///@}

/// Calls visit(key, field, names, help) for each option of a sampler. key: in snake_case; names: a
/// function that lists the values, or nullptr; help: a line for people. Not among them: seed, times
/// and what belongs to one call alone.
template <class Visit>
void for_each_option(SampleOptions& o, const Visit& visit) {
  visit("sampler", o.sampler, &sampler_names, "Method");
  visit("steps", o.steps, nullptr, "Steps of the time grid");
  visit("grid", o.grid, &grid_names, "Time grid");
  visit("eta", o.eta, nullptr, "ddim: 0 deterministic to 1 ancestral");
  visit("variance", o.variance, &variance_names, "ddpm");
  visit("diffusion", o.diffusion, &path::diffusion_names, "euler-maruyama, stochastic-heun");
  visit("diffusion_scale", o.diffusion_scale, nullptr, "The same: factor on the diffusion");
  visit("rtol", o.rtol, nullptr, "dopri5: relative error per step");
  visit("atol", o.atol, nullptr, "dopri5: absolute error per step");
  visit("order", o.order, nullptr, "unipc: 1, 2 or 3");
  visit("churn", o.churn, nullptr, "edm: noise added in all over the run");
  visit("churn_from", o.churn_from, nullptr, "edm: least sigma / alpha at which it is");
  visit("churn_to", o.churn_to, nullptr, "edm: greatest sigma / alpha at which it is");
  visit("churn_noise", o.churn_noise, nullptr, "edm: factor on it");
  visit("predictor", o.predictor, &predictor_names, "predictor-corrector");
  visit("corrector_steps", o.corrector_steps, nullptr,
        "predictor-corrector: Langevin steps a level");
  visit("corrector_snr", o.corrector_snr, nullptr, "predictor-corrector: their noise to drift");
  visit("last_step", o.last_step, &last_step_names, "The step that ends at the data");
  visit("guidance", o.guidance, nullptr,
        "Weight of the label, or of the run over its guide; 1: as trained");
  visit("guidance_convention", o.guidance_convention, &guidance_convention_names,
        "scale: v_u + w (v_c - v_u); excess: (1 + w) v_c - w v_u");
  visit("grid_rho", o.grid_rho, nullptr, "karras grid: larger is finer near the data");
  visit("grid_shift", o.grid_shift, nullptr, "flow-shift grid: larger is finer near the source");
}

}  // namespace pathflow::sample
