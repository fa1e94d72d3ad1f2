#include "pathflow/graph/planner.hpp"

#include <algorithm>
#include <numeric>

namespace pathflow::graph {
namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// The offset of the tightest gap between `busy` ranges (sorted by begin) that takes `bytes`.
std::size_t best_fit(const std::vector<std::pair<std::size_t, std::size_t>>& busy,
                     std::size_t bytes) {
  std::size_t cursor = 0, best = 0, best_gap = 0;
  bool found = false;
  for (const auto& [begin, end] : busy) {
    if (begin > cursor) {
      const std::size_t gap = begin - cursor;
      if (gap >= bytes && (!found || gap < best_gap)) {
        best = cursor;
        best_gap = gap;
        found = true;
      }
    }
    cursor = std::max(cursor, end);
  }
  return found ? best : cursor;
}

}  // namespace

std::size_t place(std::vector<Buffer>& buffers, bool share) {
  std::vector<std::pair<std::size_t, std::size_t>> order;  // (falling with the size, index)
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].storage == Storage::kArena) order.emplace_back(~buffers[i].bytes, i);
  }
  std::sort(order.begin(), order.end());
  std::size_t total = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    Buffer& own = buffers[order[k].second];
    std::vector<std::pair<std::size_t, std::size_t>> busy;
    for (std::size_t j = 0; j < k; ++j) {
      const Buffer& placed = buffers[order[j].second];
      if (share && (placed.last < own.first || own.last < placed.first)) continue;
      busy.emplace_back(placed.offset, placed.offset + aligned(placed.bytes));
    }
    std::sort(busy.begin(), busy.end());
    own.offset = best_fit(busy, aligned(own.bytes));
    total = std::max(total, own.offset + aligned(own.bytes));
  }
  return total;
}

}  // namespace pathflow::graph
