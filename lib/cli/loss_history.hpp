// LossHistory: the loss of a run over its steps, of bounded size, kept beside its figure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

namespace pathflow::cli {

/// Means of the loss over stretches of steps. When there are too many, neighbours are joined.
class LossHistory {
 public:
  /// The mean loss of the steps from the last one added to `step`.
  void add(std::int64_t step, double mean_loss);
  bool empty() const { return stretches_.empty(); }
  /// (middle step, mean loss) of each stretch.
  std::vector<std::pair<double, double>> curve() const;

  /// float32 npy [stretches, 2]: last step and mean loss of each. Errors: IoError.
  void write(const std::filesystem::path& file) const;
  /// Goes on from a file, up to `step`; a file that is missing or of another form is left aside: a
  /// curve is no reason not to train.
  void go_on(const std::filesystem::path& file, std::int64_t step);

 private:
  struct Stretch {
    std::int64_t last;
    double mean;
  };
  std::int64_t first_of(std::size_t k) const { return k == 0 ? 0 : stretches_[k - 1].last; }
  void join_neighbours();

  std::vector<Stretch> stretches_;
};

}  // namespace pathflow::cli
