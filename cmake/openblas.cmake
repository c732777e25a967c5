# The serial OpenBLAS: Weir calls it on slices from its own threads, and the threaded builds start threads when loaded.
find_path(OPENBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas-serial x86_64-linux-gnu/openblas-serial aarch64-linux-gnu/openblas-serial
          HINTS /usr/include/x86_64-linux-gnu/openblas-serial /usr/include/aarch64-linux-gnu/openblas-serial REQUIRED)
find_library(OPENBLAS_LIBRARY NAMES openblas PATH_SUFFIXES openblas-serial
             HINTS /usr/lib/x86_64-linux-gnu/openblas-serial /usr/lib/aarch64-linux-gnu/openblas-serial REQUIRED)
add_library(weir_openblas INTERFACE)
add_library(Weir::openblas ALIAS weir_openblas)
target_include_directories(weir_openblas INTERFACE $<BUILD_INTERFACE:${OPENBLAS_INCLUDE}>)
target_link_libraries(weir_openblas INTERFACE $<BUILD_INTERFACE:${OPENBLAS_LIBRARY}>)
