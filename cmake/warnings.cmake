# Every warning is an error; the list is the one both compilers of Debian 12 keep clean.
add_library(belljar_warnings INTERFACE)
target_compile_options(belljar_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Werror)
# Result's TRY is a statement expression, which __extension__ marks for g++ alone.
target_compile_options(belljar_warnings INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression>)
# g++ 12 reports inlined std::string copies as overlapping (GCC bug 105651) and the unused members of a std::variant as
# uninitialized (bug 105562), and bounds of short strings as broken (bug 105329).
target_compile_options(belljar_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>)
