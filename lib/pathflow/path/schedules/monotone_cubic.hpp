// A continuously differentiable curve through given points that rises and falls only where they do.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace pathflow::path::detail {

/// Piecewise cubic through (x_i, y_i), x ascending: slopes at the points are those of the parabola
/// through them and their neighbours, at most three times the lesser neighbouring chord and zero at
/// an extremum, so that no piece overshoots.
/// Source: de Boor and Swartz, "Piecewise monotone interpolation", J. Approx. Theory 21 (1977).
class MonotoneCubic {
 public:
  /// At least two points.
  MonotoneCubic(std::vector<double> x, std::vector<double> y)
      : x_(std::move(x)), y_(std::move(y)), slope_(x_.size()) {
    const std::size_t last = x_.size() - 1;
    for (std::size_t i = 1; i < last; ++i) slope_[i] = inner_slope(i);
    slope_[0] = end_slope(0, 1);
    slope_[last] = end_slope(last, last - 1);
  }

  /// Makes the first piece start with slope 0 and join the next with one second derivative, as a
  /// quartic. At least three points.
  void start_flat() {
    slope_[0] = 0;
    const Piece second = piece(1);
    const double h = x_[1] - x_[0], rise = y_[1] - y_[0], slope = slope_[1] * h;
    const double curvature = 2 * second.c / (second.width * second.width) * h * h;
    const double e = 0.5 * curvature + 3 * rise - 2 * slope;
    const double d = slope - 2 * rise - 2 * e;
    first_ = {x_[0], h, y_[0], 0, rise - d - e, d, e};
  }
  double first_slope() const { return slope_.front(); }
  double last_slope() const { return slope_.back(); }

  /// A piece as y0 + u (b + u (c + u (d + u e))), u = x - x0 over its width.
  struct Piece {
    double x0 = 0, width = 0, y0 = 0, b = 0, c = 0, d = 0, e = 0;
    double value(double u) const { return y0 + u * (b + u * (c + u * (d + u * e))); }
    double slope(double u) const { return (b + u * (2 * c + u * (3 * d + u * 4 * e))) / width; }
  };
  Piece piece_at(double x) const { return piece(index_of(x_, x)); }
  double value(double x) const {
    const Piece p = piece_at(x);
    return p.value((x - p.x0) / p.width);
  }
  double slope(double x) const {
    const Piece p = piece_at(x);
    return p.slope((x - p.x0) / p.width);
  }

  /// The x of a value, for rising points; the nearest end outside their range.
  double inverse(double y) const {
    if (!(y > y_.front())) return x_.front();
    if (!(y < y_.back())) return x_.back();
    const Piece p = piece(index_of(y_, y));
    double low = 0, high = 1, u = 0.5;
    for (int i = 0; i < 200 && low < high; ++i) {  // Newton's steps, bisection where they leave
      const double miss = p.value(u) - y;
      (miss > 0 ? high : low) = u;
      const double next = u - miss / (p.slope(u) * p.width);
      const double to = next > low && next < high ? next : 0.5 * (low + high);
      if (to == u || !(to > low && to < high)) break;
      u = to;
    }
    return p.x0 + u * p.width;
  }

 private:
  double chord(std::size_t i) const { return (y_[i + 1] - y_[i]) / (x_[i + 1] - x_[i]); }
  double inner_slope(std::size_t i) const {
    const double before = chord(i - 1), after = chord(i);
    if (!(before * after > 0)) return 0;
    const double left = x_[i] - x_[i - 1], right = x_[i + 1] - x_[i];
    const double slope = (right * before + left * after) / (left + right);
    const double most = 3 * std::min(std::abs(before), std::abs(after));
    return std::clamp(slope, -most, most);
  }
  // Of the parabola through the three points next to an end, kept between 0 and thrice the chord.
  double end_slope(std::size_t end, std::size_t next) const {
    const std::size_t piece = std::min(end, next);
    const double outer = chord(piece);
    if (x_.size() == 2) return outer;
    const std::size_t beyond = end < next ? piece + 1 : piece - 1;
    const double inner = chord(beyond), h = x_[piece + 1] - x_[piece];
    const double slope = outer + (outer - inner) * h / (h + x_[beyond + 1] - x_[beyond]);
    if (!(slope * outer > 0)) return 0;
    return std::abs(slope) > 3 * std::abs(outer) ? 3 * outer : slope;
  }
  static std::size_t index_of(const std::vector<double>& ascending, double value) {
    const auto above = std::upper_bound(ascending.begin() + 1, ascending.end() - 1, value);
    return static_cast<std::size_t>(above - ascending.begin()) - 1;
  }
  Piece piece(std::size_t i) const {
    if (i == 0 && first_.width > 0) return first_;
    const double h = x_[i + 1] - x_[i], rise = y_[i + 1] - y_[i];
    const double b = slope_[i] * h, end = slope_[i + 1] * h;
    return {x_[i], h, y_[i], b, 3 * rise - 2 * b - end, b + end - 2 * rise, 0};
  }

  std::vector<double> x_, y_, slope_;
  Piece first_;  ///< where start_flat() made it a quartic
};

}  // namespace pathflow::path::detail
