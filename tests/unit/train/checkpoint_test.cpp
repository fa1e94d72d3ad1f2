#include "pathflow/train/checkpoint.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/base/version.hpp"
#include "pathflow/io/safetensors.hpp"
#include "support.hpp"

namespace pathflow::train {
namespace {

std::vector<std::uint8_t> saved_run() {
  TrainOptions options;
  options.width = 8;
  options.depth = 1;
  options.batch = 16;
  Trainer trainer(options);
  trainer.step(2);
  return trainer.save();
}

/// The message of restoring a run after a change.
std::string refusal_after(const std::function<void(io::Safetensors&)>& change) {
  io::Safetensors file = io::read_safetensors(saved_run(), "run");
  change(file);
  return refusal<IoError>([&] { Trainer::restore(io::write_safetensors(file), "run"); });
}

TEST(Checkpoint, HoldsTheDocumentedNamesAndMetadata) {
  const io::Safetensors file = io::read_safetensors(saved_run(), "run");
  for (const char* prefix : {"", "ema.", "adam.m.", "adam.v."}) {
    for (const char* name : {"mlp.0.weight", "mlp.0.bias", "mlp.1.weight", "mlp.1.bias"}) {
      EXPECT_TRUE(file.tensors.contains(std::string(prefix) + name)) << prefix << name;
    }
  }
  EXPECT_EQ(file.tensors.size(), 16u);
  EXPECT_EQ(file.metadata.at("format"), "pathflow");
  EXPECT_EQ(file.metadata.at("producer"), "pathflow " + std::string(kVersion));
  EXPECT_EQ(file.metadata.at("step"), "2");
  EXPECT_NE(file.metadata.at("config").find("\"8gaussians\""), std::string::npos);
}

TEST(Checkpoint, RefusesFilesThatAreNoRuns) {
  expect_parts(refusal_after([](auto& f) { f.metadata.clear(); }), {"run: ", "format"});
  expect_parts(refusal_after([](auto& f) { f.metadata["format"] = "pt"; }), {"pathflow", "pt"});
  expect_parts(refusal_after([](auto& f) { f.metadata["version"] = "2"; }), {"version", "2"});
  expect_parts(refusal_after([](auto& f) { f.metadata["step"] = "many"; }), {"step", "many"});
  expect_parts(refusal_after([](auto& f) { f.metadata["step"] = "-1"; }), {"step", "-1"});
  expect_parts(refusal_after([](auto& f) { f.metadata["step"] = "1.5"; }), {"step", "1.5"});
  expect_parts(refusal_after([](auto& f) { f.metadata["data_scale"] = "nan"; }),
               {"data_scale", "nan"});
  expect_parts(refusal_after([](auto& f) { f.metadata["data_scale"] = "0"; }), {"data scale", "0"});
  expect_parts(refusal_after([](auto& f) { f.metadata["config"] = "{"; }), {"config"});
  expect_parts(refusal_after([](auto& f) { f.metadata["config"] = R"({"widht":1})"; }),
               {"config", "widht", "width"});
  expect_parts(refusal_after([](auto& f) { f.metadata["config"] = R"({"format":3})"; }),
               {"config", "format", "3"});
  expect_parts(refusal_after([](auto& f) { f.metadata["config"] = R"({"lr":"fast"})"; }),
               {"config", "lr must be a number", "fast"});
  const std::vector<std::uint8_t> junk = {1, 2, 3};
  EXPECT_THROW(Trainer::restore(junk, "junk"), IoError);
  EXPECT_THROW(Trainer::restore({}, "empty"), IoError);
}

TEST(Checkpoint, ListsTheFirstTensorsThatDiffer) {
  expect_parts(refusal_after([](auto& f) { f.tensors.erase("ema.mlp.0.bias"); }),
               {"ema.mlp.0.bias", "missing"});
  const std::string wide =
      refusal_after([](auto& f) { f.metadata["config"] = R"({"width":9,"depth":1,"batch":16})"; });
  expect_parts(wide, {"mlp.0.weight", "[3, 9]", "[3, 8]", "more"});
  expect_parts(refusal_after([](auto& f) { f.tensors["mlp.0.bias"].dtype = "I32"; }),
               {"mlp.0.bias", "I32"});
}

// The configuration of a small file may ask for a network of gigabytes: refused before it is made.
TEST(Checkpoint, ShapesAreHeldAgainstTheFileBeforeANetworkIsMade) {
  const std::string huge = refusal_after(
      [](auto& f) { f.metadata["config"] = R"({"width":4096,"depth":16,"batch":65536})"; });
  expect_parts(huge, {"\"mlp.0.weight\" must be F32 [3, 4096], got F32 [3, 8]", "more"});
  const std::string classes = refusal_after(
      [](auto& f) { f.metadata["config"] = R"({"width":4096,"depth":16,"classes":65536})"; });
  expect_parts(classes, {"run: "});
}

TEST(Checkpoint, EveryTruncationIsRefused) {
  const std::vector<std::uint8_t> whole = saved_run();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 16) {
    const std::vector<std::uint8_t> part(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(Trainer::restore(part, "part"), IoError) << size;
  }
}

}  // namespace
}  // namespace pathflow::train
