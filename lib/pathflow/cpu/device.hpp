// The CPU as a device: every op of the graph's table, for float and double.
#pragma once

#include "pathflow/graph/device.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::cpu {

/// The one CPU device; lives for the whole process. Uses pathflow::threads() threads, read at each
/// run; the count never changes a result.
const graph::Device& device();

}  // namespace pathflow::cpu

#pragma GCC visibility pop  // public
