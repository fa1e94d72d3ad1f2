// The C interface's schedules, against the library called directly.
#include <cmath>
#include <nlohmann/json.hpp>

#include "pathflow/path/prediction.hpp"
#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;
using nlohmann::json;
namespace path = pathflow::path;

pf_status evaluate(const std::string& options, pf_handle* result) {
  return pf_evaluate_schedule(options.data(), options.size(), result);
}

TEST(CapiSchedule, IsTheLibrarysForEveryScheduleAndPrediction) {
  const std::vector<double> times{0, 0.001, 0.25, 0.5, 0.999, 1};
  for (const std::string& name : path::schedule_names()) {
    for (const std::string& predict : path::prediction_names()) {
      Owned result;
      const json options{{"schedule", name}, {"predict", predict}, {"times", times}};
      ASSERT_EQ(evaluate(options.dump(), &result), PF_OK) << error_message();
      const auto schedule = path::make_schedule(name);
      for (std::size_t i = 0; i < times.size(); ++i) {
        const path::Coefficients at = schedule->at(times[i]);
        const path::TargetWeights target = path::target_weights(path::prediction_of(predict), at);
        EXPECT_EQ(values_of<double>(result, "alpha")[i], at.alpha);
        EXPECT_EQ(values_of<double>(result, "sigma")[i], at.sigma);
        EXPECT_EQ(values_of<double>(result, "alpha_dot")[i], at.alpha_dot);
        EXPECT_EQ(values_of<double>(result, "sigma_dot")[i], at.sigma_dot);
        EXPECT_EQ(values_of<double>(result, "a")[i], target.a) << name << predict;
        EXPECT_EQ(values_of<double>(result, "b")[i], target.b) << name << predict;
      }
      const path::Interval interval = path::time_interval(path::prediction_of(predict), *schedule);
      const json text = json::parse(text_of(result));
      EXPECT_EQ(text["t_min"], interval.low);
      EXPECT_EQ(text["t_max"], interval.high);
    }
  }
}

TEST(CapiSchedule, DefaultsToTheVelocityOfLinear) {
  Owned result;
  ASSERT_EQ(evaluate(R"({"times": [0.25]})", &result), PF_OK);
  EXPECT_EQ(values_of<double>(result, "alpha")[0], 0.75);
  EXPECT_EQ(values_of<double>(result, "a")[0], -1);
  EXPECT_EQ(values_of<double>(result, "b")[0], 1);
}

TEST(CapiSchedule, RefusesBadOptions) {
  pf_handle result = 77;
  const auto refused = [&](const char* options, const char* words) {
    expect_refused(evaluate(options, &result), PF_INVALID_ARGUMENT, words);
  };
  refused("{}", "number of times must lie in [1, 65536], got 0");
  refused(R"({"times": []})", "number of times must lie in [1, 65536], got 0");
  refused(R"({"times": [0.5, 1.5]})", "got 1.5");
  refused(R"({"times": [-0.1]})", "got -0.1");
  refused(R"({"times": ["0"]})", "a list of numbers");
  refused(R"({"times": [0], "schedule": "linea"})", "did you mean \"linear\"");
  refused(R"({"times": [0], "predict": "eps"})", "prediction");
  refused(R"({"times": [0], "name": "linear"})", "option");
  expect_refused(evaluate(R"({"times": [0]})", nullptr), PF_INVALID_ARGUMENT,
                 "result must not be NULL");
  EXPECT_EQ(result, 77u);
}

}  // namespace
