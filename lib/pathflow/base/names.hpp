// Lists of names.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace pathflow {

/// The names as a list. (Written out as texts, each costs a constructor and two destructors.)
std::vector<std::string> name_list(std::initializer_list<const char*> names);

}  // namespace pathflow
