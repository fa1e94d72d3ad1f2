// Couplings: which source row a batch joins to which data row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/assignment.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// independent: row i with row i. ot: the exact optimal transport plan of the batch.
enum class Coupling { kIndependent, kOt };

/// independent, ot.
const std::vector<std::string>& coupling_names();
/// Errors: InvalidArgument for an unknown name.
Coupling coupling_of(std::string_view name);

/// Largest batch that `ot` pairs: the cost matrix is n^2 floats, the time about n^3.
inline constexpr std::size_t kMaxOtBatch = 1024;

/// Buffers kept between batches: after the first, pairing allocates nothing.
struct CouplingWorkspace {
  std::vector<float> cost;          ///< [n, n]
  std::vector<float> data, source;  ///< centred rows, source scaled to the data's spread
  AssignmentWorkspace assignment;   ///< of solve_assignment()
};

/// The permutation pi that minimises sum_i |data_i - source_pi(i)|^2 (ot), or the identity.
///
/// Centring both sides and scaling one changes no optimal plan (only the cross term of the cost
/// matters) and makes the assignment two to ten times faster where source and data lie apart.
/// Shapes: data, source [n, d]; source_row [n] receives pi.
/// Cost: ot at n = 256 about 1 to 2 ms, at n = 1024 about 40 to 100 ms on one native core.
/// Errors: ShapeError for sizes that do not fit; InvalidArgument for ot with n > kMaxOtBatch or
/// values that are not finite.
void couple(Coupling coupling, std::size_t n, std::size_t d, std::span<const float> data,
            std::span<const float> source, std::span<std::int32_t> source_row,
            CouplingWorkspace& workspace);

/// The same plan for any n: memory n^2 floats, time n^3 at worst.
/// Errors: as couple, "where: ...".
void pair_optimally(std::string_view where, std::size_t n, std::size_t d,
                    std::span<const float> data, std::span<const float> source,
                    std::span<std::int32_t> source_row, CouplingWorkspace& workspace);

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
