// Canvas: anti-aliased drawing on a PNG at twice the resolution of the units, through cairo.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "palette.hpp"

namespace pathflow::cli::figure {

struct Point {
  double x = 0, y = 0;
};
struct Box {
  double left = 0, top = 0, width = 0, height = 0;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};
/// Where a text's anchor lies in it.
enum class Align { kLeft, kCentre, kRight };

/// Units: 1/96 inch, y downward. Errors: IoError where cairo cannot go on (out of memory).
class Canvas {
 public:
  Canvas(int width, int height);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  void fill_box(const Box& box, Color color);
  void stroke_box(const Box& box, Color color, double width);
  void line(Point from, Point to, Color color, double width);
  void polyline(const std::vector<Point>& points, Color color, double width);
  void polygon(const std::vector<Point>& points, Color color);
  void disc(Point centre, double radius, Color color);
  void circle(Point centre, double radius, Color color, double width);
  /// One cell a colour, rows from the top, smoothed between cells.
  void image(const Box& box, std::size_t columns, std::size_t rows,
             const std::vector<Color>& cells);

  /// y: the middle of the letters' height. turned: read from bottom to top.
  void text(Point at, const std::string& text, double size, Align align, Color color,
            bool bold = false, bool turned = false);
  double text_width(const std::string& text, double size, bool bold = false);

  /// Everything until unclip() is drawn inside the box alone.
  void clip(const Box& box);
  void unclip();

  std::vector<std::uint8_t> png() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pathflow::cli::figure
