#include "loss_history.hpp"

#include "pathflow/base/error.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"

namespace pathflow::cli {
namespace {

constexpr std::size_t kMostStretches = 2048;

}  // namespace

void LossHistory::add(std::int64_t step, double mean_loss) {
  stretches_.push_back({step, mean_loss});
  if (stretches_.size() > kMostStretches) join_neighbours();
}

void LossHistory::join_neighbours() {
  std::vector<Stretch> joined;
  for (std::size_t k = 0; k + 1 < stretches_.size(); k += 2) {
    const auto first = static_cast<double>(stretches_[k].last - first_of(k));
    const auto second = static_cast<double>(stretches_[k + 1].last - stretches_[k].last);
    const double sum = first * stretches_[k].mean + second * stretches_[k + 1].mean;
    joined.push_back({stretches_[k + 1].last, sum / (first + second)});
  }
  if (stretches_.size() % 2 == 1) joined.push_back(stretches_.back());
  stretches_ = std::move(joined);
}

std::vector<std::pair<double, double>> LossHistory::curve() const {
  std::vector<std::pair<double, double>> curve;
  for (std::size_t k = 0; k < stretches_.size(); ++k) {
    const auto middle = static_cast<double>(first_of(k) + stretches_[k].last) / 2;
    curve.emplace_back(middle, stretches_[k].mean);
  }
  return curve;
}

void LossHistory::write(const std::filesystem::path& file) const {
  tensor::Points rows = tensor::Points::from_shape({stretches_.size(), 2});
  for (std::size_t k = 0; k < stretches_.size(); ++k) {
    rows(k, 0) = static_cast<float>(stretches_[k].last);
    rows(k, 1) = static_cast<float>(stretches_[k].mean);
  }
  io::write_file_atomic(file, io::write_npy(rows));
}

void LossHistory::go_on(const std::filesystem::path& file, std::int64_t step) {
  stretches_.clear();
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return;
  try {
    const tensor::Points rows = io::read_npy_points(file);
    if (rows.shape(1) != 2) return;
    for (std::size_t k = 0; k < rows.shape(0); ++k) {
      const auto last = static_cast<std::int64_t>(rows(k, 0));
      if (last > step || last <= first_of(stretches_.size())) return;
      stretches_.push_back({last, static_cast<double>(rows(k, 1))});
    }
  } catch (const IoError&) {
    stretches_.clear();
  }
}

}  // namespace pathflow::cli
