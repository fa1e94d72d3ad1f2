// Buffers for a list of instructions: which values share memory, and where in one arena they lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pathflow/graph/device.hpp"
#include "pathflow/graph/plan.hpp"

namespace pathflow::graph {

enum class Storage { kArena, kInput, kState, kConstant };

/// Memory: a leaf's own, or a piece of the arena that is taken while instructions [first, last]
/// run.
struct Buffer {
  Storage storage = Storage::kArena;
  std::string name = {};            ///< input, state
  std::vector<double> values = {};  ///< constant
  Shape shape = {};
  std::size_t bytes = 0;
  int first = 0, last = 0;
  std::size_t offset = 0;  ///< in the arena
};

/// A value of the program: `offset` bytes into a buffer. Views share their buffer.
struct Tensor {
  Shape shape = {};
  int buffer = -1;
  std::size_t offset = 0;
};

struct Instruction {
  const OpDef* op = nullptr;
  Attributes attributes = {};
  std::vector<int> inputs, outputs;  ///< tensors
};

/// Instructions in the order in which they run, on tensors.
struct Program {
  Dtype dtype = Dtype::kFloat32;
  std::vector<Instruction> instructions;
  std::vector<Tensor> tensors;
  std::vector<Buffer> buffers;
  std::vector<std::pair<std::string, int>> outputs;  ///< name, tensor
  std::size_t arena_bytes = 0, unshared_bytes = 0;
};

/// Orders the ops that results and updates need and gives every value a buffer:
/// - reshapes and aligned contiguous slices are views;
/// - an elementwise op takes the buffer of an input that nobody reads later;
/// - the new value of a state takes the state's buffer if the op is the last that reads it (such
/// ops
///   run as late as they can), else it is copied there after everything else;
/// - results that would lie in an input's or a state's buffer are copied out first.
/// `results` and `updates` hold values of one graph.
struct LoweringSpec {
  std::vector<std::pair<std::string, Value>> results;
  struct Update {
    std::string name;  ///< of the state
    Value value;
  };
  std::vector<Update> updates;
  bool share_buffers = true;
};
Program lower(const Graph& graph, const LoweringSpec& spec, Dtype dtype);

/// Sets the offset of every arena buffer and returns the arena's size: largest first, each at the
/// lowest place that fits in the smallest gap left by buffers alive at the same time.
/// Cost: O(n^2 log n) for n buffers. Without sharing every buffer has a place of its own.
std::size_t place(std::vector<Buffer>& buffers, bool share);

}  // namespace pathflow::graph
