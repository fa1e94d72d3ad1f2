// table: a schedule by its values, rows of t, alpha, sigma; see make_schedule in schedule.hpp.
#include <vector>

#include "pathflow/path/schedules/monotone_cubic.hpp"
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

constexpr double kHalfPi = 0.5 * detail::kPi;
constexpr std::size_t kMostRows = 4096;

struct Rows {
  std::vector<double> t, alpha, sigma;
};

[[noreturn]] void refuse(std::string_view where, std::size_t row,
                         std::initializer_list<MessagePart> what) {
  throw_error(ErrorCode::kInvalidArgument, where,
              {"row ", static_cast<std::int64_t>(row), " of the table ", message(what)});
}

/// The text before the first `mark`, which is taken away from `text` with it.
std::string_view take(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

Rows read_rows(std::string_view where, std::string_view text) {
  Rows rows;
  while (!text.empty()) {
    std::string_view row = take(text, ';');
    const std::string_view whole = row;
    double t = 0, alpha = 0, sigma = 0;
    const bool read = read_double(take(row, ','), t) && read_double(take(row, ','), alpha) &&
                      read_double(take(row, ','), sigma) && row.empty();
    if (!read) {
      refuse(where, rows.t.size(), {"must be t,alpha,sigma, got \"", whole.substr(0, 60), "\""});
    }
    rows.t.push_back(t);
    rows.alpha.push_back(alpha);
    rows.sigma.push_back(sigma);
  }
  return rows;
}

void check_rows(std::string_view where, const Rows& rows) {
  const std::size_t n = rows.t.size();
  check_between(where, "rows of the table", static_cast<std::int64_t>(n), 2,
                static_cast<std::int64_t>(kMostRows));
  for (std::size_t i = 0; i < n; ++i) {
    const double alpha = rows.alpha[i], sigma = rows.sigma[i];
    if (!std::isfinite(alpha) || !std::isfinite(sigma) || alpha < 0 || sigma < 0) {
      refuse(where, i,
             {"must have alpha and sigma finite and not negative, got ", alpha, " and ", sigma});
    }
    if (i > 0 && !(rows.t[i] > rows.t[i - 1])) {
      refuse(where, i, {"must come later than the one before, got t = ", rows.t[i]});
    }
    // alpha / sigma falls, without a division.
    if (i > 0 && !(alpha * rows.sigma[i - 1] < rows.alpha[i - 1] * sigma)) {
      refuse(where, i,
             {"must have a lower log-SNR than the one before, got alpha ", alpha, ", sigma ", sigma,
              " after ", rows.alpha[i - 1], ", ", rows.sigma[i - 1]});
    }
  }
  if (rows.t.front() != 0) refuse(where, 0, {"must be at t = 0, got ", rows.t.front()});
  if (rows.alpha.front() != 1) refuse(where, 0, {"must have alpha = 1, got ", rows.alpha.front()});
  if (rows.t.back() != 1) refuse(where, n - 1, {"must be at t = 1, got ", rows.t.back()});
}

class Table final : public Schedule {
 public:
  Table(std::string_view text, const Rows& rows)
      : name_(message({"table:", text})), angle_(angles(rows)), radius_(radii(rows)) {
    if (rows.sigma.front() == 0 && angle_.first_slope() == 0) t_min_ = kMargin;
    if (rows.alpha.back() == 0 && angle_.last_slope() == 0) t_max_ = 1 - kMargin;
  }
  std::string name() const override { return name_; }
  Coefficients at(double t) const override {
    detail::check_time(t);
    const double angle = angle_.value(t), turn = angle_.slope(t);
    const double r = radius_.value(t), growth = radius_.slope(t);
    const double sine = std::sin(angle), cosine = angle < kHalfPi ? std::cos(angle) : 0;
    const double sigma = r * sine, sigma_dot = growth * sine + r * cosine * turn;
    return {r * cosine, sigma, growth * cosine - r * sine * turn, sigma_dot, sigma * sigma_dot};
  }
  double time_of_log_snr(double value) const override {
    return angle_.inverse(std::atan(std::exp(-0.5 * value)));
  }
  double t_min() const override { return t_min_; }
  double t_max() const override { return t_max_; }

 private:
  /// Kept from an end with no noise (or no data) where the path stands still, and so its velocity
  /// says nothing of the ends.
  static constexpr double kMargin = 1e-3;

  static detail::MonotoneCubic angles(const Rows& rows) {
    std::vector<double> values;
    for (std::size_t i = 0; i < rows.t.size(); ++i) {
      values.push_back(std::atan2(rows.sigma[i], rows.alpha[i]));
    }
    return {rows.t, std::move(values)};
  }
  static detail::MonotoneCubic radii(const Rows& rows) {
    std::vector<double> values;
    for (std::size_t i = 0; i < rows.t.size(); ++i) {
      values.push_back(std::hypot(rows.alpha[i], rows.sigma[i]));
    }
    return {rows.t, std::move(values)};
  }

  std::string name_;
  detail::MonotoneCubic angle_, radius_;
  double t_min_ = 0, t_max_ = 1;
};

}  // namespace

std::shared_ptr<const Schedule> make_table_schedule(std::string_view text, std::string_view where) {
  const Rows rows = read_rows(where, text);
  check_rows(where, rows);
  return std::make_shared<Table>(text, rows);
}

}  // namespace pathflow::path
