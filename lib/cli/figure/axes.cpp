#include "axes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace pathflow::cli::figure {
namespace {

constexpr int kMostTicks = 8;
constexpr double kTickLength = 4, kMarkWidth = 18, kLegendGap = 18;

double round_step(double length, int most) {
  const double rough = length / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

double quantile(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(std::lround(q * static_cast<double>(sorted.size() - 1)))];
}

}  // namespace

std::vector<double> round_ticks(Range given, int most) {
  const Range range{std::min(given.low, given.high), std::max(given.low, given.high)};
  const double step = round_step(range.length(), most);
  std::vector<double> ticks;
  const double slack = 1e-9 * range.length();
  for (double k = std::ceil((range.low - slack) / step); k * step <= range.high + slack; ++k) {
    ticks.push_back(k * step + 0.0);  // no negative zero
  }
  return ticks;
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks) {
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  double largest = 0;
  for (const double tick : ticks) largest = std::max(largest, std::abs(tick));
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 12);
  std::vector<std::string> labels;
  for (const double tick : ticks) {
    std::string text = largest >= 1e6 || (largest > 0 && largest < 1e-4)
                           ? fmt::format("{:.3g}", tick)
                           : fmt::format("{:.{}f}", tick, decimals);
    if (text.front() == '-') text.replace(0, 1, "\u2212");
    labels.push_back(std::move(text));
  }
  return labels;
}

Ticks linear_ticks(Range range, int most) {
  Ticks ticks{round_ticks(range, most), {}};
  ticks.labels = tick_labels(ticks.at);
  return ticks;
}

Ticks logarithmic_ticks(Range range, int most) {
  const bool crowded = range.length() * 3 > most;
  Ticks ticks;
  for (double power = std::floor(range.low); power <= range.high; ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double at = power + std::log10(digit);
      if (at < range.low - 1e-9 || at > range.high + 1e-9 || (crowded && digit != 1)) continue;
      ticks.at.push_back(at);
      ticks.labels.push_back(fmt::format("{:g}", digit * std::pow(10.0, power)));
    }
  }
  return ticks;
}

Range range_of(std::vector<double> values) {
  if (values.empty()) return {0, 1};
  std::sort(values.begin(), values.end());
  Range range{values.front(), values.back()};
  const Range most{quantile(values, 0.001), quantile(values, 0.999)};
  if (most.length() > 0 && range.length() > 2 * most.length()) {
    range = {most.low - 0.25 * most.length(), most.high + 0.25 * most.length()};
  }
  if (range.length() == 0) {
    const double half = range.low == 0 ? 1 : 0.1 * std::abs(range.low);
    return {range.low - half, range.high + half};
  }
  const double margin = 0.06 * range.length();
  return {range.low - margin, range.high + margin};
}

Range joined(Range a, Range b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

void make_square(Range& x, Range& y) {
  const double half = std::max(x.length(), y.length()) / 2;
  for (Range* range : {&x, &y}) {
    const double middle = (range->low + range->high) / 2;
    *range = {middle - half, middle + half};
  }
}

std::string coordinate_label(std::size_t k, std::size_t d) {
  constexpr const char* kSubscripts[] = {"\u2081", "\u2082"};
  if (d == 1) return "x";
  const std::string name = std::string("x") + kSubscripts[k];
  return d == 2 ? name : fmt::format("{}  (coordinate {} of {})", name, k + 1, d);
}

std::vector<double> coordinate(const tensor::Points& points, std::size_t k) {
  std::vector<double> values(points.shape(0));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(points(i, k));
  return values;
}

Axes::Axes(Canvas& canvas, const Box& box, Range x, Range y)
    : canvas_(canvas),
      box_(box),
      x_(x),
      y_(y),
      x_ticks_(linear_ticks(x, kMostTicks)),
      y_ticks_(linear_ticks(y, kMostTicks)) {}

void Axes::set_ticks(Ticks x, Ticks y) {
  x_ticks_ = std::move(x);
  y_ticks_ = std::move(y);
}

void Axes::draw_grid() {
  for (const double x : x_ticks_.at) {
    const double at = place(x, y_.low).x;
    canvas_.line({at, box_.top}, {at, box_.bottom()}, kGrid, 0.7);
  }
  for (const double y : y_ticks_.at) {
    const double at = place(x_.low, y).y;
    canvas_.line({box_.left, at}, {box_.right(), at}, kGrid, 0.7);
  }
}

void Axes::draw_frame(const AxesText& text) {
  canvas_.stroke_box(box_, kInk, 1);
  for (std::size_t i = 0; i < x_ticks_.at.size(); ++i) {
    const double at = place(x_ticks_.at[i], y_.low).x;
    canvas_.line({at, box_.bottom()}, {at, box_.bottom() + kTickLength}, kInk, 1);
    canvas_.text({at, box_.bottom() + 14}, x_ticks_.labels[i], kTickSize, Align::kCentre, kInk);
  }
  double widest = 0;
  for (std::size_t i = 0; i < y_ticks_.at.size(); ++i) {
    const double at = place(x_.low, y_ticks_.at[i]).y;
    const std::string& label = y_ticks_.labels[i];
    canvas_.line({box_.left - kTickLength, at}, {box_.left, at}, kInk, 1);
    canvas_.text({box_.left - 8, at}, label, kTickSize, Align::kRight, kInk);
    widest = std::max(widest, canvas_.text_width(label, kTickSize));
  }
  canvas_.text({box_.left + box_.width / 2, box_.bottom() + 36}, text.x, kTextSize, Align::kCentre,
               kInk);
  canvas_.text({std::max(12.0, box_.left - 8 - widest - 14), box_.top + box_.height / 2}, text.y,
               kTextSize, Align::kCentre, kInk, false, true);
  canvas_.text({box_.left, text.legend.empty() ? box_.top - 18 : 20}, text.title, kTitleSize,
               Align::kLeft, kInk, true);
  draw_legend(text.legend);
}

void Axes::draw_legend(const std::vector<LegendEntry>& legend) {
  double left = box_.left;
  for (const LegendEntry& entry : legend) {
    const double y = box_.top - 16;
    draw_mark(entry, {left + kMarkWidth / 2, y});
    canvas_.text({left + kMarkWidth + 5, y}, entry.text, kTextSize, Align::kLeft, kInk);
    left += kMarkWidth + 5 + canvas_.text_width(entry.text, kTextSize) + kLegendGap;
  }
}

void Axes::draw_mark(const LegendEntry& entry, Point at) {
  switch (entry.mark) {
    case LegendEntry::Mark::kDisc:
      return canvas_.disc(at, 4, entry.color);
    case LegendEntry::Mark::kCircle:
      return canvas_.circle(at, 3.5, entry.color, 1.4);
    case LegendEntry::Mark::kLine:
      return canvas_.line({at.x - kMarkWidth / 2, at.y}, {at.x + kMarkWidth / 2, at.y}, entry.color,
                          2);
    case LegendEntry::Mark::kBox:
      return canvas_.fill_box({at.x - 6, at.y - 5, 12, 10}, entry.color);
  }
}

}  // namespace pathflow::cli::figure
