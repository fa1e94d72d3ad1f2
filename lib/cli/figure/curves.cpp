#include <algorithm>
#include <cmath>
#include <limits>

#include "axes.hpp"
#include "figure.hpp"

namespace pathflow::cli::figure {
namespace {

constexpr double kWidth = 460, kHeight = 340, kRowHeight = 20, kMark = 4.2;
constexpr int kMostTicks = 9;

/// Series are told apart by the shape of their marks as well as by colour.
void draw_mark(Canvas& canvas, Point at, std::size_t series) {
  const Color color = class_color(static_cast<int>(series));
  const double r = kMark;
  switch (series % 5) {
    case 0:
      return canvas.disc(at, r, color);
    case 1:
      return canvas.fill_box({at.x - 0.9 * r, at.y - 0.9 * r, 1.8 * r, 1.8 * r}, color);
    case 2:
      return canvas.polygon(
          {{at.x, at.y - 1.3 * r}, {at.x + 1.2 * r, at.y + r}, {at.x - 1.2 * r, at.y + r}}, color);
    case 3:
      return canvas.polygon({{at.x, at.y - 1.4 * r},
                             {at.x + 1.4 * r, at.y},
                             {at.x, at.y + 1.4 * r},
                             {at.x - 1.4 * r, at.y}},
                            color);
    default:
      return canvas.circle(at, 0.9 * r, color, 1.8);
  }
}

/// Decimal logarithms of a range, with a margin.
Range logarithms(double low, double high) {
  if (!(low <= high)) return {-1, 1};
  const double margin = std::max(0.06 * std::log10(high / low), 0.05);
  return {std::log10(low) - margin, std::log10(high) + margin};
}

struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// Names beside the plot, from the top, each with its mark.
void draw_names(Canvas& canvas, const Box& box, const std::vector<Series>& series,
                const std::optional<FloorBand>& floor) {
  Point at{box.right() + 22, box.top + 10};
  for (std::size_t k = 0; k < series.size(); ++k, at.y += kRowHeight) {
    if (series[k].points.size() > 1) {
      canvas.line({at.x - 11, at.y}, {at.x + 11, at.y}, class_color(static_cast<int>(k)), 1.6);
    }
    draw_mark(canvas, at, k);
    canvas.text({at.x + 18, at.y}, series[k].name, kTextSize, Align::kLeft, kInk);
  }
  if (!floor) return;
  canvas.fill_box({at.x - 11, at.y - 5, 22, 10}, kGrey.faded(0.35));
  canvas.line({at.x - 11, at.y}, {at.x + 11, at.y}, kGrey, 1.6);
  canvas.text({at.x + 18, at.y}, floor->name, kTextSize, Align::kLeft, kInk);
}

double widest_name(const std::vector<Series>& series, const std::optional<FloorBand>& floor) {
  Canvas ruler(8, 8);
  double widest = floor ? ruler.text_width(floor->name, kTextSize) : 0;
  for (const Series& one : series) {
    widest = std::max(widest, ruler.text_width(one.name, kTextSize));
  }
  return widest;
}

}  // namespace

Png curves(const CurvesText& text, const std::vector<Series>& series, bool log_x,
           const std::optional<FloorBand>& floor) {
  Extent xs, ys;
  for (const Series& one : series) {
    for (const auto& [x, y] : one.points) {
      xs.add(x);
      ys.add(y);
    }
  }
  if (floor) {
    ys.add(floor->low);
    ys.add(floor->high);
  }
  const Range x = log_x ? logarithms(xs.low, xs.high) : range_of({xs.low, xs.high});
  const Range y = logarithms(ys.low, ys.high);
  const Box box{kLeft + 8, kTop - 20, kWidth, kHeight};
  Canvas canvas(static_cast<int>(box.right() + 22 + 18 + widest_name(series, floor) + kRight),
                static_cast<int>(box.bottom() + kBottom));
  Axes axes(canvas, box, x, y);
  axes.set_ticks(log_x ? logarithmic_ticks(x, kMostTicks) : linear_ticks(x, kMostTicks),
                 logarithmic_ticks(y, kMostTicks));
  axes.draw_grid();
  const auto place = [&](double at_x, double at_y) {
    return axes.place(log_x ? std::log10(at_x) : at_x, std::log10(at_y));
  };
  canvas.clip(box);
  if (floor) {
    const double top = axes.place(x.low, std::log10(floor->high)).y;
    const double bottom = axes.place(x.low, std::log10(floor->low)).y;
    const double middle = axes.place(x.low, std::log10(floor->mean)).y;
    canvas.fill_box({box.left, top, box.width, bottom - top}, kGrey.faded(0.35));
    canvas.line({box.left, middle}, {box.right(), middle}, kGrey, 1.6);
  }
  for (std::size_t k = 0; k < series.size(); ++k) {
    std::vector<Point> points;
    for (const auto& [at_x, at_y] : series[k].points) points.push_back(place(at_x, at_y));
    if (points.size() > 1) canvas.polyline(points, class_color(static_cast<int>(k)), 1.6);
    for (const Point& point : points) draw_mark(canvas, point, k);
  }
  canvas.unclip();
  axes.draw_frame({text.title, text.x, text.y});
  draw_names(canvas, box, series, floor);
  return canvas.png();
}

}  // namespace pathflow::cli::figure
