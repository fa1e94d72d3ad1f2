// Axes: ranges with round ticks, and the frame, labels, title and legend around a plot.
#pragma once

#include <string>
#include <vector>

#include "canvas.hpp"
#include "pathflow/tensor/array.hpp"

namespace pathflow::cli::figure {

/// Along an axis that runs backwards, low lies above high.
struct Range {
  double low = 0, high = 1;
  double length() const { return high - low; }
};

/// Multiples of 1, 2 or 5 times a power of ten inside the range, at most `most` of them.
std::vector<double> round_ticks(Range range, int most);
/// All ticks of one axis with the same number of decimals: "−0.5", "0.0", "0.5".
std::vector<std::string> tick_labels(const std::vector<double>& ticks);

/// Where an axis has marks, and what they say.
struct Ticks {
  std::vector<double> at;
  std::vector<std::string> labels;
};
/// Round ticks with their labels.
Ticks linear_ticks(Range range, int most);
/// For an axis of decimal logarithms: 1, 2 and 5 times powers of ten, or powers alone where those
/// are too many.
Ticks logarithmic_ticks(Range range, int most);

/// The range of nearly all values, with a margin: without the outermost 0.1 % at either side where
/// they would squeeze the rest to less than half.
Range range_of(std::vector<double> values);
/// The union of two ranges.
Range joined(Range a, Range b);
/// Both ranges made as long as the longer, about their middles: equal scales in a square box.
void make_square(Range& x, Range& y);

/// "x₁" and so on for coordinate k (from 0) of d, saying where others are left out.
std::string coordinate_label(std::size_t k, std::size_t d);
/// Coordinate k of all points.
std::vector<double> coordinate(const tensor::Points& points, std::size_t k);

struct LegendEntry {
  enum class Mark { kDisc, kCircle, kLine, kBox } mark = Mark::kDisc;
  Color color = kInk;
  std::string text;
};

struct AxesText {
  std::string title, x, y;
  std::vector<LegendEntry> legend = {};
};

class Axes {
 public:
  Axes(Canvas& canvas, const Box& box, Range x, Range y);
  /// For an axis that is not linear.
  void set_ticks(Ticks x, Ticks y);

  const Box& box() const { return box_; }
  Range x() const { return x_; }
  Range y() const { return y_; }
  Point place(double x, double y) const {
    return {box_.left + (x - x_.low) / x_.length() * box_.width,
            box_.bottom() - (y - y_.low) / y_.length() * box_.height};
  }
  /// Under the data.
  void draw_grid();
  /// Over the data.
  void draw_frame(const AxesText& text);

 private:
  void draw_legend(const std::vector<LegendEntry>& legend);
  void draw_mark(const LegendEntry& entry, Point at);

  Canvas& canvas_;
  Box box_;
  Range x_, y_;
  Ticks x_ticks_, y_ticks_;
};

/// Sizes that all figures share.
inline constexpr double kTextSize = 13, kTickSize = 12, kTitleSize = 15;
inline constexpr double kLeft = 66, kTop = 62, kBottom = 52, kRight = 22;

}  // namespace pathflow::cli::figure
