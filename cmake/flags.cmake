# Flags of every target of the project; none of it leaks to those who link Weir.
add_library(weir_flags INTERFACE)
target_compile_features(weir_flags INTERFACE cxx_std_20)
# Why no contraction: a product and a sum must round alike in every kernel, for any instruction set.
target_compile_options(weir_flags INTERFACE -ffp-contract=off -fno-math-errno
                       -Wall -Wextra -Wno-missing-field-initializers)
if(WEIR_SANITIZE)
  target_compile_options(weir_flags INTERFACE
                         -fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(weir_flags INTERFACE -fsanitize=${WEIR_SANITIZE})
  target_compile_definitions(weir_flags INTERFACE WEIR_SANITIZED)
  if(WEIR_SANITIZE MATCHES thread)
    target_compile_definitions(weir_flags INTERFACE WEIR_THREAD_SANITIZER)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
