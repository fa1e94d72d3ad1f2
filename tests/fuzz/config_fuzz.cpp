// Text of a stranger as each of the JSON configurations: a run's, and the options of sampling and
// of fields at the C interface. Read or refused; a run's configuration that was read is written and
// read again to the same options.
#include "fuzz/support.hpp"
#include "pathflow/train/config.hpp"
#include "wasm/capi/options.hpp"

using namespace pathflow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of({data, size});
  fuzz::accepted({ErrorCode::kInvalidArgument}, [&] {
    const train::TrainOptions options = train::options_from_json(text);
    fuzz::require(train::options_from_json(train::to_json(options)) == options,
                  "config: the options return");
  });
  static const auto schedule = path::make_schedule("linear");
  static sample::FunctionModel<float> model(2, path::Prediction::kVelocity, nullptr);
  fuzz::accepted({ErrorCode::kInvalidArgument}, [&] {
    const auto request = capi::sample_request(text, model, *schedule);
    fuzz::require(request.rows >= 1 && request.options.steps >= 1, "sample: counts from 1");
  });
  fuzz::accepted({ErrorCode::kInvalidArgument, ErrorCode::kShape}, [&] {
    const auto request = capi::field_request(text);
    fuzz::require(request.t >= 0 && request.t <= 1 && request.grid >= 1 && request.grid <= 1024,
                  "field: t in [0, 1], grid in 1..1024");
  });
  return 0;
}
