#include "pathflow/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pathflow {
namespace {

/// Bytes of the UTF-8 character that `text` begins with; 0 if it begins with none.
std::size_t character_size(std::string_view text) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = at(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xC2 ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                                         : 4;
  if (size == 0 || size > text.size() || lead > 0xF4) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned first = size > 2 ? lead << 8 | at(1) : 0;
  const bool overlong = (first >= 0xE000 && first < 0xE0A0) || (first >= 0xF000 && first < 0xF090);
  const bool surrogate = first >= 0xEDA0 && first < 0xEE00;
  return overlong || surrogate || first >= 0xF490 ? 0 : size;
}

/// One line of UTF-8 with '?' for what is not: a stranger's file puts its names into messages, and
/// they must neither steer a terminal nor break the JSON or JavaScript that messages go into.
std::string printable(std::string text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = character_size(std::string_view(text).substr(i));
    const unsigned char byte = static_cast<unsigned char>(text[i]);
    if (size == 0 || byte < 0x20 || byte == 0x7F) text[i] = '?';
    i += std::max<std::size_t>(size, 1);
  }
  return text;
}

std::string compose(std::string_view where, std::string_view what) {
  std::string text(where);
  if (!text.empty()) text += ": ";
  text += what;
  return printable(std::move(text));
}

/// Decimal digits. (std::to_string brings a table of them, to be quick.)
std::string digits_of(std::uint64_t value) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + value % 10));
    value /= 10;
  } while (value > 0);
  return text;
}

/// Insertions, deletions, substitutions and swaps of neighbours that make b of a.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1), last = row, older = row;
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    older.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitute});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], older[j - 2] + 1);
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
    : std::runtime_error(compose(where, what)),
      code_(code),
      where_(printable(std::string(where))) {}

std::string to_text(std::int64_t value) {
  const auto size = static_cast<std::uint64_t>(value);
  return value < 0 ? digits_of(-size).insert(0, 1, '-') : digits_of(size);
}

std::string MessagePart::to_text() const {
  switch (kind_) {
    case Kind::kLiteral:
      return literal_;
    case Kind::kText:
      return std::string(text_);
    case Kind::kNumber:
      return pathflow::to_text(number_);
    case Kind::kInteger:
      return pathflow::to_text(integer_);
    case Kind::kNatural:
      return digits_of(natural_);
  }
  return {};
}

void append(std::string& text, std::initializer_list<MessagePart> parts) {
  for (const MessagePart& part : parts) text += part.to_text();
}

std::string message(std::initializer_list<MessagePart> parts) {
  std::string text;
  append(text, parts);
  return text;
}

void throw_error(ErrorCode code, std::string_view where, std::initializer_list<MessagePart> what) {
  throw_error(code, where, std::string_view(message(what)));
}

void throw_error(ErrorCode code, std::string_view where, std::string_view what) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      throw InvalidArgument(where, what);
    case ErrorCode::kShape:
      throw ShapeError(where, what);
    case ErrorCode::kNumeric:
      throw NumericError(where, what);
    case ErrorCode::kIo:
      throw IoError(where, what);
    case ErrorCode::kDevice:
      throw DeviceError(where, what);
    case ErrorCode::kCancelled:
      throw Cancelled(where, what);
    default:
      throw InternalError(where, what);
  }
}

void check_at_least(std::string_view where, std::string_view name, std::int64_t value,
                    std::int64_t least) {
  if (value >= least) return;
  throw_error(ErrorCode::kInvalidArgument, where,
              {name, " must be at least ", least, ", got ", value});
}

void check_between(std::string_view where, std::string_view name, std::int64_t value,
                   std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return;
  throw_error(ErrorCode::kInvalidArgument, where,
              {name, " must lie in [", least, ", ", most, "], got ", value});
}

void check_between(std::string_view where, std::string_view name, double value, double least,
                   double most) {
  if (value >= least && value <= most) return;
  throw_error(ErrorCode::kInvalidArgument, where,
              {name, " must lie in [", least, ", ", most, "], got ", value});
}

void check_positive(std::string_view where, std::string_view name, double value) {
  if (std::isfinite(value) && value > 0) return;
  throw_error(ErrorCode::kInvalidArgument, where,
              {name, " must be finite and positive, got ", value});
}

void check_not_negative(std::string_view where, std::string_view name, double value) {
  if (std::isfinite(value) && value >= 0) return;
  throw_error(ErrorCode::kInvalidArgument, where,
              {name, " must be finite and not negative, got ", value});
}

void check_finite(std::string_view where, std::string_view name, double value) {
  if (std::isfinite(value)) return;
  throw_error(ErrorCode::kInvalidArgument, where, {name, " must be finite, got ", value});
}

void check_size(std::string_view where, std::string_view name, std::size_t got,
                std::size_t expected) {
  if (got == expected) return;
  throw_error(ErrorCode::kShape, where, {name, " must hold ", expected, " elements, got ", got});
}

void check_name(std::string_view where, std::string_view kind, std::string_view name,
                const std::vector<std::string>& valid) {
  for (const std::string& candidate : valid) {
    if (candidate == name) return;
  }
  throw_unknown_name(where, kind, name, valid);
}

void throw_unknown_name(std::string_view where, std::string_view kind, std::string_view name,
                        const std::vector<std::string>& valid) {
  std::string list;
  const std::string* nearest = nullptr;
  std::size_t best = std::max<std::size_t>(2, name.size() / 2) + 1;
  for (const std::string& candidate : valid) {
    if (!list.empty()) list += ", ";
    list += candidate;
    const bool begun = name.size() > 1 && candidate.starts_with(name);
    const std::size_t distance = begun ? 1 : edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  const std::string hint =
      nearest == nullptr ? "" : message({": did you mean \"", *nearest, "\"?"});
  throw_error(ErrorCode::kInvalidArgument, where,
              {"unknown ", kind, " \"", name, "\"", hint, " (valid: ", list, ")"});
}

}  // namespace pathflow
