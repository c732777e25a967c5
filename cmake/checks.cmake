# Tests of the repository itself.
add_test(NAME check_layers COMMAND ${PROJECT_SOURCE_DIR}/tools/check_layers)
add_test(NAME check_format COMMAND ${PROJECT_SOURCE_DIR}/tools/check_format)
add_test(NAME check_layers_test COMMAND ${PROJECT_SOURCE_DIR}/tests/tools/check_layers_test.sh)
add_subdirectory(tests/consumers)
if(WEIR_BUILD_EXAMPLES)
  add_subdirectory(tests/examples)
endif()
find_program(DOXYGEN doxygen)
if(DOXYGEN)
  add_test(NAME doxygen
           COMMAND sh -c "(cat docs/Doxyfile; echo OUTPUT_DIRECTORY=${PROJECT_BINARY_DIR}/doxygen) | ${DOXYGEN} -"
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()
