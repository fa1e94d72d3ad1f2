// Errors of the library: one exception type per ErrorCode, and the argument checks that raise them.
//
// Every message reads `where: rule, got value`, for example
//   `sample: steps must be at least 1, got 0`.
// Nothing in lib/pathflow prints or exits; faces (command, C ABI) turn an Error into text + code.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/base/decimal.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

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

/// Base of all errors. `where()` is the public function that refused. Texts are one line of UTF-8.
class Error : public std::runtime_error {
 public:
  /// what() becomes "where: what".
  Error(ErrorCode code, std::string_view where, std::string_view what);
  /// The kind, for programs.
  ErrorCode code() const noexcept { return code_; }
  /// The function that refused, as in the message.
  const std::string& where() const noexcept { return where_; }

 private:
  ErrorCode code_;
  std::string where_;
};

/// The exception of one code; catch it by its name below.
template <ErrorCode Code>
class ErrorOf : public Error {
 public:
  /// As Error.
  ErrorOf(std::string_view where, std::string_view what) : Error(Code, where, what) {}
};
/// The exceptions by name, one for each ErrorCode.
///@{
using InvalidArgument = ErrorOf<ErrorCode::kInvalidArgument>;
using ShapeError = ErrorOf<ErrorCode::kShape>;
using NumericError = ErrorOf<ErrorCode::kNumeric>;
using IoError = ErrorOf<ErrorCode::kIo>;
using DeviceError = ErrorOf<ErrorCode::kDevice>;
using Cancelled = ErrorOf<ErrorCode::kCancelled>;
using InternalError = ErrorOf<ErrorCode::kInternal>;
///@}

/// Decimal text of a whole number.
std::string to_text(std::int64_t value);

/// A text or a number that a message is made of. Holds a view: for use within one expression.
class MessagePart {
 public:
  /// A part of each type that messages hold. (Literals keep no length: it would be a store each.)
  ///@{
  MessagePart(const char* text) : kind_(Kind::kLiteral), literal_(text) {}             // NOLINT
  MessagePart(std::string_view text) : kind_(Kind::kText), text_(text) {}              // NOLINT
  MessagePart(const std::string& text) : MessagePart(std::string_view(text)) {}        // NOLINT
  MessagePart(double number) : kind_(Kind::kNumber), number_(number) {}                // NOLINT
  MessagePart(int number) : kind_(Kind::kInteger), integer_(number) {}                 // NOLINT
  MessagePart(long number) : kind_(Kind::kInteger), integer_(number) {}                // NOLINT
  MessagePart(long long number) : kind_(Kind::kInteger), integer_(number) {}           // NOLINT
  MessagePart(unsigned number) : kind_(Kind::kNatural), natural_(number) {}            // NOLINT
  MessagePart(unsigned long number) : kind_(Kind::kNatural), natural_(number) {}       // NOLINT
  MessagePart(unsigned long long number) : kind_(Kind::kNatural), natural_(number) {}  // NOLINT
  ///@}
  /// The text as it is, a number as to_text() writes it.
  std::string to_text() const;

 private:
  enum class Kind { kLiteral, kText, kNumber, kInteger, kNatural };
  Kind kind_;
  union {
    const char* literal_;
    std::string_view text_;
    double number_;
    std::int64_t integer_;
    std::uint64_t natural_;
  };
};

/// The parts as one text, and the parts added to a text.
///@{
std::string message(std::initializer_list<MessagePart> parts);
void append(std::string& text, std::initializer_list<MessagePart> parts);
///@}
/// Throws the error type of a code. One call without temporaries: in WebAssembly a message joined
/// with `+` costs several times its text, for every temporary string is destroyed twice.
///@{
[[noreturn]] void throw_error(ErrorCode code, std::string_view where,
                              std::initializer_list<MessagePart> what);
[[noreturn]] void throw_error(ErrorCode code, std::string_view where, std::string_view what);
///@}

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
/// edits, a swap too ("unknown schedule "liner": did you mean "linear"? valid: linear, trig, ...").
[[noreturn]] void throw_unknown_name(std::string_view where, std::string_view kind,
                                     std::string_view name, const std::vector<std::string>& valid);
/// Errors: throw_unknown_name() unless `name` is one of `valid`.
void check_name(std::string_view where, std::string_view kind, std::string_view name,
                const std::vector<std::string>& valid);

}  // namespace pathflow

#pragma GCC visibility pop  // public
