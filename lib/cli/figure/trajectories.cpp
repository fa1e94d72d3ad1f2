#include <fmt/core.h>

#include <algorithm>

#include "axes.hpp"
#include "figure.hpp"

namespace pathflow::cli::figure {
namespace {

constexpr double kSide = 460, kWidth = 540, kHeight = 340;
/// Lines that can still be told apart.
constexpr std::size_t kMostPaths = 300;

/// What is drawn of path i at the kept time k: a place in the plane, or time and place.
class Paths {
 public:
  Paths(const tensor::Cube<float>& paths, const std::vector<double>& times)
      : paths_(paths), times_(times) {}
  std::size_t count() const { return std::min(paths_.shape(1), kMostPaths); }
  std::size_t times() const { return times_.size(); }
  std::size_t dimension() const { return paths_.shape(2); }

  Point at(std::size_t path, std::size_t k) const {
    const std::size_t i = path * paths_.shape(1) / count();
    const double first = static_cast<double>(paths_(k, i, 0));
    if (dimension() == 1) return {times_[k], first};
    return {first, static_cast<double>(paths_(k, i, 1))};
  }
  std::vector<double> all(double Point::*coordinate) const {
    std::vector<double> values;
    for (std::size_t path = 0; path < count(); ++path) {
      for (std::size_t k = 0; k < times(); ++k) values.push_back(at(path, k).*coordinate);
    }
    return values;
  }

 private:
  const tensor::Cube<float>& paths_;
  const std::vector<double>& times_;
};

void draw_paths(Canvas& canvas, const Axes& axes, const Paths& paths) {
  const double opacity = paths.count() > 100 ? 0.35 : 0.55;
  std::vector<Point> line(paths.times());
  const auto placed = [&](std::size_t path, std::size_t k) {
    const Point p = paths.at(path, k);
    return axes.place(p.x, p.y);
  };
  for (std::size_t path = 0; path < paths.count(); ++path) {
    for (std::size_t k = 0; k < line.size(); ++k) line[k] = placed(path, k);
    canvas.polyline(line, kInk.faded(opacity), 0.8);
  }
  for (std::size_t path = 0; path < paths.count(); ++path) {
    canvas.circle(placed(path, 0), 2.4, kOrange, 1.2);
  }
  for (std::size_t path = 0; path < paths.count(); ++path) {
    canvas.disc(placed(path, line.size() - 1), 2.4, kBlue);
  }
}

std::vector<LegendEntry> legend_of(const Paths& paths, const std::vector<double>& times,
                                   std::size_t n) {
  const bool forward = times.front() > times.back();
  const std::string some =
      paths.count() < n ? fmt::format("paths ({} of {})", paths.count(), n) : std::string("paths");
  return {{LegendEntry::Mark::kCircle, kOrange,
           fmt::format("{}, t = {:.3g}", forward ? "source" : "data", times.front())},
          {LegendEntry::Mark::kLine, kInk.faded(0.6), some},
          {LegendEntry::Mark::kDisc, kBlue,
           fmt::format("{}, t = {:.3g}", forward ? "data" : "source", times.back())}};
}

}  // namespace

Png trajectories(const std::string& title, const tensor::Cube<float>& cube,
                 const std::vector<double>& times) {
  const Paths paths(cube, times);
  const bool over_time = paths.dimension() == 1;
  const double beside = 0.02 * (times.front() - times.back());  // room for the marks
  Range x = over_time ? Range{times.front() + beside, times.back() - beside}
                      : range_of(paths.all(&Point::x));
  Range y = range_of(paths.all(&Point::y));
  if (!over_time) make_square(x, y);
  const Box box{kLeft, kTop, over_time ? kWidth : kSide, over_time ? kHeight : kSide};
  Canvas canvas(static_cast<int>(kLeft + box.width + kRight),
                static_cast<int>(kTop + box.height + kBottom));
  Axes axes(canvas, box, x, y);
  axes.draw_grid();
  if (!over_time) canvas.clip(box);
  draw_paths(canvas, axes, paths);
  if (!over_time) canvas.unclip();
  const std::size_t d = paths.dimension();
  axes.draw_frame({title, over_time ? "t" : coordinate_label(0, d),
                   over_time ? "x" : coordinate_label(1, d),
                   legend_of(paths, times, cube.shape(1))});
  return canvas.png();
}

}  // namespace pathflow::cli::figure
