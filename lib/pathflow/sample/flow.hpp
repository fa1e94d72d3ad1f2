// Flow: a model on a schedule as samplers use it. Counts and checks every evaluation and converts
// the model's prediction into whatever linear form a step needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// A model on a schedule for a fixed number of rows. T is float or double.
template <class T>
class Flow {
 public:
  /// model and schedule are borrowed and must outlive the flow.
  Flow(Model<T>& model, const path::Schedule& schedule, std::size_t rows)
      : model_(model), schedule_(schedule), rows_(rows) {}

  const path::Schedule& schedule() const { return schedule_; }         ///< the path's
  path::Prediction prediction() const { return model_.prediction(); }  ///< what predict gives
  std::size_t rows() const { return rows_; }                           ///< n
  std::size_t dimension() const { return model_.dimension(); }         ///< d
  std::size_t size() const { return rows_ * dimension(); }             ///< n d
  /// A buffer for one value per coordinate: samplers take theirs once, when they are made.
  std::vector<T> buffer() const { return std::vector<T>(size()); }

  /// q = prediction at (x, t). Errors: NumericError naming t, the step and the first row that is
  /// not finite.
  void predict(std::span<const T> x, double t, std::span<T> q);
  /// q and z = E[z | x_t], where gamma() is set. Errors: as predict.
  void predict_noise(std::span<const T> x, double t, std::span<T> q, std::span<T> z);
  /// The path's own noise, or null: Model::gamma().
  const path::Gamma* gamma() const { return model_.gamma(); }
  /// v = dx/dt at (x, t). Errors: as predict, and NumericError where v has no limit.
  void velocity(std::span<const T> x, double t, std::span<T> v);
  /// `to` = x_coefficient x + q_coefficient q at the time as the model sees it (rounded to T).
  /// Errors: as Model::conversion().
  path::Conversion conversion(path::Prediction to, double t) const {
    return model_.conversion(to, schedule_, static_cast<double>(static_cast<T>(t)));
  }
  /// Whether the model knows its flow map.
  bool jumps() const { return model_.jumps(); }
  /// out = where the ODE brings x from t to s <= t. Errors: as predict.
  void jump(std::span<const T> x, double t, double s, std::span<T> out);
  /// Whether s is the schedule's data end, in the precision of T.
  bool at_data_end(double s) const {
    return s <= static_cast<double>(static_cast<T>(schedule_.t_min()));
  }
  /// Says which step of a run comes now, counted from 1: named by errors.
  void begin_step(std::int64_t number) { step_ = number; }
  /// " in step K", or nothing outside of a run.
  std::string step_text() const;
  /// Calls of predict, predict_noise and jump so far.
  std::int64_t evaluations() const { return evaluations_; }

 private:
  void check(std::span<const T> q, double t) const;

  Model<T>& model_;
  const path::Schedule& schedule_;
  std::size_t rows_;
  std::int64_t evaluations_ = 0, step_ = 0;
};

/// First row of values [rows, d] with an element that is not finite; rows if there is none.
template <class T>
[[gnu::visibility("default")]] std::size_t first_bad_row(std::span<const T> values, std::size_t d);

/// x += sum_i h w_i k_i, the update of a Runge-Kutta stage: out = x + h * (weights . slopes).
template <class T>
[[gnu::visibility("default")]] void combine(std::span<const T> x, double h,
                                            std::span<const double> weights,
                                            std::span<const std::vector<T>> slopes,
                                            std::span<T> out);

/// out = a x + b y, elementwise; out may be x or y.
template <class T>
[[gnu::visibility("default")]] void linear_combination(double a, std::span<const T> x, double b,
                                                       std::span<const T> y, std::span<T> out);

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
