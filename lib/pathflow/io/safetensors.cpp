#include "pathflow/io/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

#include "pathflow/base/error.hpp"
#include "pathflow/io/half.hpp"
#include "pathflow/io/json.hpp"
#include "pathflow/io/safetensors_header.hpp"

namespace pathflow::io {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are copied as they lie");

constexpr std::size_t kMaxHeader = 100'000'000;  // the specification's limit
constexpr std::string_view kRead = "read_safetensors", kWrite = "write_safetensors";

struct DtypeSize {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DtypeSize, 13> kDtypes = {{{"F64", 8},
                                                {"F32", 4},
                                                {"F16", 2},
                                                {"BF16", 2},
                                                {"I64", 8},
                                                {"I32", 4},
                                                {"I16", 2},
                                                {"I8", 1},
                                                {"U64", 8},
                                                {"U32", 4},
                                                {"U16", 2},
                                                {"U8", 1},
                                                {"BOOL", 1}}};

// Bytes of one element; 0 for an unknown dtype.
std::size_t element_size(std::string_view dtype) {
  for (const DtypeSize& known : kDtypes) {
    if (known.name == dtype) return known.bytes;
  }
  return 0;
}

std::string dtype_list() {
  std::string list;
  for (const DtypeSize& known : kDtypes)
    list += (list.empty() ? "" : ", ") + std::string(known.name);
  return list;
}

// size * product(shape) in `bytes`; false if it overflows 63 bits.
template <class Extent>
bool byte_count(std::uint64_t size, const std::vector<Extent>& shape, std::uint64_t& bytes) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  bytes = size;
  for (const Extent extent : shape) {
    const std::uint64_t factor = static_cast<std::uint64_t>(extent);
    if (factor > kMost || (factor != 0 && bytes > kMost / factor)) return false;
    bytes *= factor;
  }
  return true;
}

template <class T>
Tensor tensor_of(std::span<const T> values, std::vector<std::int64_t> shape, std::string dtype) {
  std::uint64_t bytes = 0;
  for (const std::int64_t extent : shape) check_at_least("Tensor::of", "extent", extent, 0);
  if (!byte_count(sizeof(T), shape, bytes) || bytes != values.size_bytes()) {
    throw_error(ErrorCode::kShape, "Tensor::of",
                {"shape must hold ", values.size(), " elements, got ", bytes / sizeof(T)});
  }
  Tensor tensor{std::move(dtype), std::move(shape), std::vector<std::uint8_t>(values.size_bytes())};
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
  return tensor;
}

template <class Stored, class T, class Convert>
std::vector<T> converted(const std::vector<std::uint8_t>& bytes, Convert convert) {
  std::vector<T> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = static_cast<T>(convert(stored));
  }
  return values;
}

template <class T>
std::vector<T> values_of(const Tensor& tensor, std::string_view where) {
  const auto same = [](auto value) { return value; };
  if (tensor.dtype == "F32") return converted<float, T>(tensor.bytes, same);
  if (tensor.dtype == "F64") return converted<double, T>(tensor.bytes, same);
  if (tensor.dtype == "F16") return converted<std::uint16_t, T>(tensor.bytes, float_of_half);
  if (tensor.dtype == "BF16") return converted<std::uint16_t, T>(tensor.bytes, float_of_bfloat16);
  throw_error(ErrorCode::kIo, where, {"dtype must be F64, F32, F16 or BF16, got ", tensor.dtype});
}

std::string header_json(const Safetensors& file) {
  std::string json = "{";
  if (!file.metadata.empty()) {
    json += "\"__metadata__\":{";
    for (const auto& [key, value] : file.metadata) {
      append(json, {(json.back() != '{' ? "," : ""), json_string(key), ":", json_string(value)});
    }
    json += '}';
  }
  std::uint64_t begin = 0;
  for (const auto& [name, tensor] : file.tensors) {
    append(json, {(json.size() > 1 ? "," : ""), json_string(name),
                  ":{\"dtype\":", json_string(tensor.dtype), ",\"shape\":["});
    for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
      append(json, {(axis > 0 ? "," : ""), tensor.shape[axis]});
    }
    const std::uint64_t end = begin + tensor.bytes.size();
    append(json, {"],\"data_offsets\":[", begin, ",", end, "]}"});
    begin = end;
  }
  return json += '}';
}

void check_writable(const std::string& name, const Tensor& tensor) {
  const auto refuse = [&name](std::initializer_list<MessagePart> what) {
    throw_error(ErrorCode::kInvalidArgument, kWrite, {"tensor \"", name, "\": ", message(what)});
  };
  const std::size_t size = element_size(tensor.dtype);
  if (name == "__metadata__") refuse({"this name is the format's own"});
  if (size == 0) refuse({"dtype must be one of ", dtype_list(), ", got ", tensor.dtype});
  for (const std::int64_t extent : tensor.shape) {
    if (extent < 0) refuse({"extents must be at least 0, got ", extent});
  }
  std::uint64_t bytes = 0;
  if (!byte_count(size, tensor.shape, bytes) || bytes != tensor.bytes.size()) {
    refuse({"bytes must be the size of dtype and shape, got ", tensor.bytes.size()});
  }
}

// The data of one entry, held against dtype, shape and the buffer. `expected` is where the entry
// must begin: the end of the one before it.
Tensor checked_tensor(const HeaderEntry& entry, std::uint64_t expected,
                      std::span<const std::uint8_t> data, std::size_t offset,
                      std::string_view name) {
  const auto refuse = [&](std::initializer_list<MessagePart> what) {
    throw_error(ErrorCode::kIo, kRead,
                {name, ": tensor \"", entry.name, "\" at offset ", offset, " + ", entry.begin, ": ",
                 message(what)});
  };
  const std::size_t size = element_size(entry.dtype);
  if (size == 0) refuse({"expected a dtype of ", dtype_list(), ", got \"", entry.dtype, "\""});
  if (entry.end < entry.begin) refuse({"ends before it begins, at ", entry.end});
  if (entry.end > data.size()) {
    refuse({"ends at ", entry.end, ", past the ", data.size(), " bytes of data"});
  }
  std::uint64_t bytes = 0;
  if (!byte_count(size, entry.shape, bytes)) refuse({"the size of its shape overflows"});
  if (bytes != entry.end - entry.begin) {
    refuse({"expected ", bytes, " bytes for its dtype and shape, got ", entry.end - entry.begin});
  }
  if (entry.begin < expected) {
    refuse({"overlaps the tensor before it, which ends at ", expected});
  }
  if (entry.begin > expected) {
    refuse({"leaves a hole after the tensor before it, which ends at ", expected});
  }
  const auto part = data.subspan(static_cast<std::size_t>(entry.begin),
                                 static_cast<std::size_t>(entry.end - entry.begin));
  return {entry.dtype, {entry.shape.begin(), entry.shape.end()}, {part.begin(), part.end()}};
}

// (key, index) of the entries as their data lie: by begin, empty tensors before others.
std::vector<std::pair<std::size_t, std::size_t>> order_of_data(
    const std::vector<HeaderEntry>& entries) {
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (const HeaderEntry& entry : entries) {
    // Beyond the largest key lies no file, and checked_tensor() refuses in any order.
    const std::uint64_t begin = std::min<std::uint64_t>(entry.begin, SIZE_MAX / 2 - 1);
    const std::uint64_t key = 2 * begin + (entry.begin != entry.end ? 1 : 0);
    order.emplace_back(static_cast<std::size_t>(key), order.size());
  }
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace

Tensor Tensor::of(std::span<const float> values, std::vector<std::int64_t> shape) {
  return tensor_of(values, std::move(shape), "F32");
}

Tensor Tensor::of(std::span<const double> values, std::vector<std::int64_t> shape) {
  return tensor_of(values, std::move(shape), "F64");
}

std::vector<float> Tensor::floats() const { return values_of<float>(*this, "Tensor::floats"); }

std::vector<double> Tensor::doubles() const { return values_of<double>(*this, "Tensor::doubles"); }

std::vector<std::uint8_t> write_safetensors(const Safetensors& file) {
  std::size_t data = 0;
  for (const auto& [name, tensor] : file.tensors) {
    check_writable(name, tensor);
    data += tensor.bytes.size();
  }
  std::string header = header_json(file);
  header.append((8 - header.size() % 8) % 8, ' ');
  try {
    parse_safetensors_header(header, 8, kWrite, "the header to be written");
  } catch (const IoError& error) {  // only a string that is not UTF-8 can bring us here
    throw_error(ErrorCode::kInvalidArgument, kWrite, {error.what() + kWrite.size() + 2});
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(8 + header.size() + data);
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{header.size()} >> shift));
  }
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (const auto& [name, tensor] : file.tensors) {
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return bytes;
}

Safetensors read_safetensors(std::span<const std::uint8_t> bytes, std::string_view name) {
  const auto refuse = [name](std::initializer_list<MessagePart> what) {
    throw_error(ErrorCode::kIo, kRead, {name, ": ", message(what)});
  };
  if (bytes.size() < 8) {
    refuse({"expected a header length of 8 bytes at offset 0, got ", bytes.size()});
  }
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | bytes[static_cast<std::size_t>(i)];
  if (length > bytes.size() - 8) {
    refuse(
        {"header length ", length, " exceeds the ", bytes.size() - 8, " bytes left at offset 8"});
  }
  if (length > kMaxHeader) {
    refuse({"header length ", length, " exceeds the format's 100000000 bytes"});
  }
  const std::size_t size = static_cast<std::size_t>(length);
  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + 8, size);
  if (json.empty() || json.front() != '{') refuse({"expected '{' at offset 8"});
  ParsedHeader header = parse_safetensors_header(json, 8, kRead, name);
  const auto data = bytes.subspan(8 + size);
  const auto order = order_of_data(header.entries);
  Safetensors file;
  file.metadata = std::move(header.metadata);
  std::uint64_t end = 0;
  for (const auto& [key, index] : order) {
    const HeaderEntry& entry = header.entries[index];
    file.tensors[entry.name] = checked_tensor(entry, end, data, 8 + size, name);
    end = entry.end;
  }
  if (end != data.size()) {
    refuse({"expected the end of the file at offset ", 8 + size + end, ", got ", data.size() - end,
            " bytes more"});
  }
  return file;
}

}  // namespace pathflow::io
