// The entry points of pathflow.h for data sets, distances and npy files.
#include <algorithm>

#include "pathflow/data/distribution.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/metric/metrics.hpp"
#include "wasm/capi/boundary.hpp"
#include "wasm/capi/objects.hpp"

using namespace pathflow;
using namespace pathflow::capi;

extern "C" {

pf_status pf_draw_dataset(const char* name, size_t name_length, size_t rows, uint64_t seed,
                          pf_handle* result) {
  constexpr const char* kWhere = "dataset";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto set = data::make_dataset(text_of(kWhere, "name", name, name_length));
    check_elements(kWhere, {rows, set->dimension()});
    Result out;
    out.add("points", set->draw(rows, seed));
    const std::vector<int> labels = set->labels(rows, seed);
    if (!labels.empty()) out.add("labels", labels.data(), {labels.size()});
    hand_out(std::move(out), result);
  });
}

pf_status pf_evaluate_density(const char* name, size_t name_length, const pf_points* points,
                              pf_handle* result) {
  constexpr const char* kWhere = "density";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto set = data::make_dataset(text_of(kWhere, "name", name, name_length));
    const std::vector<double> density = set->log_density(points_of(kWhere, "points", points));
    Result out;
    out.add("log_density", density.data(), {density.size()});
    hand_out(std::move(out), result);
  });
}

pf_status pf_measure_distance(const char* metric, size_t metric_length, const pf_points* a,
                              const pf_points* b, double* distance) {
  constexpr const char* kWhere = "distance";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "distance", distance);
    *distance = metric::distance(text_of(kWhere, "metric", metric, metric_length),
                                 points_of(kWhere, "a", a), points_of(kWhere, "b", b));
  });
}

pf_status pf_measure_floor(const char* metric, size_t metric_length, const char* dataset,
                           size_t dataset_length, size_t rows, int32_t repeats, uint64_t seed,
                           double distances[3]) {
  constexpr const char* kWhere = "floor";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "distances", distances);
    const auto set = data::make_dataset(text_of(kWhere, "dataset", dataset, dataset_length));
    check_elements(kWhere, {rows, set->dimension()});
    check_between(kWhere, "repeats", static_cast<std::int64_t>(repeats), 1, 1000);
    const auto draw = [&](std::size_t n, std::uint64_t s) { return set->draw(n, s); };
    const metric::DistanceFloor found =
        metric::floor(text_of(kWhere, "metric", metric, metric_length), draw, rows, repeats, seed);
    distances[0] = found.mean;
    distances[1] = found.low;
    distances[2] = found.high;
  });
}

pf_status pf_read_npy(const uint8_t* bytes, size_t size, pf_handle* result) {
  return guarded("read_npy", [&] {
    check_pointer("read_npy", "result", result);
    Result out;
    out.add("points", io::read_npy_points(bytes_of("read_npy", bytes, size), "npy"));
    hand_out(std::move(out), result);
  });
}

pf_status pf_write_npy(const float* values, const size_t* shape, size_t rank, pf_handle* result) {
  constexpr const char* kWhere = "write_npy";
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "values", values);
    check_pointer(kWhere, "shape", shape);
    check_pointer(kWhere, "result", result);
    check_between(kWhere, "rank", static_cast<std::int64_t>(std::min<std::size_t>(rank, 99)), 1, 3);
    check_elements(kWhere, {shape[0], rank > 1 ? shape[1] : 1, rank > 2 ? shape[2] : 1});
    Result out;
    out.add_bytes("bytes", io::write_npy(values, {shape, rank}));
    hand_out(std::move(out), result);
  });
}

}  // extern "C"
