#include "pathflow/data/font.hpp"

#include <algorithm>
#include <array>

namespace pathflow::data {
namespace {

constexpr double kDot = 0.22, kSpaceWidth = 2.2;

struct Entry {
  char character;
  const char* strokes;
};

// Strokes are words of coordinate pairs "xy", one digit each: "0208" runs from (0, 2) to (0, 8).
// A word is a straight polyline, or with a first letter
//   ~ an open smooth curve with these controls,   @ a closed one,   . a dot at one point.
constexpr std::array<Entry, 81> kFont = {{
    {'A', "022842 1535"},
    {'B', "0208 ~0828484525 0525 ~25454222 0222"},
    {'C', "~4738180703123243"},
    {'D', "0208 ~0828384743322202"},
    {'E', "48080242 0535"},
    {'F', "480802 0535"},
    {'G', "~473818070312324345 4525"},
    {'H', "0208 4248 0545"},
    {'I', "0208"},
    {'J', "~484332120304"},
    {'K', "0208 4804 1542"},
    {'L', "080242"},
    {'M', "0208346862"},
    {'N', "02084248"},
    {'O', "@1838474332120307"},
    {'P', "0208 ~0828484424 0424"},
    {'Q', "@1838474332120307 2442"},
    {'R', "0208 ~0828484424 0424 2442"},
    {'S', "~473818070615354443321203"},
    {'T', "0848 2822"},
    {'U', "~080312324348"},
    {'V', "082248"},
    {'W', "0822364268"},
    {'X', "0842 4802"},
    {'Y', "082548 2522"},
    {'Z', "08480242"},
    {'a', "@1626353322120305 3632"},
    {'b', "0802 @1626353322120305"},
    {'c', "~3526160503122233"},
    {'d', "@1626353322120305 3832"},
    {'e', "0434 ~343526160503122233"},
    {'f', "~3828171612 0626"},
    {'g', "@1626353322120305 ~3631201001"},
    {'h', "0802 ~0416263532"},
    {'i', "0602 .08"},
    {'j', "~16121100 .18"},
    {'k', "0802 3603 1432"},
    {'l', "~08040312"},
    {'m', "0602 ~0416263532 ~3446566562"},
    {'n', "0602 ~0416263532"},
    {'o', "@1626353322120305"},
    {'p', "0600 @1626353322120305"},
    {'q', "@1626353322120305 3630"},
    {'r', "0602 ~041626"},
    {'s', "~35261605142433221203"},
    {'t', "~18141322 0626"},
    {'u', "~0603122233 3632"},
    {'v', "062246"},
    {'w', "0622354266"},
    {'x', "0632 0236"},
    {'y', "0622 4610"},
    {'z', "06360232"},
    {'0', "@1838474332120307 1337"},
    {'1', "072822 0242"},
    {'2', "~071838474602 0242"},
    {'3', "~07183847463525 ~25354443321203 1525"},
    {'4', "32380444"},
    {'5', "480805 ~0516364543321203"},
    {'6', "~473818070312324344351504"},
    {'7', "084812"},
    {'8', "@1838474635150607 @1535444332120304"},
    {'9', "~031232434738180706153546"},
    {'.', ".02"},
    {',', "1301"},
    {'!', "0804 .02"},
    {'?', "~07183847462524 .22"},
    {'-', "0535"},
    {'_', "0242"},
    {'+', "0545 2327"},
    {'=', "0646 0444"},
    {':', ".03 .06"},
    {';', ".16 1301"},
    {'\'', "0806"},
    {'"', "0806 2826"},
    {'(', "~29070321"},
    {')', "~09272301"},
    {'/', "0238"},
    {'*', "2428 0547 0745"},
    {'#', "1218 3238 0444 0646"},
    {'<', "470543"},
    {'>', "074503"},
}};

double digit(char c) { return static_cast<double>(c - '0'); }

std::vector<Point> controls_of(std::string_view word) {
  std::vector<Point> controls;
  for (std::size_t i = 0; i + 1 < word.size(); i += 2) {
    controls.push_back({digit(word[i]), digit(word[i + 1])});
  }
  return controls;
}

Polyline dot_at(Point centre) {
  Polyline ring;
  for (int i = 0; i <= 8; ++i) ring.push_back(centre + kDot * on_circle(i / 8.0));
  return ring;
}

Polyline stroke_of(std::string_view word) {
  switch (word.front()) {
    case '~':
      return smooth(controls_of(word.substr(1)), false);
    case '@':
      return smooth(controls_of(word.substr(1)), true);
    case '.':
      return dot_at(controls_of(word.substr(1)).front());
    default:
      return controls_of(word);
  }
}

// Splits at spaces.
std::vector<Polyline> strokes_of(std::string_view strokes) {
  std::vector<Polyline> lines;
  while (!strokes.empty()) {
    const std::size_t end = std::min(strokes.find(' '), strokes.size());
    lines.push_back(stroke_of(strokes.substr(0, end)));
    strokes.remove_prefix(std::min(end + 1, strokes.size()));
  }
  return lines;
}

}  // namespace

Glyph glyph_of(char character) {
  if (character == ' ') return {true, {}, kSpaceWidth};
  for (const Entry& entry : kFont) {
    if (entry.character != character) continue;
    Glyph glyph{true, strokes_of(entry.strokes), 0};
    glyph.width = bounds(glyph.lines).high.x;
    return glyph;
  }
  return {};
}

std::string font_characters() {
  std::string all;
  for (const Entry& entry : kFont) all += entry.character;
  return all;
}

}  // namespace pathflow::data
