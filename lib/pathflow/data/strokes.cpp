#include "pathflow/data/strokes.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"

namespace pathflow::data {
namespace {

constexpr double kPi = 3.141592653589793238;

// Chords of the parabola from a to c with control b, without a itself.
void append_parabola(Polyline& line, Point a, Point b, Point c, int pieces) {
  for (int i = 1; i <= pieces; ++i) {
    const double t = static_cast<double>(i) / pieces, s = 1 - t;
    line.push_back(s * s * a + (2 * s * t) * b + t * t * c);
  }
}

Point middle(Point a, Point b) { return 0.5 * (a + b); }

class Strokes : public Planar {
 public:
  Strokes(std::string name, std::span<const Polyline> lines, double pen)
      : Planar(std::move(name)), pen_(pen) {
    for (const Polyline& line : lines) {
      for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        const double size = length(line[i + 1] - line[i]);
        if (size == 0) continue;
        total_ += size;
        segments_.push_back({line[i], (1 / size) * (line[i + 1] - line[i]), size, total_});
      }
    }
    check_positive("make_strokes", "the total length", total_);
    check_positive("make_strokes", "pen", pen_);
  }

 protected:
  Point point(const Row& row) const override {
    const double along = total_ * row.uniform(0);
    auto segment = std::lower_bound(segments_.begin(), segments_.end(), along,
                                    [](const Segment& s, double value) { return s.end < value; });
    if (segment == segments_.end()) --segment;
    const double back = segment->end - along;
    const Point place = segment->from + (segment->size - back) * segment->direction;
    return place + (pen_ * std::sqrt(row.uniform(2))) * on_circle(row.uniform(3));
  }
  double log_density_at(Point x) const override {
    double inside = 0;
    for (const Segment& segment : segments_) {
      const Point to = x - segment.from;
      const double along = dot(to, segment.direction);
      const double reach = pen_ * pen_ - (dot(to, to) - along * along);
      if (reach <= 0) continue;
      const double half = std::sqrt(reach);
      inside += std::max(0.0, std::min(segment.size, along + half) - std::max(0.0, along - half));
    }
    return std::log(inside / (total_ * kPi * pen_ * pen_));
  }

 private:
  struct Segment {
    Point from, direction;
    double size, end;  // `end`: length of the drawing up to here
  };
  std::vector<Segment> segments_;
  double total_ = 0, pen_;
};

// Twice the signed area of a closed polyline.
double twice_area(const Polyline& line) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    sum += line[i].x * line[i + 1].y - line[i + 1].x * line[i].y;
  }
  return sum;
}

class Filled : public Planar {
 public:
  Filled(std::string name, const Polyline& outline, std::span<const Polyline> holes)
      : Planar(std::move(name)), box_(bounds({&outline, 1})) {
    area_ = std::abs(twice_area(outline)) / 2;
    add_edges(outline);
    for (const Polyline& hole : holes) {
      area_ -= std::abs(twice_area(hole)) / 2;
      add_edges(hole);
    }
    check_positive("make_filled", "the area", area_);
  }

 protected:
  Point point(const Row& row) const override {
    const Point size = box_.high - box_.low;
    for (std::uint64_t element = 0;; element += 2) {
      const Point x =
          box_.low + Point{size.x * row.uniform(element), size.y * row.uniform(element + 1)};
      if (inside(x)) return x;
    }
  }
  double log_density_at(Point x) const override { return inside(x) ? -std::log(area_) : -HUGE_VAL; }

 private:
  struct Edge {
    double low, high, x, slope;  // x at the height `low`, and its change with height
  };
  void add_edges(const Polyline& line) {
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const bool up = line[i].y < line[i + 1].y;
      const Point a = up ? line[i] : line[i + 1], b = up ? line[i + 1] : line[i];
      if (a.y < b.y) edges_.push_back({a.y, b.y, a.x, (b.x - a.x) / (b.y - a.y)});
    }
  }
  // Odd number of edges to the right.
  bool inside(Point p) const {
    bool odd = false;
    for (const Edge& edge : edges_) {
      const bool crosses = (p.y >= edge.low) & (p.y < edge.high);
      odd ^= crosses & (edge.x + (p.y - edge.low) * edge.slope > p.x);
    }
    return odd;
  }

  Box box_;
  std::vector<Edge> edges_;
  double area_ = 0;
};

}  // namespace

Polyline smooth(std::span<const Point> controls, bool closed, int pieces) {
  const std::size_t n = controls.size();
  check_at_least("smooth", "the number of controls", static_cast<std::int64_t>(n), closed ? 3 : 2);
  if (!closed && n == 2) return {controls[0], controls[1]};
  Polyline line = {closed ? middle(controls[n - 1], controls[0]) : controls[0]};
  const std::size_t first = closed ? 0 : 1, last = closed ? n : n - 1;
  for (std::size_t i = first; i < last; ++i) {
    const Point next = controls[(i + 1) % n];
    const bool at_end = !closed && i + 2 == n;
    append_parabola(line, line.back(), controls[i], at_end ? next : middle(controls[i], next),
                    pieces);
  }
  if (closed) line.back() = line.front();
  return line;
}

Box bounds(std::span<const Polyline> lines) {
  Box box{lines.front().front(), lines.front().front()};
  for (const Polyline& line : lines) {
    for (const Point p : line) {
      box.low = {std::min(box.low.x, p.x), std::min(box.low.y, p.y)};
      box.high = {std::max(box.high.x, p.x), std::max(box.high.y, p.y)};
    }
  }
  return box;
}

DatasetPointer make_strokes(std::string name, std::span<const Polyline> lines, double pen) {
  return std::make_shared<Strokes>(std::move(name), lines, pen);
}

DatasetPointer make_filled(std::string name, const Polyline& outline,
                           std::span<const Polyline> holes) {
  return std::make_shared<Filled>(std::move(name), outline, holes);
}

}  // namespace pathflow::data
