// cat and dog: our own silhouettes and drawings, as smooth curves through a few controls.

#include <array>
#include <span>

#include "pathflow/data/planar.hpp"
#include "pathflow/data/strokes.hpp"

namespace pathflow::data {
namespace {

constexpr double kPen = 0.07;

// Controls of quadratic B-splines (strokes.hpp); a control given twice is a corner.
using Controls = std::span<const Point>;

constexpr Point kCatBody[] = {
    {-0.5, 2.75},  {0.5, 2.75},   {0.72, 2.82},  {1.3, 3.6},   {1.3, 3.6},    {1.62, 2.5},
    {1.85, 1.35},  {1.25, 0.55},  {0.8, 0.4},    {1.25, -0.3}, {1.75, -1.4},  {2.0, -2.4},
    {2.9, -2.75},  {3.05, -2.0},  {2.45, -1.2},  {2.6, 0.05},  {3.25, 0.25},  {3.45, -0.25},
    {3.1, -0.6},   {3.1, -1.0},   {3.75, -1.9},  {3.6, -3.5},  {2.2, -3.55},  {0.9, -3.5},
    {0.0, -3.5},   {-0.9, -3.5},  {-1.9, -3.55}, {-2.2, -2.6}, {-1.75, -1.4}, {-1.25, -0.3},
    {-0.8, 0.4},   {-1.25, 0.55}, {-1.85, 1.35}, {-1.62, 2.5}, {-1.3, 3.6},   {-1.3, 3.6},
    {-0.72, 2.82},
};
constexpr Point kCatLeftEye[] = {{-1.12, 1.82}, {-1.12, 1.82}, {-0.8, 2.25}, {-0.35, 1.95},
                                 {-0.3, 1.6},   {-0.3, 1.6},   {-0.6, 1.38}, {-1.0, 1.45}};
constexpr Point kCatRightEye[] = {{1.12, 1.82}, {1.12, 1.82}, {0.8, 2.25}, {0.35, 1.95},
                                  {0.3, 1.6},   {0.3, 1.6},   {0.6, 1.38}, {1.0, 1.45}};
constexpr Point kCatNose[] = {{-0.24, 1.28}, {0.24, 1.28}, {0.2, 1.1}, {0, 0.98}, {-0.2, 1.1}};
constexpr Point kCatLegs[] = {{-0.04, -1.3}, {0.04, -1.3}, {0.16, -3.25}, {-0.16, -3.25}};
constexpr Point kCatLeftHaunch[] = {
    {-1.0, -3.1}, {-0.95, -2.2}, {-1.35, -1.7}, {-1.2, -2.2}, {-1.2, -3.0}};
constexpr Point kCatRightHaunch[] = {
    {1.0, -3.1}, {0.95, -2.2}, {1.35, -1.7}, {1.2, -2.2}, {1.2, -3.0}};

constexpr Point kDogBody[] = {
    {-3.62, 1.55},  {-3.45, 1.85},  {-2.75, 1.95},  {-2.6, 2.55},   {-2.1, 2.95},  {-1.3, 2.85},
    {-0.95, 2.2},   {-0.65, 1.35},  {0.2, 1.0},     {1.4, 1.1},     {2.3, 1.0},    {2.75, 1.5},
    {2.95, 2.75},   {3.3, 2.95},    {3.5, 2.6},     {3.35, 1.3},    {2.95, 0.55},  {3.0, -0.2},
    {2.75, -0.9},   {3.1, -1.6},    {3.05, -2.85},  {3.05, -2.85},  {2.3, -2.85},  {2.3, -2.85},
    {2.5, -1.7},    {2.2, -1.25},   {2.1, -1.7},    {2.15, -2.85},  {2.15, -2.85}, {1.4, -2.85},
    {1.4, -2.85},   {1.6, -1.5},    {1.2, -0.55},   {0.4, -0.55},   {-0.3, -0.7},  {-0.3, -1.6},
    {-0.25, -2.85}, {-0.25, -2.85}, {-0.95, -2.85}, {-0.95, -2.85}, {-0.85, -1.5}, {-1.0, -1.0},
    {-1.1, -1.5},   {-1.05, -2.85}, {-1.05, -2.85}, {-1.8, -2.85},  {-1.8, -2.85}, {-1.6, -1.5},
    {-1.75, -0.5},  {-2.0, 0.3},    {-1.95, 0.85},  {-2.5, 0.9},    {-3.3, 0.85},  {-3.65, 1.15},
};
constexpr Point kDogEye[] = {{-2.35, 2.3}, {-2.05, 2.3}, {-2.05, 2.0}, {-2.35, 2.0}};
constexpr Point kDogEar[] = {{-1.75, 2.6}, {-1.75, 1.9}, {-1.75, 1.0}, {-1.2, 0.9},  {-0.85, 1.5},
                             {-1.05, 1.5}, {-1.2, 1.15}, {-1.55, 1.2}, {-1.55, 1.9}, {-1.6, 2.6}};

Polyline closed(Controls controls) { return smooth(controls, true); }
Polyline open(Controls controls) { return smooth(controls, false); }

}  // namespace

DatasetPointer make_cat() {
  const std::array<Polyline, 6> holes = {closed(kCatLeftEye),    closed(kCatRightEye),
                                         closed(kCatNose),       closed(kCatLegs),
                                         closed(kCatLeftHaunch), closed(kCatRightHaunch)};
  return make_filled("cat", closed(kCatBody), holes);
}

DatasetPointer make_dog() {
  const std::array<Polyline, 2> holes = {closed(kDogEye), closed(kDogEar)};
  return make_filled("dog", closed(kDogBody), holes);
}

DatasetPointer make_cat_outline() {
  constexpr Point kMouth[] = {{-0.55, 0.95}, {-0.4, 0.72}, {-0.05, 0.72}, {0, 1.0},
                              {0, 1.0},      {0.05, 0.72}, {0.4, 0.72},   {0.55, 0.95}};
  constexpr Point kWhiskers[6][2] = {{{-1.0, 1.15}, {-2.5, 1.45}}, {{-1.0, 1.0}, {-2.55, 0.95}},
                                     {{-1.0, 0.85}, {-2.4, 0.45}}, {{1.0, 1.15}, {2.5, 1.45}},
                                     {{1.0, 1.0}, {2.55, 0.95}},   {{1.0, 0.85}, {2.4, 0.45}}};
  std::vector<Polyline> lines = {closed(kCatBody), closed(kCatLeftEye), closed(kCatRightEye),
                                 closed(kCatNose), open(kMouth)};
  for (const auto& whisker : kWhiskers) lines.push_back(open(whisker));
  return make_strokes("cat-outline", lines, kPen);
}

DatasetPointer make_dog_outline() {
  constexpr Point kMouth[] = {{-3.2, 1.15}, {-2.9, 1.05}, {-2.6, 1.15}, {-2.5, 1.35}};
  const std::vector<Polyline> lines = {closed(kDogBody), closed(kDogEye), closed(kDogEar),
                                       open(kMouth)};
  return make_strokes("dog-outline", lines, kPen);
}

}  // namespace pathflow::data
