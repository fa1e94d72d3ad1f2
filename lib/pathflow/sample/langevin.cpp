#include "pathflow/sample/langevin.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/sample/flow.hpp"

namespace pathflow::sample {
namespace {

void check_options(std::string_view where, const LangevinOptions& options) {
  check_positive(where, "step", options.step);
  check_between(where, "steps", std::int64_t{options.steps}, 1, 1'000'000'000);
  for (std::size_t i = 0; i < options.keep.size(); ++i) {
    const int least = i == 0 ? 0 : options.keep[i - 1];
    check_between(where, message({"keep[", i, "]"}), std::int64_t{options.keep[i]}, least,
                  options.steps);
  }
}

/// A batch of chains: the points, their scores, and what is kept of them.
template <class T>
class Chains {
 public:
  Chains(std::string_view where, const ScoreFunction<T>& score, const tensor::Matrix<T>& start,
         const LangevinOptions& options)
      : where_(where), score_(score), options_(options), d_(start.shape(1)) {
    check_options(where, options);
    if (start.size() == 0) {
      throw_error(ErrorCode::kShape, where, "start must have at least one row, got none");
    }
    result.points = start;
    result.trajectories =
        tensor::Cube<T>::from_shape({options.keep.size(), start.shape(0), start.shape(1)});
    scores.resize(start.size());
    noise.resize(start.size());
    evaluate(points(), scores, 0);
    keep(0);
  }

  std::span<T> points() { return {result.points.data(), result.points.size()}; }
  std::size_t rows() const { return result.points.shape(0); }
  std::size_t dimension() const { return d_; }

  void evaluate(std::span<const T> x, std::span<T> out, int step) {
    ++result.evaluations;
    score_(x, out);
    const std::size_t row = first_bad_row(std::span<const T>(out), d_);
    if (row == rows()) return;
    throw_error(
        ErrorCode::kNumeric, where_,
        {"the score must be finite (a smaller step helps), got a value that is not in step ", step,
         ", row ", row});
  }
  /// out = x + (h / 2) s + sqrt(h) z with the draws of a step.
  void propose(int step, std::span<T> out) {
    random_.fill_normal(std::span<T>(noise), static_cast<std::uint64_t>(step));
    linear_combination<T>(1, points(), 0.5 * options_.step, scores, out);
    linear_combination<T>(1, out, std::sqrt(options_.step), noise, out);
  }
  void finish(int step) {
    keep(step);
    if (options_.progress && !options_.progress(static_cast<double>(step) / options_.steps)) {
      throw_error(ErrorCode::kCancelled, where_, {"stopped by progress after step ", step});
    }
  }

  LangevinResult<T> result;
  std::vector<T> scores, noise;

 private:
  void keep(int step) {
    for (; kept_ < options_.keep.size() && options_.keep[kept_] == step; ++kept_) {
      std::copy_n(result.points.data(), result.points.size(),
                  result.trajectories.data() + kept_ * result.points.size());
    }
  }

  std::string_view where_;
  const ScoreFunction<T>& score_;
  const LangevinOptions& options_;
  std::size_t d_, kept_ = 0;
  Random random_{options_.seed, Purpose::kSampleNoise};
};

template <class T>
void check_log_density(std::span<const T> values, bool may_vanish, int step) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = static_cast<double>(values[i]);
    if (std::isfinite(value) || (may_vanish && value < 0)) continue;
    throw_error(ErrorCode::kNumeric, "mala",
                {"log p must be finite", (may_vanish ? " or -infinity" : " at the start"), ", got ",
                 value, " in step ", step, ", row ", i});
  }
}

/// -2 h log q(to | from): |to - from - (h / 2) s(from)|^2.
template <class T>
double residual(std::span<const T> to, std::span<const T> from, std::span<const T> score,
                double h) {
  double sum = 0;
  for (std::size_t k = 0; k < to.size(); ++k) {
    const double gap = static_cast<double>(to[k]) - static_cast<double>(from[k]) -
                       0.5 * h * static_cast<double>(score[k]);
    sum += gap * gap;
  }
  return sum;
}

}  // namespace

template <class T>
LangevinResult<T> ula(const ScoreFunction<T>& score, const tensor::Matrix<T>& start,
                      const LangevinOptions& options) {
  Chains<T> chains("ula", score, start, options);
  for (int step = 1; step <= options.steps; ++step) {
    chains.propose(step, chains.points());
    chains.finish(step);
    if (step < options.steps) chains.evaluate(chains.points(), chains.scores, step);
  }
  return std::move(chains.result);
}

template <class T>
LangevinResult<T> mala(const ScoreFunction<T>& score, const LogDensityFunction<T>& log_density,
                       const tensor::Matrix<T>& start, const LangevinOptions& options) {
  Chains<T> chains("mala", score, start, options);
  const std::size_t n = chains.rows(), d = chains.dimension();
  const Random uniforms(options.seed, Purpose::kAcceptance);
  std::vector<T> proposed(n * d), proposed_scores(n * d), log_p(n), proposed_log_p(n);
  log_density(chains.points(), log_p);
  check_log_density<T>(log_p, false, 0);
  std::int64_t accepted = 0;
  for (int step = 1; step <= options.steps; ++step) {
    chains.propose(step, proposed);
    chains.evaluate(proposed, proposed_scores, step);
    log_density(proposed, proposed_log_p);
    check_log_density<T>(proposed_log_p, true, step);
    for (std::size_t i = 0; i < n; ++i) {
      const auto row = [&](auto& values) { return std::span(values).subspan(i * d, d); };
      const std::span<T> x = chains.points().subspan(i * d, d);
      const double forward = residual<T>(row(proposed), x, row(chains.scores), options.step);
      const double back = residual<T>(x, row(proposed), row(proposed_scores), options.step);
      const double log_ratio =
          static_cast<double>(proposed_log_p[i] - log_p[i]) + (forward - back) / (2 * options.step);
      if (!(std::log(uniforms.uniform(static_cast<std::uint64_t>(step), i)) < log_ratio)) continue;
      ++accepted;
      log_p[i] = proposed_log_p[i];
      std::copy_n(proposed.data() + i * d, d, x.data());
      std::copy_n(proposed_scores.data() + i * d, d, chains.scores.data() + i * d);
    }
    chains.finish(step);
  }
  chains.result.acceptance =
      static_cast<double>(accepted) / (static_cast<double>(n) * options.steps);
  return std::move(chains.result);
}

template <class T>
ScoreFunction<T> score_at(Model<T>& model, const path::Schedule& schedule, double t) {
  const double seen = static_cast<double>(static_cast<T>(t));
  if (const path::Gamma* gamma = model.gamma(); gamma != nullptr) {  // s = -E[z | x_t] / gamma
    const double size = gamma->at(seen);
    if (!(size > 0)) {
      throw_error(ErrorCode::kNumeric, "score_at",
                  {"there is no score where gamma is 0, got t = ", t});
    }
    return
        [&model, seen, size, q = std::vector<T>()](std::span<const T> x, std::span<T> out) mutable {
          q.resize(x.size());
          model.predict_noise(x, static_cast<T>(seen), q, out);
          for (T& value : out) value *= static_cast<T>(-1 / size);
        };
  }
  const path::Conversion score = model.conversion(path::Prediction::kScore, schedule, seen);
  return [&model, score, seen](std::span<const T> x, std::span<T> out) {
    model.predict(x, static_cast<T>(seen), out);
    linear_combination<T>(score.x_coefficient, x, score.q_coefficient, std::span<const T>(out),
                          out);
  };
}

#define PATHFLOW_INSTANTIATE(T)                                                          \
  template LangevinResult<T> ula(const ScoreFunction<T>&, const tensor::Matrix<T>&,      \
                                 const LangevinOptions&);                                \
  template LangevinResult<T> mala(const ScoreFunction<T>&, const LogDensityFunction<T>&, \
                                  const tensor::Matrix<T>&, const LangevinOptions&);     \
  template ScoreFunction<T> score_at(Model<T>&, const path::Schedule&, double);
PATHFLOW_INSTANTIATE(float)
PATHFLOW_INSTANTIATE(double)
#undef PATHFLOW_INSTANTIATE

}  // namespace pathflow::sample
