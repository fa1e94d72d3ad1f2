#include <algorithm>
#include <cmath>

#include "axes.hpp"
#include "figure.hpp"

namespace pathflow::cli::figure {
namespace {

constexpr double kWidth = 540, kHeight = 340;

using Curve = std::vector<std::pair<double, double>>;

/// The mean over the neighbours of each point, a fortieth of the curve to either side; fewer before
/// it where the curve begins, so that its descent stays as steep as it is.
Curve smoothed(const Curve& curve) {
  const std::size_t reach = curve.size() / 40;
  Curve result;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const std::size_t near = std::min(reach, i);
    const std::size_t first = i - near, last = std::min(i + near, curve.size() - 1);
    double sum = 0;
    for (std::size_t k = first; k <= last; ++k) sum += curve[k].second;
    result.emplace_back(curve[i].first, sum / static_cast<double>(last - first + 1));
  }
  return result;
}

/// All that is not the first steps' descent: their height is cut where it would flatten the rest.
Range losses(const Curve& curve) {
  std::vector<double> values;
  for (const auto& [step, loss] : curve) values.push_back(loss);
  std::sort(values.begin(), values.end());
  const double low = values.front(), high = values.back();
  const double usual = values[values.size() * 98 / 100];
  const double top =
      high - low > 3 * (usual - low) && usual > low ? low + 1.6 * (usual - low) : high;
  const double margin = top > low ? 0.06 * (top - low) : std::max(0.1 * std::abs(top), 1e-6);
  return {std::max(0.0, low - margin), top + margin};
}

std::vector<Point> placed(const Axes& axes, const Curve& curve) {
  std::vector<Point> points;
  for (const auto& [step, loss] : curve) points.push_back(axes.place(step, loss));
  return points;
}

}  // namespace

Png loss_curve(const std::string& title, const Curve& curve) {
  const Box box{kLeft, kTop, kWidth, kHeight};
  Canvas canvas(static_cast<int>(kLeft + kWidth + kRight),
                static_cast<int>(kTop + kHeight + kBottom));
  const double last = std::max(curve.back().first, 1.0);
  Axes axes(canvas, box, {0, last}, losses(curve));
  axes.draw_grid();
  canvas.clip(box);
  canvas.polyline(placed(axes, curve), kSkyBlue.faded(0.8), 1);
  canvas.polyline(placed(axes, smoothed(curve)), kBlue, 2);
  canvas.unclip();
  axes.draw_frame({title,
                   "step",
                   "loss",
                   {{LegendEntry::Mark::kLine, kSkyBlue, "loss"},
                    {LegendEntry::Mark::kLine, kBlue, "running mean"}}});
  return canvas.png();
}

}  // namespace pathflow::cli::figure
