#include "pathflow/path/assignment.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>

#include "pathflow/base/error.hpp"
#include "pathflow/path/squared_distances.hpp"

namespace pathflow::path {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Columns are scanned in blocks of a fixed length.
constexpr std::size_t kBlock = 16;

// Reduced costs of one row, cost - dual; their minimum in each block, and over the blocks at each
// place of a block.
struct Reduced {
  double *reduced, *of_block, *of_place;
};

template <class T>
void reduce_blocks(const T* cost, const double* dual, std::size_t blocks, const Reduced& out) {
  std::fill_n(out.of_place, kBlock, kInfinity);
  for (std::size_t b = 0; b < blocks; ++b) {
    double least = kInfinity;
    for (std::size_t k = 0, j = b * kBlock; k < kBlock; ++k, ++j) {
      const double r = static_cast<double>(cost[j]) - dual[j];
      out.reduced[j] = r;
      out.of_place[k] = r < out.of_place[k] ? r : out.of_place[k];
      least = r < least ? r : least;
    }
    out.of_block[b] = least;
  }
}

// The same for AVX2, where the processor has it: four times as fast. Every operation is IEEE and
// elementwise, so both give the same bits.
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
template <class T>
using Quad [[gnu::vector_size(4 * sizeof(T))]] = T;

template <class T>
[[gnu::always_inline]] inline void reduce_quad(const T* cost, const double* dual, double* reduced,
                                               Quad<double>& place, Quad<double>& least) {
  Quad<T> c;
  Quad<double> v;
  std::memcpy(&c, cost, sizeof c);
  std::memcpy(&v, dual, sizeof v);
  const Quad<double> r = __builtin_convertvector(c, Quad<double>) - v;
  std::memcpy(reduced, &r, sizeof r);
  place = r < place ? r : place;
  least = r < least ? r : least;
}
template <class T>
[[gnu::target("avx2")]] void reduce_blocks_avx2(const T* cost, const double* dual,
                                                std::size_t blocks, const Reduced& out) {
  const Quad<double> none = Quad<double>{} + kInfinity;
  Quad<double> place[4] = {none, none, none, none};
  double *reduced = out.reduced, *of_block = out.of_block;
  for (std::size_t b = 0; b < blocks; ++b) {
    Quad<double> least = none;
    reduce_quad(cost, dual, reduced, place[0], least);
    reduce_quad(cost + 4, dual + 4, reduced + 4, place[1], least);
    reduce_quad(cost + 8, dual + 8, reduced + 8, place[2], least);
    reduce_quad(cost + 12, dual + 12, reduced + 12, place[3], least);
    const double p = least[0] < least[1] ? least[0] : least[1];
    const double q = least[2] < least[3] ? least[2] : least[3];
    of_block[b] = p < q ? p : q;
    cost += kBlock, dual += kBlock, reduced += kBlock;
  }
  std::memcpy(out.of_place, place, sizeof place);
}
template <class T>
void reduce_whole_blocks(const T* cost, const double* dual, std::size_t blocks,
                         const Reduced& out) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) {
    reduce_blocks_avx2(cost, dual, blocks, out);
  } else {
    reduce_blocks(cost, dual, blocks, out);
  }
}
#else
template <class T>
void reduce_whole_blocks(const T* cost, const double* dual, std::size_t blocks,
                         const Reduced& out) {
  reduce_blocks(cost, dual, blocks, out);
}
#endif

// Where rows of costs come from: a matrix, or points if there is none.
template <class T>
struct Costs {
  const T* matrix = nullptr;
  std::size_t stride = 0;
  const float *x = nullptr, *y = nullptr;  // [n, d]; [d, stride]
  std::size_t d = 0;
  T* buffer = nullptr;

  const T* row(std::size_t i, std::size_t count) const {
    if constexpr (std::is_same_v<T, float>) {
      if (matrix == nullptr) {
        squared_distances(x + i * d, y, d, stride, count, buffer);
        return buffer;
      }
    }
    return matrix + i * stride;
  }
};

// One solve. Duals: u of rows, v of columns; a pair's reduced cost is cost - u - v >= 0, and a
// row's u is the minimum of cost - v.
template <class T>
class Solver {
 public:
  Solver(std::size_t n, const Costs<T>& costs, std::span<std::int32_t> column_of_row,
         AssignmentWorkspace& w)
      : n_(n), costs_(costs), x_(column_of_row.data()), w_(w) {
    w.candidates.resize(n * kLists);
    w.length.assign(n, 0);
    w.bound.assign(n, -kInfinity);
    w.row_dual.resize(n);
    w.column_dual.resize(n);
    w.reduced.resize(n);
    w.block_minimum.resize(n / kBlock + 1);
    w.matched_cost.resize(n);
    w.distance.resize(2 * n);
    w.heap.reserve(2 * n);
    w.place.resize(2 * n);
    w.reached.assign(2 * n, 0);
    w.previous.resize(n);
    w.scanned.assign(n, 0);
    w.row_of_column.assign(n, -1);
    w.settled.reserve(n);
    w.free_rows.reserve(n);
    w.scans = 0;
    std::fill(column_of_row.begin(), column_of_row.end(), -1);
  }

  void solve() {
    std::size_t levels = 0;
    while ((n_ >> levels) > kCoarsest) ++levels;
    for (s_ = 0; s_ < n_; --levels) {
      const std::size_t known = s_;
      s_ = n_ >> levels;
      start_level(known);
      if (spacing_ > 0) auctions(known == 0);
    }
    release_slack_pairs(0);
    for (const std::int32_t row : w_.free_rows) augment(row);
    for (std::size_t i = 0; i < n_; ++i) w_.row_dual[i] = w_.matched_cost[i] - dual_of(x_[i]);
  }

 private:
  static constexpr std::size_t kLists = 32, kRank = 11, kCoarsest = 128;
  static constexpr double kStart = 10, kEnd = 0.3, kFall = 5;
  static constexpr std::size_t kMostLeft = 4;
  static constexpr long kMostBids = 32, kBidsOfScan = 4;

  double dual_of(std::int32_t j) const { return w_.column_dual[static_cast<std::size_t>(j)]; }
  AssignmentCandidate* list_of(std::size_t i) const { return w_.candidates.data() + i * kLists; }

  // The first s_ rows and columns, of which `known` have duals: v of the others is their best over
  // the known rows.
  void start_level(std::size_t known) {
    double* v = w_.column_dual.data();
    std::fill(v + known, v + s_, kInfinity);
    double sum = 0;
    for (std::size_t i = 0; i < (known > 0 ? known : s_); ++i) {
      const T* c = costs_.row(i, s_);
      const double u = known > 0 ? best_of(i, known) : 0;
      for (std::size_t j = known; j < s_; ++j) {
        const double through = static_cast<double>(c[j]) - u;
        sum += through;
        v[j] = through < v[j] ? through : v[j];
      }
    }
    double ranges = 0, least = 0;
    for (std::size_t i = 0; i < s_; ++i) {
      scan(i);
      double low = reduced_at(0), high = low;
      for (std::size_t k = 1; k < length_; ++k) {
        low = std::min(low, reduced_at(k));
        high = std::max(high, reduced_at(k));
      }
      ranges += high - low;
      least += low;
    }
    const double count = static_cast<double>(s_);
    spacing_ = ranges / (count * kBlock);
    if (known == 0) {
      for (std::size_t j = 0; j < s_; ++j) least += v[j];
      scale_ = (sum / count - least) / count;
    }
  }

  // Lists columns of least reduced cost of row i, and the bound below all others: of the minima at
  // the sixteen places of a block the twelfth, which about twenty columns reach. Rows start at
  // different blocks, so that equal costs give different lists.
  void scan(std::size_t i) {
    ++w_.scans;
    const T* c = costs_.row(i, s_);
    const std::size_t blocks = s_ / kBlock, rest = blocks * kBlock;
    double *r = w_.reduced.data(), *minimum = w_.block_minimum.data(), place[kBlock];
    reduce_whole_blocks(c, w_.column_dual.data(), blocks, {r, minimum, place});
    minimum[blocks] = -kInfinity;
    for (std::size_t j = rest; j < s_; ++j) r[j] = static_cast<double>(c[j]) - w_.column_dual[j];
    bound_ = kInfinity;
    if (s_ > kLists) {
      std::nth_element(place, place + kRank, place + kBlock);
      bound_ = place[kRank];
    }
    threshold_ = bound_;
    length_ = 0;
    const std::size_t all = blocks + (rest < s_ ? 1 : 0), first = i % all;
    for (std::size_t b = first; b < all; ++b) gather(b);
    for (std::size_t b = 0; b < first; ++b) gather(b);
    AssignmentCandidate* a = list_of(i);
    for (std::size_t k = 0; k < length_; ++k) {
      a[k] = {static_cast<double>(c[column_[k]]), column_[k]};
    }
    w_.length[i] = static_cast<std::int32_t>(length_);
    w_.bound[i] = bound_;
  }
  void gather(std::size_t block) {
    if (!(w_.block_minimum[block] <= threshold_)) return;
    const std::size_t end = std::min(s_, (block + 1) * kBlock);
    const double *r = w_.reduced.data(), most = threshold_;
    std::size_t length = length_;
    for (std::size_t j = block * kBlock; j < end; ++j) {
      column_[length] = static_cast<std::int32_t>(j);
      length += r[j] <= most;
    }
    for (length_ = length; length_ > kLists;) drop_largest();
  }
  double reduced_at(std::size_t k) const {
    return w_.reduced[static_cast<std::size_t>(column_[k])];
  }
  // The list is full: one column stays out, and from now on all that are no better.
  void drop_largest() {
    std::size_t largest = 0;
    for (std::size_t k = 1; k < length_; ++k) {
      if (reduced_at(k) > reduced_at(largest)) largest = k;
    }
    bound_ = std::min(bound_, reduced_at(largest));
    threshold_ = std::nextafter(bound_, -kInfinity);
    column_[largest] = column_[--length_];
  }

  struct TwoBest {
    const AssignmentCandidate* first;
    double least, second;
  };
  TwoBest two_best(std::size_t i) const {
    TwoBest best{nullptr, kInfinity, kInfinity};
    const AssignmentCandidate *a = list_of(i), *end = a + w_.length[i];
    for (; a < end; ++a) {
      const double r = a->cost - dual_of(a->column);
      if (r < best.least) {
        best = {a, r, best.least};
      } else if (r < best.second) {
        best.second = r;
      }
    }
    return best;
  }
  // The minimum of cost - v in row i.
  double best_of(std::size_t i) {
    const double least = two_best(i).least;
    if (least <= w_.bound[i]) return least;
    scan(i);
    return two_best(i).least;
  }
  double best_of(std::size_t i, std::size_t known) {
    std::swap(s_, known);
    const double least = best_of(i);
    s_ = known;
    return least;
  }

  // Frees the rows whose column is not their best up to `slack`.
  void release_slack_pairs(double slack) {
    w_.free_rows.clear();
    for (std::size_t i = s_; i-- > 0;) {
      if (x_[i] >= 0) {
        if (w_.matched_cost[i] - dual_of(x_[i]) <= best_of(i) + slack) continue;
        w_.row_of_column[static_cast<std::size_t>(x_[i])] = -1;
        x_[i] = -1;
      }
      w_.free_rows.push_back(static_cast<std::int32_t>(i));
    }
  }

  // Auctions with falling increments. Where a cluster of points has a few rows too many, all of its
  // columns' duals must fall by as much as the next cluster is farther: a war of many bids if the
  // increment is small, and if it is broken off, each augmentation is a search through the whole
  // cluster. So the increment first rises until an auction ends.
  void auctions(bool first) {
    const double end = kEnd * spacing_, most = std::max(scale_ / 2, end);
    double increment = first ? most : kStart * spacing_;
    while (auction(increment) > kMostLeft && increment < most) increment *= kFall;
    while ((increment /= kFall) > end) auction(increment);
    auction(end);
  }

  // Each free row takes its best column and lowers that column's dual until the second best is
  // better by `increment`; the row it displaces goes on. Returns how many rows a budget of bids
  // leaves over: the next auction, or shortest paths, go on with them.
  std::size_t auction(double increment) {
    release_slack_pairs(increment);
    std::vector<std::int32_t>& rows = w_.free_rows;
    for (long budget = kMostBids * static_cast<long>(s_); !rows.empty() && budget > 0; --budget) {
      const std::int32_t row = rows.back();
      const auto i = static_cast<std::size_t>(row);
      rows.pop_back();
      TwoBest best = two_best(i);
      if (best.second > w_.bound[i]) {
        scan(i);
        best = two_best(i);
        budget -= kBidsOfScan;
      }
      double second = std::min(best.second, w_.bound[i]);
      if (second == kInfinity) second = best.least;
      const std::int32_t column = best.first->column;
      const auto j = static_cast<std::size_t>(column);
      w_.column_dual[j] -= second - best.least + increment;
      const std::int32_t displaced = w_.row_of_column[j];
      w_.row_of_column[j] = row;
      x_[i] = column;
      w_.matched_cost[i] = best.first->cost;
      if (displaced >= 0) {
        x_[displaced] = -1;
        rows.push_back(displaced);
      }
    }
    return rows.size();
  }

  // A heap of columns and, from n on, of rows that may have more to offer than their lists.
  bool before(std::int32_t a, std::int32_t b) const {
    const double p = w_.distance[static_cast<std::size_t>(a)];
    const double q = w_.distance[static_cast<std::size_t>(b)];
    return p < q || (p == q && a < b);
  }
  void put(std::size_t at, std::int32_t what) {
    w_.heap[at] = what;
    w_.place[static_cast<std::size_t>(what)] = static_cast<std::int32_t>(at);
  }
  void wait_for(std::int32_t what, double distance) {
    const auto k = static_cast<std::size_t>(what);
    const bool waits = w_.reached[k] == search_;
    w_.distance[k] = distance;
    w_.reached[k] = search_;
    std::size_t at = w_.heap.size();
    if (waits) {
      at = static_cast<std::size_t>(w_.place[k]);
    } else {
      w_.heap.push_back(what);
    }
    for (; at > 0 && before(what, w_.heap[(at - 1) / 2]); at = (at - 1) / 2) {
      put(at, w_.heap[(at - 1) / 2]);
    }
    put(at, what);
  }
  std::int32_t nearest() {
    const std::int32_t top = w_.heap.front(), last = w_.heap.back();
    w_.place[static_cast<std::size_t>(top)] = -1;
    w_.heap.pop_back();
    const std::size_t size = w_.heap.size();
    if (size == 0) return top;
    std::size_t at = 0;
    for (std::size_t child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && before(w_.heap[child + 1], w_.heap[child])) ++child;
      if (!before(w_.heap[child], last)) break;
      put(at, w_.heap[child]);
      at = child;
    }
    put(at, last);
    return top;
  }

  // A way to column j over row i: what is no shorter than one to a free column is dropped.
  void offer(std::size_t j, double distance, std::size_t i) {
    if (!(distance < end_distance_)) return;
    if (w_.reached[j] == search_ && (w_.place[j] < 0 || !(distance < w_.distance[j]))) return;
    w_.previous[j] = static_cast<std::int32_t>(i);
    if (w_.row_of_column[j] < 0) {
      end_distance_ = distance;
      end_ = static_cast<std::int32_t>(j);
    } else {
      wait_for(static_cast<std::int32_t>(j), distance);
    }
  }
  // The columns on row i's list; distances are base + cost - v.
  void offer_list(std::size_t i, double base) {
    w_.row_dual[i] = base;
    const AssignmentCandidate *a = list_of(i), *end = a + w_.length[i];
    for (; a < end; ++a) {
      offer(static_cast<std::size_t>(a->column), base + (a->cost - dual_of(a->column)), i);
    }
    if (base + w_.bound[i] < end_distance_) {
      wait_for(static_cast<std::int32_t>(n_ + i), base + w_.bound[i]);
    }
  }
  // Row i's list is used up: a new one, or if that is as new as this search, all columns.
  void offer_more(std::size_t i) {
    const double base = w_.row_dual[i], old = w_.bound[i];
    w_.reached[n_ + i] = 0;
    scan(i);
    if (w_.scanned[i] != search_ && w_.bound[i] > old) {
      w_.scanned[i] = search_;
      return offer_list(i, base);
    }
    for (std::size_t j = 0; j < n_; ++j) offer(j, base + w_.reduced[j], i);
  }

  // Dijkstra from a free row over reduced costs to the nearest free column.
  void augment(std::int32_t start) {
    ++search_;
    w_.heap.clear();
    w_.settled.clear();
    end_distance_ = kInfinity;
    offer_list(static_cast<std::size_t>(start), 0);
    while (!w_.heap.empty() && distance_to(w_.heap.front()) < end_distance_) {
      const std::int32_t what = nearest();
      if (static_cast<std::size_t>(what) >= n_) {
        offer_more(static_cast<std::size_t>(what) - n_);
        continue;
      }
      w_.settled.push_back(what);
      const auto i = static_cast<std::size_t>(w_.row_of_column[static_cast<std::size_t>(what)]);
      offer_list(i, distance_to(what) - (w_.matched_cost[i] - dual_of(what)));
    }
    for (const std::int32_t j : w_.settled) {
      w_.column_dual[static_cast<std::size_t>(j)] += distance_to(j) - end_distance_;
    }
    for (std::int32_t j = end_, i = -1; i != start;) {
      i = w_.previous[static_cast<std::size_t>(j)];
      w_.row_of_column[static_cast<std::size_t>(j)] = i;
      w_.matched_cost[static_cast<std::size_t>(i)] = cost_of(static_cast<std::size_t>(i), j);
      std::swap(j, x_[i]);
    }
  }
  double distance_to(std::int32_t what) const {
    return w_.distance[static_cast<std::size_t>(what)];
  }
  double cost_of(std::size_t i, std::int32_t j) const {
    const AssignmentCandidate *a = list_of(i), *end = a + w_.length[i];
    for (; a < end; ++a) {
      if (a->column == j) return a->cost;
    }
    return static_cast<double>(costs_.row(i, n_)[j]);
  }

  std::size_t n_, s_ = 0, length_ = 0;
  const Costs<T> costs_;
  std::int32_t* x_;
  AssignmentWorkspace& w_;
  double scale_ = 0, spacing_ = 0, threshold_ = 0, bound_ = 0, end_distance_ = 0;
  std::int32_t search_ = 0, end_ = 0;
  std::int32_t column_[kLists + kBlock];
};

template <class T>
void solve(std::size_t n, std::span<const T> cost, std::span<std::int32_t> column_of_row,
           AssignmentWorkspace& workspace) {
  constexpr std::string_view kWhere = "solve_assignment";
  constexpr double kMost = 1e200;  // sums of duals stay finite
  check_size(kWhere, "cost", cost.size(), n * n);
  check_size(kWhere, "column_of_row", column_of_row.size(), n);
  for (std::size_t k = 0; k < cost.size(); ++k) {
    const auto value = static_cast<double>(cost[k]);
    if (!(std::abs(value) <= kMost)) {
      check_between(kWhere, message({"cost(", k / n, ", ", k % n, ")"}), value, -kMost, kMost);
    }
  }
  if (n > 0) Solver<T>(n, {.matrix = cost.data(), .stride = n}, column_of_row, workspace).solve();
}

// No squared distance is larger, over all axes.
double largest_squared_distance(std::size_t n, std::size_t d, std::span<const float> x,
                                std::span<const float> y) {
  double sum = 0;
  for (std::size_t k = 0; k < d; ++k) {
    double low = kInfinity, high = -kInfinity;
    for (std::size_t i = k; i < n * d; i += d) {
      low = std::min({low, static_cast<double>(x[i]), static_cast<double>(y[i])});
      high = std::max({high, static_cast<double>(x[i]), static_cast<double>(y[i])});
    }
    sum += (high - low) * (high - low);
  }
  return sum;
}

// A step that visits n places in an order whose every beginning is spread over them evenly.
std::size_t even_step(std::size_t n) {
  std::size_t step = static_cast<std::size_t>(0.6180339887498949 * static_cast<double>(n)) | 1;
  while (std::gcd(step, n) != 1) ++step;
  return step;
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

void assign_points(std::size_t n, std::size_t d, std::span<const float> x, std::span<const float> y,
                   std::span<std::int32_t> column_of_row, AssignmentWorkspace& w) {
  constexpr std::string_view kWhere = "assign_points";
  constexpr std::size_t kMostMatrix = 2048, kMostAxes = 16;
  check_size(kWhere, "x", x.size(), n * d);
  check_size(kWhere, "y", y.size(), n * d);
  check_size(kWhere, "column_of_row", column_of_row.size(), n);
  if (n == 0) return;
  constexpr double kMost = 1e38;  // floats hold it, and sums in any order
  check_between(kWhere, "largest squared distance", largest_squared_distance(n, d, x, y), 0, kMost);
  const std::size_t step = even_step(n);
  const auto original = [=](std::size_t i) { return i * step % n; };
  w.x.resize(n * d);
  w.y.resize(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) {
      w.x[i * d + k] = x[original(i) * d + k];
      w.y[k * n + i] = y[original(i) * d + k];
    }
  }
  const bool keep = n <= kMostMatrix || d > kMostAxes;
  w.costs.resize(keep ? n * n : n);
  for (std::size_t i = 0; keep && i < n; ++i) {
    squared_distances(w.x.data() + i * d, w.y.data(), d, n, n, w.costs.data() + i * n);
  }
  w.columns.resize(n);
  const Costs<float> costs{
      keep ? w.costs.data() : nullptr, n, w.x.data(), w.y.data(), d, w.costs.data()};
  Solver<float>(n, costs, w.columns, w).solve();
  for (std::size_t i = 0; i < n; ++i) {
    column_of_row[original(i)] =
        static_cast<std::int32_t>(original(static_cast<std::size_t>(w.columns[i])));
  }
}

}  // namespace pathflow::path
