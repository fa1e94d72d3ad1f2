#include "pathflow/base/error.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace pathflow {
namespace {

std::string compose(std::string_view where, std::string_view what) {
  std::string text(where);
  if (!text.empty()) text += ": ";
  text += what;
  return text;
}

std::string rule(std::string_view name, std::string_view rule_text, const std::string& got) {
  std::string text(name);
  text += ' ';
  text += rule_text;
  text += ", got ";
  text += got;
  return text;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view error_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOk:
      return "Ok";
    case ErrorCode::kInvalidArgument:
      return "InvalidArgument";
    case ErrorCode::kShape:
      return "ShapeError";
    case ErrorCode::kNumeric:
      return "NumericError";
    case ErrorCode::kIo:
      return "IoError";
    case ErrorCode::kDevice:
      return "DeviceError";
    case ErrorCode::kCancelled:
      return "Cancelled";
    case ErrorCode::kInternal:
      return "InternalError";
  }
  return "InternalError";
}

Error::Error(ErrorCode code, std::string_view where, std::string_view what)
    : std::runtime_error(compose(where, what)), code_(code), where_(where) {}

std::string to_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[40];
  // Not std::to_chars: the standard library of Debian's Emscripten has none for double.
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
    if (std::strtod(buffer, nullptr) == value) break;
  }
  return buffer;
}

std::string to_text(std::int64_t value) { return std::to_string(value); }

void check_at_least(std::string_view where, std::string_view name, std::int64_t value,
                    std::int64_t least) {
  if (value < least) {
    throw InvalidArgument(where, rule(name, "must be at least " + to_text(least), to_text(value)));
  }
}

void check_between(std::string_view where, std::string_view name, std::int64_t value,
                   std::int64_t least, std::int64_t most) {
  if (value < least || value > most) {
    throw InvalidArgument(
        where,
        rule(name, "must lie in [" + to_text(least) + ", " + to_text(most) + "]", to_text(value)));
  }
}

void check_between(std::string_view where, std::string_view name, double value, double least,
                   double most) {
  if (!(value >= least && value <= most)) {
    throw InvalidArgument(
        where,
        rule(name, "must lie in [" + to_text(least) + ", " + to_text(most) + "]", to_text(value)));
  }
}

void check_positive(std::string_view where, std::string_view name, double value) {
  if (!(std::isfinite(value) && value > 0)) {
    throw InvalidArgument(where, rule(name, "must be finite and positive", to_text(value)));
  }
}

void check_not_negative(std::string_view where, std::string_view name, double value) {
  if (!(std::isfinite(value) && value >= 0)) {
    throw InvalidArgument(where, rule(name, "must be finite and not negative", to_text(value)));
  }
}

void check_finite(std::string_view where, std::string_view name, double value) {
  if (!std::isfinite(value)) {
    throw InvalidArgument(where, rule(name, "must be finite", to_text(value)));
  }
}

void check_size(std::string_view where, std::string_view name, std::size_t got,
                std::size_t expected) {
  if (got != expected) {
    throw ShapeError(where, rule(name, "must hold " + std::to_string(expected) + " elements",
                                 std::to_string(got)));
  }
}

void throw_unknown_name(std::string_view where, std::string_view kind, std::string_view name,
                        const std::vector<std::string>& valid) {
  std::string list;
  const std::string* nearest = nullptr;
  std::size_t best = std::max<std::size_t>(2, name.size() / 2) + 1;
  for (const std::string& candidate : valid) {
    if (!list.empty()) list += ", ";
    list += candidate;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  std::string text = "unknown " + std::string(kind) + " \"" + std::string(name) + "\"";
  if (nearest != nullptr) text += ": did you mean \"" + *nearest + "\"?";
  throw InvalidArgument(where, text + " (valid: " + list + ")");
}

}  // namespace pathflow
