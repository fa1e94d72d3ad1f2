# std::sqrt that may set errno is a call on every negative argument, and keeps GCC from vectorising
# the loops over pairs; values are the same.
set_source_files_properties(${folder}/distances.cpp PROPERTIES COMPILE_OPTIONS -fno-math-errno)
