// A stroke font of our own: letters, digits and basic punctuation as polylines.
#pragma once

#include <string>
#include <vector>

#include "pathflow/data/strokes.hpp"

namespace pathflow::data {

/// One character. Units: capitals stand on y = 2 and reach y = 8, small letters y = 6, descenders
/// y = 0; x runs from 0 to `width`.
struct Glyph {
  bool known = false;
  std::vector<Polyline> lines;  ///< empty for a space
  double width = 0;
};

Glyph glyph_of(char character);

/// All characters with strokes, in a row.
std::string font_characters();

}  // namespace pathflow::data
