// A run as safetensors: what a trainer writes down to go on to the same bits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/io/safetensors.hpp"
#include "pathflow/train/ends.hpp"
#include "pathflow/train/network.hpp"
#include "pathflow/train/objective.hpp"
#include "pathflow/train/options.hpp"

namespace pathflow::train {

/// Version of the file's layout, metadata key "version".
inline constexpr int kRunVersion = 1;

/// What a file says besides the network's states.
struct RunHeader {
  TrainOptions options;
  Scales scales;
  std::int64_t step = 0;
};

/// Metadata: "format" = "pathflow", "version", "producer" (for people, not read), "config"
/// (config.hpp), "step", "data_scale", "source_scale".
/// Errors: IoError if the file is no run of this or an earlier version.
RunHeader read_run_header(const io::Safetensors& file, std::string_view name);
/// The rows and labels that were given to the run, if any; rows that it left in their file are
/// asked of `open` (run_rows.hpp). Errors: IoError.
TrainInputs read_run_inputs(const io::Safetensors& file, std::string_view name,
                            const OpenRows& open);
/// Holds the file's tensors against the shapes that the network asks for, before one of any size is
/// made: a small file may ask for gigabytes.
/// Errors: IoError naming the first states that are missing or of another shape.
/// prefix: of the one state of each parameter that is asked for; null: all of state_names().
void check_run_states(const io::Safetensors& file, std::string_view name,
                      const nn::MlpOptions& network, const char* prefix = nullptr);
/// After check_run_states().
void read_run_states(const io::Safetensors& file, Network& network);

std::vector<std::uint8_t> write_run(const RunHeader& header, const Ends& ends, Network& network);

}  // namespace pathflow::train
