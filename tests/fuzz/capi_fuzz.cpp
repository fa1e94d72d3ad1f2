// A byte stream as a sequence of calls of the C interface, with handles, options and buffers of its
// choosing. Whatever is called in whatever order: a status of the list, a message where it is a
// refusal, outputs untouched by a refusal, and nothing left behind.
//
// Sizes that are lawful but slow (a net of 4096 units, a million points) are not asked for: they
// would teach nothing and use up the time.
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fuzz/support.hpp"
#include "wasm/capi/pathflow.h"

namespace {

using pathflow::fuzz::Choices;
using pathflow::fuzz::require;

constexpr std::size_t kHandles = 6, kBuffers = 4, kMostCalls = 24;
constexpr std::int64_t kMostBatch = 64;  // of trainers that are stepped

constexpr std::array kDatasets = {"moons", "8gaussians", "text:a", "cat", "mooons", "", "gaussian"};
constexpr std::array kMetrics = {"w2", "sliced", "energy", "mmd", "w3", ""};
constexpr std::array kArrays = {
    "points",      "labels",  "bytes", "field", "times", "trajectories", "",
    "log_density", "density", "alpha", "b",     "score", "velocity"};

// Key and values of one option; a value is picked by one byte.
struct Option {
  const char* key;
  std::array<const char*, 6> values;
};
constexpr std::array<Option, 30> kTrainOptions = {{
    {"objective",
     {"\"action\"", "\"entropic-action\"", "\"interpolant\"", "\"implicit\"", "\"sliced\"",
      "\"x\""}},
    {"objective",
     {"\"mean-flow\"", "\"shortcut\"", "\"consistency\"", "\"consistency-distillation\"",
      "\"shortcut\"", "\"consistence\""}},
    {"action_diffusion", {"1", "0.01", "0", "-1", "1e300", "\"1\""}},
    {"data", {"\"moons\"", "\"given\"", "\"8gaussians\"", "\"\"", "1", "\"text:\""}},
    {"source", {"\"gaussian\"", "\"moons\"", "\"given\"", "\"\"", "null", "\"gausian\""}},
    {"schedule", {"\"linear\"", "\"trig\"", "\"vp-linear\"", "\"sub-vp\"", "\"ve\"", "\"x\""}},
    {"predict", {"\"velocity\"", "\"data\"", "\"noise\"", "\"v\"", "\"score\"", "0"}},
    {"coupling", {"\"ot\"", "\"independent\"", "\"o\"", "true", "\"\"", "[]"}},
    {"weight", {"\"default\"", "\"velocity\"", "\"x\"", "{}", "1", "\"\""}},
    {"width", {"3", "8", "0", "-1", "1.5", "4097"}},
    {"depth", {"1", "2", "3", "0", "17", "\"1\""}},
    {"activation", {"\"silu\"", "\"tanh\"", "\"selu\"", "\"relu\"", "\"\"", "2"}},
    {"time_features", {"\"raw\"", "\"fourier\"", "\"fourir\"", "1", "[[]]", "null"}},
    {"conditional", {"true", "false", "1", "null", "\"\"", "true"}},
    {"classes", {"0", "2", "5", "-1", "1e9", "65536"}},
    {"label_dropout", {"0", "0.5", "1", "-0.1", "1e999", "true"}},
    {"lr", {"1e-3", "1e30", "0", "-1", "1e-320", "\"nan\""}},
    {"lr_schedule", {"\"cosine\"", "\"constant\"", "\"\"", "0", "{}", "\"cos\""}},
    {"clip", {"0", "1", "1e-300", "-1", "1e308", "null"}},
    {"ema", {"0", "0.9", "0.999999", "1", "-1", "[]"}},
    {"warmup", {"0", "1", "9007199254740993", "-1", "9223372036854775808", "1e18"}},
    {"gamma", {"\"brownian\"", "\"quadratic\"", "\"sine-squared\"", "\"zero\"", "1", "\"\""}},
    {"gamma_scale", {"1", "0.01", "0", "-1", "1e300", "\"1\""}},
    {"coupling",
     {"\"sinkhorn\"", "\"bridge\"", "\"conditional-ot\"", "\"pairs\"", "\"ot\"", "null"}},
    {"coupling_reg", {"0.05", "1", "1e-300", "0", "-1", "1e300"}},
    {"label_penalty", {"0", "1000", "-1", "1e300", "null", "1"}},
    {"time_law",
     {"\"uniform\"", "\"source-end:1\"", "\"source-end:3\"", "\"logit-normal\"", "\"mode\"",
      "\"source-end:0\""}},
    {"flow_share", {"0", "0.5", "0.999", "1", "-1", "null"}},
    {"adaptive_power", {"0", "1", "0.5", "-1", "1e300", "null"}},
    {"consistency_steps", {"2", "18", "65536", "1", "65537", "2.5"}},
}};
constexpr std::array<Option, 20> kSampleOptions = {{
    {"n", {"1", "7", "65", "0", "-1", "1.5"}},
    {"sampler", {"\"heun\"", "\"ddpm\"", "\"ddim\"", "\"dopri5\"", "\"euler-maruyama\"", "\"x\""}},
    {"steps", {"1", "2", "5", "0", "1e30", "\"1\""}},
    {"seed", {"0", "7", "-1", "9223372036854775807", "18446744073709551615", "0.5"}},
    {"toward", {"\"data\"", "\"source\"", "\"\"", "1", "\"dat\"", "null"}},
    {"from", {"0", "1", "0.5", "-1", "2", "1e-300"}},
    {"to", {"1", "0", "0.25", "0.999", "null", "\"0\""}},
    {"eta", {"0", "1", "0.5", "-1", "2", "null"}},
    {"diffusion", {"\"g2\"", "\"zero\"", "\"sigma\"", "\"time\"", "\"constant\"", "\"\""}},
    {"grid", {"\"uniform\"", "\"log-snr\"", "\"quadratic\"", "\"karras\"", "\"\"", "0"}},
    {"keep", {"2", "[1, 0.5, 0]", "[0, 1]", "1", "[\"\"]", "[]"}},
    {"rtol", {"1e-2", "0", "-1", "1e-300", "1", "null"}},
    {"sampler",
     {"\"jump\"", "\"consistency\"", "\"unipc\"", "\"dpmpp-sde-2m\"", "\"edm\"",
      "\"predictor-corrector\""}},
    {"sampler",
     {"\"euler\"", "\"dpm-solver-3\"", "\"dpmpp-3m\"", "\"stochastic-heun\"", "\"rk4\"",
      "\"dpmpp-2s\""}},
    {"guidance", {"2", "0", "-1", "1e300", "1", "null"}},
    {"guidance_convention", {"\"scale\"", "\"excess\"", "\"\"", "1", "\"w\"", "null"}},
    {"schedule", {"\"vp-linear\"", "\"linear\"", "\"ve\"", "\"edm\"", "\"\"", "0"}},
    {"times", {"[1, 0.5, 0]", "[0, 1]", "[1, 1]", "[]", "[0.5, 2]", "1"}},
    {"log_density", {"true", "false", "1", "null", "\"\"", "true"}},
    {"deterministic", {"true", "false", "1", "null", "\"\"", "true"}},
}};
constexpr std::array<Option, 8> kLangevinOptions = {{
    {"n", {"1", "7", "65", "0", "-1", "1.5"}},
    {"t", {"0", "1", "0.5", "-1", "0.1", "null"}},
    {"step", {"0.1", "1e300", "0", "-1", "1e-300", "null"}},
    {"steps", {"1", "3", "5", "0", "1e30", "\"1\""}},
    {"seed", {"0", "7", "-1", "9223372036854775807", "0.5", "null"}},
    {"metropolis", {"true", "false", "1", "null", "\"\"", "true"}},
    {"likelihood_steps", {"1", "2", "0", "-1", "1e30", "\"1\""}},
    {"keep", {"[0, 1]", "[]", "[1, 0]", "[1e300]", "[-1]", "1"}},
}};
constexpr std::array<Option, 3> kMeasureOptions = {{
    {"times", {"[0.5]", "[0, 0.3, 1]", "[]", "[2]", "[\"\"]", "1"}},
    {"rows", {"256", "2", "0", "-1", "1.5", "300"}},
    {"seed", {"0", "7", "-1", "9223372036854775807", "0.5", "null"}},
}};
constexpr std::array<Option, 6> kReflowOptions = {{
    {"time_law",
     {"\"source-end:1\"", "\"source-end:4\"", "\"stratified\"", "\"source-end:0\"", "\"\"", "1"}},
    {"coupling", {"\"pairs\"", "\"independent\"", "\"ot\"", "\"\"", "1", "\"pair\""}},
    {"schedule", {"\"linear\"", "\"trig\"", "\"ve\"", "\"x\"", "\"edm\"", "0"}},
    {"predict", {"\"velocity\"", "\"data\"", "\"noise\"", "\"v\"", "\"score\"", "0"}},
    {"objective", {"\"regression\"", "\"mean-flow\"", "\"sliced\"", "\"action\"", "0", "\"x\""}},
    {"width", {"3", "8", "0", "-1", "1.5", "4097"}},
}};
constexpr std::array<Option, 8> kLikelihoodOptions = {{
    {"divergence", {"\"exact\"", "\"hutchinson\"", "\"\"", "0", "\"exact\"", "\"exac\""}},
    {"probes", {"1", "3", "0", "-1", "1e30", "\"1\""}},
    {"probe", {"\"rademacher\"", "\"gaussian\"", "\"\"", "1", "null", "\"x\""}},
    {"sampler", {"\"heun\"", "\"dopri5\"", "\"ddim\"", "\"rk4\"", "\"euler\"", "\"x\""}},
    {"steps", {"1", "2", "5", "0", "1e30", "\"1\""}},
    {"seed", {"0", "7", "-1", "9223372036854775807", "0.5", "null"}},
    {"first_row", {"0", "64", "-1", "9223372036854775807", "0.5", "null"}},
    {"rtol", {"1e-2", "0", "-1", "1e-300", "1", "null"}},
}};
constexpr std::array<Option, 8> kPlaneOptions = {{
    {"grid", {"2", "9", "16", "1", "1025", "2.5"}},
    {"bounds", {"[-1, 1, -1, 1]", "[1, -1, 0, 1]", "[]", "[0, 1e300, 0, 1]", "0", "[1,1,1,1]"}},
    {"toward", {"\"data\"", "\"source\"", "\"\"", "1", "\"dat\"", "null"}},
    {"diffusion", {"\"g2\"", "\"zero\"", "\"sigma\"", "\"time\"", "\"constant\"", "\"\""}},
    {"diffusion_scale", {"1", "0", "-1", "1e300", "0.1", "\"1\""}},
    {"knots", {"2", "3", "5", "1", "0", "1e30"}},
    {"seed", {"0", "7", "-1", "9223372036854775807", "0.5", "null"}},
    {"nonsense", {"0", "1", "2", "3", "4", "5"}},
}};
constexpr std::array<Option, 2> kPlaneTimes = {{
    {"t", {"0", "1", "0.5", "0.9", "-1", "\"0\""}},
    {"t", {"0.8", "0.2", "1e-300", "2", "null", "0.95"}},
}};
constexpr std::array<Option, 3> kScheduleOptions = {{
    {"schedule",
     {"\"linear\"", "\"edm\"", "\"ddpm-cosine\"", "\"polynomial:3\"", "\"table:0,1,0;1,0,1\"",
      "\"x\""}},
    {"predict", {"\"velocity\"", "\"data\"", "\"edm\"", "\"v\"", "\"score\"", "0"}},
    {"times", {"[0, 0.5, 1]", "[]", "[2]", "[\"\"]", "[0.25]", "1"}},
}};
constexpr std::array<Option, 5> kFieldOptions = {{
    {"t", {"0", "1", "0.5", "2", "-1", "\"0\""}},
    {"grid", {"1", "5", "0", "-3", "1025", "2.5"}},
    {"bounds", {"[-1, 1, -1, 1]", "[1, -1, 0, 1]", "[]", "[0, 1e300, 0, 1]", "0", "[1,1,1,1]"}},
    {"quantity", {"\"velocity\"", "\"score\"", "\"data\"", "\"noise\"", "\"v\"", "\"\""}},
    {"nonsense", {"0", "1", "2", "3", "4", "5"}},
}};

// One run of calls: what it holds, and the calls it can make.
class Session {
 public:
  explicit Session(std::span<const std::uint8_t> bytes) : choose_(bytes) {}
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  void run();

 private:
  void call();
  void call_data(std::size_t which);
  void call_trainer(std::size_t which);
  void read_all(pf_handle result);
  void create();
  void create_from_snapshots(const std::string& options);
  void restore();
  void step();
  void sample();
  void field();
  void likelihood();
  void plane();
  void advance();
  void schedule();
  void memory();
  void guided();
  void langevin();
  void measure();
  void reflow();
  void distil();

  // Holds a call to the promises that every call makes.
  void check(pf_status status);
  // A call that makes an object: on success it takes the place of one that is held.
  template <class Make>
  void made(Make&& make);

  template <std::size_t N>
  std::string options_from(const std::array<Option, N>& list);
  // The same with "rows" or so many rows at least told, where the default would take long.
  template <std::size_t N>
  std::string options_with(const std::array<Option, N>& list, const char* key, const char* value);
  std::string_view name_from(std::span<const char* const> names);
  pf_handle handle();
  pf_points points();
  std::span<const std::int32_t> labels();

  Choices choose_;
  std::array<pf_handle, kHandles> handles_{};
  std::array<void*, kBuffers> buffers_{};
  std::vector<float> values_[2];
  std::vector<std::int32_t> labels_;
  std::vector<std::uint8_t> saved_;
  std::string name_;
};

// Whether no number in a text is above 99, so that nothing lawful but slow is asked for.
bool modest(std::string_view text) {
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (digits > 0 && (text[i] == 'e' || text[i] == 'E')) return false;
    digits = digit ? digits + 1 : 0;
    if (digits > 2) return false;
  }
  return true;
}

void Session::check(pf_status status) {
  pf_error error{};
  pf_get_error(&error);
  require(error.name != nullptr && error.where != nullptr && error.message != nullptr,
          "capi: texts of an error are never NULL");
  require(status >= PF_OK && status <= PF_NO_MEMORY, "capi: a status of the list");
  require(status != PF_INTERNAL, error.message);
  require(error.code == status, "capi: the last error is the last call's");
  const bool has_text = *error.message != '\0';
  require(has_text == (status != PF_OK), "capi: a refusal, and only that, has a message");
}

template <class Make>
void Session::made(Make&& make) {
  constexpr pf_handle kUntouched = 0xFFFFFFFF;
  pf_handle fresh = kUntouched;
  const pf_status status = make(&fresh);
  check(status);
  require((status == PF_OK) == (fresh != kUntouched),
          "capi: a refusal leaves outputs as they were");
  if (status != PF_OK) return;
  read_all(fresh);
  pf_handle& held = handles_[choose_.below(kHandles)];
  check(pf_free_handle(held));
  held = fresh;
}

template <std::size_t N>
std::string Session::options_from(const std::array<Option, N>& list) {
  if (choose_.below(16) == 0) {
    const std::string raw(pathflow::fuzz::text_of(choose_.part()));
    return modest(raw) ? raw : "{}";
  }
  std::string text = "{";
  for (std::size_t left = choose_.below(6); left > 0; --left) {
    const Option& option = list[choose_.below(N)];
    if (text.size() > 1) text += ',';
    text += '"' + std::string(option.key) + "\":" + option.values[choose_.below(6)];
  }
  return text + "}";
}

template <std::size_t N>
std::string Session::options_with(const std::array<Option, N>& list, const char* key,
                                  const char* value) {
  std::string options = options_from(list);
  const std::string name = '"' + std::string(key) + '"';
  if (options.find(name) != std::string::npos || !options.ends_with('}')) return options;
  options.pop_back();
  return options + (options.size() > 1 ? "," : "") + name + ':' + value + '}';
}

std::string_view Session::name_from(std::span<const char* const> names) {
  const std::size_t which = choose_.below(names.size() + 1);
  name_ =
      which < names.size() ? names[which] : std::string(pathflow::fuzz::text_of(choose_.part()));
  return name_;
}

pf_handle Session::handle() {
  const std::size_t which = choose_.below(kHandles + 2);
  return which < kHandles ? handles_[which] : choose_.any<pf_handle>();
}

// Up to 16 rows of up to 4 columns, of lawful, extreme and broken values.
pf_points Session::points() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::array<float, 8> kValues = {0, 1, -2.5f, 1e30f, -1e-40f, kInfinity, NAN, 0.125f};
  std::swap(values_[0], values_[1]);
  std::vector<float>& values = values_[0];
  const std::size_t rows = choose_.below(17), columns = choose_.below(8) < 6 ? 2 : choose_.below(5);
  values.resize(rows * columns);
  const std::size_t kinds = choose_.below(4) == 0 ? kValues.size() : 3;
  for (float& value : values) value = kValues[choose_.below(kinds)];
  const bool absurd = choose_.below(32) == 0;
  return {choose_.below(32) == 0 ? nullptr : values.data(), absurd ? SIZE_MAX / 2 : rows, columns};
}

std::span<const std::int32_t> Session::labels() {
  constexpr std::array<std::int32_t, 6> kValues = {0, 1, 2, -1, 65536, INT32_MAX};
  labels_.resize(choose_.below(3) == 0 ? choose_.below(17) : 0);
  const std::size_t kinds = choose_.below(4) == 0 ? kValues.size() : 2;
  for (std::int32_t& label : labels_) label = kValues[choose_.below(kinds)];
  return labels_;
}

// Every byte that a result shows must be there to be read.
void Session::read_all(pf_handle result) {
  const char* text = nullptr;
  std::size_t length = 0;
  const pf_status seen = pf_view_text(result, &text, &length);
  check(seen);
  std::size_t sum = 0;
  for (std::size_t i = 0; seen == PF_OK && i < length; ++i)
    sum += static_cast<unsigned char>(text[i]);
  for (const char* name : kArrays) {
    pf_view view{};
    const pf_status found = pf_view_array(result, name, std::strlen(name), &view);
    check(found);
    if (found != PF_OK) continue;
    require(view.type >= PF_FLOAT32 && view.type <= PF_UINT8, "capi: a view has a type");
    constexpr std::size_t kSizes[] = {0, 4, 8, 4, 1};
    const std::size_t count = view.shape[0] * view.shape[1] * view.shape[2] * kSizes[view.type];
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<const std::uint8_t*>(view.data)[i];
    if (std::strcmp(name, "bytes") == 0) {
      const auto* bytes = static_cast<const std::uint8_t*>(view.data);
      saved_.assign(bytes, bytes + count);
    }
  }
  volatile std::size_t kept = sum;  // so that the reading is not taken away
  (void)kept;
}

void Session::create() {
  std::string options = options_from(kTrainOptions);
  // The defaults suit a person, not a fuzzer.
  if (options.size() > 2 && options.back() == '}') options.back() = ',';
  if (options == "{}") options = "{";
  options += "\"batch\":8,\"seed\":1";
  if (options.find("\"width\"") == std::string::npos) options += ",\"width\":4";
  if (options.find("\"depth\"") == std::string::npos) options += ",\"depth\":1";
  options += '}';
  const bool given = choose_.below(8) != 0, from = choose_.below(4) == 0;
  const pf_points data = points(), source = points();
  const auto rows = labels();
  if (choose_.below(8) == 7) return create_from_snapshots(options);
  const bool known = options.find("distillation") != std::string::npos;
  made([&](pf_handle* trainer) {
    return pf_create_trainer(options.data(), options.size(), given ? &data : nullptr,
                             from ? &source : nullptr, rows.data(), rows.size(), nullptr, nullptr,
                             0, known ? saved_.data() : nullptr, known ? saved_.size() : 0,
                             trainer);
  });
}

void Session::create_from_snapshots(const std::string& options) {
  std::vector<float> kept[3];
  pf_points snapshots[3];
  for (std::size_t k = 0; k < 3; ++k) {
    snapshots[k] = points();
    if (snapshots[k].values == nullptr || snapshots[k].rows > 16) continue;
    kept[k] = values_[0];
    snapshots[k].values = kept[k].data();
  }
  const double times[] = {0, choose_.below(4) == 0 ? choose_.any<double>() : 0.5, 1};
  const std::size_t count = choose_.below(8) == 7 ? choose_.below(4) : 3;
  const bool timed = choose_.below(16) != 15;
  made([&](pf_handle* trainer) {
    return pf_create_trainer(options.data(), options.size(), nullptr, nullptr, nullptr, 0,
                             snapshots, timed ? times : nullptr, count, nullptr, 0, trainer);
  });
}

// A saved run with some of its bytes changed, or any bytes at all.
void Session::restore() {
  std::vector<std::uint8_t> bytes = saved_;
  if (choose_.below(4) == 0) {
    const auto part = choose_.part(true);
    bytes.assign(part.begin(), part.end());
  } else {
    for (std::size_t left = choose_.below(4); left > 0 && !bytes.empty(); --left) {
      bytes[choose_.any<std::uint16_t>() % bytes.size()] = choose_.byte();
    }
  }
  made([&](pf_handle* trainer) { return pf_restore_trainer(bytes.data(), bytes.size(), trainer); });
}

std::int64_t number_in(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == text.npos ? 0 : std::strtoll(text.data() + at + key.size(), nullptr, 10);
}

void Session::step() {
  const pf_handle trainer = handle();
  pf_handle described = 0;
  const char* text = nullptr;
  std::size_t length = 0;
  check(pf_describe_trainer(trainer, &described));
  if (described != 0) {
    check(pf_view_text(described, &text, &length));
    const std::string all(text, length);
    check(pf_free_handle(described));
    if (number_in(all, "\"batch\":") > kMostBatch) return;  // a restored run may be of any size
  }
  pf_step_report report{};
  const std::int64_t count = choose_.below(8) == 0 ? choose_.any<std::int8_t>() - 127 : 2;
  check(pf_step_trainer(trainer, count, choose_.below(4) == 0 ? nullptr : &report));
}

// Stops what a wild network would drag out.
std::int32_t count_down(void* left, double share) {
  require(share >= 0 && share <= 1, "capi: progress is a share");
  return --*static_cast<int*>(left) > 0 ? 1 : 0;
}

void Session::sample() {
  const std::string options = options_from(kSampleOptions);
  if (options.find("\"n\"") == std::string::npos) return;  // the default is 1000 rows
  const pf_points start = points();
  const bool given = choose_.below(4) == 0;
  const auto rows = labels();
  int calls = choose_.below(4) == 0 ? 2 : 400;  // dopri5 may want many steps
  const pf_handle trainer = handle();
  made([&](pf_handle* result) {
    return pf_sample_trainer(trainer, options.data(), options.size(), given ? &start : nullptr,
                             rows.data(), rows.size(), count_down, &calls, result);
  });
}

void Session::field() {
  const std::string options = options_with(kFieldOptions, "grid", "3");
  const auto rows = labels();
  const pf_handle trainer = handle();
  made([&](pf_handle* result) {
    return pf_evaluate_field(trainer, options.data(), options.size(), rows.data(), rows.size(),
                             result);
  });
}

void Session::likelihood() {
  const std::string options = options_from(kLikelihoodOptions);
  const pf_points at = points();
  const auto rows = labels();
  int calls = choose_.below(4) == 0 ? 2 : 400;
  const pf_handle trainer = handle();
  made([&](pf_handle* result) {
    return pf_evaluate_likelihood(trainer, options.data(), options.size(), &at, rows.data(),
                                  rows.size(), count_down, &calls, result);
  });
}

void Session::plane() {
  const std::string options = options_with(kPlaneOptions, "grid", "5");
  const pf_points density = points();
  const bool given = choose_.below(4) == 0;
  const auto rows = labels();
  const pf_handle trainer = handle();
  made([&](pf_handle* made_plane) {
    return pf_create_plane(trainer, options.data(), options.size(), given ? &density : nullptr,
                           rows.data(), rows.size(), made_plane);
  });
}

void Session::advance() {
  const std::string options = options_from(kPlaneTimes);
  int calls = choose_.below(4) == 0 ? 2 : 100;
  const pf_handle moved = handle();
  made([&](pf_handle* result) {
    return pf_advance_plane(moved, options.data(), options.size(), count_down, &calls, result);
  });
}

void Session::schedule() {
  const std::string options = options_from(kScheduleOptions);
  made([&](pf_handle* result) {
    return pf_evaluate_schedule(options.data(), options.size(), result);
  });
}

void Session::guided() {
  const std::string options = options_with(kSampleOptions, "n", "5");
  const pf_points start = points();
  const bool given = choose_.below(4) == 0;
  const auto rows = labels();
  int calls = 100;
  const pf_handle trainer = handle(), guide = handle();
  made([&](pf_handle* result) {
    return pf_sample_guided(trainer, guide, options.data(), options.size(),
                            given ? &start : nullptr, rows.data(), rows.size(), count_down, &calls,
                            result);
  });
}

void Session::langevin() {
  const std::string options = options_with(kLangevinOptions, "n", "5");
  const pf_points start = points();
  const bool given = choose_.below(4) == 0;
  const auto rows = labels();
  int calls = choose_.below(4) == 0 ? 2 : 20;
  const pf_handle trainer = handle();
  made([&](pf_handle* result) {
    return pf_run_langevin(trainer, options.data(), options.size(), given ? &start : nullptr,
                           rows.data(), rows.size(), count_down, &calls, result);
  });
}

void Session::measure() {
  const std::string options = options_with(kMeasureOptions, "rows", "256");
  const auto rows = labels();
  const pf_handle trainer = handle();
  made([&](pf_handle* result) {
    return pf_measure_trainer(trainer, options.data(), options.size(), rows.data(), rows.size(),
                              result);
  });
}

// A student on the pairs of a trainer, or on any rows at all.
void Session::reflow() {
  constexpr std::string_view kSolver = R"({"sampler":"euler","steps":2,"deterministic":true})";
  const std::string options = options_from(kReflowOptions);
  pf_points start = points(), reached = points();
  const auto rows = labels();
  const std::int32_t keep = choose_.byte() % 2;
  const pf_handle trainer = handle();
  pf_handle drawn = 0, moved = 0;
  const auto view = [this](pf_handle result) {
    pf_view found{};
    check(pf_view_array(result, "points", 6, &found));
    return pf_points{static_cast<const float*>(found.data), found.shape[0], found.shape[1]};
  };
  if (choose_.below(4) != 0) {
    check(pf_draw_start(trainer, 1 + choose_.below(16), 0, &drawn));
    if (drawn != 0) {
      start = view(drawn);
      check(pf_sample_trainer(trainer, kSolver.data(), kSolver.size(), &start, rows.data(),
                              rows.size(), nullptr, nullptr, &moved));
    }
    if (moved != 0) reached = view(moved);
  }
  made([&](pf_handle* student) {
    return pf_reflow_trainer(trainer, options.data(), options.size(), &start, &reached, rows.data(),
                             rows.size(), keep, student);
  });
  check(pf_free_handle(drawn));
  check(pf_free_handle(moved));
}

// A student of a trainer's own run, some of whose bytes may be others.
void Session::distil() {
  pf_handle run = 0;
  check(pf_save_trainer(handle(), &run));
  if (run != 0) read_all(run);
  check(pf_free_handle(run));
  std::vector<std::uint8_t> teacher = saved_;
  for (std::size_t left = choose_.below(4); left > 0 && !teacher.empty(); --left) {
    teacher[choose_.any<std::uint16_t>() % teacher.size()] = choose_.byte();
  }
  std::string options = options_with(kTrainOptions, "objective", "\"consistency-distillation\"");
  for (const char* small : {"\"width\":4", "\"depth\":1", "\"batch\":8"}) {
    const std::string_view key(small, std::strchr(small, ':') - small);
    if (options.find(key) != std::string::npos || !options.ends_with('}')) continue;
    options.back() = ',';
    options += std::string(small) + '}';
  }
  made([&](pf_handle* student) {
    return pf_create_trainer(options.data(), options.size(), nullptr, nullptr, nullptr, 0, nullptr,
                             nullptr, 0, teacher.data(), teacher.size(), student);
  });
}

void Session::memory() {
  void*& buffer = buffers_[choose_.below(kBuffers)];
  if (choose_.below(8) == 0) {
    check(pf_free_bytes(choose_.any<void*>()));  // a stranger's pointer is refused, not followed
    check(pf_allocate_bytes(SIZE_MAX - choose_.byte(), &buffer));
    return;
  }
  check(pf_free_bytes(buffer));
  buffer = nullptr;
  const std::size_t size = choose_.byte();
  check(pf_allocate_bytes(size, &buffer));
  std::memset(buffer, 1, size);
}

void Session::call_data(std::size_t which) {
  const std::size_t rows =
      choose_.below(64) == 0 ? choose_.any<std::size_t>() | 1u << 30 : choose_.below(20);
  const auto seed = choose_.any<std::uint64_t>();
  if (which == 0) {
    const std::string_view name = name_from(kDatasets);
    made([&](pf_handle* r) { return pf_draw_dataset(name.data(), name.size(), rows, seed, r); });
  } else if (which == 1) {
    const std::string_view name = name_from(kDatasets);
    const pf_points at = points();
    made([&](pf_handle* r) { return pf_evaluate_density(name.data(), name.size(), &at, r); });
  } else if (which == 2) {
    const std::string_view name = name_from(kMetrics);
    const pf_points a = points(), b = points();
    double distance = 0;
    const pf_status status = pf_measure_distance(name.data(), name.size(), &a, &b, &distance);
    check(status);
    require(status != PF_OK || distance >= 0, "capi: a distance is not negative");
  } else if (which == 3) {
    const std::string metric(name_from(kMetrics));
    const std::string_view name = name_from(kDatasets);
    double distances[3];
    const std::int32_t repeats = choose_.below(4) == 0 ? choose_.any<std::int8_t>() - 125 : 2;
    check(pf_measure_floor(metric.data(), metric.size(), name.data(), name.size(), rows, repeats,
                           seed, distances));
  } else if (which == 4) {
    const auto part = choose_.part(true);
    made([&](pf_handle* r) { return pf_read_npy(part.data(), part.size(), r); });
  } else {
    const pf_points p = points();
    const std::size_t shape[3] = {p.rows, p.columns, choose_.below(2)};
    const std::size_t rank = choose_.below(5);
    if (p.columns == 0 && rank == 1) return;  // that many values are not there
    made([&](pf_handle* r) { return pf_write_npy(p.values, shape, rank, r); });
  }
}

void Session::call_trainer(std::size_t which) {
  const std::size_t rows = choose_.below(20);
  const auto seed = choose_.any<std::uint64_t>();
  const pf_handle trainer = handle();
  if (which == 0) made([&](pf_handle* r) { return pf_save_trainer(trainer, r); });
  if (which == 1) made([&](pf_handle* r) { return pf_describe_trainer(trainer, r); });
  if (which == 2) made([&](pf_handle* r) { return pf_draw_data(trainer, rows, seed, r); });
  if (which == 3) made([&](pf_handle* r) { return pf_draw_start(trainer, rows, seed, r); });
}

void Session::call() {
  const std::size_t which = choose_.below(28);
  if (which < 6) return call_data(which);
  if (which < 10) return call_trainer(which - 6);
  if (which < 12) return create();
  if (which == 12) return restore();
  if (which < 15) return step();
  if (which < 17) return sample();
  if (which < 19) return field();
  if (which == 19) return memory();
  if (which == 20) return read_all(handle());
  if (which == 22) return likelihood();
  if (which == 23) return plane();
  if (which < 26 && which > 23) return advance();
  if (which == 26) return schedule();
  if (which == 27) {
    const std::size_t more = choose_.below(8);
    if (more < 2) return guided();
    if (more < 4) return langevin();
    if (more == 4) return measure();
    if (more < 7) return reflow();
    return distil();
  }
  if (choose_.below(8) == 0) return check(pf_free_handle(choose_.any<pf_handle>()));
  pf_handle& held = handles_[choose_.below(kHandles)];
  check(pf_free_handle(held));
  if (choose_.below(2) == 0) held = 0;  // else it is used once more, freed as it is
}

void Session::run() {
  for (std::size_t i = 0; i < kMostCalls && !choose_.ended(); ++i) call();
}

Session::~Session() {
  for (const pf_handle held : handles_) check(pf_free_handle(held));
  for (void* buffer : buffers_) check(pf_free_bytes(buffer));
  std::uint64_t handles = 0, buffers = 0;
  check(pf_count_memory(&handles, &buffers, nullptr));
  require(handles == 0 && buffers == 0, "capi: nothing is left behind");
}

}  // namespace

/// Memory that cannot be had is refused by the library, not by the sanitizer.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Session({data, size}).run();
  return 0;
}
