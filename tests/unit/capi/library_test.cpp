// The C interface's memory, handles, results and errors.
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "pathflow/path/coupling.hpp"
#include "pathflow/path/schedule.hpp"
#include "unit/capi/support.hpp"

namespace {

using namespace capi_test;
using nlohmann::json;

TEST(CapiLibrary, VersionMatchesTheHeader) { EXPECT_EQ(pf_get_abi_version(), PF_ABI_VERSION); }

TEST(CapiLibrary, DescribesNamesDatasetsAndDefaults) {
  Owned result;
  ASSERT_EQ(pf_describe_library(&result), PF_OK);
  const json text = json::parse(text_of(result));
  EXPECT_EQ(text["version"], "0.1.0");
  const json& names = text["names"];
  EXPECT_EQ(names["schedules"], json(pathflow::path::schedule_names()));
  EXPECT_EQ(names["couplings"], json(pathflow::path::coupling_names()));
  EXPECT_EQ(names["metrics"].size(), 4u);
  EXPECT_EQ(names["samplers"].size(), 20u);
  EXPECT_EQ(text["defaults"]["predict"], "velocity");
  bool found = false;
  for (const json& set : text["datasets"]) {
    if (set["name"] != "8gaussians") continue;
    found = true;
    EXPECT_EQ(set["has_density"], true);
    EXPECT_FALSE(set["title"].get<std::string>().empty());
  }
  EXPECT_TRUE(found);
}

TEST(CapiLibrary, ErrorsAreClearedByTheNextCall) {
  expect_refused(pf_free_handle(12345), PF_INVALID_ARGUMENT, "handle must be in use, got 12345");
  EXPECT_EQ(error_name(), "InvalidArgument");
  EXPECT_EQ(pf_free_handle(0), PF_OK);
  EXPECT_EQ(error_message(), "");
  EXPECT_EQ(error_name(), "Ok");
  pf_get_error(nullptr);  // does nothing
}

TEST(CapiLibrary, ErrorsAreKeptPerThread) {
  expect_refused(pf_free_handle(7), PF_INVALID_ARGUMENT, "got 7");
#ifndef __EMSCRIPTEN__
  std::thread([] {
    EXPECT_EQ(error_message(), "");
    expect_refused(pf_free_handle(9), PF_INVALID_ARGUMENT, "got 9");
  }).join();
#endif
  EXPECT_NE(error_message().find("got 7"), std::string::npos);
}

TEST(CapiMemory, BuffersAreAlignedAndCheckedOnFree) {
  const Counts before = counts();
  void* bytes = nullptr;
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 100000u}) {
    ASSERT_EQ(pf_allocate_bytes(size, &bytes), PF_OK);
    ASSERT_NE(bytes, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % 16, 0u);
    std::memset(bytes, 0xAB, size);
    EXPECT_EQ(counts().buffers, before.buffers + 1);
    EXPECT_EQ(pf_free_bytes(bytes), PF_OK);
    expect_refused(pf_free_bytes(bytes), PF_INVALID_ARGUMENT, "be freed once");
  }
  int local = 0;
  expect_refused(pf_free_bytes(&local), PF_INVALID_ARGUMENT, "pf_allocate_bytes");
  EXPECT_EQ(pf_free_bytes(nullptr), PF_OK);
  EXPECT_EQ(counts().buffers, before.buffers);
}

TEST(CapiMemory, AbsurdSizesAreRefused) {
  void* bytes = nullptr;
  expect_refused(pf_allocate_bytes(SIZE_MAX, &bytes), PF_NO_MEMORY, "out of memory");
  EXPECT_EQ(error_name(), "OutOfMemory");
  EXPECT_EQ(bytes, nullptr);
  expect_refused(pf_allocate_bytes(8, nullptr), PF_INVALID_ARGUMENT, "must not be NULL");
}

TEST(CapiHandles, FreedHandlesAreRecognised) {
  pf_handle first = 0, second = 0;
  ASSERT_EQ(draw("moons", 4, 0, &first), PF_OK);
  ASSERT_EQ(pf_free_handle(first), PF_OK);
  expect_refused(pf_free_handle(first), PF_INVALID_ARGUMENT, "which was freed");
  ASSERT_EQ(draw("moons", 4, 0, &second), PF_OK);
  EXPECT_NE(first, second);  // the slot is used again, the handle is not
  const char* text = nullptr;
  std::size_t length = 0;
  expect_refused(pf_view_text(first, &text, &length), PF_INVALID_ARGUMENT, "must be in use");
  EXPECT_EQ(text, nullptr);
  EXPECT_EQ(pf_free_handle(second), PF_OK);
}

TEST(CapiHandles, AreNeverGivenTwice) {
  std::set<pf_handle> seen;
  for (int i = 0; i < 10000; ++i) {  // more than the generations of one slot
    pf_handle handle = 0;
    ASSERT_EQ(draw("moons", 1, 0, &handle), PF_OK);
    ASSERT_TRUE(seen.insert(handle).second) << i;
    ASSERT_EQ(pf_free_handle(handle), PF_OK);
  }
}

TEST(CapiHandles, OfTheOtherKindAreRefused) {
  Owned rows, trainer;
  ASSERT_EQ(draw("moons", 4, 0, &rows), PF_OK);
  ASSERT_EQ(create(kSmall, &trainer), PF_OK) << error_message();
  expect_refused(pf_step_trainer(rows, 1, nullptr), PF_INVALID_ARGUMENT, "must name a trainer");
  pf_view view;
  expect_refused(pf_view_array(trainer, "points", 6, &view), PF_INVALID_ARGUMENT,
                 "must name a result");
}

TEST(CapiResults, UnknownArraysNameTheOnesThereAre) {
  Owned rows;
  ASSERT_EQ(draw("moons", 4, 0, &rows), PF_OK);
  pf_view view;
  expect_refused(pf_view_array(rows, "point", 5, &view), PF_INVALID_ARGUMENT,
                 "did you mean \"points\"");
  expect_refused(pf_view_array(rows, nullptr, 5, &view), PF_INVALID_ARGUMENT, "NULL");
  expect_refused(pf_view_array(rows, "points", 6, nullptr), PF_INVALID_ARGUMENT, "NULL");
  expect_refused(pf_view_text(rows, nullptr, nullptr), PF_INVALID_ARGUMENT, "NULL");
  EXPECT_EQ(text_of(rows), "{}");
}

}  // namespace
