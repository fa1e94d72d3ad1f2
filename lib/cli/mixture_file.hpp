// gmm:FILE.json: a Gaussian mixture as a model in closed form.
#pragma once

#include <filesystem>

#include "pathflow/density/gaussian_mixture.hpp"

namespace pathflow::cli {

/// The mixture of {"weights": [K], "means": [K][d], "covariances": [K][d][d]}.
/// Errors: IoError with the file's name, and the key and component that break which rule.
density::GaussianMixture read_mixture(const std::filesystem::path& file);

/// Its marginal over the first `d` coordinates.
density::GaussianMixture marginal(const density::GaussianMixture& mixture, std::size_t d);

}  // namespace pathflow::cli
