// The linear assignment problem, solved exactly: on a dense square cost matrix, or between two sets
// of points by squared distance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// A column that a row may take, one of those of least reduced cost when the row was scanned last.
struct AssignmentCandidate {
  double cost;          ///< of the pair
  std::int32_t column;  ///< which
};

/// Buffers of solve_assignment: kept between calls, so that a call no larger than an earlier one
/// allocates nothing. After a call the duals certify the answer: row_dual[i] + column_dual[j] <=
/// cost(i, j) everywhere, with equality on the assigned pairs (up to rounding).
struct AssignmentWorkspace {
  std::vector<double> row_dual, column_dual;       ///< [n], the certificate
  std::vector<AssignmentCandidate> candidates;     ///< a short list a row
  std::vector<std::int32_t> length;                ///< of that list
  std::vector<double> bound;                       ///< of a row's reduced costs off its list
  std::vector<double> reduced, block_minimum;      ///< of the row scanned last
  std::vector<double> matched_cost;                ///< cost(i, pi(i))
  std::vector<double> distance;                    ///< to columns, then to rows' next columns
  std::vector<std::int32_t> heap, place, reached;  ///< what waits, where, since which search
  std::vector<std::int32_t> previous, scanned;     ///< row before a column; search of a row's scan
  std::vector<std::int32_t> row_of_column;         ///< -1: not assigned
  std::vector<std::int32_t> settled, free_rows;    ///< columns done; rows not yet assigned
  std::vector<std::int32_t> columns;               ///< pi of the points in the order solved
  std::vector<float> x, y, costs;                  ///< points in that order, y by axes; their costs
  std::int64_t scans = 0;                          ///< of whole rows in the last call: n steps each
};

/// Minimises sum_i cost(i, pi(i)) over all permutations pi.
///
/// An auction with falling increments, on half of the rows and columns before all of them, finds
/// duals close to the best; shortest augmenting paths then make the answer exact. Each row keeps a
/// short list of candidates and a bound below all other columns: the columns' duals only fall, so
/// both stay true, and a row is scanned again only where its list no longer decides.
///
/// Shapes: cost [n, n] row-major; column_of_row [n] receives pi.
/// Cost: O(n^3) at worst; in the plane little more than n^2 between different laws, more between
/// two samples of one. Processor time of one thread (AMD EPYC, g++ -O2, AVX2) for squared distances
/// between different laws of the plane, and LEMON's network simplex on the same points in the same
/// run (bench_assignment): 1.6 to 1.8 ms at n = 256, LEMON 2 to 6 times that; 5 to 8 at 512, 6 to 9
/// times; 19 to 25 at 1,024, 7 to 11 times; 4.8 s at 10,000, 9 times. Two samples of one law: 2.2,
/// 11 and 45 ms, and at 10,000 3 to 8 s.
/// Errors: ShapeError for wrong sizes; InvalidArgument for a cost that is not within 1e200.
/// Accuracy: the total is within n^2 units of rounding of the minimum; the test checks it by the
/// duals. Same input, same bits.
/// Source: Bertsekas, "The auction algorithm: a distributed relaxation method for the assignment
/// problem", Ann. Oper. Res. 14 (1988); Jonker and Volgenant, "A shortest augmenting path algorithm
/// for dense and sparse linear assignment problems", Computing 38 (1987).
///@{
void solve_assignment(std::size_t n, std::span<const float> cost,
                      std::span<std::int32_t> column_of_row, AssignmentWorkspace& workspace);
void solve_assignment(std::size_t n, std::span<const double> cost,
                      std::span<std::int32_t> column_of_row, AssignmentWorkspace& workspace);
///@}

/// The same for cost(i, j) = |x_i - y_j|^2, in float; the duals are left in an order of their own.
///
/// Shapes: x, y [n, d] row-major; column_of_row [n] receives pi.
/// Cost: memory n^2 floats up to n = 2,048, and beyond where d > 16; else 600 n bytes.
/// Errors: ShapeError for wrong sizes; InvalidArgument where the points' range on all axes makes a
/// squared distance above 1e38 possible. The points must be finite.
void assign_points(std::size_t n, std::size_t d, std::span<const float> x, std::span<const float> y,
                   std::span<std::int32_t> column_of_row, AssignmentWorkspace& workspace);

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
