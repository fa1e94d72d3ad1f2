# Finds what the library builds with, or refuses with the package and the option that would help.
# Header-only packages are installed for the host by Debian and used for WASM too.
function(pathflow_require_header target header debian_package)
  # CMAKE_FIND_ROOT_PATH_BOTH: under Emscripten the host's /usr/include holds header-only packages.
  find_path(PATHFLOW_${target}_INCLUDE ${header} PATH_SUFFIXES eigen3
            PATHS /usr/include /usr/include/eigen3 NO_CMAKE_FIND_ROOT_PATH)
  if(NOT PATHFLOW_${target}_INCLUDE)
    message(FATAL_ERROR "pathflow: ${header} was not found. Install Debian's ${debian_package}, or "
                        "pass -DPATHFLOW_${target}_INCLUDE=/path/that/holds/it.")
  endif()
endfunction()

pathflow_require_header(EIGEN Eigen/Core libeigen3-dev)
pathflow_require_header(XTENSOR xtensor/xtensor.hpp libxtensor-dev)
pathflow_require_header(JSON nlohmann/json.hpp nlohmann-json3-dev)

# Under Emscripten /usr/include itself must not be on the include path (it would shadow the target's
# libc), so the headers are mirrored by links in the build tree.
set(_mirror ${CMAKE_BINARY_DIR}/include-mirror)
file(MAKE_DIRECTORY ${_mirror})
file(CREATE_LINK ${PATHFLOW_EIGEN_INCLUDE}/Eigen ${_mirror}/Eigen SYMBOLIC)
foreach(dir xtensor xtl)
  file(CREATE_LINK ${PATHFLOW_XTENSOR_INCLUDE}/${dir} ${_mirror}/${dir} SYMBOLIC)
endforeach()
file(CREATE_LINK ${PATHFLOW_JSON_INCLUDE}/nlohmann ${_mirror}/nlohmann SYMBOLIC)
add_library(pathflow_headers INTERFACE)
target_include_directories(pathflow_headers SYSTEM INTERFACE $<BUILD_INTERFACE:${_mirror}>)

if(PATHFLOW_OPENMP AND NOT EMSCRIPTEN)
  find_package(OpenMP COMPONENTS CXX)
  if(NOT OpenMP_CXX_FOUND)
    message(FATAL_ERROR "pathflow: OpenMP was not found. Install libgomp1 with gcc or libomp-dev "
                        "with clang, or pass -DPATHFLOW_OPENMP=OFF to run on one thread.")
  endif()
endif()
