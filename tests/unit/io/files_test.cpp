#include "pathflow/io/files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#ifndef __EMSCRIPTEN__
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#endif

#include "pathflow/base/error.hpp"
#include "pathflow/io/npy.hpp"

namespace pathflow::io {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::temp_directory_path() / ("pathflow-" + std::to_string(::getpid()) + "-" + test->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
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
  fs::path folder_;
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

TEST_F(Files, AReadOnlyFolderIsRefusedAndTheOldFileStays) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write to read-only folders";
  const fs::path file = folder_ / "old";
  write_file_atomic(file, Bytes{1});
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  const auto error = error_of([&] { write_file_atomic(file, Bytes{2}); });
  fs::permissions(folder_, fs::perms::owner_all);
  EXPECT_NE(error.find("Permission denied"), std::string::npos) << error;
  EXPECT_EQ(read_file(file), Bytes{1});
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

// numpy itself as the other side, where it is installed.
TEST_F(Files, NumpyReadsOurFilesAndWeReadNumpys) {
  if (std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3 with numpy is not installed";
  }
  xt::xtensor<float, 3> cube = xt::xtensor<float, 3>::from_shape({2, 3, 2});
  for (std::size_t i = 0; i < cube.size(); ++i) cube.data()[i] = static_cast<float>(i) - 5.5f;
  write_file_atomic(folder_ / "cube.npy", write_npy(cube));
  std::ofstream(folder_ / "check.py") << R"(import numpy as np
a = np.load('cube.npy')
assert a.dtype == np.float32 and a.shape == (2, 3, 2) and a.flags.c_contiguous
assert (a.ravel() == np.arange(12) - 5.5).all()
b = np.arange(6).reshape(3, 2) - 2
for t in ['<f2', '>f2', '<f4', '>f4', '<f8', '>f8', 'i1', '<i2', '>i4', '<i8', '>i8']:
    for order in 'CF':
        np.save('%s-%s.npy' % (t.strip('<>') + ('b' if '>' in t else ''), order), np.asarray(b.astype(t), order=order))
)";
  ASSERT_EQ(std::system(("cd '" + folder_.string() + "' && /usr/bin/python3 check.py").c_str()), 0);
  const xt::xtensor<float, 2> expected = {{-2, -1}, {0, 1}, {2, 3}};
  int read = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() != ".npy" || entry.path().filename() == "cube.npy") continue;
    EXPECT_EQ(read_npy_points(entry.path()), expected) << entry.path();
    ++read;
  }
  EXPECT_EQ(read, 22);
}

#endif

}  // namespace
}  // namespace pathflow::io
