#include "pathflow/base/threads.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "pathflow/base/error.hpp"

namespace pathflow {
namespace {

class Threads : public ::testing::Test {
 protected:
  void TearDown() override { set_threads(1); }
};

TEST_F(Threads, StartAtOneAndRefuseNonsense) {
  EXPECT_EQ(threads(), 1);
  EXPECT_THROW(set_threads(0), InvalidArgument);
  EXPECT_THROW(set_threads(1025), InvalidArgument);
  EXPECT_EQ(threads(), 1);
  set_threads(3);
  EXPECT_EQ(threads(), 3);
}

TEST_F(Threads, ALimitIsItsThreadsAndNests) {
  set_threads(3);
  {
    const ThreadLimit two(2);
    EXPECT_EQ(threads(), 2);
    {
      const ThreadLimit more(5), one(1);
      EXPECT_EQ(threads(), 1);
#ifndef __EMSCRIPTEN__  // without threads
      int elsewhere = 0;
      std::thread([&] { elsewhere = threads(); }).join();
      EXPECT_EQ(elsewhere, 3);
#endif
    }
    EXPECT_EQ(threads(), 2);
  }
  EXPECT_EQ(threads(), 3);
}

TEST_F(Threads, EveryElementIsVisitedOnceInPiecesOfTheGrain) {
  for (int count_of_threads : {1, 2, 5}) {
    set_threads(count_of_threads);
    for (std::int64_t count : {0, 1, 7, 64, 1000}) {
      for (std::int64_t grain : {1, 3, 64, 2000}) {
        std::vector<int> visits(static_cast<std::size_t>(count));
        std::vector<int> starts(static_cast<std::size_t>(count));
        parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
          ++starts[static_cast<std::size_t>(begin)];
          for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        for (std::int64_t i = 0; i < count; ++i) {
          ASSERT_EQ(visits[static_cast<std::size_t>(i)], 1) << count << " by " << grain;
          ASSERT_EQ(starts[static_cast<std::size_t>(i)], i % grain == 0 ? 1 : 0);
        }
      }
    }
  }
}

TEST_F(Threads, ALoopInsideALoopStillVisitsEverything) {
  set_threads(2);
  std::vector<int> visits(64);
  parallel_for(8, 1, [&](std::int64_t outer, std::int64_t) {
    parallel_for(8, 1, [&](std::int64_t inner, std::int64_t) {
      ++visits[static_cast<std::size_t>(outer * 8 + inner)];
    });
  });
  for (int count : visits) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace pathflow
