#include "pathflow/cpu/device.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "pathflow/base/error.hpp"
#include "pathflow/cpu/device_launch.hpp"

namespace pathflow::cpu {
namespace {

/// The launcher of an op, or null.
template <class T>
const Launcher* find(const graph::OpDef& op) {
  for (const std::span<const Launcher> family :
       {elementwise_launchers<T>(), movement_launchers<T>(), product_launchers<T>(),
        optimizer_launchers<T>()}) {
    for (const Launcher& launcher : family) {
      if (launcher.op == &op) return &launcher;
    }
  }
  return nullptr;
}

class LaunchList final : public graph::Executable {
 public:
  explicit LaunchList(std::vector<Launch> launches) : launches_(std::move(launches)) {}
  void run() override {
    for (const Launch& launch : launches_) launch();
  }

 private:
  std::vector<Launch> launches_;
};

template <class T>
std::unique_ptr<graph::Executable> prepare_list(std::span<const Call> calls) {
  std::vector<Launch> launches;
  for (const Call& call : calls) {
    const Launcher& launcher = *find<T>(*call.op);  // compile() has asked supports()
    launches.push_back(launcher.prepare(call, launcher.which));
  }
  return std::make_unique<LaunchList>(std::move(launches));
}

#ifdef PATHFLOW_FLOAT32_ONLY  // the WebAssembly module: double would be a sixth of its size
constexpr bool kHasDouble = false;
#else
constexpr bool kHasDouble = true;
#endif

class CpuDevice final : public graph::Device {
 public:
  std::string_view name() const override { return "cpu"; }

  bool supports(const graph::OpDef& op, graph::Dtype dtype) const override {
    if (dtype == graph::Dtype::kFloat32) return find<float>(op) != nullptr;
    if constexpr (kHasDouble) return find<double>(op) != nullptr;
    return false;
  }

  std::shared_ptr<void> allocate(std::size_t bytes) const override {
    constexpr std::align_val_t alignment{graph::kAlignment};
    const std::size_t size = std::max<std::size_t>(bytes, graph::kAlignment);
    void* memory = ::operator new(size, alignment);
    std::memset(memory, 0, size);
    return {memory,
            [](void* own) { ::operator delete (own, std::align_val_t{graph::kAlignment}); }};
  }

  std::unique_ptr<graph::Executable> prepare(std::span<const Call> calls,
                                             graph::Dtype dtype) const override {
    if (dtype == graph::Dtype::kFloat32) return prepare_list<float>(calls);
    if constexpr (kHasDouble) return prepare_list<double>(calls);
    throw_error(ErrorCode::kDevice, "prepare",
                "the scalar type must be float32 in this build, got float64");
  }
};

}  // namespace

const graph::Device& device() {
  static const CpuDevice cpu;
  return cpu;
}

Strides broadcast_strides(const Shape& shape, const Shape& result) {
  Strides strides{};
  std::int64_t step = 1;
  for (int axis = -1; axis >= -shape.rank(); --axis) {
    const bool stretched = shape[axis] != result[axis];
    strides[static_cast<std::size_t>(Box::kRank + axis)] = stretched ? 0 : step;
    step *= shape[axis];
  }
  return strides;
}

Box make_box(const Shape& result, const Strides& a, const Strides& b) {
  Box box;
  int at = Box::kRank;  // the axis filled last
  for (int axis = Box::kRank - 1; axis >= Box::kRank - result.rank(); --axis) {
    const auto from = static_cast<std::size_t>(axis);
    const std::int64_t extent = result[axis - Box::kRank];
    if (extent == 1) continue;
    const auto to = static_cast<std::size_t>(at);
    if (at < Box::kRank && a[from] == a[to] * box.extents[to] &&
        b[from] == b[to] * box.extents[to]) {
      box.extents[to] *= extent;
      continue;
    }
    --at;
    box.extents[to - 1] = extent;
    box.a[to - 1] = a[from];
    box.b[to - 1] = b[from];
  }
  return box;
}

}  // namespace pathflow::cpu
