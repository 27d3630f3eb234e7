add_library(belljar_sanitizers INTERFACE)
if(BELLJAR_SANITIZE)
  target_compile_options(belljar_sanitizers INTERFACE -fsanitize=${BELLJAR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # clang 14 cannot put this check's data before a coroutine that it splits ("difference across sections").
  target_compile_options(belljar_sanitizers INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  target_link_options(belljar_sanitizers INTERFACE -fsanitize=${BELLJAR_SANITIZE})
  set(BELLJAR_STATIC OFF)
endif()
