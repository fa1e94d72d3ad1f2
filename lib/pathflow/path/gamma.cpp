#include "pathflow/path/gamma.hpp"

#include <cmath>
#include <iterator>
#include <numbers>

#include "pathflow/base/error.hpp"

namespace pathflow::path {
namespace {

struct Entry {
  const char* name;
  double (*at)(double t);
  double (*dot)(double t);
};
constexpr Entry kGammas[] = {
    {"zero", [](double) { return 0.0; }, [](double) { return 0.0; }},
    {"brownian", [](double t) { return std::sqrt(t * (1 - t)); },
     [](double t) { return (1 - 2 * t) / (2 * std::sqrt(t * (1 - t))); }},
    {"quadratic", [](double t) { return t * (1 - t); }, [](double t) { return 1 - 2 * t; }},
    {"sine-squared",
     [](double t) {
       const double sine = std::sin(std::numbers::pi * (t < 0.5 ? t : 1 - t));
       return sine * sine;
     },
     [](double t) { return std::numbers::pi * std::sin(2 * std::numbers::pi * t); }},
};
constexpr std::size_t kConstant = std::size(kGammas);  ///< of Gamma::constant, behind the names

}  // namespace

const std::vector<std::string>& gamma_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& entry : kGammas) list.emplace_back(entry.name);
    return list;
  }();
  return names;
}

Gamma::Gamma(std::string_view name, double scale) {
  check_positive("Gamma", "scale", scale);
  root_ = std::sqrt(scale);
  for (kind_ = 0; kind_ < std::size(kGammas); ++kind_) {
    if (name == kGammas[kind_].name) return;
  }
  throw_unknown_name("Gamma", "gamma", name, gamma_names());
}

Gamma Gamma::constant(double value) {
  Gamma gamma(kGammas[kConstant - 1].name, value * value);
  gamma.kind_ = kConstant;
  return gamma;
}

double Gamma::at(double t) const {
  return kind_ == kConstant ? root_ : root_ * kGammas[kind_].at(t);
}
double Gamma::dot(double t) const { return kind_ == kConstant ? 0 : root_ * kGammas[kind_].dot(t); }

Interval Gamma::interval() const {
  if (std::isfinite(dot(0))) return {};
  return {kSingularMargin, 1 - kSingularMargin};
}

}  // namespace pathflow::path
