#include "files.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "interrupt.hpp"
#include "names.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/io/files.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/io/npy_rows.hpp"
#include "pathflow/path/schedule.hpp"
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

void check_targets(std::initializer_list<std::string_view> files) {
  for (const std::string_view file : files) {
    if (!file.empty()) check_writable(file);
  }
}

void write_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  {
    const Unfinished writing;
    io::write_file_atomic(file, bytes);
  }
  stop_if_interrupted();
}

std::filesystem::path times_file(std::filesystem::path trajectories) {
  return trajectories.replace_extension(".times.npy");
}

std::vector<std::string> schedule_choices() {
  std::vector<std::string> names = path::schedule_names();
  names.emplace_back("table:");
  return names;
}

std::string schedule_of(const std::string& name) {
  const std::string kind = "table:";
  if (!name.starts_with(kind) || !is_npy(name)) return name;
  const std::string file = name.substr(kind.size());
  const tensor::Points rows = io::read_npy_points(io::read_file(file), file);
  if (rows.shape(1) != 3) {
    throw InvalidArgument(file, "a table of a schedule must have columns t, alpha, sigma, got " +
                                    std::to_string(rows.shape(1)) + " columns");
  }
  std::string text = kind;
  for (std::size_t i = 0; i < rows.shape(0); ++i) {
    text += fmt::format("{}{},{},{}", i > 0 ? ";" : "", rows(i, 0), rows(i, 1), rows(i, 2));
  }
  return text;
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
    return true;
  };
  return io::open_npy_rows(file, options);
}

}  // namespace pathflow::cli
