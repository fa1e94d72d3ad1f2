// BatchesAhead: batches of the next steps, drawn and coupled by threads of its own.
#pragma once

#include <cstdint>

#include "pathflow/path/time_sampling.hpp"
#include "pathflow/train/batch.hpp"

#ifdef _OPENMP
#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "pathflow/base/threads.hpp"
#endif

namespace pathflow::train {

#ifdef _OPENMP

/// A ring of batches of consecutive steps. Batches are pure functions of their step, so it does not
/// matter who makes them, nor when: workers take the earliest that nobody has, and sleep while the
/// ring is full; the caller does the same where its own batch is not there yet.
class BatchesAhead {
 public:
  /// Workers beside the caller's thread for what set_threads() allows; 0: none.
  static int most_workers() { return std::min(threads() - 1, 15); }

  /// Batches are like `like`. Errors: std::system_error if a thread cannot start.
  BatchesAhead(const Batch& like, path::Interval interval, int workers);
  /// Waits for what is being made, some milliseconds.
  ~BatchesAhead();
  int workers() const { return static_cast<int>(threads_.size()); }

  /// The batch of a step, the caller's until the next call. Steps that follow one another are
  /// found made; another step begins anew. Errors: of its own draws.
  Batch& at(std::uint64_t step);

 private:
  enum class State { kFree, kWanted, kTaken, kReady };
  struct Place {
    Batch batch;
    std::uint64_t step = 0;
    State state = State::kFree;
    std::exception_ptr error = {};
  };
  using Lock = std::unique_lock<std::mutex>;

  void stop();
  void work();
  void begin(std::uint64_t step, Lock& lock);
  Place* earliest_wanted();
  void make(Place& place, path::CouplingWorkspace& workspace, Lock& lock);

  const path::Interval interval_;
  std::mutex mutex_;
  std::condition_variable wanted_, ready_;
  std::vector<Place> places_;  ///< step s at s % size
  std::uint64_t next_ = 0;     ///< the step after the last one asked for
  bool begun_ = false, stopping_ = false;
  path::CouplingWorkspace workspace_;  ///< of the caller
  std::vector<std::thread> threads_;
};

#else  // one thread

class BatchesAhead {};

#endif

}  // namespace pathflow::train
