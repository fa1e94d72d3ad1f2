// Errors of the library: one exception type per ErrorCode, and the argument checks that raise them.
//
// Every message reads `where: rule, got value`, for example
//   `sample: steps must be at least 1, got 0`.
// Nothing in lib/pathflow prints or exits; faces (command, C ABI) turn an Error into text + code.
#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pathflow {

/// What kind of rule was broken. The numbers are part of the C ABI and never change.
enum class ErrorCode : int {
  kOk = 0,               ///< no error
  kInvalidArgument = 1,  ///< an argument breaks a stated rule
  kShape = 2,            ///< shapes or dimensions do not fit together
  kNumeric = 3,    ///< a computation has no finite answer (singular time, NaN loss, step underflow)
  kIo = 4,         ///< a file or byte stream is missing, damaged or cannot be written
  kDevice = 5,     ///< a device or one of its libraries is missing or failed
  kCancelled = 6,  ///< the caller asked to stop
  kInternal = 7,   ///< a broken invariant of the library itself: please report
};

/// The field-independent name of a code: "InvalidArgument", "ShapeError", ...
std::string_view error_name(ErrorCode code);

/// Base of all errors thrown by the library. `where()` is the public function that refused.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string_view where, std::string_view what);
  ErrorCode code() const noexcept { return code_; }
  const std::string& where() const noexcept { return where_; }

 private:
  ErrorCode code_;
  std::string where_;
};

template <ErrorCode Code>
class ErrorOf : public Error {
 public:
  ErrorOf(std::string_view where, std::string_view what) : Error(Code, where, what) {}
};
using InvalidArgument = ErrorOf<ErrorCode::kInvalidArgument>;
using ShapeError = ErrorOf<ErrorCode::kShape>;
using NumericError = ErrorOf<ErrorCode::kNumeric>;
using IoError = ErrorOf<ErrorCode::kIo>;
using DeviceError = ErrorOf<ErrorCode::kDevice>;
using Cancelled = ErrorOf<ErrorCode::kCancelled>;
using InternalError = ErrorOf<ErrorCode::kInternal>;

/// Shortest text of a number that reads back as the same double.
std::string to_text(double value);
std::string to_text(std::int64_t value);

/// Throws InvalidArgument unless value >= least.
void check_at_least(std::string_view where, std::string_view name, std::int64_t value,
                    std::int64_t least);
/// Throws InvalidArgument unless least <= value <= most.
void check_between(std::string_view where, std::string_view name, std::int64_t value,
                   std::int64_t least, std::int64_t most);
/// Throws InvalidArgument unless value is finite and lies in [least, most].
void check_between(std::string_view where, std::string_view name, double value, double least,
                   double most);
/// Throws InvalidArgument unless value is finite and > 0.
void check_positive(std::string_view where, std::string_view name, double value);
/// Throws InvalidArgument unless value is finite and >= 0.
void check_not_negative(std::string_view where, std::string_view name, double value);
/// Throws InvalidArgument unless value is finite.
void check_finite(std::string_view where, std::string_view name, double value);
/// Throws ShapeError unless got == expected.
void check_size(std::string_view where, std::string_view name, std::size_t got,
                std::size_t expected);

/// The error for a name that is not in a list: lists the valid names and suggests the nearest by
/// edit distance ("unknown schedule "liner": did you mean "linear"? valid: linear, trig, ...").
[[noreturn]] void throw_unknown_name(std::string_view where, std::string_view kind,
                                     std::string_view name, const std::vector<std::string>& valid);

}  // namespace pathflow
