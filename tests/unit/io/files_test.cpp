#include "pathflow/io/files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#ifndef __EMSCRIPTEN__
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#endif

#include "pathflow/base/error.hpp"
#include "pathflow/io/npy.hpp"
#include "pathflow/io/temporary.hpp"
#include "unit/io/scratch_folder.hpp"

namespace pathflow::io {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

class Files : public ScratchFolder {
 protected:
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  static std::string error_of(const std::function<void()>& body) {
    try {
      body();
    } catch (const IoError& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_F(Files, WrittenBytesReturnAndReplace) {
  const fs::path file = folder_ / "a.bin";
  for (const std::size_t size : {0u, 1u, 4096u, 100000u}) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + size);
    write_file_atomic(file, bytes);
    EXPECT_EQ(read_file(file), bytes);
    EXPECT_EQ(entries(), 1u);  // no temporary file is left
  }
}

TEST_F(Files, ARelativeNameWithoutFolderWorks) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  write_file_atomic("b.bin", Bytes{1, 2});
  EXPECT_EQ(read_file("b.bin"), (Bytes{1, 2}));
  fs::current_path(before);
}

TEST_F(Files, ErrorsCarryTheSystemsReason) {
  const auto missing = error_of([&] { read_file(folder_ / "none"); });
  EXPECT_NE(missing.find("none: cannot open: No such file"), std::string::npos) << missing;
  const auto folder = error_of([&] { read_file(folder_); });
  EXPECT_NE(folder.find("directory"), std::string::npos) << folder;
  const auto nowhere = error_of([&] { write_file_atomic(folder_ / "x" / "y", Bytes{1}); });
  EXPECT_NE(nowhere.find("No such file"), std::string::npos) << nowhere;
  const auto replaced = error_of([&] { write_file_atomic(folder_, Bytes{1}); });
  EXPECT_NE(replaced.find("not a regular file"), std::string::npos) << replaced;
  EXPECT_TRUE(fs::is_directory(folder_));
}

TEST_F(Files, FormatsByPath) {
  const xt::xtensor<float, 2> points = {{1, 2}, {3, 4}};
  write_file_atomic(folder_ / "p.npy", write_npy(points));
  EXPECT_EQ(read_npy_points(folder_ / "p.npy"), points);
  const auto wrong = error_of([&] { read_npy_labels(folder_ / "p.npy"); });
  EXPECT_NE(wrong.find("p.npy"), std::string::npos) << wrong;
  Safetensors contents;
  contents.metadata["a"] = "b";
  write_safetensors_atomic(folder_ / "m.safetensors", contents);
  EXPECT_EQ(read_safetensors(folder_ / "m.safetensors").metadata, contents.metadata);
}

#ifndef __EMSCRIPTEN__

TEST_F(Files, PermissionsAreKept) {
  const fs::path file = folder_ / "private";
  write_file_atomic(file, Bytes{1});
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  write_file_atomic(file, Bytes{2});
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

/// What `body` throws in a process of a user who is not root.
std::string error_as_nobody(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned kNobody = 65534;
    const bool can = ::geteuid() != 0 || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0);
    const std::string text = can ? body() : "cannot become nobody";
    const bool told = ::write(ends[1], text.data(), text.size()) >= 0;
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text(4096, ' ');
  const ssize_t got = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
}

TEST_F(Files, AReadOnlyFolderIsRefusedAndTheOldFileStays) {
  const fs::path file = folder_ / "old";
  write_file_atomic(file, Bytes{1});
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                               fs::perms::others_exec);
  const auto error =
      error_as_nobody([&] { return error_of([&] { write_file_atomic(file, Bytes{2}); }); });
  fs::permissions(folder_, fs::perms::owner_all);
  EXPECT_NE(error.find("Permission denied"), std::string::npos) << error;
  EXPECT_EQ(read_file(file), Bytes{1});
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, ADeviceIsNotRead) {
  if (!fs::exists("/dev/zero")) GTEST_SKIP() << "this system has no /dev/zero";
  const auto error = error_of([&] { read_file("/dev/zero"); });  // it would never end
  EXPECT_NE(error.find("must be a file or a pipe, got a device"), std::string::npos) << error;
}

TEST_F(Files, LeftoversOfKilledWritersAreRemoved) {
  const fs::path file = folder_ / "a.bin";
  const std::vector<std::string> others = {"a.bin.tmp-1",       "a.bin.tmp-1-x", "a.bin.tmp--1",
                                           "a.bin.tmp-1-1.npy", "b.bin.tmp-1-1", "a.bin.tmp-"};
  for (const std::string& name : others) std::ofstream(folder_ / name) << name;
  for (const std::string name : {"a.bin.tmp-1-1", "a.bin.tmp-4294967296-77"}) {
    std::ofstream(folder_ / name) << "half";
  }
  write_file_atomic(file, Bytes{1});
  EXPECT_FALSE(fs::exists(folder_ / "a.bin.tmp-1-1"));
  EXPECT_FALSE(fs::exists(folder_ / "a.bin.tmp-4294967296-77"));
  for (const std::string& name : others) EXPECT_TRUE(fs::exists(folder_ / name)) << name;
  EXPECT_EQ(entries(), 1 + others.size());
}

// As a container's first process always has: the same process number as the one that was killed.
TEST_F(Files, ANameThatIsTakenIsSteppedOver) {
  const fs::path file = folder_ / "a.bin";
  const std::string mark = file.string() + ".tmp-" + std::to_string(::getpid()) + "-";
  // Folders cannot be taken for leftovers, so they stand in the way for good.
  for (int number = 1; number <= 500; ++number) fs::create_directory(mark + std::to_string(number));
  write_file_atomic(file, Bytes{1, 2});
  EXPECT_EQ(read_file(file), (Bytes{1, 2}));
  EXPECT_EQ(entries(), 501u);
}

TEST_F(Files, AFileBeingWrittenIsNoLeftover) {
  const fs::path file = folder_ / "a.bin";
  {
    Temporary slow(file, "here");
    ASSERT_EQ(::write(slow.descriptor(), "slow", 4), 4);
    write_file_atomic(file, Bytes{1});
    EXPECT_EQ(entries(), 2u);
    EXPECT_EQ(slow.place(), 0);
  }
  EXPECT_EQ(read_file(file), (Bytes{'s', 'l', 'o', 'w'}));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, AKilledWritersFileIsALeftover) {
  const fs::path file = folder_ / "a.bin";
  write_file_atomic(file, Bytes{1});
  const pid_t child = ::fork();
  if (child == 0) {
    Temporary half(file, "here");
    const ssize_t written = ::write(half.descriptor(), "half", 4);
    ::kill(::getpid(), written == 4 ? SIGKILL : SIGTERM);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(entries(), 2u);
  EXPECT_EQ(read_file(file), Bytes{1});
  write_file_atomic(file, Bytes{2});
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, AFolderThatVanishesWhileWritingIsSaid) {
  const fs::path inner = folder_ / "inner";
  fs::create_directory(inner);
  Temporary half(inner / "a.bin", "here");
  fs::remove_all(inner);
  EXPECT_EQ(half.place(), ENOENT);
  const auto error = error_of([&] { write_file_atomic(inner / "a.bin", Bytes{1}); });
  EXPECT_NE(error.find("cannot create a temporary file beside it: No such file"), error.npos)
      << error;
}

TEST_F(Files, ADeviceIsNotReplaced) {
  const fs::path device = "/dev/full";
  if (!fs::exists(device)) GTEST_SKIP() << "this system has no /dev/full";
  const auto error = error_of([&] { write_file_atomic(device, Bytes{1}); });
  EXPECT_NE(error.find("not a regular file"), std::string::npos) << error;
  EXPECT_TRUE(fs::is_character_file(device));
}

// A file-size limit makes write() fail in the middle, as a full disk does.
TEST_F(Files, AFailedWriteLeavesTheOldFileAndNoTemporary) {
  const fs::path file = folder_ / "old";
  write_file_atomic(file, Bytes{1, 2, 3});
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto error = error_of([&] { write_file_atomic(file, Bytes(5000, 7)); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(error.find("cannot write: File too large"), std::string::npos) << error;
  EXPECT_EQ(read_file(file), (Bytes{1, 2, 3}));
  EXPECT_EQ(entries(), 1u);
}

#endif

}  // namespace
}  // namespace pathflow::io
