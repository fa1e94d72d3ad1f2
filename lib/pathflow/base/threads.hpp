// Threads: one parallel loop whose result never depends on how many threads run it.
#pragma once

#include <algorithm>
#include <cstdint>

#ifdef _OPENMP
#include <omp.h>
#endif

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow {

/// Threads used by parallel_for (>= 1): set_threads()'s, and no more than a ThreadLimit of the
/// calling thread. Starts at 1: a library does not take a machine that it was not given. Faces
/// raise it (the command's --threads).
int threads() noexcept;

/// Sets the number of threads. Errors: InvalidArgument unless 1 <= count <= 1024. Without OpenMP
/// (WASM) any count runs on one thread.
void set_threads(int count);

/// While it lives, parallel_for uses at most `most` (>= 1) threads where the thread that made it
/// calls. Limits nest.
class ThreadLimit {
 public:
  /// Takes hold at once.
  explicit ThreadLimit(int most) noexcept;
  /// The limit before is back.
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;             ///< bound to its scope
  ThreadLimit& operator=(const ThreadLimit&) = delete;  ///< bound to its scope

 private:
  int before_;
};

/// Runs body(begin, end) over [0, count) cut into pieces of `grain`, in any order.
///
/// The cut depends on count and grain alone, never on threads(): a body whose pieces write disjoint
/// outputs therefore gives the same bits for every number of threads. The body must not throw.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, Body&& body) {
  const std::int64_t pieces = (count + grain - 1) / grain;
#ifdef _OPENMP
  if (pieces > 1 && threads() > 1) {
#pragma omp parallel for schedule(static) num_threads(threads())
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      body(piece * grain, std::min(count, (piece + 1) * grain));
    }
    return;
  }
#endif
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    body(piece * grain, std::min(count, (piece + 1) * grain));
  }
}

}  // namespace pathflow

#pragma GCC visibility pop  // public
