#include "files.hpp"

#include <unistd.h>

#include "pathflow/base/error.hpp"

namespace pathflow::cli {

void check_writable(const std::filesystem::path& file) {
  const std::filesystem::path parent = file.parent_path();
  const std::filesystem::path folder = parent.empty() ? std::filesystem::path(".") : parent;
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw IoError(file.string(), "the folder \"" + folder.string() + "\" does not exist");
  }
  if (std::filesystem::is_directory(file, error)) {
    throw IoError(file.string(), "must be a file, got a folder");
  }
  if (access(folder.c_str(), W_OK) != 0) {
    throw IoError(file.string(), "the folder \"" + folder.string() + "\" cannot be written to");
  }
}

std::filesystem::path times_file(std::filesystem::path trajectories) {
  return trajectories.replace_extension(".times.npy");
}

}  // namespace pathflow::cli
