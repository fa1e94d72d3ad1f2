// MappedFile: the bytes of a file as memory that the system reads, and takes back, as it likes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace pathflow::io {

/// A read-only mapping. WebAssembly has none: there the file is read.
///
/// A file that another program truncates meanwhile ends the process with SIGBUS where its lost part
/// is read; that is the price of a mapping, and the command turns it into a sentence.
class MappedFile {
 public:
  /// Errors: IoError with the path and the system's reason, or for anything but a regular file.
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  /// Gives back the memory of all that was read so far; reading it again fetches it again. Safe
  /// while other threads read.
  void release() const;
  /// Copies bytes from `offset` on without the mapping. For reads here and there: each would bring
  /// a neighbourhood of up to 2 MB into the process. Errors: IoError where the file has become
  /// shorter or cannot be read.
  void read_at(std::size_t offset, std::span<std::uint8_t> out) const;

 private:
  std::span<const std::uint8_t> bytes_;
  std::vector<std::uint8_t> read_;  ///< where there is no mapping
  std::string name_;
  [[maybe_unused]] int descriptor_ = -1;  ///< of the mapping
};

}  // namespace pathflow::io
