// Colours that every reader can tell apart.
#pragma once

namespace pathflow::cli::figure {

struct Color {
  double red = 0, green = 0, blue = 0, alpha = 1;
  constexpr Color faded(double opacity) const { return {red, green, blue, opacity}; }
};

constexpr Color rgb(unsigned hex) {
  return {((hex >> 16) & 255) / 255.0, ((hex >> 8) & 255) / 255.0, (hex & 255) / 255.0, 1};
}

/// Source: Okabe and Ito, "Color universal design", 2008.
inline constexpr Color kBlue = rgb(0x0072B2), kOrange = rgb(0xE69F00), kGreen = rgb(0x009E73),
                       kVermillion = rgb(0xD55E00), kPurple = rgb(0xCC79A7),
                       kSkyBlue = rgb(0x56B4E9), kYellow = rgb(0xF0E442), kInk = rgb(0x222222),
                       kGrey = rgb(0xA3A3A3), kPaper = rgb(0xFFFFFF), kGrid = rgb(0xE7E7E7);

/// Classes 0 to 7, each apart from its neighbours; later ones begin again.
Color class_color(int label);

/// viridis at x in [0, 1]: lightness rises evenly, in print and for every kind of colour vision.
/// Source: van der Walt and Smith, matplotlib, 2015 (nine of its colours, interpolated).
Color viridis(double x);

}  // namespace pathflow::cli::figure
