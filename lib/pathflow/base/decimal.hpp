// Decimal text of doubles and back, exactly, in integer arithmetic. The C library's own would bring
// formatted printing with 128-bit floating point, a tenth of the WebAssembly module.
#pragma once

#include <string>
#include <string_view>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow {

/// Shortest text of a number that reads back as the same double; of the shortest, the nearest. An
/// exponent is written below 1e-4 and from 1e16 on: "0.001", "65536", "1e-08", "inf", "nan".
std::string to_text(double value);

/// Reads [-]digits[.digits][e[+-]digits], all of `text`, rounded to the nearest double (a tie to
/// the even one; infinity where it is too large). Returns false, leaving `value`, for other text.
bool read_double(std::string_view text, double& value);

}  // namespace pathflow

#pragma GCC visibility pop  // public
