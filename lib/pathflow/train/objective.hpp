// Objective: what the network is asked for at each t, how hard, and how its answer is read.
#pragma once

#include <memory>
#include <string_view>

#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"

namespace pathflow::train {

/// Root mean squares of the coordinates of the two ends.
struct Scales {
  double data = 1, source = 1;
};

/// Whose loss weight over t is meant: of the prediction, of the velocity, or sigma^2, g^2 or 1 on
/// the score.
enum class Weighting { kDefault, kVelocity, kSigma2, kG2, kOne };
/// "default", "velocity", "sigma2", "g2", "one".
Weighting weighting_of(std::string_view name);

/// The regression of one prediction q = (a x0 + b x1) / c on one schedule, as the network sees it.
///
/// With s, r the scales of data and source and V = alpha^2 s^2 + sigma^2 r^2, the best linear guess
/// of q from x_t is skip x_t, and the rest has variance output^2:
///     skip   = (a alpha s^2 + b sigma r^2) / (c V)
///     output = (a sigma - b alpha) s r / (c sqrt(V))
///     q      = skip x_t + output F(x_t / sqrt(V), t)
/// so F's input and target have unit variance at every t, and the target is again a linear form of
/// the endpoints, the same for every prediction:
///     F* = (sigma r / (s sqrt(V))) x0 - (alpha s / (r sqrt(V))) x1.
/// A prediction then lives in its loss weight alone (MATH section 2), and no conversion is
/// singular: noise at t = 1 and data at t = 0 are exact by construction. A scale within [1/4, 4]
/// counts as 1: F is then -v on the circle alpha^2 + sigma^2 = 1 that every path has after division
/// by its sqrt(alpha^2 + sigma^2). Measured: with 8 gaussians' true scale of 2, skip and input make
/// the same loss fall about half as fast. Where none of this is needed, q = F(x_t, t) as in the
/// papers: that is where, over the schedule's [t_min, t_max], the sizes of x_t and q stay within
/// [1/4, 4] and |q| <= 4 |output| (velocity on linear and trig, v on the variance-preserving paths;
/// for data of a usual scale).
///
/// Loss weight w(t) on |q - q*|^2, kDefault:
///     data, edm          1 / output^2, for usual scales 1 + SNR: EDM's weight.
///                        With weight 1 the noisy end, where nothing can be learnt, drowns the
///                        rest.
///     the others         1 where the mean square (a^2 + b^2) / c^2 changes by at most a factor of
///     4
///                        over the interval (noise: DDPM's simple loss; velocity on linear and
///                        trig), else its inverse (score: sigma^2, DSM's weight).
/// kVelocity: velocity's own default weight times the equivalent weight.
/// kSigma2, kG2, kOne: denoising score matching with that weight on |s - score|^2, whatever is
/// predicted: sigma^2 (DDPM's simple loss), g^2 (the likelihood's, Song et al. 2021b), 1.
/// Source: Karras et al. 2022, appendix B.6, generalised to any linear form and any source.
class Objective {
 public:
  Objective(std::shared_ptr<const path::Schedule> schedule, path::Prediction prediction,
            Weighting weighting, Scales scales);

  /// What one row at time t needs in training.
  struct Row {
    double alpha = 1, sigma = 0;  ///< x_t = alpha x0 + sigma x1
    double input = 1;             ///< F sees input * x_t
    double a = 0, b = 0;          ///< F's target is a x0 + b x1
    double weight = 1;            ///< on |F - target|^2
  };
  Row row(double t) const;
  /// The schedule's [t_min, t_max], less path::kSingularMargin where a weight is infinite (g2 and
  /// one at sigma = 0).
  path::Interval interval() const;
  /// Weight on |sigma s - sigma score|^2: 1 by default and for kSigma2, g^2 / sigma^2, 1 / sigma^2.
  double score_weight(double t) const;

  /// How a sampler reads F at time t: model_prediction() = skip x_t + output F(input x_t, t).
  struct Reading {
    double input = 1, skip = 0, output = 1;
  };
  Reading reading(double t) const;

  /// How the default weight of a prediction is made; see above.
  enum class Rule { kOne, kInverseMeanSquare, kInverseOutput, kScore };

  bool preconditioned() const { return preconditioned_; }
  path::Prediction prediction() const { return prediction_; }
  /// The prediction in which samplers get the answer: prediction() itself, or, preconditioned, v:
  /// from v every other one follows at every t.
  path::Prediction model_prediction() const;
  const path::Schedule& schedule() const { return *schedule_; }
  /// As used: 1 for a scale within [1/4, 4].
  const Scales& scales() const { return scales_; }

 private:
  std::shared_ptr<const path::Schedule> schedule_;
  path::Prediction prediction_;
  Scales scales_;
  bool preconditioned_ = false;
  path::Prediction weighed_ = path::Prediction::kVelocity;  ///< whose default weight is used
  Rule rule_ = Rule::kOne;
  Weighting weighting_ = Weighting::kDefault;
};

}  // namespace pathflow::train
