#include "pathflow/density/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/path/prediction.hpp"

namespace pathflow::density {
namespace {

using sample::DifferentiableModel;

/// Directions along which the model is differentiated: the axes, or the probes of every row.
template <class T>
class Directions {
 public:
  Directions(std::string_view where, const LikelihoodOptions& options, std::size_t d)
      : options_(options), d_(d), exact_(options.divergence == "exact") {
    if (!exact_ && options.divergence != "hutchinson") {
      throw_unknown_name(where, "divergence", options.divergence, {"exact", "hutchinson"});
    }
    if (options.probe != "rademacher" && options.probe != "gaussian") {
      throw_unknown_name(where, "probe", options.probe, {"rademacher", "gaussian"});
    }
    check_between(where, "probes", std::int64_t{options.probes}, 1, 1'000'000);
  }

  int count() const { return exact_ ? static_cast<int>(d_) : options_.probes; }
  /// What tr J is the sum of, over directions, times u^T J u.
  double weight() const { return exact_ ? 1.0 : 1.0 / options_.probes; }
  /// Direction number k of every row. The same at every call: the solve sees one function.
  void fill(int k, std::span<T> u) const {
    if (exact_) {
      for (std::size_t i = 0; i < u.size(); ++i) {
        u[i] = static_cast<T>(i % d_ == static_cast<std::size_t>(k) ? 1 : 0);
      }
      return;
    }
    const Random random(options_.seed, Purpose::kProbe);
    const auto number = static_cast<std::uint64_t>(k);
    const std::uint64_t first = options_.solver.first_row * d_;
    if (options_.probe == "gaussian") return random.fill_normal(u, number, first);
    for (std::size_t i = 0; i < u.size(); ++i) {
      u[i] = static_cast<T>(random.uniform(number, first + i) < 0.5 ? -1 : 1);
    }
  }

 private:
  const LikelihoodOptions& options_;
  std::size_t d_;
  bool exact_;
};

/// (x, l) with dx/dt = v, dl/dt = div v, as a model of d + 1 coordinates.
template <class T>
class AugmentedModel final : public sample::Model<T> {
 public:
  AugmentedModel(DifferentiableModel<T>& model, const path::Schedule& schedule,
                 const Directions<T>& directions, std::size_t rows)
      : model_(model), schedule_(schedule), directions_(directions), rows_(rows) {
    for (std::vector<T>* buffer : {&x_, &u_, &q_, &dq_}) buffer->resize(rows * model.dimension());
  }

  std::size_t dimension() const override { return model_.dimension() + 1; }
  path::Prediction prediction() const override { return path::Prediction::kVelocity; }

  void predict(std::span<const T> state, T t, std::span<T> slope) override {
    const std::size_t d = model_.dimension();
    for (std::size_t i = 0; i < rows_; ++i) std::copy_n(&state[i * (d + 1)], d, &x_[i * d]);
    const path::Conversion v =
        model_.conversion(path::Prediction::kVelocity, schedule_, static_cast<double>(t));
    const T from_x = static_cast<T>(v.x_coefficient), from_q = static_cast<T>(v.q_coefficient);
    for (std::size_t i = 0; i < rows_; ++i) slope[i * (d + 1) + d] = 0;
    for (int k = 0; k < directions_.count(); ++k) {
      directions_.fill(k, u_);
      model_.predict_along(x_, t, u_, q_, dq_);
      for (std::size_t i = 0; i < rows_; ++i) {
        T along = 0;
        for (std::size_t j = i * d; j < (i + 1) * d; ++j) {
          along += u_[j] * (from_x * u_[j] + from_q * dq_[j]);
        }
        slope[i * (d + 1) + d] += static_cast<T>(directions_.weight()) * along;
      }
    }
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        slope[i * (d + 1) + j] = from_x * x_[i * d + j] + from_q * q_[i * d + j];
      }
    }
  }

 private:
  DifferentiableModel<T>& model_;
  const path::Schedule& schedule_;
  const Directions<T>& directions_;
  std::size_t rows_;
  std::vector<T> x_, u_, q_, dq_;
};

void check_solver(std::string_view where, const sample::SampleOptions& solver, bool source_given) {
  const auto is = [&](const char* name) { return solver.sampler == name; };
  if (!is("euler") && !is("midpoint") && !is("heun") && !is("rk4") && !is("dopri5")) {
    throw_unknown_name(where, "solver (a Runge-Kutta method)", solver.sampler,
                       {"euler", "midpoint", "heun", "rk4", "dopri5"});
  }
  if (!solver.gaussian_source && !source_given) {
    throw_error(ErrorCode::kInvalidArgument, where,
                "the source's density must be known: a Gaussian source, or one given by "
                "`source`; got a source that is neither");
  }
}

/// Moves rows with an integral that begins at 0; points and integral at the other end.
template <class T>
struct Solved {
  LikelihoodResult<T> result;
  std::vector<double> integral;
  sample::Span span;
};
template <class T>
Solved<T> solve(std::string_view where, DifferentiableModel<T>& model,
                const path::Schedule& schedule, const tensor::Matrix<T>& rows,
                const LikelihoodOptions& options, bool toward_source) {
  const std::size_t n = rows.shape(0), d = model.dimension();
  check_size(where, "a row", rows.shape(1), d);
  if (n == 0) throw_error(ErrorCode::kShape, where, "there must be at least one row, got none");
  const Directions<T> directions(where, options, d);
  AugmentedModel<T> augmented(model, schedule, directions, n);
  sample::SampleOptions solver = options.solver;
  solver.toward_source = toward_source;
  const sample::Span span = sample::sample_span(model.prediction(), schedule, solver);
  if ((span.from < span.to) != toward_source) {
    throw_error(
        ErrorCode::kInvalidArgument, where,
        {"solver.from and solver.to must lead ", toward_source ? "to the source" : "to the data",
         ", got ", span.from, " and ", span.to});
  }
  solver.from = span.from;
  solver.to = span.to;
  solver.gaussian_source = true;  // the augmented model is a velocity: no score is asked for
  tensor::Matrix<T> start(std::array<std::size_t, 2>{n, d + 1}, T{0});
  for (std::size_t i = 0; i < n; ++i) std::copy_n(&rows(i, 0), d, &start(i, 0));
  const auto moved = sample::sample<T>(augmented, schedule, solver, start);
  Solved<T> solved{{tensor::Matrix<T>::from_shape({n, d}), tensor::Vector<double>::from_shape({n}),
                    moved.evaluations, moved.accepted, moved.rejected},
                   std::vector<double>(n),
                   span};
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(&moved.points(i, 0), d, &solved.result.points(i, 0));
    solved.integral[i] = static_cast<double>(moved.points(i, d));
  }
  return solved;
}

/// log p of rows at the source end.
template <class T>
std::vector<double> source_log_density(const tensor::Matrix<T>& x, const path::Schedule& schedule,
                                       double t, const SourceDensity<T>& source) {
  std::vector<double> result(x.shape(0));
  if (source) {
    source(std::span<const T>(x.data(), x.size()), result);
    return result;
  }
  const double sigma = schedule.at(t).sigma, d = static_cast<double>(x.shape(1));
  for (std::size_t i = 0; i < x.shape(0); ++i) {
    double squares = 0;
    for (std::size_t j = 0; j < x.shape(1); ++j) {
      squares += static_cast<double>(x(i, j)) * static_cast<double>(x(i, j));
    }
    result[i] = -0.5 * (squares / (sigma * sigma) + d * std::log(2 * std::numbers::pi)) -
                d * std::log(sigma);
  }
  return result;
}

}  // namespace

template <class T>
LikelihoodResult<T> log_density(DifferentiableModel<T>& model, const path::Schedule& schedule,
                                const tensor::Matrix<T>& data, const LikelihoodOptions& options,
                                const SourceDensity<T>& source) {
  constexpr std::string_view kWhere = "log_density";
  check_solver(kWhere, options.solver, static_cast<bool>(source));
  Solved<T> solved = solve(kWhere, model, schedule, data, options, true);
  const auto at_source = source_log_density(solved.result.points, schedule, solved.span.to, source);
  for (std::size_t i = 0; i < at_source.size(); ++i) {
    solved.result.log_density(i) = at_source[i] + solved.integral[i];
  }
  return std::move(solved.result);
}

template <class T>
LikelihoodResult<T> sample_with_log_density(DifferentiableModel<T>& model,
                                            const path::Schedule& schedule,
                                            const tensor::Matrix<T>& start,
                                            const LikelihoodOptions& options,
                                            const SourceDensity<T>& source) {
  constexpr std::string_view kWhere = "sample_with_log_density";
  check_solver(kWhere, options.solver, static_cast<bool>(source));
  Solved<T> solved = solve(kWhere, model, schedule, start, options, false);
  const auto at_source = source_log_density(start, schedule, solved.span.from, source);
  // The integral ran backwards: it is minus the one from the data to the source.
  for (std::size_t i = 0; i < at_source.size(); ++i) {
    solved.result.log_density(i) = at_source[i] - solved.integral[i];
  }
  return std::move(solved.result);
}

double bits_per_dimension(double log_density, std::size_t dimension, double scale) {
  check_positive("bits_per_dimension", "scale", scale);
  check_at_least("bits_per_dimension", "dimension", static_cast<std::int64_t>(dimension), 1);
  return -log_density / (static_cast<double>(dimension) * std::numbers::ln2) - std::log2(scale);
}

#define PATHFLOW_INSTANTIATE(T)                                                                \
  template LikelihoodResult<T> log_density(DifferentiableModel<T>&, const path::Schedule&,     \
                                           const tensor::Matrix<T>&, const LikelihoodOptions&, \
                                           const SourceDensity<T>&);                           \
  template LikelihoodResult<T> sample_with_log_density(                                        \
      DifferentiableModel<T>&, const path::Schedule&, const tensor::Matrix<T>&,                \
      const LikelihoodOptions&, const SourceDensity<T>&);
PATHFLOW_INSTANTIATE(float)
PATHFLOW_INSTANTIATE(double)
#undef PATHFLOW_INSTANTIATE

}  // namespace pathflow::density
