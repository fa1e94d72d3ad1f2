#include "pathflow/path/time_sampling.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"

namespace pathflow::path {
namespace {

struct Draw {
  const Random& random;
  std::uint64_t step, i, n;
  double mean, deviation;
};

// Each law as a share in [0, 1] of the interval.
double uniform(const Draw& d) { return d.random.uniform(d.step, d.i); }
double stratified(const Draw& d) {
  return stratified_share(d.random.uniform(d.step, d.i), d.i, d.n);
}
double logit_normal(const Draw& d) {
  return 1 / (1 + std::exp(-(d.mean + d.deviation * d.random.normal(d.step, d.i))));
}

struct Entry {
  const char* name;
  double (*share)(const Draw&);
};
constexpr Entry kLaws[] = {
    {"uniform", uniform}, {"stratified", stratified}, {"logit-normal", logit_normal}};

}  // namespace

TimeLaw::TimeLaw(std::string_view name, Interval interval, double mean, double deviation)
    : interval_(interval), mean_(mean), deviation_(deviation) {
  constexpr std::string_view kWhere = "TimeLaw";
  check_finite(kWhere, "low", interval.low);
  check_finite(kWhere, "high", interval.high);
  if (interval.low > interval.high) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                {"low must not exceed high, got ", interval.low, " > ", interval.high});
  }
  check_finite(kWhere, "mean", mean);
  check_positive(kWhere, "deviation", deviation);
  for (law_ = 0; law_ < std::size(kLaws); ++law_) {
    if (name == kLaws[law_].name) return;
  }
  throw_unknown_name(kWhere, "time law", name, time_law_names());
}

double TimeLaw::time(const Random& random, std::uint64_t step, std::uint64_t i,
                     std::uint64_t n) const {
  return at(kLaws[law_].share({random, step, i, n, mean_, deviation_}));
}

template <class T>
void TimeLaw::draw(const Random& random, std::uint64_t step, std::span<T> out) const {
  const T low = static_cast<T>(interval_.low), high = static_cast<T>(interval_.high);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = std::clamp(static_cast<T>(time(random, step, i, out.size())), low, high);
  }
}
template void TimeLaw::draw(const Random&, std::uint64_t, std::span<float>) const;
template void TimeLaw::draw(const Random&, std::uint64_t, std::span<double>) const;

const std::vector<std::string>& time_law_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& entry : kLaws) list.emplace_back(entry.name);
    return list;
  }();
  return names;
}

}  // namespace pathflow::path
