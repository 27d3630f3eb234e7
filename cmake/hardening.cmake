# What a program that holds hostile code behind it owes its user.
add_library(belljar_hardening INTERFACE)
target_compile_options(belljar_hardening INTERFACE -fstack-protector-strong -fcf-protection=full)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT BELLJAR_SANITIZE)
  target_compile_definitions(belljar_hardening INTERFACE _FORTIFY_SOURCE=2)
endif()
target_compile_definitions(belljar_hardening INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(belljar_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
