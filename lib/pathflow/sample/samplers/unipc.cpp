// unipc: the unified predictor-corrector in lambda = ln(alpha / sigma). At t the denoiser D is
// evaluated at the predicted point; it first corrects that point (UniC), then predicts the next one
// (UniP). Both hold the denoiser's finite differences D_i = (D(lambda_i) - D) / r_i at the `order`
// latest levels, r_i = (lambda_i - lambda) / h:
//   x_s = alpha_s D + sigma_s N - alpha_s B sum_i rho_i D_i,   B = e^-h - 1,
// with the rho that make the sum exact for polynomials of D in lambda; UniC has D(s) among the
// levels. One evaluation a step, none at s. UniPC of order p converges with order p + 1, but that
// its last step stays uncorrected. For any source, both ways; a step at infinite lambda is ddim.
// Source: Zhao et al., "UniPC", NeurIPS 2023, theorem 3.1 with B_2(h); data prediction.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/samplers/ends.hpp"

namespace pathflow::sample {
namespace {

using detail::Level;

constexpr std::size_t kMostOrder = 3;
using Numbers = std::array<double, kMostOrder>;

/// rho with sum_i rho_i r_i^k = b_k for k = 0 .. count - 1, by elimination.
Numbers solve_vandermonde(const Numbers& r, const Numbers& b, std::size_t count) {
  std::array<Numbers, kMostOrder> rows{};
  Numbers rho = b;
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t i = 0; i < count; ++i) rows[k][i] = std::pow(r[i], static_cast<double>(k));
  }
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t below = k + 1; below < count; ++below) {
      const double factor = rows[below][k] / rows[k][k];
      for (std::size_t i = k; i < count; ++i) rows[below][i] -= factor * rows[k][i];
      rho[below] -= factor * rho[k];
    }
  }
  for (std::size_t k = count; k-- > 0;) {
    for (std::size_t i = k + 1; i < count; ++i) rho[k] -= rows[k][i] * rho[i];
    rho[k] /= rows[k][k];
  }
  return rho;
}

/// b_k = k! phi_k(-h) / B of the paper, k = 1 .. kMostOrder.
Numbers exactness(double h) {
  Numbers b{};
  const double first = std::expm1(-h);
  double phi = first / -h - 1, factorial = 1;
  for (std::size_t k = 0; k < kMostOrder; ++k) {
    b[k] = phi * factorial / first;
    factorial *= static_cast<double>(k + 2);
    phi = phi / -h - 1 / factorial;
  }
  return b;
}

template <class T>
class UniPc final : public Sampler<T> {
 public:
  UniPc(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow), ends_(flow), base_(flow.buffer()) {
    check_between("sample", "order", std::int64_t{options.order}, 1,
                  static_cast<std::int64_t>(kMostOrder));
    order_ = static_cast<std::size_t>(options.order);
    for (Known& known : history_) known.data = flow.buffer();
  }

  double advance(const Step& step, std::span<T> x) override {
    const Level at = detail::level_at(flow_.schedule(), step.t);
    const Level to = detail::level_at(flow_.schedule(), step.s);
    ends_.evaluate(x, step.t);
    std::rotate(history_.begin(), history_.end() - 1, history_.end());
    history_[0].lambda = at.lambda;
    ends_.combine(1, 0, x, history_[0].data);
    known_ = std::min(known_ + 1, history_.size());
    if (correctable_) correct(at, x);
    predict(at, to, x);
    return step.s;
  }

 private:
  struct Known {
    double lambda = 0;
    std::vector<T> data;
  };

  /// Levels of history_[first], [first + 1], ... that a sum over at most `most` of them may use.
  std::size_t usable(std::size_t first, std::size_t most) const {
    std::size_t count = 0;
    while (count < most && first + count < known_ &&
           std::isfinite(history_[first + count].lambda)) {
      ++count;
    }
    return count;
  }

  /// x at `at`, predicted from history_[1], once more with D(at) = history_[0] known.
  void correct(const Level& at, std::span<T> x) {
    const double h = at.lambda - history_[1].lambda;
    const std::size_t before = usable(2, order_ - 1);
    Numbers r{};
    for (std::size_t i = 0; i < before; ++i) {
      r[i] = (history_[2 + i].lambda - history_[1].lambda) / h;
    }
    r[before] = 1;
    const Numbers rho = before == 0 ? Numbers{0.5} : solve_vandermonde(r, exactness(h), before + 1);
    const double scale = -at.alpha * std::expm1(-h);
    std::copy(base_.begin(), base_.end(), x.begin());
    for (std::size_t i = 0; i < before; ++i) add(scale * rho[i] / r[i], 2 + i, 1, x);
    add(scale * rho[before], 0, 1, x);
  }

  void predict(const Level& at, const Level& to, std::span<T> x) {
    const double h = to.lambda - at.lambda;
    first_order(at, to, x);
    correctable_ = std::isfinite(h);
    if (!correctable_) return;
    const std::size_t before = usable(1, order_ - 1);
    Numbers r{};
    for (std::size_t i = 0; i < before; ++i) r[i] = (history_[1 + i].lambda - at.lambda) / h;
    const Numbers rho = before == 1 ? Numbers{0.5} : solve_vandermonde(r, exactness(h), before);
    const double scale = -to.alpha * std::expm1(-h);
    for (std::size_t i = 0; i < before; ++i) add(scale * rho[i] / r[i], 1 + i, 0, x);
  }

  /// x goes to s by (sigma_s / sigma_t) x - alpha_s (e^-h - 1) D, or by ddim where that has no
  /// value; base_ keeps it.
  void first_order(const Level& at, const Level& to, std::span<T> x) {
    const double h = to.lambda - at.lambda;
    if (std::isfinite(h)) {
      linear_combination<T>(to.sigma / at.sigma, x, -to.alpha * std::expm1(-h), history_[0].data,
                            x);
    } else {
      ends_.combine(to.alpha, to.sigma, x, x);
    }
    std::copy(x.begin(), x.end(), base_.begin());
  }

  void add(double factor, std::size_t of, std::size_t minus, std::span<T> x) {
    detail::add_difference<T>(factor, history_[of].data, history_[minus].data, x);
  }

  Flow<T>& flow_;
  detail::Ends<T> ends_;
  std::size_t order_ = 2, known_ = 0;
  std::array<Known, kMostOrder + 1> history_;  ///< latest first
  std::vector<T> base_;                        ///< the present point by first order
  bool correctable_ = false;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_unipc, UniPc);

}  // namespace pathflow::sample
