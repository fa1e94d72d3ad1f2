#include <algorithm>
#include <cmath>

#include "axes.hpp"
#include "figure.hpp"
#include "kernel_density.hpp"

namespace pathflow::cli::figure {
namespace {

constexpr double kSide = 460, kBarGap = 18, kBarWidth = 16, kBarRoom = 96;
constexpr std::size_t kMostPoints = 400;  // on a map: more would hide it
constexpr std::size_t kCells = 230;       // two units a cell: what is estimated is smooth
constexpr std::size_t kExactCells = 460;  // a unit a cell, for laws with edges

Grid exact_density(const Law& law, Range x, Range y) {
  auto centres = tensor::Points::from_shape({kExactCells * kExactCells, 2});
  for (std::size_t row = 0; row < kExactCells; ++row) {
    for (std::size_t column = 0; column < kExactCells; ++column) {
      const auto share = [](std::size_t k) { return (static_cast<double>(k) + 0.5) / kExactCells; };
      centres(row * kExactCells + column, 0) =
          static_cast<float>(x.low + share(column) * x.length());
      centres(row * kExactCells + column, 1) = static_cast<float>(y.low + share(row) * y.length());
    }
  }
  Grid grid{kExactCells, law(centres)};
  for (double& value : grid.values) value = std::exp(value);
  return grid;
}

/// Rows from the top, as pictures have them. Values up to `top` use the whole colour map.
std::vector<Color> colors_of(const Grid& grid, double top) {
  std::vector<Color> cells(grid.values.size());
  for (std::size_t row = 0; row < grid.size; ++row) {
    for (std::size_t column = 0; column < grid.size; ++column) {
      const double value = grid.values[(grid.size - 1 - row) * grid.size + column];
      cells[row * grid.size + column] = viridis(value / top);
    }
  }
  return cells;
}

void draw_color_bar(Canvas& canvas, const Box& plot, double top, const std::string& name) {
  constexpr std::size_t kShades = 256;
  const Box box{plot.right() + kBarGap, plot.top, kBarWidth, plot.height};
  std::vector<Color> shades;
  for (std::size_t k = 0; k < kShades; ++k) {
    shades.push_back(viridis(1 - static_cast<double>(k) / (kShades - 1)));
  }
  canvas.image(box, 1, kShades, shades);
  canvas.stroke_box(box, kInk, 1);
  const std::vector<double> ticks = round_ticks({0, top}, 6);
  const std::vector<std::string> labels = tick_labels(ticks);
  double widest = 0;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const double at = box.bottom() - ticks[i] / top * box.height;
    canvas.line({box.right(), at}, {box.right() + 4, at}, kInk, 1);
    canvas.text({box.right() + 8, at}, labels[i], kTickSize, Align::kLeft, kInk);
    widest = std::max(widest, canvas.text_width(labels[i], kTickSize));
  }
  canvas.text({box.right() + 8 + widest + 14, box.top + box.height / 2}, name, kTextSize,
              Align::kCentre, kInk, false, true);
}

/// Open, so that what is under them is seen, and light, as the map is dark where it is low.
void draw_points(Canvas& canvas, const Axes& axes, const tensor::Points& points) {
  const std::size_t n = points.shape(0), count = std::min(n, kMostPoints);
  canvas.clip(axes.box());
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = k * n / count;
    const Point at =
        axes.place(static_cast<double>(points(i, 0)), static_cast<double>(points(i, 1)));
    canvas.circle(at, 2, kPaper.faded(0.75), 0.8);
  }
  canvas.unclip();
}

Png draw_map(const AxesText& text, const Grid& grid, Range x, Range y, const std::string& bar,
             const tensor::Points* points = nullptr) {
  const double most = *std::max_element(grid.values.begin(), grid.values.end());
  const double top = most > 0 ? most : 1;
  const Box box{kLeft, kTop - 20, kSide, kSide};
  Canvas canvas(static_cast<int>(kLeft + kSide + kBarRoom),
                static_cast<int>(kTop - 20 + kSide + kBottom));
  Axes axes(canvas, box, x, y);
  canvas.image(box, grid.size, grid.size, colors_of(grid, top));
  if (points != nullptr) draw_points(canvas, axes, *points);
  axes.draw_frame(text);
  draw_color_bar(canvas, box, top, bar);
  return canvas.png();
}

}  // namespace

Png density(const std::string& title, const Cloud& cloud, const Law& law) {
  const std::size_t d = cloud.points.shape(1);
  if (d == 1) return histogram(title, {cloud}, law);
  const std::vector<double> xs = coordinate(cloud.points, 0), ys = coordinate(cloud.points, 1);
  Range x = range_of(xs), y = range_of(ys);
  make_square(x, y);
  return draw_map({title, coordinate_label(0, d), coordinate_label(1, d)},
                  law ? exact_density(law, x, y) : kernel_density(xs, ys, x, y, kCells), x, y,
                  law ? "density" : "density, estimated from " + cloud.name);
}

Png density_map(const std::string& title, const std::vector<double>& values, Bounds x, Bounds y,
                const tensor::Points* points) {
  const auto size = static_cast<std::size_t>(std::lround(std::sqrt(values.size())));
  return draw_map({title, coordinate_label(0, 2), coordinate_label(1, 2)}, {size, values},
                  {x.low, x.high}, {y.low, y.high}, "density", points);
}

}  // namespace pathflow::cli::figure
