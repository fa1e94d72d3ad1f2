// The exact minimiser of a run's loss on its own data, and the floor that it sets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "pathflow/density/empirical_path.hpp"
#include "pathflow/train/loss.hpp"
#include "pathflow/train/network.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {

/// Trainer::exact_minimiser. label: of the rows that count.
std::unique_ptr<density::EmpiricalPath<float>> exact_minimiser(const LossSetup& run,
                                                               std::optional<int> label,
                                                               path::Prediction predict,
                                                               const Loss& loss);

/// Trainer::loss_floor.
LossFloor measure_floor(const LossSetup& run, const Loss& loss, Network& network, std::int64_t rows,
                        std::uint64_t seed);

}  // namespace pathflow::train
