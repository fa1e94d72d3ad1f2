#include "pathflow/io/temporary.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "pathflow/base/error.hpp"

namespace pathflow::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".tmp-";

fs::path new_name(const fs::path& file) {
  static std::atomic<unsigned> count{0};
  fs::path name = file;
  name += std::string(kMark) + std::to_string(::getpid()) + "-" + std::to_string(++count);
  return name;
}

// Emscripten's C library declares flock and has none.
#ifdef __EMSCRIPTEN__
int flock(int, int) {
  errno = ENOLCK;
  return -1;
}
#endif

int lock(int descriptor, int how) {
  int result = 0;
  do {
    result = flock(descriptor, how);
  } while (result != 0 && errno == EINTR);
  return result;
}

/// Whether the descriptor's file is still the one of that name.
bool is_at(int descriptor, const fs::path& name) {
  struct stat held {
  }, found{};
  return ::fstat(descriptor, &held) == 0 && ::lstat(name.c_str(), &found) == 0 &&
         held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether `name` is target + ".tmp-PID-NUMBER".
bool is_temporary_of(std::string_view name, std::string_view target) {
  if (!name.starts_with(target)) return false;
  name.remove_prefix(target.size());
  if (!name.starts_with(kMark)) return false;
  name.remove_prefix(kMark.size());
  const std::size_t dash = name.find('-');
  return dash != name.npos && is_number(name.substr(0, dash)) && is_number(name.substr(dash + 1));
}

void remove_if_left(const fs::path& name) {
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return;
  if (lock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_at(descriptor, name)) ::unlink(name.c_str());
  ::close(descriptor);
}

}  // namespace

Temporary::Temporary(const fs::path& file, std::string_view where) : file_(file) {
  while (!create()) {
    if (errno == EEXIST) continue;  // a leftover of another process of this number
    throw IoError(where, file.string() + ": cannot create a temporary file beside it: " +
                             std::generic_category().message(errno));
  }
}

/// False with errno where no such file could be made. EEXIST asks for another try.
bool Temporary::create() {
  name_ = new_name(file_);
  descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) return false;
  // Between open and lock another process may have taken it for a leftover.
  if (lock(descriptor_, LOCK_EX) != 0 || is_at(descriptor_, name_)) return true;
  ::close(descriptor_);
  descriptor_ = -1;
  errno = EEXIST;
  return false;
}

Temporary::~Temporary() {
  if (!placed_) ::unlink(name_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

int Temporary::place() {
  if (::rename(name_.c_str(), file_.c_str()) != 0) return errno;
  placed_ = true;
  return 0;
}

void remove_leftovers(const fs::path& file) {
  const std::string target = file.filename().string();
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_temporary_of(entry->path().filename().string(), target)) remove_if_left(entry->path());
  }
}

}  // namespace pathflow::io
