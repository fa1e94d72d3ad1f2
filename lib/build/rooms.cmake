# One library a room; a room links only rooms listed before it (DESIGN section 1).
add_library(pathflow_flags INTERFACE)
target_compile_options(pathflow_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                       -ffp-contract=off $<$<BOOL:${PATHFLOW_WERROR}>:-Werror>)
set(PATHFLOW_GENERATED ${PROJECT_BINARY_DIR}/include)
configure_file(${PROJECT_SOURCE_DIR}/lib/build/version.hpp.in
               ${PATHFLOW_GENERATED}/pathflow/base/version.hpp @ONLY)
target_include_directories(pathflow_flags INTERFACE ${PROJECT_SOURCE_DIR}/lib ${PATHFLOW_GENERATED})
target_link_libraries(pathflow_flags INTERFACE pathflow_headers)
if(TARGET OpenMP::OpenMP_CXX)
  target_link_libraries(pathflow_flags INTERFACE OpenMP::OpenMP_CXX)
endif()

if(EMSCRIPTEN)
  set(_isa_flags -fwasm-exceptions)
  if(PATHFLOW_WASM_ISA STREQUAL "simd")
    list(APPEND _isa_flags -msimd128)
  endif()
  target_compile_options(pathflow_flags INTERFACE ${_isa_flags})
  target_link_options(pathflow_flags INTERFACE ${_isa_flags})
  if(CMAKE_BUILD_TYPE STREQUAL "MinSizeRel")  # as the npm module: optimised as one program
    # At -Oz em++ marks what is not declared inline as never to be inlined. Inlining into minsize code is
    # careful anyway, and what it cannot see through costs more.
    target_compile_options(pathflow_flags INTERFACE -flto -fno-rtti -sINLINING_LIMIT=0)
  endif()
endif()

# Three fifths of the time a small source takes is the same headers: they are read once for all rooms.
# (-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON reads them in each: tests/install and npm run lint do.)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "")
add_library(pathflow_room_headers OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
target_link_libraries(pathflow_room_headers PRIVATE pathflow_flags)
target_precompile_headers(pathflow_room_headers PRIVATE <xtensor/xtensor.hpp> <algorithm> <cmath>
                          <limits> <memory> <span> <string> <string_view> <vector>)

# What the rooms' objects have in common, as precompiled headers need it.
function(pathflow_room_properties target)
  if(NOT EMSCRIPTEN)  # there it would only put an indirection before every function pointer
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON
                          CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  endif()
endfunction()
pathflow_room_properties(pathflow_room_headers)

set(PATHFLOW_ROOMS "")
# pathflow_room(name rooms-it-may-know...)
function(pathflow_room name)
  set(folder ${PROJECT_SOURCE_DIR}/lib/pathflow/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  if(NOT sources)
    add_library(pathflow_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(pathflow_${name} STATIC ${sources})
    set(scope PUBLIC)
    pathflow_room_properties(pathflow_${name})
    if(NOT name MATCHES "^(base|cpu)$")  # those know no tensors, or many flags
      target_precompile_headers(pathflow_${name} REUSE_FROM pathflow_room_headers)
    endif()
  endif()
  target_link_libraries(pathflow_${name} ${scope} pathflow_flags)
  foreach(known ${ARGN})
    target_link_libraries(pathflow_${name} ${scope} pathflow_${known})
  endforeach()
  set(PATHFLOW_ROOMS ${PATHFLOW_ROOMS} ${name} PARENT_SCOPE)
endfunction()

pathflow_room(base)
pathflow_room(tensor base)
pathflow_room(graph tensor base)
pathflow_room(cpu graph tensor base)
# The float kernels of one instruction set each, picked when the program runs. -fno-math-errno makes a
# square root one instruction; -O3 because register tiles must be unrolled in full.
set(_cpu ${PROJECT_SOURCE_DIR}/lib/pathflow/cpu)
set(_kernel_flags -fno-math-errno $<$<NOT:$<CONFIG:Debug>>:-O3>)
if(EMSCRIPTEN AND CMAKE_BUILD_TYPE STREQUAL "MinSizeRel")
  list(APPEND _kernel_flags -sINLINING_LIMIT=1)
endif()
set_source_files_properties(${_cpu}/isa_baseline.cpp PROPERTIES COMPILE_OPTIONS "${_kernel_flags}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND NOT EMSCRIPTEN)
  set(_avx2 ${_kernel_flags} -mavx2 -mfma)
  set_source_files_properties(${_cpu}/isa_avx2.cpp PROPERTIES COMPILE_OPTIONS "${_avx2}")
  set_source_files_properties(${_cpu}/isa_avx512.cpp PROPERTIES COMPILE_OPTIONS
                              "${_avx2};-mavx512f;-mavx512dq;-mavx512bw;-mavx512vl")
  target_compile_definitions(pathflow_cpu PRIVATE PATHFLOW_X86_DISPATCH)
endif()
# Eigen's own threads would follow the machine; kernels cut their work themselves.
target_compile_definitions(pathflow_cpu PRIVATE EIGEN_DONT_PARALLELIZE)
pathflow_room(io tensor base)
pathflow_room(data io tensor base)
pathflow_room(nn cpu graph tensor base)
pathflow_room(path tensor base)
pathflow_room(sample path tensor base)
pathflow_room(density sample path tensor base)
pathflow_room(metric path tensor base)
# Without these GCC vectorises no loop over pairs that takes a square root or an exponential; the
# values are the same.
set_source_files_properties(${PROJECT_SOURCE_DIR}/lib/pathflow/metric/distances.cpp PROPERTIES
                            SKIP_PRECOMPILE_HEADERS ON
                            COMPILE_OPTIONS "-fno-math-errno;-fno-trapping-math")
pathflow_room(train metric density sample path nn data io cpu graph tensor base)

# CMAKE_UNITY_BUILD is for rooms that seldom change: where methods are written, each in a small file,
# files repeat the names of their helpers and compile alone. So do those that have a neighbour's names,
# one of which gcc warns when it is included, and the device, which the module compiles its own way.
foreach(room path sample density train)
  set_target_properties(pathflow_${room} PROPERTIES UNITY_BUILD OFF)
endforeach()
foreach(file cpu/device cpu/device_movement data/font data/strokes data/text io/npy io/safetensors
             io/safetensors_header)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/lib/pathflow/${file}.cpp PROPERTIES
                              SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()

# The npm module is built for size (MinSizeRel); what a step or a read-out waits for is not. There only
# what is declared inline is inlined: the rest took 5 KB more, and the loops are as fast without.
if(EMSCRIPTEN AND CMAKE_BUILD_TYPE STREQUAL "MinSizeRel")
  foreach(file base/random base/elementary density/fokker_planck path/assignment metric/distances train/batch)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/lib/pathflow/${file}.cpp PROPERTIES
                                SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "-O2;-sINLINING_LIMIT=1")
  endforeach()
endif()
