// The C interface's trainers, against pathflow::train::Trainer called directly.
#include <cmath>
#include <nlohmann/json.hpp>

#include "pathflow/train/trainer.hpp"
#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;
using nlohmann::json;
using pathflow::train::Trainer;

pathflow::train::TrainOptions small_options() {
  pathflow::train::TrainOptions options;
  options.data = "moons";
  options.width = 16;
  options.depth = 2;
  options.batch = 32;
  options.seed = 5;
  return options;
}

std::vector<float> flat(const pathflow::tensor::Points& points) {
  return {points.data(), points.data() + points.size()};
}

TEST(CapiTrainer, StepsAndSamplesAsTheLibraryDoes) {
  Owned trainer, sampled;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK) << error_message();
  pf_step_report report{};
  ASSERT_EQ(pf_step_trainer(trainer, 20, &report), PF_OK) << error_message();
  Trainer direct(small_options());
  const auto wanted = direct.step(20);
  EXPECT_EQ(report.step, 20);
  EXPECT_EQ(report.loss, wanted.loss);
  EXPECT_EQ(report.mean_loss, wanted.mean_loss);
  EXPECT_EQ(report.gradient_norm, wanted.gradient_norm);
  EXPECT_EQ(report.learning_rate, wanted.learning_rate);
  ASSERT_EQ(sample(trainer, R"({"n": 37, "sampler": "midpoint", "steps": 7, "seed": 3})", &sampled),
            PF_OK)
      << error_message();
  pathflow::sample::SampleOptions options;
  options.sampler = "midpoint";
  options.steps = 7;
  options.seed = 3;
  EXPECT_EQ(values_of<float>(sampled, "points"), flat(direct.sample(37, options).points));
  EXPECT_EQ(view_of(sampled, "points").shape[0], 37u);
  EXPECT_EQ(view_of(sampled, "points").shape[1], 2u);
  EXPECT_EQ(json::parse(text_of(sampled))["evaluations"], 14);
  EXPECT_FALSE(has_array(sampled, "trajectories"));
}

TEST(CapiTrainer, DescribesItself) {
  Owned trainer, text;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  ASSERT_EQ(pf_describe_trainer(trainer, &text), PF_OK);
  const json described = json::parse(text_of(text));
  EXPECT_EQ(described["options"]["width"], 16);
  EXPECT_EQ(described["options"]["schedule"], "linear");
  EXPECT_EQ(described["steps"], 0);
  EXPECT_EQ(described["parameters"], (3 * 16 + 16) + (16 * 16 + 16) + (16 * 2 + 2));
}

TEST(CapiTrainer, RefusesBadOptions) {
  pf_handle trainer = 0;
  expect_refused(create(R"({"width": 0})", &trainer), PF_INVALID_ARGUMENT, "width");
  expect_refused(create(R"({"widht": 8})", &trainer), PF_INVALID_ARGUMENT, "width");
  expect_refused(create(R"({"width": "8"})", &trainer), PF_INVALID_ARGUMENT, "width");
  expect_refused(create(R"({"schedule": "lin"})", &trainer), PF_INVALID_ARGUMENT, "linear");
  expect_refused(create("{", &trainer), PF_INVALID_ARGUMENT, "");
  expect_refused(create("[1]", &trainer), PF_INVALID_ARGUMENT, "");
  expect_refused(create("\xff\xfe", &trainer), PF_INVALID_ARGUMENT, "");
  expect_refused(create(kSmall, nullptr), PF_INVALID_ARGUMENT, "NULL");
  expect_refused(pf_create_trainer(nullptr, 3, nullptr, nullptr, nullptr, 0, nullptr, nullptr, 0,
                                   nullptr, 0, &trainer),
                 PF_INVALID_ARGUMENT, "options must not be NULL");
  EXPECT_EQ(trainer, 0u);
}

TEST(CapiTrainer, LearnsFromSnapshots) {
  constexpr std::string_view kAction =
      R"({"objective": "entropic-action", "coupling": "ot", "width": 8, "depth": 1, "batch": 8})";
  const float values[3][4] = {{0, 0, 1, 0}, {0, 1, 1, 1}, {0, 2, 2, 2}};
  const pf_points rows[] = {{values[0], 2, 2}, {values[1], 2, 2}, {values[2], 2, 2}};
  const double times[] = {0, 0.25, 1}, unsorted[] = {0, 1.5, 1};
  const auto create_from = [&](const pf_points* snapshots, const double* at, std::size_t count,
                               pf_handle* trainer) {
    return pf_create_trainer(kAction.data(), kAction.size(), nullptr, nullptr, nullptr, 0,
                             snapshots, at, count, nullptr, 0, trainer);
  };
  Owned trainer, described, start, sampled;
  ASSERT_EQ(create_from(rows, times, 3, &trainer), PF_OK) << error_message();
  ASSERT_EQ(pf_step_trainer(trainer, 5, nullptr), PF_OK) << error_message();
  ASSERT_EQ(pf_describe_trainer(trainer, &described), PF_OK);
  EXPECT_EQ(json::parse(text_of(described))["options"]["data"], "snapshots");
  ASSERT_EQ(pf_draw_start(trainer, 16, 1, &start), PF_OK);
  for (const float value : values_of<float>(start, "points")) EXPECT_TRUE(value == 0 || value == 2);
  EXPECT_EQ(sample(trainer,
                   R"({"n": 4, "sampler": "euler-maruyama", "diffusion": "sigma",
                       "toward": "source"})",
                   &sampled),
            PF_OK)
      << error_message();
  pf_handle none = 0;
  expect_refused(create_from(rows, times, 1, &none), PF_INVALID_ARGUMENT, "number of snapshots");
  expect_refused(create_from(rows, unsorted, 3, &none), PF_INVALID_ARGUMENT, "ascending");
  expect_refused(create_from(rows, nullptr, 3, &none), PF_INVALID_ARGUMENT, "times");
  const pf_points narrow[] = {rows[0], {values[1], 4, 1}};
  const double both[] = {0, 1};
  expect_refused(create_from(narrow, both, 2, &none), PF_SHAPE, "2 columns, got 1");
  EXPECT_EQ(none, 0u);
}

TEST(CapiTrainer, TakesGivenRowsAndLabels) {
  const std::vector<float> rows{0, 0, 1, 1, 2, 0, 3, 1};
  const std::int32_t labels[] = {0, 1, 0, 1};
  const pf_points data{rows.data(), 4, 2};
  Owned trainer, drawn, sampled;
  const std::string_view options =
      R"({"data": "given", "width": 8, "depth": 1, "batch": 8, "conditional": true})";
  ASSERT_EQ(pf_create_trainer(options.data(), options.size(), &data, nullptr, labels, 4, nullptr,
                              nullptr, 0, nullptr, 0, &trainer),
            PF_OK)
      << error_message();
  ASSERT_EQ(pf_draw_data(trainer, 50, 1, &drawn), PF_OK);
  const auto points = values_of<float>(drawn, "points");
  const auto drawn_labels = values_of<std::int32_t>(drawn, "labels");
  for (std::size_t i = 0; i < 50; ++i) {
    const float x = points[2 * i];
    ASSERT_TRUE(x == 0 || x == 1 || x == 2 || x == 3);
    EXPECT_EQ(drawn_labels[i], static_cast<int>(x) % 2);
  }
  ASSERT_EQ(pf_step_trainer(trainer, 2, nullptr), PF_OK);
  const std::int32_t wanted = 1, absurd = 2;
  ASSERT_EQ(pf_sample_trainer(trainer, nullptr, 0, nullptr, &wanted, 1, nullptr, nullptr, &sampled),
            PF_OK)
      << error_message();
  EXPECT_EQ(view_of(sampled, "points").shape[0], 1000u);
  pf_handle refused = 0;
  expect_refused(
      pf_sample_trainer(trainer, nullptr, 0, nullptr, &absurd, 1, nullptr, nullptr, &refused),
      PF_INVALID_ARGUMENT, "label");
  expect_refused(
      pf_sample_trainer(trainer, nullptr, 0, nullptr, nullptr, 1, nullptr, nullptr, &refused),
      PF_INVALID_ARGUMENT, "labels must not be NULL");
}

TEST(CapiTrainer, RefusesRowsThatDoNotFit) {
  const std::vector<float> rows(12, 0.5f);
  const pf_points two{rows.data(), 6, 2}, three{rows.data(), 4, 3};
  pf_handle trainer = 0;
  EXPECT_EQ(pf_create_trainer(nullptr, 0, &two, &three, nullptr, 0, nullptr, nullptr, 0, nullptr, 0,
                              &trainer),
            PF_SHAPE);
  const std::int32_t labels[] = {0, 1};
  EXPECT_NE(pf_create_trainer(nullptr, 0, &two, nullptr, labels, 2, nullptr, nullptr, 0, nullptr, 0,
                              &trainer),
            PF_OK);
  std::vector<float> broken = rows;
  broken[3] = std::nanf("");
  const pf_points nan{broken.data(), 6, 2};
  EXPECT_NE(pf_create_trainer(nullptr, 0, &nan, nullptr, nullptr, 0, nullptr, nullptr, 0, nullptr,
                              0, &trainer),
            PF_OK);
  EXPECT_EQ(trainer, 0u);
}

TEST(CapiTrainer, RefusesBadCounts) {
  Owned trainer;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  for (const std::int64_t steps : {std::int64_t{0}, std::int64_t{-5}, INT64_MIN}) {
    expect_refused(pf_step_trainer(trainer, steps, nullptr), PF_INVALID_ARGUMENT, "at least 1");
  }
  expect_refused(pf_step_trainer(0, 1, nullptr), PF_INVALID_ARGUMENT, "handle");
  pf_handle result = 0;
  expect_refused(pf_draw_start(trainer, 0, 0, &result), PF_INVALID_ARGUMENT, "at least 1");
  expect_refused(pf_draw_data(trainer, SIZE_MAX, 0, &result), PF_INVALID_ARGUMENT, "at most");
  expect_refused(pf_draw_start(trainer, 5, 0, nullptr), PF_INVALID_ARGUMENT, "NULL");
}

TEST(CapiTrainer, SavedAndRestoredGoesOnToTheSameBits) {
  Owned trainer, file, again;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  ASSERT_EQ(pf_step_trainer(trainer, 10, nullptr), PF_OK);
  ASSERT_EQ(pf_save_trainer(trainer, &file), PF_OK) << error_message();
  const auto bytes = values_of<std::uint8_t>(file, "bytes");
  ASSERT_EQ(pf_restore_trainer(bytes.data(), bytes.size(), &again), PF_OK) << error_message();
  pf_step_report one{}, other{};
  ASSERT_EQ(pf_step_trainer(trainer, 5, &one), PF_OK);
  ASSERT_EQ(pf_step_trainer(again, 5, &other), PF_OK);
  EXPECT_EQ(other.step, 15);
  EXPECT_EQ(one.loss, other.loss);
  Owned a, b;
  ASSERT_EQ(sample(trainer, R"({"n": 10})", &a), PF_OK);
  ASSERT_EQ(sample(again, R"({"n": 10})", &b), PF_OK);
  EXPECT_EQ(values_of<float>(a, "points"), values_of<float>(b, "points"));
}

TEST(CapiTrainer, RefusesDamagedFiles) {
  Owned trainer, file;
  ASSERT_EQ(create(R"({"data": "moons", "width": 4, "depth": 1, "batch": 8})", &trainer), PF_OK);
  ASSERT_EQ(pf_save_trainer(trainer, &file), PF_OK);
  const auto bytes = values_of<std::uint8_t>(file, "bytes");
  pf_handle again = 0;
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 199) {
    ASSERT_EQ(pf_restore_trainer(bytes.data(), size, &again), PF_IO) << size << error_message();
  }
  expect_refused(pf_restore_trainer(nullptr, 8, &again), PF_INVALID_ARGUMENT, "NULL");
  EXPECT_EQ(again, 0u);
}

TEST(CapiSample, KeepsTrajectories) {
  Owned trainer, counted, listed, start;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  ASSERT_EQ(sample(trainer, R"({"n": 9, "sampler": "euler", "steps": 8, "keep": 5, "seed": 2})",
                   &counted),
            PF_OK)
      << error_message();
  const pf_view view = view_of(counted, "trajectories");
  EXPECT_EQ(view.rank, 3u);
  EXPECT_EQ(view.shape[0], 5u);
  EXPECT_EQ(view.shape[1], 9u);
  EXPECT_EQ(view.shape[2], 2u);
  EXPECT_EQ(values_of<double>(counted, "times"), (std::vector<double>{1, .75, .5, .25, 0}));
  const auto kept = values_of<float>(counted, "trajectories");
  const auto end = values_of<float>(counted, "points");
  EXPECT_EQ(std::vector<float>(kept.end() - 18, kept.end()), end);
  ASSERT_EQ(pf_draw_start(trainer, 9, 2, &start), PF_OK);
  EXPECT_EQ(std::vector<float>(kept.begin(), kept.begin() + 18), values_of<float>(start, "points"));
  const json text = json::parse(text_of(counted));
  EXPECT_GE(text["straightness"].get<double>(), 0);
  EXPECT_GT(text["energy"].get<double>(), 0);

  ASSERT_EQ(
      sample(trainer, R"({"n": 9, "sampler": "euler", "steps": 8, "keep": [1, 0.5, 0], "seed": 2})",
             &listed),
      PF_OK)
      << error_message();
  EXPECT_EQ(values_of<float>(listed, "points"), end);
  EXPECT_EQ(view_of(listed, "trajectories").shape[0], 3u);
}

TEST(CapiSample, MovesGivenRowsBothWays) {
  Owned trainer, there, back, wide;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  ASSERT_EQ(pf_step_trainer(trainer, 30, nullptr), PF_OK);
  const std::vector<float> rows{0.1f, 0.2f, -0.5f, 0.7f, 1.0f, -1.0f};
  const pf_points start{rows.data(), 3, 2};
  const auto move = [&](const pf_points& from, std::string_view options, pf_handle* result) {
    return pf_sample_trainer(trainer, options.data(), options.size(), &from, nullptr, 0, nullptr,
                             nullptr, result);
  };
  ASSERT_EQ(move(start, R"({"sampler": "rk4", "steps": 40, "toward": "source"})", &there), PF_OK)
      << error_message();
  const auto middle = values_of<float>(there, "points");
  const pf_points turned{middle.data(), 3, 2};
  ASSERT_EQ(move(turned, R"({"sampler": "rk4", "steps": 40})", &back), PF_OK);
  const auto end = values_of<float>(back, "points");
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NEAR(end[i], rows[i], 1e-4);
  pf_handle refused = 0;
  expect_refused(move(start, R"({"n": 3})", &refused), PF_INVALID_ARGUMENT, "beside start rows");
  const pf_points odd{rows.data(), 2, 3};
  expect_refused(move(odd, "{}", &refused), PF_SHAPE, "start");
}

// Every option of a single sampler or grid is heard: the points differ from those by its default.
TEST(CapiSample, HearsTheOptionsOfEachSampler) {
  Owned trainer;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  const auto points = [&](std::string_view options) {
    Owned result;
    EXPECT_EQ(sample(trainer, options, &result), PF_OK) << options;
    pf_view view{};
    EXPECT_EQ(pf_view_array(result, "points", 6, &view), PF_OK);
    const auto* values = static_cast<const float*>(view.data);
    return std::vector<float>(values, values + view.shape[0] * view.shape[1]);
  };
  const std::pair<const char*, const char*> kCases[] = {
      {R"({"n": 8, "steps": 9, "sampler": "unipc")", R"("order": 3)"},
      {R"({"n": 8, "steps": 9, "sampler": "edm")", R"("churn": 5)"},
      {R"({"n": 8, "steps": 9, "sampler": "edm", "churn": 5)", R"("churn_from": 0.5)"},
      {R"({"n": 8, "steps": 9, "sampler": "edm", "churn": 5)", R"("churn_to": 0.5)"},
      {R"({"n": 8, "steps": 9, "sampler": "edm", "churn": 5)", R"("churn_noise": 0.5)"},
      {R"({"n": 8, "steps": 9, "sampler": "predictor-corrector")", R"("predictor": "none")"},
      {R"({"n": 8, "steps": 9, "sampler": "predictor-corrector")", R"("corrector_steps": 2)"},
      {R"({"n": 8, "steps": 9, "sampler": "predictor-corrector")", R"("corrector_snr": 0.3)"},
      {R"({"n": 8, "steps": 9, "sampler": "euler-maruyama")", R"("last_step": "tweedie")"},
      {R"({"n": 8, "steps": 9, "grid": "karras")", R"("grid_rho": 3)"},
      {R"({"n": 8, "steps": 9, "grid": "flow-shift")", R"("grid_shift": 2)"},
  };
  for (const auto& [base, option] : kCases) {
    EXPECT_NE(points(std::string(base) + ", " + option + "}"), points(std::string(base) + "}"))
        << base << " " << option;
  }
}

TEST(CapiSample, RefusesBadOptions) {
  Owned trainer;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  pf_handle result = 0;
  const auto refused = [&](std::string_view options, std::string_view words) {
    expect_refused(sample(trainer, options, &result), PF_INVALID_ARGUMENT, words);
  };
  refused(R"({"n": 0})", "n must be at least 1");
  refused(R"({"n": 1.5})", "whole number");
  refused(R"({"n": 1e300})", "whole number");
  refused(R"({"n": 99999999999})", "at most");
  refused(R"({"steps": 0})", "steps");
  refused(R"({"steps": 0e00000000032008, "sampler": "dopri5"})", "steps");
  refused(R"({"seed": -1})", "seed");
  refused(R"({"seed": 18446744073709551615})", "whole number, got 18446744073709551615");
  refused(R"({"sampler": "hein"})", "heun");
  refused(R"({"sampler": "unipc", "order": 4})", "order must lie in [1, 3], got 4");
  refused(R"({"sampler": "edm", "churn": -1})", "churn");
  refused(R"({"sampler": "predictor-corrector", "predictor": "od"})", "ode");
  refused(R"({"last_step": "twedie"})", "tweedie");
  refused(R"({"grid": "karras", "grid_rho": 0})", "grid_rho");
  refused(R"({"corrector_steps": 1e9})", "corrector_steps");
  refused(R"({"sampler": 3})", "sampler must be text");
  refused(R"({"step": 3})", "did you mean \"steps\"");
  refused(R"({"toward": "noise"})", "source");
  refused(R"({"toward": "data", "from": 0.5})", "toward");
  refused(R"({"keep": 1})", "keep");
  refused(R"({"keep": ["a"]})", "list of numbers");
  refused(R"({"keep": [0, 1]})", "");
  refused(R"([])", "JSON object");
  refused(R"({"rtol": -1, "sampler": "dopri5"})", "rtol");
  EXPECT_EQ(result, 0u);
}

TEST(CapiSample, ProgressRisesAndStops) {
  Owned trainer, whole;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  std::vector<double> shares;
  const pf_progress note = [](void* user, double share) -> std::int32_t {
    auto* seen = static_cast<std::vector<double>*>(user);
    seen->push_back(share);
    return seen->size() < 1000 ? 1 : 0;
  };
  const std::string_view options = R"({"n": 5, "sampler": "euler", "steps": 10})";
  ASSERT_EQ(pf_sample_trainer(trainer, options.data(), options.size(), nullptr, nullptr, 0, note,
                              &shares, &whole),
            PF_OK);
  ASSERT_EQ(shares.size(), 10u);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_DOUBLE_EQ(shares.back(), 1.0);
  const pf_progress stop = [](void*, double share) -> std::int32_t { return share < 0.45; };
  pf_handle result = 0;
  expect_refused(pf_sample_trainer(trainer, options.data(), options.size(), nullptr, nullptr, 0,
                                   stop, nullptr, &result),
                 PF_CANCELLED, "");
  EXPECT_EQ(error_name(), "Cancelled");
  EXPECT_EQ(result, 0u);
}

TEST(CapiField, AgreesWithTheModelAndConverts) {
  Owned trainer, velocity, data;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  ASSERT_EQ(pf_step_trainer(trainer, 5, nullptr), PF_OK);
  ASSERT_EQ(field(trainer, R"({"t": 0.25, "grid": 3, "bounds": [-3, 3, 0, 6]})", &velocity), PF_OK)
      << error_message();
  const auto v = values_of<float>(velocity, "field");
  ASSERT_EQ(v.size(), 18u);
  // Cell centres: x in {-2, 0, 2}, y in {1, 3, 5}, row 0 at ymin.
  std::vector<float> x;
  for (const float row : {1.f, 3.f, 5.f}) {
    for (const float column : {-2.f, 0.f, 2.f}) x.insert(x.end(), {column, row});
  }
  Trainer direct(small_options());
  direct.step(5);
  std::vector<float> q(18);
  direct.model()->predict(x, 0.25f, q);
  EXPECT_EQ(v, q);
  ASSERT_EQ(field(trainer, R"({"t": 0.25, "grid": 3, "bounds": [-3, 3, 0, 6], "quantity": "data"})",
                  &data),
            PF_OK);
  const auto d = values_of<float>(data, "field");
  for (std::size_t i = 0; i < 18; ++i) EXPECT_NEAR(d[i], x[i] - 0.25f * v[i], 1e-5);
  EXPECT_EQ(json::parse(text_of(velocity))["t"], 0.25);
}

// s = -E[z | x_t] / gamma whatever the ends are; by the velocity alone it would be another's.
TEST(CapiField, TheScoreOfAPathWithNoiseIsThatNoises) {
  constexpr std::string_view kNoisy =
      R"({"data": "moons", "source": "8gaussians", "objective": "interpolant", "gamma": "quadratic",
          "gamma_scale": 4, "width": 16, "depth": 2, "batch": 32, "seed": 5})";
  Owned trainer, score, saved;
  ASSERT_EQ(create(kNoisy, &trainer), PF_OK) << error_message();
  ASSERT_EQ(pf_step_trainer(trainer, 5, nullptr), PF_OK);
  ASSERT_EQ(
      field(trainer, R"({"t": 0.25, "grid": 1, "bounds": [-1, 2, 0, 3], "quantity": "score"})",
            &score),
      PF_OK)
      << error_message();
  ASSERT_EQ(pf_save_trainer(trainer, &saved), PF_OK);
  const Trainer direct = Trainer::restore(values_of<std::uint8_t>(saved, "bytes"));
  const std::vector<float> x = {0.5f, 1.5f};
  std::vector<float> q(2), z(2);
  direct.model()->predict_noise(x, 0.25f, q, z);
  const auto s = values_of<float>(score, "field");
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(s[k], -z[k] / (2 * 0.25 * 0.75), 1e-5);
  pf_handle result = 0;
  expect_refused(field(trainer, R"({"t": 0.25, "quantity": "data"})", &result), PF_INVALID_ARGUMENT,
                 "noise gamma of its own");
  expect_refused(field(trainer, R"({"t": 0, "quantity": "score"})", &result), PF_NUMERIC,
                 "gamma is 0");
}

TEST(CapiField, ARunWithoutAScoreRefusesIt) {
  Owned trainer;
  ASSERT_EQ(create(R"({"data": "moons", "coupling": "ot", "width": 16, "batch": 32})", &trainer),
            PF_OK);
  pf_handle result = 0;
  expect_refused(field(trainer, R"({"t": 0.5, "quantity": "score"})", &result), PF_INVALID_ARGUMENT,
                 "needs a score");
  Owned data;
  EXPECT_EQ(field(trainer, R"({"t": 0.5, "quantity": "data"})", &data), PF_OK);
}

TEST(CapiField, RefusesBadOptions) {
  Owned trainer;
  ASSERT_EQ(create(kSmall, &trainer), PF_OK);
  pf_handle result = 0;
  const auto refused = [&](std::string_view options, pf_status status, std::string_view words) {
    expect_refused(field(trainer, options, &result), status, words);
  };
  refused("{}", PF_INVALID_ARGUMENT, "t must be given");
  refused(R"({"t": 2})", PF_INVALID_ARGUMENT, "[0, 1]");
  refused(R"({"t": 0.5, "grid": 0})", PF_INVALID_ARGUMENT, "grid");
  refused(R"({"t": 0.5, "grid": 5000})", PF_INVALID_ARGUMENT, "grid");
  refused(R"({"t": 0.5, "bounds": [1, 2]})", PF_SHAPE, "bounds");
  refused(R"({"t": 0.5, "bounds": [1, 1, 0, 1]})", PF_INVALID_ARGUMENT, "xmin < xmax");
  refused(R"({"t": 0.5, "quantity": "velocit"})", PF_INVALID_ARGUMENT, "velocity");
  refused(R"({"t": 0, "quantity": "score"})", PF_NUMERIC, "");
}

TEST(CapiField, IsForTwoDimensions) {
  const std::vector<float> rows(12, 0.5f);
  const pf_points three{rows.data(), 4, 3};
  Owned trainer;
  const std::string_view options = R"({"data": "given", "width": 4, "depth": 1, "batch": 4})";
  ASSERT_EQ(pf_create_trainer(options.data(), options.size(), &three, nullptr, nullptr, 0, nullptr,
                              nullptr, 0, nullptr, 0, &trainer),
            PF_OK)
      << error_message();
  pf_handle result = 0;
  expect_refused(field(trainer, R"({"t": 0.5})", &result), PF_SHAPE, "2");
}

TEST(CapiTrainer, LeavesNothingBehind) {
  const auto once = [] {
    Owned trainer, sampled;
    ASSERT_EQ(create(kSmall, &trainer), PF_OK);
    ASSERT_EQ(pf_step_trainer(trainer, 1, nullptr), PF_OK);
    ASSERT_EQ(sample(trainer, R"({"n": 10, "keep": 3})", &sampled), PF_OK);
    pf_handle refused = 0;
    ASSERT_NE(sample(trainer, R"({"n": 0})", &refused), PF_OK);
  };
  for (int i = 0; i < 3; ++i) once();
  const Counts before = counts();
  for (int i = 0; i < 20; ++i) once();
  const Counts after = counts();
  EXPECT_EQ(after.handles, before.handles);
  EXPECT_EQ(after.buffers, before.buffers);
}

}  // namespace
