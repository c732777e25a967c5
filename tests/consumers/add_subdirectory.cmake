# Configures a project that contains Weir and compiles its program. Not the library again: that takes minutes and shows
# nothing that the main build does not.
include(${SOURCE}/steps.cmake)
file(REMOVE_RECURSE ${BUILD}/add_subdirectory)
run(${CMAKE_COMMAND} -S ${SOURCE}/add_subdirectory -B ${BUILD}/add_subdirectory -G Ninja -DCMAKE_CXX_COMPILER=${CXX}
    -DWEIR_SOURCE=${WEIR_SOURCE})
run(${CMAKE_COMMAND} --build ${BUILD}/add_subdirectory --target CMakeFiles/consumer.dir${SOURCE}/main.cc.o)
