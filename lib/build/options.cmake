# Every option of the build, with its default, and what cannot be asked for together. The table of
# lib/docs/building.md repeats the names and defaults; tests/install holds it to these lines.
set(_native ${PROJECT_IS_TOP_LEVEL})
set(_openmp ON)
if(EMSCRIPTEN)
  set(_native OFF)
  set(_openmp OFF)
endif()
option(PATHFLOW_STATIC "Build libpathflow.a" ON)
option(PATHFLOW_SHARED "Build libpathflow.so, with only the public interface visible"
       ${BUILD_SHARED_LIBS})
option(PATHFLOW_CLI "Build the pathflow command (CLI11, fmt, cairo)" ${_native})
option(PATHFLOW_TESTS "Build the GoogleTest suite" ${PROJECT_IS_TOP_LEVEL})
option(PATHFLOW_BENCH "Build the benchmarks (Google Benchmark)" OFF)
option(PATHFLOW_FUZZ "Build the fuzzers (clang's libFuzzer); the preset fuzz sets it" OFF)
option(PATHFLOW_OPENMP "Use threads through OpenMP; results do not depend on it" ${_openmp})
option(PATHFLOW_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})
option(PATHFLOW_INSTALL "Make install rules: the library, its headers, the command" ${_native})
if(EMSCRIPTEN)
  set(PATHFLOW_WASM_ISA simd CACHE STRING "WebAssembly features to use: scalar or simd")
  set_property(CACHE PATHFLOW_WASM_ISA PROPERTY STRINGS scalar simd)
endif()

# pathflow_refuse(condition... MESSAGE sentence): stops where the condition holds.
macro(pathflow_refuse)
  cmake_parse_arguments(_refuse "" "MESSAGE" "" ${ARGN})
  if(${_refuse_UNPARSED_ARGUMENTS})
    message(FATAL_ERROR "pathflow: ${_refuse_MESSAGE}")
  endif()
endmacro()

if(EMSCRIPTEN)
  pathflow_refuse(PATHFLOW_SHARED MESSAGE
    "PATHFLOW_SHARED is not for WebAssembly, which has no shared library here: pass -DPATHFLOW_SHARED=OFF.")
  pathflow_refuse(PATHFLOW_CLI MESSAGE
    "PATHFLOW_CLI is not for WebAssembly, the command runs natively: pass -DPATHFLOW_CLI=OFF.")
  pathflow_refuse(PATHFLOW_BENCH MESSAGE
    "PATHFLOW_BENCH is not for WebAssembly, npm run bench measures the module: pass -DPATHFLOW_BENCH=OFF.")
  pathflow_refuse(PATHFLOW_FUZZ MESSAGE
    "PATHFLOW_FUZZ is not for WebAssembly, libFuzzer runs natively: pass -DPATHFLOW_FUZZ=OFF.")
  pathflow_refuse(PATHFLOW_OPENMP MESSAGE
    "PATHFLOW_OPENMP is not for WebAssembly, which runs on one thread: pass -DPATHFLOW_OPENMP=OFF.")
  pathflow_refuse(PATHFLOW_INSTALL MESSAGE
    "PATHFLOW_INSTALL is not for WebAssembly, whose package is npm's: pass -DPATHFLOW_INSTALL=OFF.")
  pathflow_refuse(NOT PATHFLOW_WASM_ISA MATCHES "^(scalar|simd)$" MESSAGE
    "PATHFLOW_WASM_ISA must be scalar or simd, got \"${PATHFLOW_WASM_ISA}\".")
else()
  pathflow_refuse(DEFINED PATHFLOW_WASM_ISA MESSAGE
    "PATHFLOW_WASM_ISA is for WebAssembly alone: use a wasm preset, or leave it out.")
endif()
pathflow_refuse(NOT PATHFLOW_STATIC AND NOT PATHFLOW_SHARED MESSAGE
  "PATHFLOW_STATIC and PATHFLOW_SHARED are both off, so there is no library: turn one on.")
