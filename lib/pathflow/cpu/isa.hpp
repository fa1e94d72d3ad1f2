// Which instruction set the float kernels use: the best the processor has, or one chosen by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::cpu {

struct KernelTable;

/// Instruction sets that this build holds and this processor runs, slowest first.
std::vector<std::string> isas();

/// Uses one of isas() from now on, in all threads. For tests and benchmarks; a program has no need
/// of it. Errors: InvalidArgument for any other name.
void set_isa(std::string_view name);

/// Adds kernels that were loaded from elsewhere (in WebAssembly: a module of their own) to isas()
/// and uses them. The table is not copied and must live as long as the program. Call it before
/// other threads compute.
void add_kernels(const KernelTable& table);

/// The table in use.
const KernelTable& kernels();

}  // namespace pathflow::cpu

#pragma GCC visibility pop  // public
