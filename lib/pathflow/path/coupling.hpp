// Couplings: which source row a batch joins to which data row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/assignment.hpp"
#include "pathflow/path/sinkhorn.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// How a batch of data and source rows is joined.
///
///   independent      row i with row i
///   ot               the exact optimal transport plan of the batch for squared distances
///   sinkhorn         partners drawn from the entropic plan, regularisation a share of the batch's
///                    mean squared distance
///   conditional-ot   ot with a penalty on a partner drawn for another label: plain ot bends the
///                    source's law within each label (Cheng & Schwing, "C^2OT", 2025)
///   pairs            row i with row i, where the rows themselves were drawn in pairs
///   bridge           partners drawn from the entropic plan with regularisation 2 s^2: the static
///                    Schroedinger bridge of Brownian motion of diffusion s (Tong et al.,
///                    "Simulation-free Schroedinger bridges via score and flow matching", 2024)
enum class Coupling { kIndependent, kOt, kSinkhorn, kConditionalOt, kPairs, kBridge };

/// independent, ot, sinkhorn, conditional-ot, pairs, bridge.
const std::vector<std::string>& coupling_names();
/// Errors: InvalidArgument for an unknown name.
Coupling coupling_of(std::string_view name);

/// Whether a coupling looks at all pairs of a batch, and so takes at most kMaxOtBatch rows.
bool couples_by_cost(Coupling coupling);

/// Largest batch that `ot` and its kin pair: the cost matrix is n^2 floats, the time about n^3.
inline constexpr std::size_t kMaxOtBatch = 1024;

/// Buffers kept between batches: after the first, pairing allocates nothing.
struct CouplingWorkspace {
  std::vector<float> cost;          ///< [n, n]
  std::vector<float> data, source;  ///< centred rows, source scaled to the data's spread
  AssignmentWorkspace assignment;   ///< of solve_assignment()
  SinkhornWorkspace sinkhorn;       ///< of sinkhorn()
};

/// What single couplings need beside the rows.
struct CouplingOptions {
  double regularisation = 0.05;      ///< sinkhorn: > 0, in mean squared distances of the batch
  double bridge_variance = 1;        ///< bridge: s^2, > 0
  double label_penalty = 1000;       ///< conditional-ot: >= 0, in mean squared distances
  std::span<const int> labels = {};  ///< conditional-ot: of data row i and of source row i, [n]
  std::uint64_t seed = 0, step = 0;  ///< sinkhorn, bridge: of the partners drawn
};

/// The source row pi(i) of every data row i: a permutation, but for sinkhorn and bridge.
///
/// Centring both sides and scaling one changes no optimal plan (only the cross term of the cost
/// matters) and keeps the costs' rounding to the laws' own scale where source and data lie apart.
/// Shapes: data, source [n, d]; source_row [n] receives pi.
/// Cost: of ot as solve_assignment() says.
/// Errors: ShapeError for sizes that do not fit; InvalidArgument for more than kMaxOtBatch rows,
/// values that are not finite, an option out of its range, conditional-ot without labels.
void couple(Coupling coupling, std::size_t n, std::size_t d, std::span<const float> data,
            std::span<const float> source, std::span<std::int32_t> source_row,
            CouplingWorkspace& workspace, const CouplingOptions& options = {});

/// The optimal plan for any n: memory and time as assign_points() says.
/// Errors: as couple, "where: ...".
void pair_optimally(std::string_view where, std::size_t n, std::size_t d,
                    std::span<const float> data, std::span<const float> source,
                    std::span<std::int32_t> source_row, CouplingWorkspace& workspace);

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
