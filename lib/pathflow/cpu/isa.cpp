#include "pathflow/cpu/isa.hpp"

#include <atomic>

#include "pathflow/base/error.hpp"
#include "pathflow/cpu/kernel_table.hpp"

namespace pathflow::cpu {
namespace {

std::vector<const KernelTable*> own_tables() {
  std::vector<const KernelTable*> list{&baseline_table()};
#if defined(__x86_64__) && defined(PATHFLOW_X86_DISPATCH)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    list.push_back(&avx2_table());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      list.push_back(&avx512_table());
    }
  }
#endif
  return list;
}

std::vector<const KernelTable*>& tables() {
  static std::vector<const KernelTable*> list = own_tables();
  return list;
}

std::atomic<const KernelTable*>& current() {
  static std::atomic<const KernelTable*> table{tables().back()};
  return table;
}

}  // namespace

std::vector<std::string> isas() {
  std::vector<std::string> names;
  for (const KernelTable* table : tables()) names.emplace_back(table->name);
  return names;
}

void set_isa(std::string_view name) {
  for (const KernelTable* table : tables()) {
    if (name == table->name) {
      current().store(table, std::memory_order_relaxed);
      return;
    }
  }
  throw_unknown_name("set_isa", "instruction set", name, isas());
}

void add_kernels(const KernelTable& table) {
  tables().push_back(&table);
  current().store(&table, std::memory_order_relaxed);
}

const KernelTable& kernels() { return *current().load(std::memory_order_relaxed); }

const char* isa() { return kernels().name; }

}  // namespace pathflow::cpu
