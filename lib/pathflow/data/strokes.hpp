// Drawings: polylines from control points, drawn with a round pen or filled.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pathflow/data/planar.hpp"

namespace pathflow::data {

/// A polyline; a closed one ends where it starts.
using Polyline = std::vector<Point>;

/// The quadratic B-spline of control points, as a polyline of `pieces` chords a span: it touches
/// the middle of every inner edge of the control polygon, is straight where three controls are in
/// line, and has a corner where a control is given twice. Open: from the first control to the last.
/// Errors: InvalidArgument for fewer than two controls (open) or three (closed).
Polyline smooth(std::span<const Point> controls, bool closed, int pieces = 8);

/// The smallest rectangle that holds all points.
struct Box {
  Point low, high;
};
Box bounds(std::span<const Polyline> lines);

/// A point uniform on the polylines by length, moved by a point uniform in a disc of radius `pen`:
///     p(x) = sum_i |segment_i within the disc of radius h about x| / (L pi h^2)
/// with L the total length. Elements 0: place along; 2, 3: place in the pen.
/// Cost: density O(segments); draw O(log segments). Accuracy: density exact up to rounding.
/// Errors: InvalidArgument for a total length of zero or pen <= 0.
DatasetPointer make_strokes(std::string name, std::span<const Polyline> lines, double pen);

/// Uniform on the inside of closed polylines by the even-odd rule; holes must lie inside and must
/// not cross, so that the area is the alternating sum. Rejection from the bounding box; elements
/// 2k, 2k + 1: the k-th try.
/// Errors: InvalidArgument for no area.
DatasetPointer make_filled(std::string name, const Polyline& outline,
                           std::span<const Polyline> holes);

}  // namespace pathflow::data
