# The library that others link: all rooms in one, static (pathflow_static), shared (pathflow_shared)
# or both from the same objects. pathflow::pathflow is the shared one where BUILD_SHARED_LIBS asks for
# it or there is no other, installed or added as a folder.
set(_objects "")
foreach(room ${PATHFLOW_ROOMS})
  get_target_property(kind pathflow_${room} TYPE)
  if(NOT kind STREQUAL "INTERFACE_LIBRARY")
    list(APPEND _objects $<TARGET_OBJECTS:pathflow_${room}>)
  endif()
endforeach()

# pathflow_library(kind): its target, alias and what users of it need.
function(pathflow_library kind)
  string(TOUPPER ${kind} type)
  add_library(pathflow_${kind} ${type} ${_objects})
  add_library(pathflow::${kind} ALIAS pathflow_${kind})
  set_target_properties(pathflow_${kind} PROPERTIES OUTPUT_NAME pathflow EXPORT_NAME ${kind}
                        LINKER_LANGUAGE CXX)
  target_compile_features(pathflow_${kind} PUBLIC cxx_std_20)
  target_include_directories(pathflow_${kind} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>
                             $<BUILD_INTERFACE:${PATHFLOW_GENERATED}> $<INSTALL_INTERFACE:include>)
  target_include_directories(pathflow_${kind} SYSTEM PUBLIC $<BUILD_INTERFACE:${_mirror}>)
  target_link_libraries(pathflow_${kind} PUBLIC $<INSTALL_INTERFACE:xtensor>)
  if(TARGET OpenMP::OpenMP_CXX)
    target_link_libraries(pathflow_${kind} PUBLIC OpenMP::OpenMP_CXX)
  endif()
endfunction()

if(PATHFLOW_STATIC)
  pathflow_library(static)
  set(_preferred pathflow_static)
endif()
if(PATHFLOW_SHARED)
  pathflow_library(shared)
  set(_map ${PROJECT_SOURCE_DIR}/lib/build/symbols.map)
  target_link_options(pathflow_shared PRIVATE -Wl,--version-script,${_map} -Wl,--no-undefined)
  # While the major is 0 a minor may break callers, so both are the soname's.
  set_target_properties(pathflow_shared PROPERTIES LINK_DEPENDS ${_map} VERSION ${PROJECT_VERSION}
                        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(BUILD_SHARED_LIBS OR NOT PATHFLOW_STATIC)
    set(_preferred pathflow_shared)
  endif()
endif()
add_library(pathflow::pathflow ALIAS ${_preferred})
add_custom_target(pathflow DEPENDS $<$<BOOL:${PATHFLOW_STATIC}>:pathflow_static>
                                   $<$<BOOL:${PATHFLOW_SHARED}>:pathflow_shared>)
