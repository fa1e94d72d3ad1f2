#include "pathflow/path/time_sampling.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/decimal.hpp"
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

// One of the k times 1/k .. 1, mean = k, in strata as above.
double source_end(const Draw& d) {
  return std::min(std::floor(stratified(d) * d.mean) + 1, d.mean) / d.mean;
}

double log_ratio(const Draw& d) { return d.mean + d.deviation * d.random.normal(d.step, d.i); }

// edm's is no share but ln(sigma / alpha).
struct Entry {
  const char* name;
  double (*share)(const Draw&);
  double mean = 0, deviation = 0;  // deviation 0: the law has none; mean 0 too: no parameter at all
};
constexpr Entry kLaws[] = {{"uniform", uniform},
                           {"stratified", stratified},
                           {"logit-normal", logit_normal, 0, 1},
                           {"edm", log_ratio, -1.2, 1.2},
                           {"source-end", source_end, 1}};
constexpr std::size_t kEdm = 3, kSourceEnd = 4;

std::size_t law_of(std::string_view where, std::string_view name) {
  for (std::size_t i = 0; i < std::size(kLaws); ++i) {
    if (name == kLaws[i].name) return i;
  }
  throw_unknown_name(where, "time law", name, time_law_names());
}

// "mean,deviation" after the law's name, or "k".
void read_parameters(std::string_view where, std::string_view text, double& mean,
                     double& deviation) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view numbers = text.substr(colon + 1);
  const std::size_t comma = std::min(numbers.find(','), numbers.size());
  if (deviation > 0) {
    if (comma < numbers.size() && read_double(numbers.substr(0, comma), mean) &&
        read_double(numbers.substr(comma + 1), deviation)) {
      return;
    }
  } else if (mean > 0 && read_double(numbers, mean) && mean >= 1 && mean <= kMostSourceEndSteps &&
             mean == std::floor(mean)) {
    return;
  }
  throw_error(ErrorCode::kInvalidArgument, where,
              {"time law must be a name, logit-normal or edm with :mean,deviation, or source-end "
               "with :steps, a whole number from 1 to ",
               kMostSourceEndSteps, ", got \"", text.substr(0, 60), "\""});
}

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
  law_ = law_of(kWhere, name);
  if (law_ == kEdm || law_ == kSourceEnd) {
    throw_error(ErrorCode::kInvalidArgument, kWhere, {name, " needs a schedule, got none"});
  }
}

TimeLaw::TimeLaw(std::string_view text, Interval interval, const Schedule& schedule,
                 std::string_view where)
    : law_(law_of(where, text.substr(0, text.find(':')))),
      schedule_(&schedule),
      interval_(interval),
      mean_(kLaws[law_].mean),
      deviation_(kLaws[law_].deviation) {
  read_parameters(where, text, mean_, deviation_);
  check_finite(where, "mean", mean_);
  if (kLaws[law_].deviation > 0) check_positive(where, "deviation", deviation_);
}

double TimeLaw::time(const Random& random, std::uint64_t step, std::uint64_t i,
                     std::uint64_t n) const {
  const double value = kLaws[law_].share({random, step, i, n, mean_, deviation_});
  if (law_ != kEdm) return at(value);
  return std::clamp(schedule_->time_of_log_snr(-2 * value), interval_.low, interval_.high);
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

int source_end_steps(std::string_view text) {
  if (text.substr(0, text.find(':')) != kLaws[kSourceEnd].name) return 0;
  double steps = kLaws[kSourceEnd].mean, none = 0;
  read_parameters("source_end_steps", text, steps, none);
  return static_cast<int>(steps);
}

const std::vector<std::string>& time_law_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& entry : kLaws) list.emplace_back(entry.name);
    return list;
  }();
  return names;
}

}  // namespace pathflow::path
