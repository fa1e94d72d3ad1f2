// Models made of models: another schedule, guidance.
#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/guidance.hpp"
#include "pathflow/sample/rescheduled.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::sample {
namespace {

using namespace testing_support;
using density::PathMixture;
using path::Prediction;

// A mixture's model on one schedule, seen on another, is the mixture's model there.
TEST(Rescheduled, IsTheModelOfTheOtherSchedule) {
  for (const std::string& from_name : path::schedule_names()) {
    for (const std::string& to_name : path::schedule_names()) {
      const auto from = path::make_schedule(from_name), to = path::make_schedule(to_name);
      PathMixture<double> trained(three_components(), from, Prediction::kVelocity);
      RescheduledModel<double> seen(trained, from, to);
      PathMixture<double> exact(three_components(), to, Prediction::kV);
      const Matrix x = normals(16, 2, 3);
      for (const double log_snr : {-3.0, 0.0, 3.0, 5.0}) {
        const double r = to->time_of_log_snr(log_snr);
        Matrix v = zeros(16, 2), expected = zeros(16, 2);
        seen.predict({x.data(), x.size()}, r, {v.data(), v.size()});
        exact.predict({x.data(), x.size()}, r, {expected.data(), expected.size()});
        EXPECT_LT(rms_difference(v, expected), 1e-8)
            << from_name << " as " << to_name << " at log-SNR " << log_snr;
      }
    }
  }
}

// So a run on it ends where a run of the model trained there ends.
TEST(Rescheduled, SamplesWhatTheOtherScheduleWould) {
  const auto from = path::make_schedule("vp-linear"), to = path::make_schedule("linear");
  PathMixture<double> trained(three_components(), from, Prediction::kNoise);
  RescheduledModel<double> seen(trained, from, to);
  PathMixture<double> exact(three_components(), to);
  const Matrix start = normals(20, 2, 3);
  const Matrix expected = reference_end(exact, *to, start, 0.99, 0.02);
  EXPECT_LT(rms_difference(reference_end(seen, *to, start, 0.99, 0.02), expected), 1e-8);
}

TEST(Guided, ExtrapolatesFromTheWeakThroughTheStrong) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> strong(three_components(), schedule);
  PathMixture<double> weak(make_mixture({1.0}, {{0.0, 0.0}}, {{2.0, 0.0, 0.0, 2.0}}), schedule);
  const Matrix x = normals(8, 2, 1);
  Matrix a = zeros(8, 2), b = zeros(8, 2), q = zeros(8, 2);
  strong.predict({x.data(), x.size()}, 0.4, {a.data(), a.size()});
  weak.predict({x.data(), x.size()}, 0.4, {b.data(), b.size()});
  for (const double scale : {0.0, 1.0, 1.5, scale_of_excess(2.0)}) {
    GuidedModel<double> guided(strong, weak, scale);
    guided.predict({x.data(), x.size()}, 0.4, {q.data(), q.size()});
    EXPECT_LT(rms_difference(q, b + scale * (a - b)), 1e-14) << scale;
    EXPECT_LT(rms_difference(q, scale * a - (scale - 1) * b), 1e-14) << "Ho & Salimans's form";
  }
}

TEST(Guided, RefusesModelsThatDoNotFit) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> strong(three_components(), schedule);
  PathMixture<double> line(line_gaussian(0, 1), schedule);
  PathMixture<double> noise(three_components(), schedule, Prediction::kNoise);
  EXPECT_THROW(GuidedModel<double>(strong, line, 2), ShapeError);
  EXPECT_THROW(GuidedModel<double>(strong, noise, 2), InvalidArgument);
  EXPECT_THROW(GuidedModel<double>(strong, strong, NAN), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::sample
