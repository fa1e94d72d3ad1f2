// Memory that kernels pack into and sum partial results in.
#pragma once

#include <cstdint>
#include <memory>
#include <new>

namespace pathflow::cpu {

/// 64-byte aligned floats that only ever grow: one allocation for the largest size seen.
class Workspace {
 public:
  float* get(std::int64_t count) {
    if (count > capacity_) {
      memory_.reset();
      capacity_ = 0;
      memory_.reset(static_cast<float*>(
          ::operator new (static_cast<std::size_t>(count) * sizeof(float), std::align_val_t{64})));
      capacity_ = count;
    }
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<float, Free> memory_;
  std::int64_t capacity_ = 0;
};

/// This thread's memory for partial sums, which other threads may write while it waits for them.
float* partial_space(std::int64_t count);

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace pathflow::cpu
