// What the WebAssembly host reaches of the library's own memory and calls. In a file of its own, so
// that only the module, which takes every object, asks its host for the import.
#include "wasm/capi/pathflow.h"

#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernel_table.hpp"

#ifdef __wasm__
extern "C" {

__attribute__((import_module("env"), import_name("pf_host_progress"))) int32_t pf_host_progress(
    void* user, double share);

pf_progress pf_get_host_progress(void) {
  return [](void* user, double share) { return pf_host_progress(user, share); };
}

void* pf_get_host_cell(void) {
  alignas(16) static unsigned char cell[16];
  return cell;
}

void pf_install_kernels(const void* table) {
  pathflow::cpu::add_kernels(*static_cast<const pathflow::cpu::KernelTable*>(table));
}

}  // extern "C"
#endif
