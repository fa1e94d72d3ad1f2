// The table of built-in sets.

#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/data/planar.hpp"

namespace pathflow::data {
namespace {

constexpr std::string_view kTextPrefix = "text:";

struct Entry {
  const char *name, *title, *description;
  bool has_density;
  int classes;
  DatasetPointer (*make)();  // null for text:, which takes a word
};

constexpr Entry kTable[] = {
    {"gaussian", "Gaussian", "x = z, z ~ N(0, I). Standard deviation 1.", true, 0, make_gaussian},
    {"8gaussians", "8 Gaussians",
     "x = 2.8 (cos 2 pi k/8, sin 2 pi k/8) + 0.3 z, k uniform on 0..7. Standard deviation 2.00.",
     true, 8, make_8gaussians},
    {"moons", "Two moons",
     "Half circles 2.4 (cos a - 1/2, sin a - 1/4), a uniform on [0, pi], and the same turned by "
     "pi, plus 0.12 z. Density by quadrature.",
     true, 2, make_moons},
    {"checkerboard", "Checkerboard",
     "Uniform on the 8 dark squares of side 2 of a 4 x 4 board on [-4, 4]^2. Density 1/32.", true,
     0, make_checkerboard},
    {"pinwheel", "Pinwheel",
     "y = (2.2 + 0.7 z1, 0.22 z2), rotated by k/5 + 0.11 |y| turns, k uniform on 0..4.", true, 5,
     make_pinwheel},
    {"spirals", "Two spirals",
     "Radius 0.4 + 3.2 s at k/2 + 1.5 s turns, s = sqrt(u), k uniform on 0..1, plus 0.1 z. "
     "Density by quadrature.",
     true, 2, make_spirals},
    {"rings", "Rings",
     "Circles of radius 1.2, 2.3 and 3.4, a third of the points each, plus 0.1 z. Density by "
     "quadrature.",
     true, 3, make_rings},
    {"swissroll", "Swiss roll",
     "Radius 3.8 a/2.25 at a turns, a uniform on [0.75, 2.25], plus 0.1 z. Density by "
     "quadrature.",
     true, 0, make_swissroll},
    {"scurve", "S curve",
     "1.7 (sin a, sign(a) (cos a - 1)), a uniform on [-3 pi/2, 3 pi/2], plus 0.1 z. Density by "
     "quadrature.",
     true, 0, make_scurve},
    {"cat", "Cat", "Uniform on a sitting cat's silhouette, 7 high.", true, 0, make_cat},
    {"dog", "Dog", "Uniform on a standing dog's silhouette, 7 wide.", true, 0, make_dog},
    {"cat-outline", "Cat, outline",
     "Uniform along a drawing of the cat, plus a place uniform in a pen of radius 0.07.", true, 0,
     make_cat_outline},
    {"dog-outline", "Dog, outline",
     "Uniform along a drawing of the dog, plus a place uniform in a pen of radius 0.07.", true, 0,
     make_dog_outline},
    {"text:", "Text",
     "text:WORD: uniform along the strokes of the letters, plus a place uniform in a round pen; "
     "scaled to fit 7.4 x 4.",
     true, 0, nullptr},
};

}  // namespace

const std::vector<DatasetInfo>& datasets() {
  static const std::vector<DatasetInfo> infos = [] {
    std::vector<DatasetInfo> list;
    for (const Entry& row : kTable) {
      list.push_back({row.name, row.title, row.description, row.has_density, row.classes});
    }
    return list;
  }();
  return infos;
}

std::shared_ptr<const Distribution> make_dataset(std::string_view name) {
  if (name.substr(0, kTextPrefix.size()) == kTextPrefix) {
    return make_text(name.substr(kTextPrefix.size()));
  }
  std::vector<std::string> valid;
  for (const Entry& row : kTable) {
    if (row.make != nullptr && row.name == name) return row.make();
    valid.push_back(row.make != nullptr ? row.name : "text:WORD");
  }
  throw_unknown_name("make_dataset", "data set", name, valid);
}

}  // namespace pathflow::data
