#include "pathflow/io/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "pathflow/base/error.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/io/temporary.hpp"

namespace pathflow::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view where, const fs::path& file, std::string_view action,
                       int reason) {
  throw_error(ErrorCode::kIo, where,
              {file.string(), ": cannot ", action, ": ", std::generic_category().message(reason)});
}

// A file descriptor that is closed on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

constexpr std::string_view kWrite = "write_file_atomic", kRead = "read_file";

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

int sync(int descriptor) {
  int result = 0;
  do {
    result = ::fsync(descriptor);
  } while (result != 0 && errno == EINTR);
  return result;
}

// Some file systems cannot sync a folder and say EINVAL, and a folder that may be written to but
// not listed cannot be opened: nothing more can be asked of them.
void sync_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    if (errno == EACCES) return;
    fail(kWrite, folder, "open the folder to sync it", errno);
  }
  if (sync(descriptor.get()) != 0 && errno != EINVAL) {
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
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {  // /dev/zero never ends
    throw IoError(kRead, file.string() + ": must be a file or a pipe, got a device");
  }
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
    throw_error(ErrorCode::kIo, kWrite,
                {file.string(), ": cannot replace: exists and is not a regular file"});
  }
  remove_leftovers(file);
  Temporary temporary(file, kWrite);
  const int descriptor = temporary.descriptor();
  if (exists && ::fchmod(descriptor, old.st_mode & 07777) != 0) {
    fail(kWrite, file, "keep its permissions", errno);
  }
  write_all(descriptor, bytes, file);
  if (sync(descriptor) != 0) fail(kWrite, file, "sync", errno);
  if (const int reason = temporary.place(); reason != 0) {
    fail(kWrite, file, "rename into place", reason);
  }
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
