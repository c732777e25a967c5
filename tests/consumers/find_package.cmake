include(${SOURCE}/steps.cmake)
set(prefix ${BUILD}/moved_for_find_package)
install_moved(${prefix})
file(REMOVE_RECURSE ${BUILD}/find_package)
run(${CMAKE_COMMAND} -S ${SOURCE}/find_package -B ${BUILD}/find_package -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
    -DCMAKE_CXX_FLAGS=${flags} -DCMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${BUILD}/find_package)
run(${BUILD}/find_package/consumer)
run(${BUILD}/find_package/custom_op)
# The examples that came with the package are a project of their own.
file(GLOB_RECURSE examples ${prefix}/share/CMakeLists.txt)
get_filename_component(examples ${examples} DIRECTORY)
file(REMOVE_RECURSE ${BUILD}/examples)
run(${CMAKE_COMMAND} -S ${examples} -B ${BUILD}/examples -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
    -DCMAKE_CXX_FLAGS=${flags} -DCMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${BUILD}/examples --target linear)
run(${BUILD}/examples/linear)
