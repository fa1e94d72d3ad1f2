// Temporary: the unfinished file beside a target that an atomic write fills; and what is left of it
// where a process was killed in the middle.
#pragma once

#include <filesystem>
#include <string_view>

namespace pathflow::io {

/// "run.safetensors" -> "run.safetensors.tmp-PID-NUMBER", new, empty, open for writing and locked.
///
/// The lock (flock) ends with the process, however it ends: it tells a file that is being written
/// from a leftover, where a process number would not (another host, another container, a number
/// used again). Where the file system has no locks, leftovers stay and are never mistaken for the
/// target.
class Temporary {
 public:
  /// Errors: IoError(`where`) naming `file`.
  Temporary(const std::filesystem::path& file, std::string_view where);
  ~Temporary();  ///< removes the file unless it was placed
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  int descriptor() const { return descriptor_; }
  /// Renames it over the target, under the lock. Gives 0, or the errno of what failed.
  int place();

 private:
  bool create();

  std::filesystem::path file_, name_;
  int descriptor_ = -1;
  bool placed_ = false;
};

/// Removes what killed processes left beside `file`: names as above whose lock nobody holds. What
/// cannot be listed, opened or removed stays. Cost: one listing of the folder.
void remove_leftovers(const std::filesystem::path& file);

}  // namespace pathflow::io
