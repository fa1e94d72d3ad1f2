// The path of a finite data set in closed form: what a network would be that had learnt its data
// perfectly, and so the floor of its loss.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "pathflow/density/closed_path.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::density {

/// The path x_t = alpha x0 + sigma x1 from x0 uniform on the rows x_i of a data set to x1 ~ N(0,
/// I). The minimiser of every regression loss is its conditional mean,
///
///     D = sum_i r_i x_i,    r = softmax_i(-|x - alpha x_i|^2 / (2 sigma^2)),
///     N = (x - alpha D) / sigma,    p_t = mean_i N(alpha x_i, sigma^2 I),
///
/// by log-sum-exp: finite however far x lies from all rows. dD/dx = (alpha / sigma^2) Cov(x0 | x).
/// At sigma = 0, where x1 is independent of x_t, D is the nearest row, N = 0, and there is no score
/// and no density. Its samples are the rows themselves: the loss of a network lies above this one's
/// in so far as the network makes anything else of its data.
/// Between two finite sets there is no such thing to learn: an x_t is met by one pair of rows
/// alone, so the floor is 0 and the minimiser is no function of interest. Cost: O(n rows d) for n
/// points. Not safe to share between threads: it keeps scratch space.
template <class T>
class EmpiricalPath final : public ClosedPath<T> {
 public:
  /// data: [rows, d]. `prediction` is what it gives as a Model.
  /// Errors: ShapeError for no rows or columns; InvalidArgument for a value that is not finite or
  /// no schedule.
  EmpiricalPath(const tensor::Matrix<T>& data, std::shared_ptr<const path::Schedule> schedule,
                path::Prediction prediction = path::Prediction::kVelocity);

  std::size_t rows() const { return rows_; }  ///< of the data set
  const path::Schedule& schedule() const override { return *schedule_; }
  std::size_t dimension() const override { return d_; }
  path::Prediction prediction() const override { return prediction_; }

  void predict(std::span<const T> x, T t, std::span<T> q) override {
    evaluate(prediction_, x, static_cast<double>(t), q);
  }
  void predict_along(std::span<const T> x, T t, std::span<const T> tangent, std::span<T> q,
                     std::span<T> dq) override;
  void evaluate(path::Prediction which, std::span<const T> x, double t, std::span<T> q) override;
  void log_density(std::span<const T> x, double t, std::span<T> log_density) override;
  tensor::Matrix<T> draw(std::size_t n, std::uint64_t seed) const override;

  /// tr Cov(x0 | x_t = x) / sigma^2 = tr Cov(x1 | x_t = x) / alpha^2: what is left to guess of the
  /// ends, for a x0 + b x1 varies by (a sigma - b alpha)^2 times it. 0 at sigma = 0, its limit.
  /// Shapes: x [n, d], spread [n].
  void spread(std::span<const T> x, double t, std::span<double> spread);
  /// evaluate() and spread() for the price of one.
  void evaluate_with_spread(path::Prediction which, std::span<const T> x, double t, std::span<T> q,
                            std::span<double> spread);

 private:
  /// Fills the posterior of one point: the rows that weigh, their weights r_i, and D.
  void locate(const T* x, const path::Coefficients& at);
  double spread_of(const path::Coefficients& at) const;
  std::size_t points_of(const char* where, std::span<const T> x) const;

  std::size_t rows_, d_;
  std::vector<T> columns_;  ///< [d, rows]: coordinate by coordinate
  std::shared_ptr<const path::Schedule> schedule_;
  path::Prediction prediction_;
  std::vector<double> log_weights_;                        ///< [rows]
  std::vector<std::pair<std::size_t, double>> posterior_;  ///< (row, r_i), r_i not negligible
  std::vector<double> mean_;                               ///< D, [d]
  double log_sum_ = 0;  ///< log sum_i exp(-|x - alpha x_i|^2 / ...)
};

}  // namespace pathflow::density

#pragma GCC visibility pop  // public
