#include "files.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "interrupt.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/io/npy_rows.hpp"
#include "progress.hpp"

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

std::shared_ptr<const io::Rows> open_rows(const std::filesystem::path& file, bool quiet) {
  Progress progress(quiet);
  io::OpenRowsOptions options;
  options.progress = [&](double share) {
    if (progress.due()) {
      const double left = progress.seconds() * (1 - share) / share;
      progress.update(share, fmt::format("reading through {}  {} left", file.filename().string(),
                                         duration_text(left)));
    }
    return !interrupted();
  };
  return io::open_npy_rows(file, options);
}

}  // namespace pathflow::cli
