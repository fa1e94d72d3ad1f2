#include "canvas.hpp"

#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pathflow/base/error.hpp"

namespace pathflow::cli::figure {
namespace {

constexpr int kScale = 2;

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) throw IoError("figure", cairo_status_to_string(status));
}

cairo_status_t append(void* closure, const unsigned char* data, unsigned length) {
  auto* bytes = static_cast<std::vector<std::uint8_t>*>(closure);
  bytes->insert(bytes->end(), data, data + length);
  return CAIRO_STATUS_SUCCESS;
}

std::uint32_t packed(Color color) {
  const auto byte = [](double value) {
    return static_cast<std::uint32_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
  };
  return byte(color.red) << 16 | byte(color.green) << 8 | byte(color.blue);
}

}  // namespace

struct Canvas::Impl {
  cairo_surface_t* surface;
  cairo_t* context;

  Impl(int width, int height)
      : surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kScale * width, kScale * height)),
        context(cairo_create(surface)) {}
  ~Impl() {
    cairo_destroy(context);
    cairo_surface_destroy(surface);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void color(Color c) { cairo_set_source_rgba(context, c.red, c.green, c.blue, c.alpha); }
  void path(const std::vector<Point>& points) {
    cairo_new_path(context);
    for (const Point& p : points) cairo_line_to(context, p.x, p.y);
  }
  void stroke(Color c, double width) {
    color(c);
    cairo_set_line_width(context, width);
    cairo_stroke(context);
  }
  void font(double size, bool bold) {
    // The family a paper's figures are likely set in, from what fontconfig finds; cairo's own
    // letters where there is no font at all.
    cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context, size);
  }
};

Canvas::Canvas(int width, int height) : impl_(std::make_unique<Impl>(width, height)) {
  check(cairo_status(impl_->context));
  cairo_scale(impl_->context, kScale, kScale);
  cairo_set_line_join(impl_->context, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(impl_->context, CAIRO_LINE_CAP_BUTT);
  impl_->color(kPaper);
  cairo_paint(impl_->context);
}
Canvas::~Canvas() = default;

void Canvas::fill_box(const Box& box, Color color) {
  impl_->color(color);
  cairo_rectangle(impl_->context, box.left, box.top, box.width, box.height);
  cairo_fill(impl_->context);
}

void Canvas::stroke_box(const Box& box, Color color, double width) {
  cairo_rectangle(impl_->context, box.left, box.top, box.width, box.height);
  impl_->stroke(color, width);
}

void Canvas::line(Point from, Point to, Color color, double width) {
  polyline({from, to}, color, width);
}

void Canvas::polyline(const std::vector<Point>& points, Color color, double width) {
  impl_->path(points);
  impl_->stroke(color, width);
}

void Canvas::polygon(const std::vector<Point>& points, Color color) {
  impl_->path(points);
  cairo_close_path(impl_->context);
  impl_->color(color);
  cairo_fill(impl_->context);
}

void Canvas::disc(Point centre, double radius, Color color) {
  cairo_new_path(impl_->context);
  cairo_arc(impl_->context, centre.x, centre.y, radius, 0, 2 * std::numbers::pi);
  impl_->color(color);
  cairo_fill(impl_->context);
}

void Canvas::circle(Point centre, double radius, Color color, double width) {
  cairo_new_path(impl_->context);
  cairo_arc(impl_->context, centre.x, centre.y, radius, 0, 2 * std::numbers::pi);
  impl_->stroke(color, width);
}

void Canvas::image(const Box& box, std::size_t columns, std::size_t rows,
                   const std::vector<Color>& cells) {
  std::vector<std::uint32_t> pixels(cells.size());
  std::transform(cells.begin(), cells.end(), pixels.begin(), packed);
  cairo_surface_t* image = cairo_image_surface_create_for_data(
      reinterpret_cast<unsigned char*>(pixels.data()), CAIRO_FORMAT_RGB24,
      static_cast<int>(columns), static_cast<int>(rows), static_cast<int>(4 * columns));
  cairo_save(impl_->context);
  cairo_rectangle(impl_->context, box.left, box.top, box.width, box.height);
  cairo_clip(impl_->context);
  cairo_translate(impl_->context, box.left, box.top);
  cairo_scale(impl_->context, box.width / static_cast<double>(columns),
              box.height / static_cast<double>(rows));
  cairo_set_source_surface(impl_->context, image, 0, 0);
  cairo_pattern_set_extend(cairo_get_source(impl_->context), CAIRO_EXTEND_PAD);
  cairo_paint(impl_->context);
  cairo_restore(impl_->context);
  cairo_surface_destroy(image);
}

void Canvas::text(Point at, const std::string& text, double size, Align align, Color color,
                  bool bold, bool turned) {
  const double width = text_width(text, size, bold);
  const double shift = align == Align::kLeft ? 0 : align == Align::kCentre ? width / 2 : width;
  cairo_save(impl_->context);
  cairo_translate(impl_->context, at.x, at.y);
  if (turned) cairo_rotate(impl_->context, -std::numbers::pi / 2);
  impl_->color(color);
  cairo_move_to(impl_->context, -shift, 0.36 * size);  // half a capital's height
  cairo_show_text(impl_->context, text.c_str());
  cairo_restore(impl_->context);
}

double Canvas::text_width(const std::string& text, double size, bool bold) {
  impl_->font(size, bold);
  cairo_text_extents_t extents;
  cairo_text_extents(impl_->context, text.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::clip(const Box& box) {
  cairo_save(impl_->context);
  cairo_rectangle(impl_->context, box.left, box.top, box.width, box.height);
  cairo_clip(impl_->context);
}

void Canvas::unclip() { cairo_restore(impl_->context); }

std::vector<std::uint8_t> Canvas::png() const {
  check(cairo_status(impl_->context));
  std::vector<std::uint8_t> bytes;
  check(cairo_surface_write_to_png_stream(impl_->surface, append, &bytes));
  return bytes;
}

}  // namespace pathflow::cli::figure
