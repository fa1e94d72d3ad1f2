// What one core can do at most: independent fused multiply-adds that never leave the registers.
#pragma once

namespace pathflow::bench {

/// Runs a few million vector multiply-adds of the widest kind and returns the flops done (2 each).
double multiply_add_burst();

}  // namespace pathflow::bench
