// The entry points of pathflow.h for densities moved by the Fokker-Planck equation.
#include <algorithm>

#include "pathflow/density/plane_flow.hpp"
#include "wasm/capi/boundary.hpp"
#include "wasm/capi/objects.hpp"
#include "wasm/capi/options.hpp"

using namespace pathflow;
using namespace pathflow::capi;

namespace {

constexpr const char* kWhere = "fokker_planck";
/// Rows behind a histogram that a run begins with.
constexpr std::size_t kHistogramRows = std::size_t{1} << 18;

using Field = tensor::Matrix<double>;

Field given_density(const pf_points* density, const density::PlaneGrid& grid) {
  const tensor::Points values = points_of(kWhere, "density", density);
  check_size(kWhere, "density rows", values.shape(0), static_cast<std::size_t>(grid.ny));
  check_size(kWhere, "density columns", values.shape(1), static_cast<std::size_t>(grid.nx));
  Field field = Field::from_shape({values.shape(0), values.shape(1)});
  std::copy(values.begin(), values.end(), field.begin());
  return field;
}

/// The law at the time where the run begins, as the trainer knows it.
Field first_density(const train::Trainer& trainer, const PlaneRequest& request, double t) {
  if (!request.flow.toward_source && trainer.gaussian_source()) {
    return density::plane_gaussian(request.grid, trainer.schedule().at(t).sigma);
  }
  const tensor::Points rows = request.flow.toward_source
                                  ? trainer.data(kHistogramRows, request.seed)
                                  : trainer.start(kHistogramRows, request.seed);
  return density::plane_histogram(request.grid, {rows.data(), rows.size()});
}

Plane make_plane(std::shared_ptr<train::Trainer> trainer, const PlaneRequest& request,
                 const pf_points* density, std::vector<int> labels) {
  trainer->check_velocity(kWhere);
  auto model = trainer->model(std::move(labels));
  density::PlaneFlow flow(*model, trainer->schedule(), request.flow, trainer->has_score());
  const double t = flow.span().from;
  density::FokkerPlanck solver(request.grid, density != nullptr
                                                 ? given_density(density, request.grid)
                                                 : first_density(*trainer, request, t));
  return {std::move(trainer), std::move(model), std::move(flow), std::move(solver), t, 0};
}

Result result_of_plane(const Plane& plane) {
  const Field& density = plane.solver.density();
  std::vector<float> values(density.begin(), density.end());
  const sample::Span span = plane.flow.span();
  Result out;
  out.add("density", values.data(), {density.shape(0), density.shape(1)});
  out.text =
      message({"{\"t\":", plane.t, ",\"from\":", span.from, ",\"to\":", span.to,
               ",\"mass\":", plane.solver.mass(),
               ",\"least\":", *std::min_element(density.begin(), density.end()),
               ",\"steps\":", plane.steps, ",\"evaluations\":", plane.flow.evaluations(), "}"});
  return out;
}

}  // namespace

extern "C" {

pf_status pf_create_plane(pf_handle trainer, const char* options, size_t options_length,
                          const pf_points* density, const int32_t* labels, size_t label_count,
                          pf_handle* plane) {
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "plane", plane);
    const PlaneRequest request = plane_request(text_of(kWhere, "options", options, options_length));
    hand_out(make_plane(trainer_of(kWhere, trainer), request, density,
                        labels_of(kWhere, labels, label_count)),
             plane);
  });
}

pf_status pf_advance_plane(pf_handle plane, const char* options, size_t options_length,
                           pf_progress progress, void* user, pf_handle* result) {
  return guarded(kWhere, [&] {
    check_pointer(kWhere, "result", result);
    const auto held = plane_of(kWhere, plane);
    const double t =
        plane_time(text_of(kWhere, "options", options, options_length), held->t, held->flow.span());
    if (t != held->t) {
      const auto report = held->solver.advance(held->t, t, held->flow.drift(),
                                               held->flow.diffusion(), watcher(progress, user));
      held->steps += report.steps;
      held->t = t;
    }
    hand_out(result_of_plane(*held), result);
  });
}

}  // extern "C"
