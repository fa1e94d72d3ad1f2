#include "pathflow/base/names.hpp"

namespace pathflow {

std::vector<std::string> name_list(std::initializer_list<const char*> names) {
  return {names.begin(), names.end()};
}

}  // namespace pathflow
