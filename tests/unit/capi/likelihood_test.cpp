// The C interface's likelihood, against pathflow::train::Trainer called directly.
#include <cmath>
#include <nlohmann/json.hpp>

#include "pathflow/train/trainer.hpp"
#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;
using nlohmann::json;
using pathflow::train::Trainer;

constexpr std::string_view kModel = R"({"data": "moons", "width": 16, "depth": 2, "batch": 32})";

Trainer same_model() { return Trainer({.data = "moons", .width = 16, .depth = 2, .batch = 32}); }

const std::vector<float> kRows{0.1f, 0.2f, -1, 0.5f, 2, -2};
const pf_points kPoints{kRows.data(), 3, 2};

pf_status likelihood(pf_handle trainer, std::string_view options, pf_handle* result,
                     const pf_points& points = kPoints) {
  return pf_evaluate_likelihood(trainer, options.data(), options.size(), &points, nullptr, 0,
                                nullptr, nullptr, result);
}

pathflow::tensor::Points rows() {
  pathflow::tensor::Points points = pathflow::tensor::Points::from_shape({3, 2});
  std::copy(kRows.begin(), kRows.end(), points.data());
  return points;
}

std::vector<double> flat(const pathflow::tensor::Vector<double>& values) {
  return {values.begin(), values.end()};
}

TEST(CapiLikelihood, IsTheLibrarysOwn) {
  Owned trainer, exact, estimated;
  ASSERT_EQ(create(kModel, &trainer), PF_OK) << error_message();
  ASSERT_EQ(likelihood(trainer, R"({"rtol": 1e-6, "atol": 1e-6})", &exact), PF_OK)
      << error_message();
  pathflow::density::LikelihoodOptions options;
  options.solver.rtol = options.solver.atol = 1e-6;
  const Trainer direct = same_model();
  const auto wanted = direct.log_density(rows(), options);
  EXPECT_EQ(values_of<double>(exact, "log_density"), flat(wanted.log_density));
  EXPECT_EQ(json::parse(text_of(exact))["evaluations"], wanted.evaluations);
  ASSERT_EQ(likelihood(trainer,
                       R"({"divergence": "hutchinson", "probes": 3, "probe": "gaussian", "seed": 7,
                           "sampler": "rk4", "steps": 5})",
                       &estimated),
            PF_OK)
      << error_message();
  options = {.divergence = "hutchinson", .probes = 3, .probe = "gaussian", .seed = 7};
  options.solver.sampler = "rk4";
  options.solver.steps = 5;
  EXPECT_EQ(values_of<double>(estimated, "log_density"),
            flat(direct.log_density(rows(), options).log_density));
}

// A batch cut in two: the second piece says at which row it begins.
TEST(CapiLikelihood, PiecesDrawTheProbesOfTheWhole) {
  Owned trainer, whole, piece;
  ASSERT_EQ(create(kModel, &trainer), PF_OK);
  const std::string common = R"({"divergence": "hutchinson", "sampler": "euler", "steps": 4)";
  ASSERT_EQ(likelihood(trainer, common + "}", &whole), PF_OK) << error_message();
  const pf_points last{kRows.data() + 4, 1, 2};
  ASSERT_EQ(likelihood(trainer, common + R"(, "first_row": 2})", &piece, last), PF_OK);
  EXPECT_NEAR(values_of<double>(whole, "log_density")[2],
              values_of<double>(piece, "log_density")[0], 1e-5);
}

TEST(CapiLikelihood, SamplesComeWithTheirOwn) {
  Owned trainer, sampled, again;
  ASSERT_EQ(create(kModel, &trainer), PF_OK);
  ASSERT_EQ(
      sample(trainer, R"({"n": 20, "sampler": "rk4", "steps": 50, "log_density": true, "seed": 4})",
             &sampled),
      PF_OK)
      << error_message();
  const auto points = values_of<float>(sampled, "points");
  const auto density = values_of<double>(sampled, "log_density");
  ASSERT_EQ(density.size(), 20u);
  const pf_points reached{points.data(), 20, 2};
  ASSERT_EQ(likelihood(trainer, R"({"sampler": "rk4", "steps": 50})", &again, reached), PF_OK);
  const auto evaluated = values_of<double>(again, "log_density");
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(density[i], evaluated[i], 1e-4);
  pf_handle refused = 0;
  expect_refused(sample(trainer, R"({"sampler": "ddpm", "log_density": true})", &refused),
                 PF_INVALID_ARGUMENT, "a Runge-Kutta method");
  expect_refused(sample(trainer, R"({"keep": 3, "log_density": true})", &refused),
                 PF_INVALID_ARGUMENT, "beside kept times");
  expect_refused(sample(trainer, R"({"toward": "source", "log_density": true})", &refused),
                 PF_INVALID_ARGUMENT, "lead to the data");
  expect_refused(sample(trainer, R"({"log_density": 1})", &refused), PF_INVALID_ARGUMENT,
                 "log_density must be true or false, got 1");
}

TEST(CapiLikelihood, RefusesWhatItCannotAnswer) {
  Owned trainer, general;
  ASSERT_EQ(create(kModel, &trainer), PF_OK);
  ASSERT_EQ(create(R"({"data": "moons", "source": "rings", "width": 8, "depth": 1})", &general),
            PF_OK);
  pf_handle result = 0;
  const auto refused = [&](std::string_view options, std::string_view words) {
    expect_refused(likelihood(trainer, options, &result), PF_INVALID_ARGUMENT, words);
  };
  refused(R"({"probes": 0, "divergence": "hutchinson"})", "probes must lie in [1, 1000000], got 0");
  refused(R"({"divergence": "exakt"})", "exact");
  refused(R"({"probe": "uniform", "divergence": "hutchinson"})", "rademacher");
  refused(R"({"sampler": "ddim"})", "dopri5");
  refused(R"({"rtol": -1})", "rtol");
  refused(R"({"keep": 3})", "unknown option \"keep\"");
  refused(R"({"seed": -1})", "seed must be at least 0, got -1");
  expect_refused(likelihood(general, "{}", &result), PF_INVALID_ARGUMENT,
                 "the source's density must be known");
  const pf_points wide{kRows.data(), 2, 3};
  expect_refused(likelihood(trainer, "{}", &result, wide), PF_SHAPE, "a row");
  expect_refused(
      pf_evaluate_likelihood(trainer, nullptr, 0, nullptr, nullptr, 0, nullptr, nullptr, &result),
      PF_INVALID_ARGUMENT, "points must not be NULL");
  expect_refused(likelihood(trainer, "{}", nullptr), PF_INVALID_ARGUMENT, "NULL");
  EXPECT_EQ(result, 0u);
}

TEST(CapiLikelihood, StopsWhenProgressSaysSo) {
  Owned trainer;
  ASSERT_EQ(create(kModel, &trainer), PF_OK);
  int calls = 0;
  const pf_progress stop = [](void* user, double) {
    return ++*static_cast<int*>(user) < 3 ? 1 : 0;
  };
  pf_handle result = 0;
  expect_refused(
      pf_evaluate_likelihood(trainer, nullptr, 0, &kPoints, nullptr, 0, stop, &calls, &result),
      PF_CANCELLED, "");
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(result, 0u);
}

}  // namespace
