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
    {-0.25, 2.62}, {0, 2.65},    {0.95, 3.65},  {0.95, 3.65},  {1.2, 2.2},    {1.35, 1.2},
    {0.75, 0.35},  {0.35, 0.1},  {0.8, -0.6},   {1.2, -1.6},   {1.45, -2.5},  {2.3, -2.85},
    {2.5, -2.1},   {1.9, -1.3},  {2, 0.05},     {2.7, 0.3},    {3, -0.25},    {2.6, -0.7},
    {2.55, -1.1},  {3.2, -2},    {3.1, -3.65},  {1.6, -3.7},   {0.3, -3.65},  {-0.6, -3.65},
    {-1.5, -3.65}, {-2.5, -3.7}, {-2.85, -2.7}, {-2.4, -1.6},  {-2, -0.6},    {-1.55, 0.1},
    {-1.95, 0.35}, {-2.55, 1.2}, {-2.4, 2.2},   {-2.15, 3.65}, {-2.15, 3.65}, {-1.2, 2.65},
    {-0.95, 2.62}};
constexpr Point kCatLeftEye[] = {{-1.8, 1.7},   {-1.8, 1.7},   {-1.45, 2.2}, {-0.95, 1.85},
                                 {-0.88, 1.45}, {-0.88, 1.45}, {-1.2, 1.2},  {-1.65, 1.3}};
constexpr Point kCatRightEye[] = {{0.6, 1.7},    {0.6, 1.7},    {0.25, 2.2}, {-0.25, 1.85},
                                  {-0.32, 1.45}, {-0.32, 1.45}, {0, 1.2},    {0.45, 1.3}};
constexpr Point kCatNose[] = {
    {-0.87, 1.06}, {-0.33, 1.06}, {-0.38, 0.85}, {-0.6, 0.7}, {-0.82, 0.85}};
constexpr Point kCatLegs[] = {{-0.64, -1.6}, {-0.56, -1.6}, {-0.43, -3.4}, {-0.77, -3.4}};
constexpr Point kCatLeftHaunch[] = {
    {-1.6, -3.25}, {-1.55, -2.3}, {-2, -1.7}, {-1.85, -2.3}, {-1.85, -3.15}};
constexpr Point kCatRightHaunch[] = {
    {0.4, -3.25}, {0.35, -2.3}, {0.8, -1.7}, {0.65, -2.3}, {0.65, -3.15}};

constexpr Point kDogBody[] = {
    {-3.95, 1.45}, {-3.8, 1.9},  {-3, 1.95},   {-2.85, 2.75}, {-2.25, 3.3},  {-1.1, 3.25},
    {-0.6, 2.5},   {-0.45, 1.5}, {0.3, 1},     {1.4, 1.1},    {2.3, 1},      {2.8, 1.5},
    {2.95, 2.85},  {3.35, 3.1},  {3.65, 2.7},  {3.45, 1.3},   {3, 0.55},     {3.05, -0.2},
    {2.8, -1},     {3.15, -1.7}, {3.1, -3},    {3.1, -3},     {2.35, -3},    {2.35, -3},
    {2.5, -1.8},   {2.2, -1.35}, {2.05, -1.8}, {2.15, -3},    {2.15, -3},    {1.4, -3},
    {1.4, -3},     {1.6, -1.6},  {1.2, -0.65}, {0.4, -0.65},  {-0.3, -0.8},  {-0.3, -1.7},
    {-0.25, -3},   {-0.25, -3},  {-0.98, -3},  {-0.98, -3},   {-0.85, -1.6}, {-1.05, -1.15},
    {-1.25, -1.6}, {-1.15, -3},  {-1.15, -3},  {-1.9, -3},    {-1.9, -3},    {-1.75, -1.6},
    {-1.9, -0.5},  {-2.1, 0.2},  {-2, 0.75},   {-2.7, 0.8},   {-3.6, 0.7},   {-4, 1.05}};
constexpr Point kDogEye[] = {{-2.5, 2.55}, {-1.98, 2.55}, {-1.98, 2.03}, {-2.5, 2.03}};
constexpr Point kDogEar[] = {{-1.5, 2.85}, {-1.75, 2.1}, {-1.7, 1.1}, {-1.2, 0.75},
                             {-0.85, 1.3}, {-0.95, 2.1}, {-1.1, 2.85}};

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
  constexpr Point kMouth[] = {{-1.2, 0.65}, {-1.02, 0.42}, {-0.65, 0.42}, {-0.6, 0.75},
                              {-0.6, 0.75}, {-0.55, 0.42}, {-0.18, 0.42}, {0, 0.65}};
  constexpr Point kWhiskers[6][2] = {{{0.5, 0.88}, {2.1, 1.25}},   {{0.5, 0.75}, {2.15, 0.7}},
                                     {{0.5, 0.62}, {2, 0.2}},      {{-1.7, 0.88}, {-3.3, 1.25}},
                                     {{-1.7, 0.75}, {-3.35, 0.7}}, {{-1.7, 0.62}, {-3.2, 0.2}}};
  std::vector<Polyline> lines = {closed(kCatBody), closed(kCatLeftEye), closed(kCatRightEye),
                                 closed(kCatNose), open(kMouth)};
  for (const auto& whisker : kWhiskers) lines.push_back(open(whisker));
  return make_strokes("cat-outline", lines, kPen);
}

DatasetPointer make_dog_outline() {
  constexpr Point kMouth[] = {{-3.5, 1.05}, {-3.2, 0.95}, {-2.7, 1.05}, {-2.55, 1.4}};
  constexpr Point kNose[] = {{-3.9, 1.75}, {-3.55, 1.8}, {-3.5, 1.5}, {-3.9, 1.45}};
  const std::vector<Polyline> lines = {closed(kDogBody), closed(kDogEye), closed(kDogEar),
                                       closed(kNose), open(kMouth)};
  return make_strokes("dog-outline", lines, kPen);
}

}  // namespace pathflow::data
