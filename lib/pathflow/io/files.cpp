#include "pathflow/io/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "pathflow/base/error.hpp"
#include "pathflow/io/npy.hpp"

namespace pathflow::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view where, const fs::path& file, std::string_view action,
                       int reason) {
  throw IoError(where, file.string() + ": cannot " + std::string(action) + ": " +
                           std::generic_category().message(reason));
}

// A file descriptor that is closed on every way out; close_checked() reports the late write errors
// that some file systems deliver only there.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int close_checked() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

// The temporary file: removed unless it was renamed to its place.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) {}
  ~Temporary() {
    if (!kept_) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  const fs::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  fs::path path_;
  bool kept_ = false;
};

constexpr std::string_view kWrite = "write_file_atomic", kRead = "read_file";

fs::path temporary_name(const fs::path& file) {
  static std::atomic<unsigned> count{0};
  fs::path name = file;
  name += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  return name;
}

void write_all(int fd, std::span<const std::uint8_t> bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(kWrite, file, "write", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

// Some file systems cannot sync a folder and say EINVAL: nothing more can be asked of them.
void sync_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) fail(kWrite, folder, "open the folder to sync it", errno);
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL) {
    fail(kWrite, folder, "sync the folder", errno);
  }
}

}  // namespace

std::vector<std::uint8_t> read_file(const fs::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) fail(kRead, file, "open", errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) fail(kRead, file, "read its size", errno);
  if (S_ISDIR(status.st_mode)) fail(kRead, file, "read", EISDIR);
  // A pipe or a growing file has no size to trust: read until the end and let the vector grow.
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size) + 1);
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) bytes.resize(2 * bytes.size());
    const ssize_t got = ::read(descriptor.get(), bytes.data() + filled, bytes.size() - filled);
    if (got == 0) break;
    if (got < 0) {
      if (errno == EINTR) continue;
      fail(kRead, file, "read", errno);
    }
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

void write_file_atomic(const fs::path& file, std::span<const std::uint8_t> bytes) {
  struct stat old {};
  const bool exists = ::stat(file.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode)) {
    throw IoError(kWrite, file.string() + ": cannot replace: exists and is not a regular file");
  }
  const fs::path name = temporary_name(file);
  Descriptor descriptor(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (descriptor.get() < 0) fail(kWrite, file, "create a temporary file beside it", errno);
  Temporary temporary(name);
  if (exists && ::fchmod(descriptor.get(), old.st_mode & 07777) != 0) {
    fail(kWrite, file, "keep its permissions", errno);
  }
  write_all(descriptor.get(), bytes, file);
  if (::fsync(descriptor.get()) != 0) fail(kWrite, file, "sync", errno);
  if (descriptor.close_checked() != 0) fail(kWrite, file, "close", errno);
  if (::rename(name.c_str(), file.c_str()) != 0) fail(kWrite, file, "rename into place", errno);
  temporary.keep();
  sync_folder(file);
}

tensor::Points read_npy_points(const fs::path& file) {
  return read_npy_points(read_file(file), file.string());
}

std::vector<int> read_npy_labels(const fs::path& file) {
  return read_npy_labels(read_file(file), file.string());
}

Safetensors read_safetensors(const fs::path& file) {
  return read_safetensors(read_file(file), file.string());
}

void write_safetensors_atomic(const fs::path& file, const Safetensors& contents) {
  write_file_atomic(file, write_safetensors(contents));
}

}  // namespace pathflow::io
