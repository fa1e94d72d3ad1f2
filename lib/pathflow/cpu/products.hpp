// How a float product is cut into pieces, packed and shared between threads.
#pragma once

#include "pathflow/cpu/kernel_table.hpp"

namespace pathflow::cpu {

/// c = op(a) op(b) with epilogue; packed_b and first_packed of the call are set inside.
void multiply(const GemmCall& call);

}  // namespace pathflow::cpu
