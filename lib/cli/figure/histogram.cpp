#include <algorithm>
#include <cmath>

#include "axes.hpp"
#include "figure.hpp"

namespace pathflow::cli::figure {
namespace {

constexpr double kWidth = 540, kHeight = 340;
constexpr int kMostBins = 100, kLawPoints = 600;

/// The square root of the number of points: rules that go by the spread blur laws of several modes.
int bins_of(std::size_t n) {
  return std::clamp(static_cast<int>(std::sqrt(static_cast<double>(n))), 10, kMostBins);
}

/// Density per bin.
std::vector<double> heights_of(const std::vector<double>& values, Range range, int bins) {
  std::vector<double> heights(static_cast<std::size_t>(bins), 0.0);
  const double width = range.length() / bins;
  for (const double value : values) {
    const double place = (value - range.low) / width;
    if (place >= 0 && place < bins) {
      heights[static_cast<std::size_t>(place)] += 1 / (width * static_cast<double>(values.size()));
    }
  }
  return heights;
}

std::vector<Point> curve_of(const Law& law, Range range) {
  auto at = tensor::Points::from_shape({kLawPoints, 1});
  for (std::size_t i = 0; i < kLawPoints; ++i) {
    at(i, 0) =
        static_cast<float>(range.low + range.length() * static_cast<double>(i) / (kLawPoints - 1));
  }
  const std::vector<double> values = law(at);
  std::vector<Point> curve;
  for (std::size_t i = 0; i < values.size(); ++i) {
    curve.push_back({static_cast<double>(at(i, 0)), std::exp(values[i])});
  }
  return curve;
}

/// The outline of a histogram, from the axis and back to it.
std::vector<Point> outline(const std::vector<double>& heights, Range range) {
  const double width = range.length() / static_cast<double>(heights.size());
  std::vector<Point> points{{range.low, 0}};
  for (std::size_t k = 0; k < heights.size(); ++k) {
    points.push_back({range.low + static_cast<double>(k) * width, heights[k]});
    points.push_back({range.low + static_cast<double>(k + 1) * width, heights[k]});
  }
  points.push_back({range.high, 0});
  return points;
}

std::vector<Point> placed(const Axes& axes, std::vector<Point> points) {
  for (Point& p : points) p = axes.place(p.x, p.y);
  return points;
}

Color color_of(std::size_t k, std::size_t count) { return count > 1 && k == 0 ? kGrey : kBlue; }

}  // namespace

Png histogram(const std::string& title, const std::vector<Cloud>& clouds, const Law& law) {
  Range x = range_of(coordinate(clouds.front().points, 0));
  for (const Cloud& cloud : clouds) x = joined(x, range_of(coordinate(cloud.points, 0)));
  const int bins = bins_of(clouds.back().points.shape(0));
  const std::vector<Point> curve = law ? curve_of(law, x) : std::vector<Point>{};
  std::vector<std::vector<double>> all;
  double top = 0;
  for (const Cloud& cloud : clouds) {
    all.push_back(heights_of(coordinate(cloud.points, 0), x, bins));
    top = std::max(top, *std::max_element(all.back().begin(), all.back().end()));
  }
  for (const Point& p : curve) top = std::max(top, p.y);
  const Box box{kLeft, kTop, kWidth, kHeight};
  Canvas canvas(static_cast<int>(kLeft + kWidth + kRight),
                static_cast<int>(kTop + kHeight + kBottom));
  Axes axes(canvas, box, x, {0, top > 0 ? 1.08 * top : 1});
  axes.draw_grid();
  AxesText text{title, "x", "density"};
  canvas.clip(box);
  for (std::size_t k = 0; k < clouds.size(); ++k) {
    const Color color = color_of(k, clouds.size());
    const std::vector<Point> shape = placed(axes, outline(all[k], x));
    canvas.polygon(shape, color.faded(0.3));
    canvas.polyline(shape, color, 1.2);
    text.legend.push_back({LegendEntry::Mark::kBox, color.faded(0.7), clouds[k].name});
  }
  if (!curve.empty()) {
    canvas.polyline(placed(axes, curve), kVermillion, 1.8);
    text.legend.push_back({LegendEntry::Mark::kLine, kVermillion, "exact density"});
  }
  canvas.unclip();
  axes.draw_frame(text);
  return canvas.png();
}

}  // namespace pathflow::cli::figure
