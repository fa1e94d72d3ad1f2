# Toolchain file of the wasm presets: the emsdk of EMSDK where it is set, else Debian's emscripten.
set(_platform cmake/Modules/Platform/Emscripten.cmake)
set(_candidates /usr/share/emscripten/${_platform})
if(DEFINED ENV{EMSDK})
  list(PREPEND _candidates $ENV{EMSDK}/upstream/emscripten/${_platform})
endif()
foreach(_candidate ${_candidates})
  if(EXISTS ${_candidate})
    include(${_candidate})
    return()
  endif()
endforeach()
message(FATAL_ERROR "pathflow: no Emscripten was found. Install Debian's emscripten, or set EMSDK to "
                    "the folder of an activated emsdk.")
