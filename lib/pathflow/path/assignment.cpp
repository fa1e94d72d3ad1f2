#include "pathflow/path/assignment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "pathflow/base/error.hpp"

namespace pathflow::path {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One solve. Duals: u of rows, v of columns; a pair's reduced cost is cost - u - v >= 0.
template <class T>
class Solver {
 public:
  Solver(std::size_t n, std::span<const T> cost, std::span<std::int32_t> column_of_row,
         AssignmentWorkspace& w)
      : n_(static_cast<std::int32_t>(n)), cost_(cost.data()), x_(column_of_row.data()), w_(w) {
    w.row_dual.assign(n, 0.0);
    w.column_dual.assign(n, 0.0);
    w.distance.resize(n);
    w.previous.resize(n);
    w.row_of_column.assign(n, -1);
    w.columns.resize(n);
    w.matches.assign(n, 0);
    std::fill(column_of_row.begin(), column_of_row.end(), -1);
    w.free_rows.clear();
    w.free_rows.reserve(n);
  }

  void solve() {
    reduce_columns();
    transfer_reductions();
    for (int pass = 0; pass < 2 && !w_.free_rows.empty(); ++pass) augment_rows();
    for (const std::int32_t row : w_.free_rows) augment(row);
    for (std::int32_t i = 0; i < n_; ++i) {
      w_.row_dual[i] = static_cast<double>(row(i)[x_[i]]) - w_.column_dual[x_[i]];
    }
  }

 private:
  const T* row(std::int32_t i) const { return cost_ + static_cast<std::size_t>(i) * n_; }

  void match(std::int32_t i, std::int32_t j) {
    x_[i] = j;
    w_.row_of_column[j] = i;
  }

  // v_j = min_i cost(i, j); a row that attains several column minima keeps the last column seen.
  void reduce_columns() {
    for (std::int32_t j = 0; j < n_; ++j) {
      w_.column_dual[j] = static_cast<double>(row(0)[j]);
      w_.previous[j] = 0;
    }
    for (std::int32_t i = 1; i < n_; ++i) {
      const T* c = row(i);
      for (std::int32_t j = 0; j < n_; ++j) {
        const double value = static_cast<double>(c[j]);
        if (value < w_.column_dual[j]) {
          w_.column_dual[j] = value;
          w_.previous[j] = i;
        }
      }
    }
    for (std::int32_t j = n_ - 1; j >= 0; --j) {
      const std::int32_t i = w_.previous[j];
      if (++w_.matches[i] == 1) match(i, j);
    }
  }

  // A row that attains exactly one minimum hands its slack to that column, so that its second best
  // column has reduced cost zero too.
  void transfer_reductions() {
    for (std::int32_t i = 0; i < n_; ++i) {
      if (w_.matches[i] == 0) {
        w_.free_rows.push_back(i);
      } else if (w_.matches[i] == 1) {
        const T* c = row(i);
        double least = kInfinity;
        for (std::int32_t j = 0; j < n_; ++j) {
          const double reduced = static_cast<double>(c[j]) - w_.column_dual[j];
          if (j != x_[i] && reduced < least) least = reduced;
        }
        if (n_ > 1) w_.column_dual[x_[i]] -= least;
      }
    }
  }

  struct TwoBest {
    std::int32_t first, second;
    double first_cost, second_cost;
  };
  TwoBest two_best(std::int32_t i) const {
    const T* c = row(i);
    const double* v = w_.column_dual.data();
    TwoBest best{0, 0, static_cast<double>(c[0]) - v[0], kInfinity};
    for (std::int32_t j = 1; j < n_; ++j) {
      const double reduced = static_cast<double>(c[j]) - v[j];
      if (reduced < best.second_cost) {
        if (reduced < best.first_cost) {
          best.second = best.first;
          best.second_cost = best.first_cost;
          best.first = j;
          best.first_cost = reduced;
        } else {
          best.second = j;
          best.second_cost = reduced;
        }
      }
    }
    return best;
  }

  // Each free row takes its best column, lowering that column's dual by the gap to the second best;
  // the row it displaces goes on at once while the gap is real, and waits for the next pass on a
  // tie. A dual that rounding leaves unchanged counts as a tie: otherwise two rows could displace
  // each other for ever. Nearly equal rows can bid a price down in tiny steps, so a pass has a
  // budget; what it leaves over is augmented by shortest paths.
  void augment_rows() {
    std::vector<std::int32_t>& free_rows = w_.free_rows;
    const std::size_t count = free_rows.size();
    std::size_t next = 0, kept = 0;
    for (std::size_t budget = 8 * count; next < count && budget > 0; --budget) {
      const std::int32_t i = free_rows[next++];
      const TwoBest best = two_best(i);
      std::int32_t j = best.first;
      const double lowered = w_.column_dual[j] - (best.second_cost - best.first_cost);
      const bool gap = n_ > 1 && lowered < w_.column_dual[j];
      if (gap) {
        w_.column_dual[j] = lowered;
      } else if (n_ > 1 && w_.row_of_column[j] >= 0) {
        j = best.second;
      }
      const std::int32_t displaced = w_.row_of_column[j];
      match(i, j);
      if (displaced < 0) continue;
      if (gap) {
        free_rows[--next] = displaced;
      } else {
        free_rows[kept++] = displaced;
      }
    }
    while (next < count) free_rows[kept++] = free_rows[next++];
    free_rows.resize(kept);
  }

  // Columns [0, scanned_) are settled, [scanned_, at_minimum_) tie for the least distance,
  // the rest wait.
  void collect_minimum() {
    double least = kInfinity;
    at_minimum_ = scanned_;
    for (std::int32_t k = scanned_; k < n_; ++k) {
      const std::int32_t j = w_.columns[k];
      const double d = w_.distance[j];
      if (d > least) continue;
      if (d < least) {
        least = d;
        at_minimum_ = scanned_;
      }
      std::swap(w_.columns[k], w_.columns[at_minimum_++]);
    }
    minimum_ = least;
  }

  // Dijkstra from a free row over reduced costs; returns the nearest unassigned column.
  std::int32_t shortest_path(std::int32_t start) {
    const double* v = w_.column_dual.data();
    const T* c = row(start);
    for (std::int32_t j = 0; j < n_; ++j) {
      w_.distance[j] = static_cast<double>(c[j]) - v[j];
      w_.previous[j] = start;
      w_.columns[j] = j;
    }
    scanned_ = at_minimum_ = 0;
    while (true) {
      settled_ = scanned_;
      collect_minimum();
      for (std::int32_t k = scanned_; k < at_minimum_; ++k) {
        if (w_.row_of_column[w_.columns[k]] < 0) return w_.columns[k];
      }
      while (scanned_ < at_minimum_) {
        const std::int32_t found = relax(w_.columns[scanned_++]);
        if (found >= 0) return found;
      }
    }
  }

  // Distances through the row that holds settled column `via`; a free column that comes to lie at
  // the minimum ends the search.
  std::int32_t relax(std::int32_t via) {
    const std::int32_t i = w_.row_of_column[via];
    const T* c = row(i);
    const double* v = w_.column_dual.data();
    const double base = minimum_ - (static_cast<double>(c[via]) - v[via]);
    for (std::int32_t k = at_minimum_; k < n_; ++k) {
      const std::int32_t j = w_.columns[k];
      const double through = base + (static_cast<double>(c[j]) - v[j]);
      if (through >= w_.distance[j]) continue;
      w_.distance[j] = through;
      w_.previous[j] = i;
      if (through > minimum_) continue;
      if (w_.row_of_column[j] < 0) return j;
      std::swap(w_.columns[k], w_.columns[at_minimum_++]);
    }
    return -1;
  }

  void augment(std::int32_t start) {
    std::int32_t j = shortest_path(start);
    for (std::int32_t k = 0; k < settled_; ++k) {
      const std::int32_t settled = w_.columns[k];
      w_.column_dual[settled] += w_.distance[settled] - minimum_;
    }
    while (true) {
      const std::int32_t i = w_.previous[j];
      w_.row_of_column[j] = i;
      std::swap(j, x_[i]);
      if (i == start) return;
    }
  }

  std::int32_t n_;
  const T* cost_;
  std::int32_t* x_;
  AssignmentWorkspace& w_;
  std::int32_t scanned_ = 0, at_minimum_ = 0, settled_ = 0;
  double minimum_ = 0;
};

template <class T>
void solve(std::size_t n, std::span<const T> cost, std::span<std::int32_t> column_of_row,
           AssignmentWorkspace& workspace) {
  constexpr std::string_view kWhere = "solve_assignment";
  check_size(kWhere, "cost", cost.size(), n * n);
  check_size(kWhere, "column_of_row", column_of_row.size(), n);
  for (std::size_t k = 0; k < cost.size(); ++k) {
    if (!std::isfinite(cost[k])) {
      check_finite(kWhere, "cost(" + std::to_string(k / n) + ", " + std::to_string(k % n) + ")",
                   static_cast<double>(cost[k]));
    }
  }
  if (n > 0) Solver<T>(n, cost, column_of_row, workspace).solve();
}

}  // namespace

void solve_assignment(std::size_t n, std::span<const float> cost,
                      std::span<std::int32_t> column_of_row, AssignmentWorkspace& workspace) {
  solve(n, cost, column_of_row, workspace);
}
void solve_assignment(std::size_t n, std::span<const double> cost,
                      std::span<std::int32_t> column_of_row, AssignmentWorkspace& workspace) {
  solve(n, cost, column_of_row, workspace);
}

}  // namespace pathflow::path
