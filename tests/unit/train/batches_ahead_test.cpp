// Batches that other threads couple ahead are the ones that the trainer would have coupled itself.
#include <atomic>
#include <memory>
#include <string>

#include "pathflow/base/threads.hpp"
#include "pathflow/io/rows.hpp"
#include "support.hpp"

namespace pathflow::train {
namespace {

/// set_threads for a scope.
class Threads {
 public:
  explicit Threads(int count) : before_(threads()) { set_threads(count); }
  ~Threads() { set_threads(before_); }

 private:
  int before_;
};

TrainOptions coupled(const std::string& coupling) {
  TrainOptions o = quick_options(1000);
  o.data = "8gaussians";
  o.source = "moons";
  o.batch = 64;
  o.coupling = coupling;
  if (coupling == "conditional-ot") {
    o.conditional = true;
    o.source = "gaussian";
  }
  return o;
}

/// Every kind of thing that comes between steps: a save and a restored run that goes on beside it,
/// samples, another plan, other numbers of threads.
std::vector<std::uint8_t> busy_run(const TrainOptions& options, int count, int later) {
  const Threads first(count);
  Trainer trainer(options);
  trainer.step(7);
  Trainer copy = Trainer::restore(trainer.save(), "run");
  copy.step(3);
  trainer.plan_steps(500);
  trainer.step(1);
  trainer.sample(10, {});
  const Threads second(later);
  trainer.step(2);
  copy.plan_steps(500);
  trainer.step(9);
  return trainer.save();
}

TEST(BatchesAhead, HaveTheBitsOfOneThread) {
  for (const char* coupling : {"ot", "sinkhorn", "conditional-ot"}) {
    const auto alone = busy_run(coupled(coupling), 1, 1);
    EXPECT_EQ(busy_run(coupled(coupling), 4, 4), alone) << coupling;
    EXPECT_EQ(busy_run(coupled(coupling), 2, 3), alone) << coupling;
    EXPECT_EQ(busy_run(coupled(coupling), 3, 1), alone) << coupling;
  }
}

TEST(BatchesAhead, GoBackWithAStepThatFailed) {
  TrainOptions options = coupled("ot");
  options.lr = 1e30;
  options.lr_schedule = "constant";
  options.clip = 0;
  const auto failed = [&](int count) {
    const Threads scope(count);
    Trainer trainer(options);
    EXPECT_NE(refusal<NumericError>([&] { trainer.step(100); }), "accepted");
    return trainer.save();
  };
  EXPECT_EQ(failed(3), failed(1));
}

/// Rows that can be read so many times.
class FailingRows final : public io::Rows {
 public:
  FailingRows(Points points, long reads)
      : rows_(io::rows_in_memory(std::move(points))), left_(reads) {}
  std::size_t size() const override { return rows_->size(); }
  std::size_t dimension() const override { return rows_->dimension(); }
  double sum_of_squares() const override { return rows_->sum_of_squares(); }
  void read(std::size_t first, std::size_t count, std::span<float> out) const override {
    if (left_.fetch_sub(1) <= 0) throw IoError("FailingRows", "the file is gone");
    rows_->read(first, count, out);
  }

 private:
  std::shared_ptr<const io::Rows> rows_;
  mutable std::atomic<long> left_;
};

// The steps before it are taken, each step after it fails anew, and the trainer can be dropped.
TEST(BatchesAhead, PassTheErrorsOfTheirDrawsOn) {
  const Threads scope(3);
  TrainOptions options = coupled("ot");
  TrainInputs inputs;
  inputs.data_rows = std::make_shared<FailingRows>(gaussian_rows(100, 1, 0, 1), 64 * 10);
  Trainer trainer(options, std::move(inputs));
  for (int again = 0; again < 2; ++again) {
    EXPECT_NE(refusal<IoError>([&] { trainer.step(100); }).find("the file is gone"),
              std::string::npos);
    EXPECT_LE(trainer.steps_done(), 10);
  }
}

TEST(BatchesAhead, AnUnusedTrainerStops) {
  const Threads scope(4);
  for (int k = 0; k < 20; ++k) {
    Trainer trainer(coupled("ot"));
    trainer.step(1);
    Trainer moved = std::move(trainer);
    if (k % 2 == 0) moved.step(1);
  }
}

}  // namespace
}  // namespace pathflow::train
