// The C interface's data sets, distances and npy files, against the library called directly.
#include <cmath>
#include <limits>

#include "pathflow/data/distribution.hpp"
#include "pathflow/metric/metrics.hpp"
#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;
using pathflow::tensor::Points;

Points points_of(pf_handle result) {
  const pf_view view = view_of(result, "points");
  EXPECT_EQ(view.rank, 2u);
  Points points = Points::from_shape({view.shape[0], view.shape[1]});
  std::memcpy(points.data(), view.data, points.size() * sizeof(float));
  return points;
}

pf_points rows_of(const Points& points) {
  return {points.data(), points.shape(0), points.shape(1)};
}

TEST(CapiDatasets, DrawWhatTheLibraryDraws) {
  for (const auto& info : pathflow::data::datasets()) {
    const std::string name = info.name == "text:" ? "text:AB" : info.name;
    Owned result;
    ASSERT_EQ(draw(name, 100, 3, &result), PF_OK) << error_message();
    const auto set = pathflow::data::make_dataset(name);
    EXPECT_EQ(points_of(result), set->draw(100, 3)) << name;
    EXPECT_EQ(has_array(result, "labels"), set->classes() > 0) << name;
    if (set->classes() == 0) continue;
    EXPECT_EQ(view_of(result, "labels").type, PF_INT32);
    EXPECT_EQ(values_of<std::int32_t>(result, "labels"), set->labels(100, 3)) << name;
  }
}

TEST(CapiDatasets, RefuseBadArguments) {
  pf_handle result = 77;
  expect_refused(draw("moon", 10, 0, &result), PF_INVALID_ARGUMENT, "did you mean \"moons\"");
  expect_refused(draw("moons", 0, 0, &result), PF_INVALID_ARGUMENT, "at least 1");
  expect_refused(draw("moons", SIZE_MAX, 0, &result), PF_INVALID_ARGUMENT, "at most");
  expect_refused(draw("moons", 10, 0, nullptr), PF_INVALID_ARGUMENT, "result must not be NULL");
  expect_refused(pf_draw_dataset(nullptr, 5, 10, 0, &result), PF_INVALID_ARGUMENT,
                 "name must not be NULL");
  expect_refused(pf_draw_dataset("moons", SIZE_MAX, 10, 0, &result), PF_INVALID_ARGUMENT,
                 "shorter than");
  EXPECT_EQ(result, 77u);  // outputs stay as they were
}

TEST(CapiDensity, IsTheLibrarys) {
  Owned rows, result;
  ASSERT_EQ(draw("8gaussians", 50, 1, &rows), PF_OK);
  const Points points = points_of(rows);
  const pf_points given = rows_of(points);
  ASSERT_EQ(pf_evaluate_density("8gaussians", 10, &given, &result), PF_OK) << error_message();
  EXPECT_EQ(values_of<double>(result, "log_density"),
            pathflow::data::make_dataset("8gaussians")->log_density(points));
}

TEST(CapiDensity, RefusesBadRows) {
  const float value = 0;
  pf_handle result = 0;
  const pf_points none{nullptr, 1, 2}, empty{&value, 0, 2}, huge{&value, SIZE_MAX, SIZE_MAX};
  const auto density = [&](const pf_points* points) {
    return pf_evaluate_density("8gaussians", 10, points, &result);
  };
  expect_refused(density(nullptr), PF_INVALID_ARGUMENT, "points must not be NULL");
  expect_refused(density(&none), PF_INVALID_ARGUMENT, "points must not be NULL");
  expect_refused(density(&empty), PF_INVALID_ARGUMENT, "at least 1, got 0");
  expect_refused(density(&huge), PF_INVALID_ARGUMENT, "at most");
}

TEST(CapiDistance, IsTheLibrarys) {
  Owned a, b;
  ASSERT_EQ(draw("moons", 60, 1, &a), PF_OK);
  ASSERT_EQ(draw("rings", 60, 2, &b), PF_OK);
  const Points x = points_of(a), y = points_of(b);
  const pf_points first = rows_of(x), second = rows_of(y);
  for (const std::string& name : pathflow::metric::distance_names()) {
    double distance = -1;
    ASSERT_EQ(pf_measure_distance(name.data(), name.size(), &first, &second, &distance), PF_OK);
    EXPECT_EQ(distance, pathflow::metric::distance(name, x, y)) << name;
  }
  double distance = -1;
  expect_refused(pf_measure_distance("w3", 2, &first, &second, &distance), PF_INVALID_ARGUMENT,
                 "w2");
  const pf_points fewer{x.data(), 30, 2};
  expect_refused(pf_measure_distance("w2", 2, &first, &fewer, &distance), PF_SHAPE, "");
  EXPECT_EQ(error_name(), "ShapeError");
  EXPECT_EQ(distance, -1);
}

TEST(CapiDistance, FloorIsTheLibrarys) {
  double floor[3] = {-1, -1, -1};
  ASSERT_EQ(pf_measure_floor("energy", 6, "moons", 5, 64, 3, 9, floor), PF_OK);
  const auto set = pathflow::data::make_dataset("moons");
  const auto wanted = pathflow::metric::floor(
      "energy", [&](std::size_t n, std::uint64_t seed) { return set->draw(n, seed); }, 64, 3, 9);
  EXPECT_EQ(floor[0], wanted.mean);
  EXPECT_EQ(floor[1], wanted.low);
  EXPECT_EQ(floor[2], wanted.high);
  expect_refused(pf_measure_floor("energy", 6, "moons", 5, 64, 0, 9, floor), PF_INVALID_ARGUMENT,
                 "repeats");
  expect_refused(pf_measure_floor("energy", 6, "moons", 5, 64, 1, 9, nullptr), PF_INVALID_ARGUMENT,
                 "distances must not be NULL");
}

TEST(CapiNpy, RoundTrip) {
  Owned rows, file, again;
  ASSERT_EQ(draw("scurve", 33, 1, &rows), PF_OK);
  const Points points = points_of(rows);
  const std::size_t shape[] = {33, 2};
  ASSERT_EQ(pf_write_npy(points.data(), shape, 2, &file), PF_OK) << error_message();
  const auto bytes = values_of<std::uint8_t>(file, "bytes");
  ASSERT_EQ(pf_read_npy(bytes.data(), bytes.size(), &again), PF_OK) << error_message();
  EXPECT_EQ(points_of(again), points);
}

TEST(CapiNpy, WritesOneToThreeAxes) {
  const float values[24] = {};
  const std::size_t shape[] = {2, 3, 4};
  for (std::size_t rank = 1; rank <= 3; ++rank) {
    Owned file;
    ASSERT_EQ(pf_write_npy(values, shape, rank, &file), PF_OK) << error_message();
    EXPECT_EQ(view_of(file, "bytes").rank, 1u);
  }
  pf_handle file = 0;
  for (const std::size_t rank : {std::size_t{0}, std::size_t{4}, SIZE_MAX}) {
    expect_refused(pf_write_npy(values, shape, rank, &file), PF_INVALID_ARGUMENT, "rank");
  }
  const std::size_t overflowing[] = {SIZE_MAX, SIZE_MAX, 2};
  expect_refused(pf_write_npy(values, overflowing, 3, &file), PF_INVALID_ARGUMENT, "at most");
  expect_refused(pf_write_npy(nullptr, shape, 2, &file), PF_INVALID_ARGUMENT, "NULL");
  expect_refused(pf_write_npy(values, nullptr, 2, &file), PF_INVALID_ARGUMENT, "NULL");
}

TEST(CapiNpy, RefusesDamagedBytesAtEveryLength) {
  const float values[6] = {1, 2, 3, 4, 5, 6};
  const std::size_t shape[] = {3, 2};
  Owned file;
  ASSERT_EQ(pf_write_npy(values, shape, 2, &file), PF_OK);
  const auto bytes = values_of<std::uint8_t>(file, "bytes");
  pf_handle result = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(pf_read_npy(bytes.data(), size, &result), PF_IO) << size;
  }
  expect_refused(pf_read_npy(nullptr, 10, &result), PF_INVALID_ARGUMENT, "bytes must not be NULL");
}

}  // namespace
