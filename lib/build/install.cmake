# The public target pathflow::pathflow, the same whether the project was added as a folder or found
# installed: all rooms in one library, their headers, and xtensor, which the headers speak.
set(_objects "")
foreach(room ${PATHFLOW_ROOMS})
  get_target_property(kind pathflow_${room} TYPE)
  if(NOT kind STREQUAL "INTERFACE_LIBRARY")
    list(APPEND _objects $<TARGET_OBJECTS:pathflow_${room}>)
  endif()
endforeach()
add_library(pathflow STATIC ${_objects})
add_library(pathflow::pathflow ALIAS pathflow)
set_target_properties(pathflow PROPERTIES LINKER_LANGUAGE CXX)
target_compile_features(pathflow PUBLIC cxx_std_20)
target_include_directories(pathflow PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>
                                           $<INSTALL_INTERFACE:include>)
target_include_directories(pathflow SYSTEM PUBLIC $<BUILD_INTERFACE:${_mirror}>)
target_link_libraries(pathflow PUBLIC $<INSTALL_INTERFACE:xtensor>)
if(TARGET OpenMP::OpenMP_CXX)
  target_link_libraries(pathflow PUBLIC OpenMP::OpenMP_CXX)
endif()

if(NOT PATHFLOW_INSTALL OR EMSCRIPTEN)
  return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/pathflow)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/pathflowConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/pathflowConfig.cmake
                              INSTALL_DESTINATION ${_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pathflowConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(TARGETS pathflow EXPORT pathflow ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT pathflow NAMESPACE pathflow:: FILE pathflowTargets.cmake DESTINATION ${_package})
install(FILES ${PROJECT_BINARY_DIR}/pathflowConfig.cmake
              ${PROJECT_BINARY_DIR}/pathflowConfigVersion.cmake DESTINATION ${_package})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/lib/pathflow DESTINATION include
        FILES_MATCHING PATTERN "*.hpp")
