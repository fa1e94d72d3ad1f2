// What the verbs share about files: names that end in .npy, and checking a target before the work.
#pragma once

#include <filesystem>
#include <string>

namespace pathflow::cli {

inline bool is_npy(const std::string& name) { return name.ends_with(".npy"); }

/// Refuses, before any work is done, a target whose folder does not exist or is itself a folder.
/// Errors: IoError.
void check_writable(const std::filesystem::path& file);

/// "traj.npy" -> "traj.times.npy".
std::filesystem::path times_file(std::filesystem::path trajectories);

}  // namespace pathflow::cli
