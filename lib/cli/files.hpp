// What the verbs share about files: names by extension, rows of a name or a file, and checking a
// target before the work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pathflow/io/rows.hpp"

namespace pathflow::cli {

inline bool is_npy(const std::string& name) { return name.ends_with(".npy"); }

/// Refuses, before any work is done, a target whose folder does not exist or is itself a folder.
/// Errors: IoError.
void check_writable(const std::filesystem::path& file);
/// The same of every one that was named: "" is none.
void check_targets(std::initializer_list<std::string_view> files);

/// io::write_file_atomic(), which a signal does not break off: it ends the process after it.
/// Errors: IoError; Cancelled.
void write_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

/// "traj.npy" -> "traj.times.npy".
std::filesystem::path times_file(std::filesystem::path trajectories);

/// "table:FILE.npy" of [k, 3] rows of t, alpha, sigma as the text of those rows; any other name of
/// a schedule as it is. Errors: IoError; InvalidArgument for another number of columns.
std::string schedule_of(const std::string& name);

/// Rows of an npy file, with progress where it is large enough to be read through first; Errors:
/// IoError.
std::shared_ptr<const io::Rows> open_rows(const std::filesystem::path& file, bool quiet);

}  // namespace pathflow::cli
