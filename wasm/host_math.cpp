// The elementary functions of double that <cmath> promises, taken from JavaScript's Math: it has
// them all, and the C library's would bring 5 KB of code and 4.5 KB of tables (gzipped). Only the
// npm module's file is linked with these; the tests in WebAssembly run on the C library's.
// lib/docs/numerics.md says which results go through them.
#define PATHFLOW_FROM_HOST(name, parameters, ...)                                          \
  __attribute__((import_module("env"), import_name(#name))) double host_##name parameters; \
  double name parameters { return host_##name(__VA_ARGS__); }

extern "C" {
PATHFLOW_FROM_HOST(atan, (double x), x)
PATHFLOW_FROM_HOST(atan2, (double y, double x), y, x)
PATHFLOW_FROM_HOST(cos, (double x), x)
PATHFLOW_FROM_HOST(exp, (double x), x)
PATHFLOW_FROM_HOST(expm1, (double x), x)
PATHFLOW_FROM_HOST(hypot, (double x, double y), x, y)
PATHFLOW_FROM_HOST(log, (double x), x)
PATHFLOW_FROM_HOST(log1p, (double x), x)
PATHFLOW_FROM_HOST(log2, (double x), x)
PATHFLOW_FROM_HOST(pow, (double x, double y), x, y)
PATHFLOW_FROM_HOST(sin, (double x), x)
PATHFLOW_FROM_HOST(tan, (double x), x)
PATHFLOW_FROM_HOST(tanh, (double x), x)
}
