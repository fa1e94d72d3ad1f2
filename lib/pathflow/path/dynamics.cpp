#include "pathflow/path/dynamics.hpp"

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/gamma.hpp"

namespace pathflow::path {
namespace {

constexpr double kPi = 3.14159265358979323846;

// g^2 / sigma without the division: 2 (sigma_dot - f sigma).
double g2_over_sigma(const Coefficients& c) {
  return 2 * (c.sigma_dot - c.alpha_dot / c.alpha * c.sigma);
}

Diffusion zero(const Coefficients&, double) { return {0, 0}; }
Diffusion g2(const Coefficients& c, double) {
  const double ratio = g2_over_sigma(c);
  return {ratio * c.sigma, ratio};
}
Diffusion sigma(const Coefficients& c, double) { return {2 * c.sigma, 2}; }
Diffusion time(const Coefficients& c, double t) { return {2 * t, 2 * t / c.sigma}; }

// w = c(t)^2, which vanishes at the data end at least as t^2 and there does without its ratio.
Diffusion vanishing(const Coefficients& c, double w) { return {w, c.sigma > 0 ? w / c.sigma : 0}; }
Diffusion decreasing(const Coefficients& c, double t) {
  const double half = std::sin(0.5 * kPi * t);
  return vanishing(c, 2 * half * half * half * half);
}
Diffusion increasing_decreasing(const Coefficients& c, double t) {
  const double sine = std::sin(kPi * t);
  return vanishing(c, 2 * sine * sine);
}
Diffusion constant(const Coefficients& c, double) { return {1, 1 / c.sigma}; }

struct Entry {
  const char* name;
  Diffusion (*at)(const Coefficients&, double t);
};
constexpr Entry kDiffusions[] = {
    {"zero", zero},
    {"g2", g2},
    {"sigma", sigma},
    {"time", time},
    {"constant", constant},
    {"decreasing", decreasing},
    {"increasing-decreasing", increasing_decreasing},
};

const Entry& find(std::string_view name) {
  for (const Entry& entry : kDiffusions) {
    if (name == entry.name) return entry;
  }
  throw_unknown_name("diffusion_at", "diffusion", name, diffusion_names());
}

Diffusion own_diffusion(std::string_view name, const Gamma& gamma, double t) {
  if (name == "g2") {
    throw_error(
        ErrorCode::kInvalidArgument, "diffusion_at",
        "diffusion \"g2\" reverses the noising by a Gaussian source, and this path has noise "
        "gamma of its own: use \"sigma\" (w = 2 gamma), \"constant\" or \"time\"");
  }
  return find(name).at({.alpha = 1, .sigma = gamma.at(t)}, t);
}

bool finite(const Diffusion& d) { return std::isfinite(d.w) && std::isfinite(d.w_over_sigma); }

}  // namespace

ForwardSde forward_sde(const Schedule& schedule, double t) {
  const Coefficients c = schedule.at(t);
  const double f = c.alpha_dot / c.alpha;
  const ForwardSde sde{f, 2 * (c.sigma_sigma_dot - f * c.sigma * c.sigma)};
  if (!std::isfinite(sde.f) || !std::isfinite(sde.g2)) {
    throw_error(ErrorCode::kNumeric, "forward_sde",
                {"the forward SDE of ", schedule.name(), " is not finite at t = ", t});
  }
  return sde;
}

const std::vector<std::string>& diffusion_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& entry : kDiffusions) list.emplace_back(entry.name);
    return list;
  }();
  return names;
}

Diffusion diffusion_at(std::string_view name, double scale, const Schedule& schedule, double t) {
  check_not_negative("diffusion_at", "scale", scale);
  Diffusion d = find(name).at(schedule.at(t), t);
  d.w *= scale;
  d.w_over_sigma *= scale;
  if (!finite(d)) {
    throw_error(
        ErrorCode::kNumeric, "diffusion_at",
        {"diffusion \"", name, "\" has no finite value on ", schedule.name(), " at t = ", t});
  }
  return d;
}

Diffusion diffusion_at(std::string_view name, double scale, const Gamma& gamma, double t) {
  check_not_negative("diffusion_at", "scale", scale);
  Diffusion d = own_diffusion(name, gamma, t);
  d.w *= scale;
  d.w_over_sigma *= scale;
  if (!finite(d)) {
    throw_error(ErrorCode::kNumeric, "diffusion_at",
                {"diffusion \"", name, "\" over gamma has no finite value at t = ", t});
  }
  return d;
}

bool has_diffusion(std::string_view name, const Gamma& gamma, double t) {
  return finite(own_diffusion(name, gamma, t));
}

bool has_diffusion(std::string_view name, const Schedule& schedule, double t) {
  return finite(find(name).at(schedule.at(t), t));
}

}  // namespace pathflow::path
