// The C interface's densities on a grid.
#include <cmath>
#include <nlohmann/json.hpp>

#include "pathflow/density/plane_flow.hpp"
#include "pathflow/train/trainer.hpp"
#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;
using nlohmann::json;

constexpr std::string_view kModel = R"({"data": "moons", "width": 16, "depth": 2, "batch": 32})";
constexpr std::string_view kGrid = R"({"grid": 12, "diffusion": "sigma", "knots": 9})";

pf_status plane(pf_handle trainer, std::string_view options, pf_handle* made) {
  return pf_create_plane(trainer, options.data(), options.size(), nullptr, nullptr, 0, made);
}
pf_status advance(pf_handle made, std::string_view options, pf_handle* result) {
  return pf_advance_plane(made, options.data(), options.size(), nullptr, nullptr, result);
}

TEST(CapiPlane, MovesAsTheLibraryDoes) {
  using namespace pathflow::density;
  Owned made, start, middle;
  {
    Owned trainer;  // freed before the plane, which keeps what it needs
    ASSERT_EQ(create(kModel, &trainer), PF_OK);
    ASSERT_EQ(plane(trainer, kGrid, &made), PF_OK) << error_message();
  }
  ASSERT_EQ(advance(made, "", &start), PF_OK) << error_message();
  ASSERT_EQ(advance(made, R"({"t": 0.5})", &middle), PF_OK) << error_message();
  const pathflow::train::Trainer direct({.data = "moons", .width = 16, .depth = 2, .batch = 32});
  const auto model = direct.model();
  const PlaneGrid grid{.nx = 12, .ny = 12};
  PlaneFlow flow(*model, direct.schedule(), {.diffusion = "sigma", .knots = 9});
  FokkerPlanck solver(grid, plane_gaussian(grid, 1));
  const auto compare = [&](pf_handle result) {
    const auto values = values_of<float>(result, "density");
    ASSERT_EQ(values.size(), 144u);
    for (std::size_t i = 0; i < 144; ++i) {
      EXPECT_EQ(values[i], static_cast<float>(solver.density().data()[i]));
    }
  };
  compare(start);
  const auto report = solver.advance(1, 0.5, flow.drift(), flow.diffusion());
  compare(middle);
  const json text = json::parse(text_of(middle));
  EXPECT_EQ(text["t"], 0.5);
  EXPECT_EQ(text["from"], 1);
  EXPECT_EQ(text["to"], 0);
  EXPECT_EQ(text["steps"], report.steps);
  EXPECT_EQ(text["evaluations"], flow.evaluations());
  EXPECT_NEAR(text["mass"].get<double>(), 1, 1e-12);
}

TEST(CapiPlane, RefusesBadInput) {
  Owned trainer, line, made;
  ASSERT_EQ(create(kModel, &trainer), PF_OK);
  pf_handle refused = 0;
  expect_refused(plane(trainer, R"({"grid": 1})", &refused), PF_INVALID_ARGUMENT, "grid");
  expect_refused(plane(trainer, R"({"diffusion": "g"})", &refused), PF_INVALID_ARGUMENT, "g2");
  expect_refused(plane(trainer, R"({"toward": "x"})", &refused), PF_INVALID_ARGUMENT, "source");
  expect_refused(plane(trainer, R"({"bounds": [5, 6, 5, 6]})", &refused), PF_INVALID_ARGUMENT,
                 "must hold the law");
  expect_refused(plane(0, "", &refused), PF_INVALID_ARGUMENT, "handle");
  const std::vector<float> values(12);
  const pf_points three{values.data(), 4, 3};
  ASSERT_EQ(pf_create_trainer(nullptr, 0, &three, nullptr, nullptr, 0, nullptr, nullptr, 0, nullptr,
                              0, &line),
            PF_OK);
  expect_refused(plane(line, "", &refused), PF_SHAPE, "2");
  EXPECT_EQ(refused, 0u);
  ASSERT_EQ(plane(trainer, kGrid, &made), PF_OK) << error_message();
  Owned half;
  ASSERT_EQ(advance(made, R"({"t": 0.5})", &half), PF_OK);
  expect_refused(advance(made, R"({"t": 0.6})", &refused), PF_INVALID_ARGUMENT, "behind");
  expect_refused(advance(made, R"({"t": 2})", &refused), PF_INVALID_ARGUMENT, "t must");
  expect_refused(advance(trainer, "", &refused), PF_INVALID_ARGUMENT, "of another kind");
  const pf_progress stop = [](void*, double) { return 0; };
  expect_refused(pf_advance_plane(made, nullptr, 0, stop, nullptr, nullptr), PF_INVALID_ARGUMENT,
                 "NULL");
  const std::string_view end = R"({"t": 0})";
  expect_refused(pf_advance_plane(made, end.data(), end.size(), stop, nullptr, &refused),
                 PF_CANCELLED, "stopped");
  EXPECT_EQ(refused, 0u);
}

}  // namespace
