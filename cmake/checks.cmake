# Tests of the repository itself.
add_test(NAME check_layers COMMAND ${PROJECT_SOURCE_DIR}/tools/check_layers)
add_subdirectory(tests/consumers)
if(WEIR_BUILD_EXAMPLES)
  add_subdirectory(tests/examples)
endif()
