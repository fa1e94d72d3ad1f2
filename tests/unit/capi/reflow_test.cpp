// The C interface's reflow: pairs drawn by two calls, and the run made of them.
#include <nlohmann/json.hpp>

#include "pathflow/train/reflow.hpp"
#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;
using nlohmann::json;

constexpr std::string_view kSolver = R"({"sampler": "heun", "steps": 6, "deterministic": true})";

/// 256 pairs of a trainer, and where they lie.
struct Pairs {
  Owned drawn, moved;
  pf_points start{}, reached{};

  explicit Pairs(pf_handle trainer) {
    EXPECT_EQ(pf_draw_start(trainer, 256, 0, &drawn), PF_OK) << error_message();
    start = points(drawn);
    EXPECT_EQ(pf_sample_trainer(trainer, kSolver.data(), kSolver.size(), &start, nullptr, 0,
                                nullptr, nullptr, &moved),
              PF_OK)
        << error_message();
    reached = points(moved);
  }
  static pf_points points(pf_handle result) {
    const pf_view view = view_of(result, "points");
    return {static_cast<const float*>(view.data), view.shape[0], view.shape[1]};
  }
};

pf_status reflow(pf_handle trainer, std::string_view options, const Pairs& pairs,
                 pf_handle* student) {
  return pf_reflow_trainer(trainer, options.data(), options.size(), &pairs.start, &pairs.reached,
                           nullptr, 0, 1, student);
}

TEST(CapiReflow, IsTheLibrarysOwn) {
  using namespace pathflow::train;
  Owned trainer, student, saved;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  ASSERT_EQ(pf_step_trainer(trainer, 20, nullptr), PF_OK);
  const Pairs pairs(trainer);
  ASSERT_EQ(reflow(trainer, R"({"lr": 0.01})", pairs, &student), PF_OK) << error_message();
  ASSERT_EQ(pf_step_trainer(student, 5, nullptr), PF_OK);
  ASSERT_EQ(pf_save_trainer(student, &saved), PF_OK);

  Trainer direct({.data = "moons", .width = 16, .depth = 2, .batch = 32, .seed = 5});
  direct.step(20);
  TrainOptions options = reflow_options(direct.options());
  options.lr = 0.01;
  Trainer second =
      make_student(direct, options, draw_pairs(direct, 256, {.sampler = "heun", .steps = 6}));
  second.step(5);
  EXPECT_EQ(values_of<std::uint8_t>(saved, "bytes"), second.save());
}

TEST(CapiReflow, DistilsAndRefuses) {
  Owned trainer, student, described;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  const Pairs pairs(trainer);
  ASSERT_EQ(reflow(trainer, R"({"time_law": "source-end:2"})", pairs, &student), PF_OK);
  ASSERT_EQ(pf_describe_trainer(student, &described), PF_OK);
  const json options = json::parse(text_of(described))["options"];
  EXPECT_EQ(options["coupling"], "pairs");
  EXPECT_EQ(options["source"], "gaussian");
  EXPECT_EQ(options["time_law"], "source-end:2");
  pf_handle none = 0;
  expect_refused(sample(student, "{}", &none), PF_INVALID_ARGUMENT, "euler with steps 2");
  const std::string_view text = "{}";
  expect_refused(pf_evaluate_likelihood(student, text.data(), text.size(), &pairs.start, nullptr, 0,
                                        nullptr, nullptr, &none),
                 PF_INVALID_ARGUMENT, "at all times");
  expect_refused(pf_create_plane(student, text.data(), text.size(), nullptr, nullptr, 0, &none),
                 PF_INVALID_ARGUMENT, "at all times");
  expect_refused(sample(trainer, R"({"sampler": "ddpm", "deterministic": true})", &none),
                 PF_INVALID_ARGUMENT, "draws noise");
  expect_refused(reflow(trainer, R"({"coupling": "ot"})", pairs, &none), PF_INVALID_ARGUMENT,
                 "pairs");
  expect_refused(reflow(trainer, R"({"stepz": 1})", pairs, &none), PF_INVALID_ARGUMENT, "steps");
  expect_refused(reflow(0, "{}", pairs, &none), PF_INVALID_ARGUMENT, "handle");
  expect_refused(
      pf_reflow_trainer(trainer, nullptr, 0, nullptr, &pairs.reached, nullptr, 0, 1, &none),
      PF_INVALID_ARGUMENT, "start");
  pf_points fewer = pairs.start;
  fewer.rows = 200;
  expect_refused(
      pf_reflow_trainer(trainer, nullptr, 0, &fewer, &pairs.reached, nullptr, 0, 1, &none),
      PF_SHAPE, "as many source rows");
  EXPECT_EQ(none, 0u);
}

TEST(CapiReflow, AStudentHasNoScoreOnTheGridEither) {
  Owned trainer, student;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  const Pairs pairs(trainer);
  ASSERT_EQ(reflow(trainer, "{}", pairs, &student), PF_OK);
  const std::string_view noisy = R"({"grid": 8, "diffusion": "sigma"})", plain = R"({"grid": 8})";
  pf_handle none = 0;
  expect_refused(pf_create_plane(student, noisy.data(), noisy.size(), nullptr, nullptr, 0, &none),
                 PF_INVALID_ARGUMENT, "independent");
  Owned plane;
  EXPECT_EQ(pf_create_plane(student, plain.data(), plain.size(), nullptr, nullptr, 0, &plane),
            PF_OK)
      << error_message();
}

}  // namespace
