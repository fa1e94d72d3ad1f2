# cmake --install: the library with its public headers, for find_package and pkg-config, and the
# command. Nothing in it names the prefix, which can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/pathflow)
foreach(kind static shared)
  if(TARGET pathflow_${kind})
    # A file for each kind, so that find_package defines those that are there.
    install(TARGETS pathflow_${kind} EXPORT pathflow_${kind}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT pathflow_${kind} NAMESPACE pathflow:: FILE pathflow_${kind}.cmake
            DESTINATION ${_package})
  endif()
endforeach()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/pathflowConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/pathflowConfig.cmake
                              INSTALL_DESTINATION ${_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pathflowConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pathflowConfig.cmake
              ${PROJECT_BINARY_DIR}/pathflowConfigVersion.cmake DESTINATION ${_package})

# pkg-config: the archive needs what it links; the shared library has it linked already.
file(RELATIVE_PATH _to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" _to_prefix ${_to_prefix})
set(_threads "")
if(TARGET OpenMP::OpenMP_CXX)
  set(_threads ${OpenMP_CXX_FLAGS})
endif()
set(_libs "-lpathflow")
set(_private_libs ${_threads})
if(NOT PATHFLOW_SHARED)
  string(APPEND _libs " ${_threads}")
  set(_private_libs "")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/pathflow.pc.in ${PROJECT_BINARY_DIR}/pathflow.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pathflow.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Public headers are those that mark what they declare as visible. The others stay here: a public one
# includes only public ones (a test compiles each alone).
file(GLOB_RECURSE _headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/lib
     ${PROJECT_SOURCE_DIR}/lib/pathflow/*.hpp)
foreach(header ${_headers})
  file(STRINGS ${PROJECT_SOURCE_DIR}/lib/${header} marked REGEX "^#pragma GCC visibility push")
  if(marked)
    cmake_path(GET header PARENT_PATH folder)
    install(FILES ${PROJECT_SOURCE_DIR}/lib/${header} DESTINATION include/${folder}
            COMPONENT headers)
  endif()
endforeach()
install(FILES ${PATHFLOW_GENERATED}/pathflow/base/version.hpp DESTINATION include/pathflow/base
        COMPONENT headers)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET pathflow_command)
  install(TARGETS pathflow_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
