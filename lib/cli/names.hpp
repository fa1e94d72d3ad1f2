// Names that several verbs offer.
#pragma once

#include <string>
#include <vector>

namespace pathflow::cli {

/// The built-in data sets, "text:" standing for text:WORD.
std::vector<std::string> dataset_names();

/// The schedules, "table:" standing for table:FILE.npy.
std::vector<std::string> schedule_choices();

}  // namespace pathflow::cli
