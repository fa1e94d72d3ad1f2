#include "pathflow/train/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pathflow/base/error.hpp"
#include "pathflow/base/version.hpp"
#include "pathflow/train/config.hpp"
#include "pathflow/train/run_rows.hpp"
#include "pathflow/train/teacher.hpp"

namespace pathflow::train {
namespace {

constexpr const char* kFormat = "pathflow";

[[noreturn]] void refuse(std::string_view name, std::initializer_list<MessagePart> what) {
  throw_error(ErrorCode::kIo, name, what);
}

const std::string& metadata(const io::Safetensors& file, std::string_view name,
                            const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) {
    refuse(name, {"metadata must have the key \"", key, "\" of a pathflow run, got none"});
  }
  return found->second;
}

/// A number of at least `least`, all of the text.
double number(const io::Safetensors& file, std::string_view name, const std::string& key,
              double least) {
  const std::string& text = metadata(file, name, key);
  double value = 0;
  if (!read_double(text, value) || !(value >= least && value < 1e300)) {
    refuse(name,
           {"metadata \"", key, "\" must be a number of at least ", least, ", got \"", text, "\""});
  }
  return value;
}

/// A whole number of at least `least`, at most 2^53.
std::int64_t whole_number(const io::Safetensors& file, std::string_view name,
                          const std::string& key, double least) {
  const double value = number(file, name, key, least);
  if (value > 9007199254740992.0 || value != std::floor(value)) {
    refuse(name, {"metadata \"", key, "\" must be a whole number, got ", value});
  }
  return static_cast<std::int64_t>(value);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    append(text, {(i ? ", " : ""), shape[i]});
  }
  return text += "]";
}

std::vector<std::int64_t> extents(const graph::Shape& shape) {
  std::vector<std::int64_t> result;
  for (int axis = 0; axis < shape.rank(); ++axis) result.push_back(shape[axis]);
  return result;
}

tensor::Points tensor_points(const io::Tensor& tensor, std::string_view name,
                             const std::string& key) {
  if (tensor.shape.size() != 2) {
    refuse(name, {"tensor \"", key, "\" must be [rows, columns], got ", shape_text(tensor.shape)});
  }
  const std::vector<float> values = tensor.floats();
  tensor::Points rows = tensor::Points::from_shape(
      {static_cast<std::size_t>(tensor.shape[0]), static_cast<std::size_t>(tensor.shape[1])});
  std::copy(values.begin(), values.end(), rows.data());
  return rows;
}

/// "snapshot.3.rows", a tensor; "snapshot.3.time", metadata.
std::string snapshot_key(std::size_t k, const char* what) {
  return message({"snapshot.", k, what});
}

io::Tensor labels_tensor(const std::vector<int>& labels) {
  io::Tensor tensor{"I32", {static_cast<std::int64_t>(labels.size())}, {}};
  tensor.bytes.resize(labels.size() * sizeof(std::int32_t));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int32_t label = labels[i];
    std::memcpy(tensor.bytes.data() + i * sizeof label, &label, sizeof label);
  }
  return tensor;
}

std::vector<int> tensor_labels(const io::Tensor& tensor, std::string_view name) {
  if (tensor.dtype != "I32" || tensor.shape.size() != 1) {
    refuse(name, {"tensor \"data.labels\" must be I32 [rows], got ", tensor.dtype, " ",
                  shape_text(tensor.shape)});
  }
  std::vector<int> labels(static_cast<std::size_t>(tensor.shape[0]));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::int32_t label = 0;
    std::memcpy(&label, tensor.bytes.data() + i * sizeof label, sizeof label);
    labels[i] = label;
  }
  return labels;
}

/// What keeps one state from being read, or nothing.
std::string difference(const io::Safetensors& file, const std::string& key,
                       const std::vector<std::int64_t>& wanted) {
  const auto found = file.tensors.find(key);
  if (found == file.tensors.end()) return message({"\"", key, "\" is missing"});
  if (found->second.shape == wanted && found->second.dtype == "F32") return {};
  return message({"\"", key, "\" must be F32 ", shape_text(wanted), ", got ", found->second.dtype,
                  " ", shape_text(found->second.shape)});
}

}  // namespace

RunHeader read_run_header(const io::Safetensors& file, std::string_view name) {
  const std::string& format = metadata(file, name, "format");
  if (format != kFormat) {
    refuse(name, {"metadata \"format\" must be \"pathflow\", got \"", format, "\""});
  }
  const std::int64_t version = whole_number(file, name, "version", 1);
  if (version > kRunVersion) {
    refuse(name, {"version must be at most ", kRunVersion,
                  " (a later release wrote this file), got ", version});
  }
  RunHeader header;
  try {
    header.options = options_from_json(metadata(file, name, "config"));
  } catch (const InvalidArgument& error) {
    refuse(name, {"config is not valid: ", error.what()});
  }
  header.step = whole_number(file, name, "step", 0);
  header.scales.data = number(file, name, "data_scale", 0);
  header.scales.source = number(file, name, "source_scale", 0);
  return header;
}

TrainInputs read_run_inputs(const io::Safetensors& file, std::string_view name,
                            const OpenRows& open) {
  TrainInputs inputs;
  inputs.data_rows = read_filed_rows(file, name, true, open);
  inputs.source_rows = read_filed_rows(file, name, false, open);
  const auto data = file.tensors.find("data.rows"), source = file.tensors.find("source.rows");
  const auto labels = file.tensors.find("data.labels");
  if (data != file.tensors.end()) inputs.data = tensor_points(data->second, name, "data.rows");
  if (source != file.tensors.end()) {
    inputs.source = tensor_points(source->second, name, "source.rows");
  }
  if (labels != file.tensors.end()) inputs.labels = tensor_labels(labels->second, name);
  const auto teacher = file.tensors.find("teacher");
  if (teacher != file.tensors.end()) inputs.teacher = teacher->second.bytes;
  for (std::size_t k = 0;; ++k) {
    const std::string key = snapshot_key(k, ".rows");
    const auto rows = file.tensors.find(key);
    if (rows == file.tensors.end()) return inputs;
    if (k == 0) inputs.snapshots.emplace();
    inputs.snapshots->push_back(
        {number(file, name, snapshot_key(k, ".time"), 0), tensor_points(rows->second, name, key)});
  }
}

void check_run_states(const io::Safetensors& file, std::string_view name,
                      const nn::MlpOptions& network, const char* prefix) {
  std::string differences;
  int count = 0;
  const auto check = [&](const std::string& key, const graph::Shape& shape) {
    const std::string text = difference(file, key, extents(shape));
    if (text.empty()) return;
    if (++count <= 3) append(differences, {(count > 1 ? "; " : ""), text});
  };
  const nn::Mlp mlp(network);
  for (const nn::Mlp::Parameter& parameter : mlp.parameters()) {
    if (prefix != nullptr) {
      check(prefix + parameter.name, parameter.shape);
      continue;
    }
    for (const std::string& key : state_names(parameter.name)) check(key, parameter.shape);
  }
  if (count > 3) append(differences, {"; and ", count - 3, " more"});
  if (count > 0) refuse(name, {"tensors must fit the configuration: ", differences});
}

void read_run_states(const io::Safetensors& file, Network& network) {
  for (const std::string& key : network.state_names()) {
    const std::vector<float> values = file.tensors.at(key).floats();
    std::copy(values.begin(), values.end(), network.states().at(key).begin());
  }
}

std::vector<std::uint8_t> write_run(const RunHeader& header, const Ends& ends, Network& network) {
  io::Safetensors file;
  const std::pair<const char*, std::string> facts[] = {
      {"format", kFormat},
      {"version", message({kRunVersion})},
      {"producer", message({"pathflow ", kVersion})},
      {"config", to_json(header.options)},
      {"step", message({header.step})},
      {"data_scale", message({header.scales.data})},
      {"source_scale", message({header.scales.source})}};
  for (const auto& [key, text] : facts) file.metadata[key] = text;
  for (const std::string& key : network.state_names()) {
    file.tensors[key] = io::Tensor::of(std::span<const float>(network.states().at(key)),
                                       extents(network.states().shape(key)));
  }
  write_rows(ends.data, true, file);
  write_rows(ends.source, false, file);
  for (std::size_t k = 0; k < ends.times.size(); ++k) {
    file.tensors[snapshot_key(k, ".rows")] = rows_tensor(*ends.snapshots[k]);
    file.metadata[snapshot_key(k, ".time")] = to_text(ends.times[k]);
  }
  if (ends.data.given && !ends.data.labels.empty()) {
    file.tensors["data.labels"] = labels_tensor(ends.data.labels);
  }
  if (ends.teacher) {
    const std::vector<std::uint8_t>& bytes = ends.teacher->bytes();
    file.tensors["teacher"] = {"U8", {static_cast<std::int64_t>(bytes.size())}, bytes};
  }
  return io::write_safetensors(file);
}

}  // namespace pathflow::train
