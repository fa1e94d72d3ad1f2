// The counting operator new. In a file of its own: where a compiler inlines only one of new and
// delete into a caller, it warns of a mismatch that is none. driver_test.cpp uses it.
#include "unit/sample/allocation_counter.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<long> g_allocations{0};
}

void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace pathflow::testing_support {

long allocations() { return g_allocations; }

}  // namespace pathflow::testing_support
