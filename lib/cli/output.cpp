#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>

#include "pathflow/base/error.hpp"

namespace pathflow::cli {

void write_out(const std::string& text) {
  static bool gone = false;
  if (gone) return;
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return;
  gone = true;
  if (errno == EPIPE) return;
  throw IoError("standard output", "cannot write: " + std::generic_category().message(errno));
}

void complain(const std::string& line) {
  const std::string text = line + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void print_json(const Json& json, int indent) {
  write_out(json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json floor_json(const metric::DistanceFloor& floor) {
  return {{"mean", floor.mean}, {"low", floor.low}, {"high", floor.high}};
}

std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace pathflow::cli
