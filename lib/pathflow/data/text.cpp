// text:WORD: a word drawn with a round pen.

#include <algorithm>
#include <cstdint>

#include "pathflow/base/error.hpp"
#include "pathflow/data/font.hpp"
#include "pathflow/data/strokes.hpp"

namespace pathflow::data {
namespace {

constexpr std::size_t kMostCharacters = 32;
constexpr double kWidth = 7.4, kHeight = 4.0;  // the box a word is scaled to fit, pen included
constexpr double kPen = 0.42, kGap = 1.9;      // in units of the font, whose capitals are 6 high

std::string hexadecimal(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

[[noreturn]] void refuse(std::initializer_list<MessagePart> what) {
  throw_error(ErrorCode::kInvalidArgument, "make_dataset", {"text: ", message(what)});
}

// The strokes of the word side by side, in font units.
std::vector<Polyline> layout(std::string_view word) {
  std::vector<Polyline> lines;
  double x = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const Glyph glyph = glyph_of(word[i]);
    if (!glyph.known) {
      const unsigned char byte = static_cast<unsigned char>(word[i]);
      const bool visible = byte > 32 && byte < 127;
      const std::string got =
          visible ? message({"'", word.substr(i, 1), "'"}) : "the byte " + hexadecimal(byte);
      refuse({"every character must be one of ", font_characters(), " or a space, got ", got,
              " at position ", i});
    }
    for (Polyline line : glyph.lines) {
      for (Point& p : line) p.x += x;
      lines.push_back(std::move(line));
    }
    x += glyph.width + kGap;
  }
  return lines;
}

}  // namespace

// Polylines of the font, scaled by f = min(7.4 / width, 4 / height) and centred; p as in
// make_strokes, with a pen of 0.42 f.
DatasetPointer make_text(std::string_view word) {
  if (word.size() > kMostCharacters) {
    refuse({"the word must have at most 32 characters, got ", word.size()});
  }
  std::vector<Polyline> lines = layout(word);
  if (lines.empty()) refuse({"the word must have a visible character"});
  const Box box = bounds(lines);
  const Point size = box.high - box.low, centre = 0.5 * (box.low + box.high);
  const double scale = std::min(kWidth / (size.x + 2 * kPen), kHeight / (size.y + 2 * kPen));
  for (Polyline& line : lines) {
    for (Point& p : line) p = scale * (p - centre);
  }
  return make_strokes(message({"text:", word}), lines, scale * kPen);
}

}  // namespace pathflow::data
