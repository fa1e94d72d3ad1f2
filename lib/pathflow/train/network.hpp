// Network: the compiled plans of one Mlp and its optimizer over one set of states.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pathflow/graph/plan.hpp"
#include "pathflow/nn/adamw.hpp"
#include "pathflow/nn/mlp.hpp"
#include "pathflow/train/batch.hpp"
#include "pathflow/train/options.hpp"

namespace pathflow::train {

/// The network that the options and the loss describe.
nn::MlpOptions mlp_options(const TrainOptions& options, const Loss& loss);
/// Names of the states that go with a parameter: itself, its average, its two moments.
std::vector<std::string> state_names(const std::string& parameter);

/// Weights, moments and EMA with the plans that train and read them. Plans are compiled at first
/// use, so a restored run that only samples never pays for the training plan.
class Network {
 public:
  /// `loss` must outlive the network.
  Network(const TrainOptions& options, const Loss& loss);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const nn::Mlp& mlp() const { return mlp_; }
  graph::StateStore<float>& states() { return states_; }
  /// Names of all states a run needs to go on: parameters, moments, EMA; shapes in states().
  const std::vector<std::string>& state_names() const { return state_names_; }

  /// The inputs of the training plan, to be filled before update().
  BatchViews batch();
  struct Update {
    double loss = 0, gradient_norm = 0, learning_rate = 0;
    bool finite() const;
  };
  /// One forward, backward and AdamW update as step number `step`.
  Update update(const nn::AdamWOptions& options, std::int64_t step);

  /// F(x, t) by the EMA weights (the raw ones if EMA is off) in plans of 1024, 256 and 64 rows, the
  /// last one padded. labels: one per row, empty for the null label.
  /// q = skip x + output F(input x, t). Shapes: x, q [n, d].
  void predict(std::span<const float> x, float t, std::span<const int> labels,
               const Objective::Reading& reading, std::span<float> q);

  /// The same with dq = (dq/dx) tangent, row by row. Shapes: x, tangent, q, dq [n, d].
  void predict_along(std::span<const float> x, float t, std::span<const float> tangent,
                     std::span<const int> labels, const Objective::Reading& reading,
                     std::span<float> q, std::span<float> dq);

  /// The same with the path's own noise, z = E[z | x_t], where the loss reads one.
  void predict_noise(std::span<const float> x, float t, std::span<const int> labels,
                     const Objective::Reading& reading, std::span<float> q, std::span<float> z);

  /// Takes the weights that another network is read by, and forgets its own moments; false and
  /// unchanged if it is another kind of network.
  bool begin_with(Network& other);

  /// Where the flow map brings x from t to s, where the loss learns one.
  void jump(std::span<const float> x, float t, float s, std::span<const int> labels,
            std::span<float> out);

  /// Copies of all states, to go back to.
  void remember();
  void recall();

 private:
  /// What a reading plan gives besides q.
  enum class Kind { kPlain, kTangent, kNoise, kJump };
  struct Training;
  struct Reader;
  Training& training();
  Reader& reader(std::int64_t rows, Kind kind);
  struct Rows;
  void predict_rows(Reader& reader, const Rows& rows, float t, const Objective::Reading& reading);
  void predict_all(const Rows& rows, float t, const Objective::Reading& reading);

  TrainOptions options_;
  const Loss& loss_;
  nn::Mlp mlp_;
  graph::StateStore<float> states_;
  std::vector<std::string> state_names_;
  std::vector<std::vector<float>> remembered_;
  std::unique_ptr<Training> training_;
  std::map<std::pair<std::int64_t, Kind>, std::unique_ptr<Reader>> readers_;
};

}  // namespace pathflow::train
