#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "axes.hpp"
#include "figure.hpp"

namespace pathflow::cli::figure {
namespace {

constexpr double kSide = 460;
/// More would only make the file large.
constexpr std::size_t kMostPoints = 20000;
constexpr int kMostClasses = 8;

struct Look {
  double radius, opacity;
};

Look look_of(std::size_t n) {
  const double crowding = std::sqrt(2000.0 / static_cast<double>(std::max<std::size_t>(n, 1)));
  return {std::clamp(2.0 * crowding, 1.1, 3.2), std::clamp(0.75 * std::sqrt(crowding), 0.4, 0.9)};
}

std::size_t shown(const Cloud& cloud) { return std::min(cloud.points.shape(0), kMostPoints); }

int classes_of(const Cloud& cloud) {
  if (cloud.labels.empty()) return 0;
  const int classes = *std::max_element(cloud.labels.begin(), cloud.labels.end()) + 1;
  return classes <= kMostClasses ? classes : 0;
}

std::string legend_text(const Cloud& cloud) {
  const std::size_t n = cloud.points.shape(0);
  if (n <= kMostPoints) return cloud.name;
  return fmt::format("{} ({} of {})", cloud.name, kMostPoints, n);
}

void draw_cloud(Canvas& canvas, const Axes& axes, const Cloud& cloud, Color color) {
  const std::size_t n = cloud.points.shape(0), count = shown(cloud);
  const Look look = look_of(count);
  const bool classes = classes_of(cloud) > 0;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = k * n / count;
    const Color own = classes ? class_color(cloud.labels[i]) : color;
    const Point at = axes.place(static_cast<double>(cloud.points(i, 0)),
                                static_cast<double>(cloud.points(i, 1)));
    canvas.disc(at, look.radius, own.faded(look.opacity));
  }
}

std::vector<LegendEntry> legend_of(const std::vector<Cloud>& clouds) {
  std::vector<LegendEntry> legend;
  for (std::size_t k = 0; k < clouds.size(); ++k) {
    const int classes = classes_of(clouds[k]);
    for (int label = 0; label < classes; ++label) {
      legend.push_back({LegendEntry::Mark::kDisc, class_color(label),
                        fmt::format("{}{}", label == 0 ? "class " : "", label)});
    }
    if (classes > 0) continue;
    const Color color = clouds.size() > 1 && k == 0 ? kGrey : kBlue;
    legend.push_back({LegendEntry::Mark::kDisc, color, legend_text(clouds[k])});
  }
  return legend;
}

}  // namespace

Png scatter(const std::string& title, const std::vector<Cloud>& clouds) {
  const std::size_t d = clouds.front().points.shape(1);
  if (d == 1) return histogram(title, clouds, {});
  Range x = range_of(coordinate(clouds.back().points, 0));
  Range y = range_of(coordinate(clouds.back().points, 1));
  for (const Cloud& cloud : clouds) {
    x = joined(x, range_of(coordinate(cloud.points, 0)));
    y = joined(y, range_of(coordinate(cloud.points, 1)));
  }
  make_square(x, y);
  const Box box{kLeft, kTop, kSide, kSide};
  Canvas canvas(static_cast<int>(kLeft + kSide + kRight), static_cast<int>(kTop + kSide + kBottom));
  Axes axes(canvas, box, x, y);
  axes.draw_grid();
  canvas.clip(box);
  for (std::size_t k = 0; k < clouds.size(); ++k) {
    draw_cloud(canvas, axes, clouds[k], clouds.size() > 1 && k == 0 ? kGrey : kBlue);
  }
  canvas.unclip();
  axes.draw_frame({title, coordinate_label(0, d), coordinate_label(1, d), legend_of(clouds)});
  return canvas.png();
}

}  // namespace pathflow::cli::figure
