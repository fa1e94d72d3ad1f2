# Finds what the library builds with, or refuses with the package and the option that would help.
# Header-only packages are installed for the host by Debian and used for WASM too.
function(pathflow_require_header target header debian_package)
  # NO_CMAKE_FIND_ROOT_PATH: under Emscripten the host's /usr/include holds header-only packages.
  find_path(PATHFLOW_${target}_INCLUDE ${header} PATH_SUFFIXES eigen3
            PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
  mark_as_advanced(PATHFLOW_${target}_INCLUDE)
  if(NOT PATHFLOW_${target}_INCLUDE)
    message(FATAL_ERROR "pathflow: ${header} was not found. Install Debian's ${debian_package}, or "
                        "pass -DPATHFLOW_${target}_INCLUDE=/path/that/holds/it.")
  endif()
endfunction()

pathflow_require_header(EIGEN Eigen/Core libeigen3-dev)
pathflow_require_header(XTENSOR xtensor/xtensor.hpp libxtensor-dev)
pathflow_require_header(XTL xtl/xsequence.hpp libxtensor-dev)
if(PATHFLOW_TESTS OR (PATHFLOW_CLI AND NOT EMSCRIPTEN))  # the library reads JSON by itself
  pathflow_require_header(JSON nlohmann/json.hpp nlohmann-json3-dev)
endif()

# Under Emscripten /usr/include itself must not be on the include path (it would shadow the target's
# libc), so the headers are mirrored by links in the build tree.
set(_mirror ${PROJECT_BINARY_DIR}/include-mirror)
file(MAKE_DIRECTORY ${_mirror})
file(CREATE_LINK ${PATHFLOW_EIGEN_INCLUDE}/Eigen ${_mirror}/Eigen SYMBOLIC)
file(CREATE_LINK ${PATHFLOW_XTENSOR_INCLUDE}/xtensor ${_mirror}/xtensor SYMBOLIC)
file(CREATE_LINK ${PATHFLOW_XTL_INCLUDE}/xtl ${_mirror}/xtl SYMBOLIC)
if(PATHFLOW_JSON_INCLUDE)
  file(CREATE_LINK ${PATHFLOW_JSON_INCLUDE}/nlohmann ${_mirror}/nlohmann SYMBOLIC)
endif()
add_library(pathflow_headers INTERFACE)
target_include_directories(pathflow_headers SYSTEM INTERFACE $<BUILD_INTERFACE:${_mirror}>)

if(PATHFLOW_OPENMP)
  find_package(OpenMP COMPONENTS CXX)
  if(NOT OpenMP_CXX_FOUND)
    message(FATAL_ERROR "pathflow: OpenMP was not found. Install libgomp1 with gcc or libomp-dev "
                        "with clang, or pass -DPATHFLOW_OPENMP=OFF to run on one thread.")
  endif()
endif()

# What only the pathflow command uses.
if(PATHFLOW_CLI)
  foreach(package CLI11 fmt)
    find_package(${package} QUIET)
    if(NOT ${package}_FOUND)
      string(TOLOWER lib${package}-dev debian_package)
      message(FATAL_ERROR "pathflow: ${package} was not found, which the pathflow command needs. "
                          "Install Debian's ${debian_package}, point -D${package}_DIR at its "
                          "package file, or pass -DPATHFLOW_CLI=OFF to build the library alone.")
    endif()
  endforeach()
  # cairo draws the figures: anti-aliased shapes, text and PNG (through libpng). It has no package
  # file for CMake.
  find_path(PATHFLOW_CAIRO_INCLUDE cairo.h PATH_SUFFIXES cairo)
  find_library(PATHFLOW_CAIRO_LIBRARY cairo)
  mark_as_advanced(PATHFLOW_CAIRO_INCLUDE PATHFLOW_CAIRO_LIBRARY)
  if(NOT PATHFLOW_CAIRO_INCLUDE OR NOT PATHFLOW_CAIRO_LIBRARY)
    message(FATAL_ERROR "pathflow: cairo was not found, which draws the figures of the pathflow "
                        "command. Install Debian's libcairo2-dev, pass -DPATHFLOW_CAIRO_INCLUDE="
                        "/path/that/holds/cairo.h and -DPATHFLOW_CAIRO_LIBRARY=/path/to/libcairo.so, "
                        "or pass -DPATHFLOW_CLI=OFF to build the library alone.")
  endif()
  add_library(pathflow_cairo INTERFACE)
  target_include_directories(pathflow_cairo SYSTEM INTERFACE ${PATHFLOW_CAIRO_INCLUDE})
  target_link_libraries(pathflow_cairo INTERFACE ${PATHFLOW_CAIRO_LIBRARY})
endif()

# GoogleTest: the installed library natively, its sources under Emscripten.
if(PATHFLOW_TESTS)
  set(PATHFLOW_GTEST_SOURCE /usr/src/googletest CACHE PATH "GoogleTest's sources, for WASM tests")
  if(NOT EMSCRIPTEN)
    find_package(GTest QUIET)
    if(NOT GTest_FOUND)
      message(FATAL_ERROR "pathflow: GoogleTest was not found. Install Debian's libgtest-dev, point "
                          "-DGTest_DIR at its package file, or pass -DPATHFLOW_TESTS=OFF.")
    endif()
  elseif(NOT EXISTS ${PATHFLOW_GTEST_SOURCE}/CMakeLists.txt)
    message(FATAL_ERROR "pathflow: no GoogleTest sources in ${PATHFLOW_GTEST_SOURCE}. Install "
                        "Debian's googletest, pass -DPATHFLOW_GTEST_SOURCE=/path/to/googletest, or "
                        "-DPATHFLOW_TESTS=OFF.")
  endif()
endif()
