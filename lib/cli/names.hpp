// Names that several verbs offer.
#pragma once

#include <string>
#include <vector>

namespace pathflow::cli {

/// The built-in data sets, "text:" standing for text:WORD.
std::vector<std::string> dataset_names();

}  // namespace pathflow::cli
