// The empirical law of given rows.

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/data/distribution.hpp"

namespace pathflow::data {
namespace {

// Row i is points[index], index uniform on 0..m-1 from element 0 of step i.
class Empirical : public Distribution {
 public:
  Empirical(tensor::Points points, std::string name, std::vector<int> labels)
      : points_(std::move(points)), name_(std::move(name)), labels_(std::move(labels)) {
    if (!labels_.empty()) classes_ = *std::max_element(labels_.begin(), labels_.end()) + 1;
  }
  std::string name() const override { return name_; }
  std::size_t dimension() const override { return points_.shape(1); }
  int classes() const override { return classes_; }

  tensor::Points draw(std::size_t n, std::uint64_t seed) const override {
    const std::size_t d = dimension();
    tensor::Points out = tensor::Points::from_shape({n, d});
    const Random random(seed, Purpose::kDataset);
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(points_.data() + pick(random, i) * d, d, out.data() + i * d);
    }
    return out;
  }
  std::vector<int> labels(std::size_t n, std::uint64_t seed) const override {
    if (labels_.empty()) return {};
    std::vector<int> out(n);
    const Random random(seed, Purpose::kDataset);
    for (std::size_t i = 0; i < n; ++i) out[i] = labels_[pick(random, i)];
    return out;
  }

 private:
  std::size_t pick(const Random& random, std::size_t row) const {
    return static_cast<std::size_t>(random.index(row, 0, points_.shape(0)));
  }

  tensor::Points points_;
  std::string name_;
  std::vector<int> labels_;
  int classes_ = 0;
};

}  // namespace

std::shared_ptr<const Distribution> from_points(tensor::Points points, std::string name,
                                                std::vector<int> labels) {
  constexpr std::string_view kWhere = "from_points";
  check_at_least(kWhere, "the number of rows", static_cast<std::int64_t>(points.shape(0)), 1);
  check_at_least(kWhere, "the number of columns", static_cast<std::int64_t>(points.shape(1)), 1);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(points.data()[i])) {
      check_finite(kWhere, message({"row ", i / points.shape(1)}),
                   static_cast<double>(points.data()[i]));
    }
  }
  if (!labels.empty()) check_size(kWhere, "labels", labels.size(), points.shape(0));
  for (const int label : labels) check_at_least(kWhere, "a label", label, 0);
  return std::make_shared<Empirical>(std::move(points), std::move(name), std::move(labels));
}

}  // namespace pathflow::data
