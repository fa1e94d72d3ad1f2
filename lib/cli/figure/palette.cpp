#include "palette.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace pathflow::cli::figure {

Color class_color(int label) {
  constexpr Color kClasses[] = {kBlue,    kOrange,     kGreen,  kPurple,
                                kSkyBlue, kVermillion, kYellow, kInk};
  return kClasses[static_cast<std::size_t>(label) % std::size(kClasses)];
}

Color viridis(double x) {
  constexpr Color kStops[] = {rgb(0x440154), rgb(0x472D7B), rgb(0x3B528B),
                              rgb(0x2C728E), rgb(0x21918C), rgb(0x28AE80),
                              rgb(0x5EC962), rgb(0xADDC30), rgb(0xFDE725)};
  constexpr std::size_t kLast = std::size(kStops) - 1;
  const double place = std::clamp(x, 0.0, 1.0) * static_cast<double>(kLast);
  const std::size_t below = std::min(static_cast<std::size_t>(place), kLast - 1);
  const double part = place - static_cast<double>(below);
  const Color &from = kStops[below], &to = kStops[below + 1];
  return {std::lerp(from.red, to.red, part), std::lerp(from.green, to.green, part),
          std::lerp(from.blue, to.blue, part)};
}

}  // namespace pathflow::cli::figure
