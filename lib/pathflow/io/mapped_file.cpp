#include "pathflow/io/mapped_file.hpp"

#include <algorithm>

#include "pathflow/base/error.hpp"
#include "pathflow/io/files.hpp"

#ifdef __EMSCRIPTEN__

namespace pathflow::io {

MappedFile::MappedFile(const std::filesystem::path& file) : read_(read_file(file)) {
  bytes_ = read_;
}
MappedFile::~MappedFile() = default;
void MappedFile::release() const {}
void MappedFile::read_at(std::size_t offset, std::span<std::uint8_t> out) const {
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

}  // namespace pathflow::io

#else

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace pathflow::io {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* action, int reason) {
  throw IoError("MappedFile", file.string() + ": cannot " + action + ": " +
                                  std::generic_category().message(reason));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file) : name_(file.string()) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(file, "open", errno);
  struct stat status {};
  const int looked = ::fstat(descriptor, &status);
  const int reason = errno;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* at = nullptr;
  if (looked == 0 && S_ISREG(status.st_mode) && size > 0) {
    at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  }
  const int map_reason = errno;
  const bool usable = looked == 0 && S_ISREG(status.st_mode) && at != MAP_FAILED;
  if (!usable) ::close(descriptor);
  if (looked != 0) fail(file, "read its size", reason);
  if (at == MAP_FAILED) fail(file, "map", map_reason);
  if (!usable) throw IoError("MappedFile", name_ + ": must be a regular file");
  bytes_ = {static_cast<const std::uint8_t*>(at), size};
  descriptor_ = descriptor;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MappedFile::read_at(std::size_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(name_, "read", errno);
    if (got == 0) {
      throw IoError("MappedFile", name_ + ": was cut short by another program: expected " +
                                      std::to_string(bytes_.size()) + " bytes, got " +
                                      std::to_string(offset));
    }
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::size_t>(got);
  }
}

void MappedFile::release() const {
  // A clean, private mapping of a file: its pages can be dropped at any time. Advice may be
  // refused, and nothing is lost then.
  if (!bytes_.empty()) {
    ::madvise(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
  }
}

}  // namespace pathflow::io

#endif
