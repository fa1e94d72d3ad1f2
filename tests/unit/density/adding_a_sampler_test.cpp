// lib/docs/adding-a-sampler.md, compiled and run: its class is written here word for word and
// driven through the public Sampler interface alone.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "pathflow/sample/sampler.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Ralston final : public Sampler<T> {
 public:
  Ralston(Flow<T>& flow, const SampleOptions&)
      : flow_(flow), slopes_{flow.buffer(), flow.buffer()}, stage_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    constexpr double kStage[] = {2.0 / 3}, kWeights[] = {0.25, 0.75};
    const double h = step.s - step.t;
    flow_.velocity(x, step.t, slopes_[0]);
    combine<T>(x, h, kStage, slopes_, stage_);
    flow_.velocity(stage_, step.t + 2.0 / 3 * h, slopes_[1]);
    combine<T>(x, h, kWeights, slopes_, x);
    return step.s;
  }

 private:
  Flow<T>& flow_;
  std::vector<T> slopes_[2], stage_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_ralston, Ralston);

namespace {

using namespace testing_support;

TEST(AddingASampler, TheExampleIsOfOrderTwo) {
  const auto schedule = path::make_schedule("linear");
  density::PathMixture<double> model(three_components(), schedule);
  const Matrix start = normals(24, 2, 1);
  const Matrix exact = reference_end(model, *schedule, start, 0.95, 0.05);
  const std::vector<double> steps{64, 96, 128, 192, 256};
  std::vector<double> errors;
  for (const double count : steps) {
    Flow<double> flow(model, *schedule, 24);
    const auto sampler = make_ralston(flow, SampleOptions{});
    Matrix x = start;
    for (int k = 0; k < static_cast<int>(count); ++k) {
      const double t = 0.95 - 0.9 * k / count, s = 0.95 - 0.9 * (k + 1) / count;
      EXPECT_EQ(sampler->advance({t, s, 0}, {x.data(), x.size()}), s);
    }
    EXPECT_EQ(flow.evaluations(), 2 * static_cast<int>(count));
    errors.push_back(rms_difference(x, exact));
  }
  EXPECT_NEAR(-log_slope(steps, errors), 2, 0.15);
}

// Every line of the page's listing stands in this file.
TEST(AddingASampler, ThePageShowsThisClass) {
  const auto here = std::filesystem::path(__FILE__).parent_path();
  std::ifstream page(here / "../../../lib/docs/adding-a-sampler.md"), test(__FILE__);
  if (!page || !test) GTEST_SKIP() << "the sources are not readable from here";
  std::stringstream text;
  text << test.rdbuf();
  std::string line;
  int lines = 0;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line == "class Ralston final : public Sampler<T> {") inside = true;
    if (inside && !line.empty()) {
      EXPECT_NE(text.str().find(line + "\n"), std::string::npos) << line;
      ++lines;
    }
    if (line == "};") inside = false;
  }
  EXPECT_GT(lines, 15);
}

}  // namespace
}  // namespace pathflow::sample
