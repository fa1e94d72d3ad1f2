// Runs whose rows stay in a file: named in the run, found again, and refused when they changed.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/io/rows.hpp"
#include "pathflow/io/safetensors.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {
namespace {

/// Rows in memory that say they stay in a file.
class FiledMemory final : public io::Rows {
 public:
  FiledMemory(tensor::Points points, std::uint64_t hash)
      : rows_(io::rows_in_memory(std::move(points))), contents_{"/somewhere/x.npy", 1234, hash} {}
  std::size_t size() const override { return rows_->size(); }
  std::size_t dimension() const override { return rows_->dimension(); }
  void read(std::size_t first, std::size_t count, std::span<float> out) const override {
    rows_->read(first, count, out);
  }
  double sum_of_squares() const override { return rows_->sum_of_squares(); }
  const io::FileContents* file() const override { return &contents_; }

 private:
  std::shared_ptr<const io::Rows> rows_;
  io::FileContents contents_;
};

tensor::Points some_points() {
  tensor::Points points = tensor::Points::from_shape({50, 3});
  for (std::size_t i = 0; i < points.size(); ++i) {
    points.data()[i] = std::cos(static_cast<float>(i));
  }
  return points;
}

constexpr std::uint64_t kHash = 0xFEDCBA9876543210ull;

std::shared_ptr<const io::Rows> filed(std::uint64_t hash = kHash) {
  return std::make_shared<FiledMemory>(some_points(), hash);
}

TrainOptions small() {
  TrainOptions options;
  options.data = "x.npy";
  options.width = 8;
  options.depth = 1;
  options.batch = 16;
  return options;
}

Trainer trained(TrainInputs inputs, std::int64_t steps) {
  Trainer trainer(small(), std::move(inputs));
  trainer.step(steps);
  return trainer;
}

TEST(FiledRows, TrainAsTheSameRowsInMemory) {
  TrainInputs in_memory, in_file;
  in_memory.data = some_points();
  in_file.data_rows = filed();
  Trainer first = trained(std::move(in_memory), 5), second = trained(std::move(in_file), 5);
  EXPECT_EQ(first.sample(20, {}).points, second.sample(20, {}).points);
  const io::Safetensors written = io::read_safetensors(first.save(), "run");
  const io::Safetensors named = io::read_safetensors(second.save(), "run");
  EXPECT_TRUE(written.tensors.contains("data.rows"));
  EXPECT_FALSE(written.metadata.contains("data.file"));
  EXPECT_FALSE(named.tensors.contains("data.rows"));
  const std::string& text = named.metadata.at("data.file");
  EXPECT_NE(text.find("\"/somewhere/x.npy\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"fedcba9876543210\""), std::string::npos) << text;
}

TEST(FiledRows, GoOnToTheSameBits) {
  TrainInputs inputs, other;
  inputs.data_rows = other.data_rows = filed();
  const Trainer whole = trained(std::move(inputs), 9);
  const auto half = trained(std::move(other), 4).save();
  int asked = 0;
  Trainer again = Trainer::restore(half, "run", [&](const FiledRows& wanted) {
    ++asked;
    EXPECT_EQ(wanted.contents.path, "/somewhere/x.npy");
    EXPECT_EQ(wanted.contents.bytes, 1234u);
    EXPECT_EQ(wanted.contents.hash, kHash);
    EXPECT_TRUE(wanted.data);
    return filed();
  });
  EXPECT_EQ(asked, 1);
  again.step(5);
  EXPECT_EQ(again.save(), whole.save());
}

TEST(FiledRows, SampleWithoutTheFileAndRefuseOnlyWhatNeedsIt) {
  TrainInputs inputs;
  inputs.data_rows = filed();
  const Trainer whole = trained(std::move(inputs), 4);
  Trainer alone = Trainer::restore(whole.save(), "run");
  EXPECT_EQ(alone.sample(20, {}).points, whole.sample(20, {}).points);
  EXPECT_EQ(alone.save(), whole.save());  // nothing is lost on the way
  EXPECT_THROW(alone.data(3, 0), IoError);
  EXPECT_THROW(alone.step(1), IoError);
}

TEST(FiledRows, OtherContentsAreRefused) {
  TrainInputs inputs;
  inputs.source_rows = filed();
  inputs.data = some_points();
  const auto run = trained(std::move(inputs), 1).save();
  EXPECT_NO_THROW(Trainer::restore(run, "run", [](const FiledRows& wanted) {
    EXPECT_FALSE(wanted.data);
    return filed();
  }));
  for (const auto& other : {filed(kHash + 1), io::rows_in_memory(some_points())}) {
    try {
      Trainer::restore(run, "run", [&](const FiledRows&) { return other; });
      FAIL();
    } catch (const IoError& error) {
      EXPECT_NE(std::string(error.what()).find("is not the file"), std::string::npos)
          << error.what();
    }
  }
}

TEST(FiledRows, DamagedNamesAreRefused) {
  TrainInputs inputs;
  inputs.data_rows = filed();
  io::Safetensors file = io::read_safetensors(trained(std::move(inputs), 1).save(), "run");
  for (const char* text : {"", "[]", "{\"path\": 3}", "{\"path\": \"x\", \"bytes\": -1}",
                           R"({"path":"x","bytes":1,"hash":"0","rows":0,"columns":3})",
                           R"({"path":"x","bytes":1,"hash":"0y","rows":2,"columns":3})"}) {
    file.metadata["data.file"] = text;
    EXPECT_THROW(Trainer::restore(io::write_safetensors(file), "run"), IoError) << text;
  }
}

TEST(FiledRows, RowsAreGivenOnce) {
  TrainInputs inputs;
  inputs.data = some_points();
  inputs.data_rows = filed();
  EXPECT_THROW(Trainer(small(), std::move(inputs)), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::train
