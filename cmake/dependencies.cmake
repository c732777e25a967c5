# What Weir stands on, all of it in Debian 12 (tools/install_packages). Nothing of it shows in the public headers.
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
pkg_check_modules(GIF REQUIRED IMPORTED_TARGET libgif)
find_library(SNAPPY snappy REQUIRED)
# The serial OpenBLAS (libopenblas-serial-dev): LAPACK of the linalg family. Debian keeps its builds in folders of their
# own and the one that the system prefers may start threads, so the folder is named, when linking and when running.
set(places openblas-serial x86_64-linux-gnu/openblas-serial aarch64-linux-gnu/openblas-serial)
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES ${places} HINTS /usr/lib REQUIRED)
get_filename_component(OPENBLAS_DIR ${OPENBLAS_LIBRARY} DIRECTORY)

add_library(weir_dependencies INTERFACE)
target_link_libraries(weir_dependencies INTERFACE fmt::fmt PkgConfig::HWY PkgConfig::ISAL PkgConfig::ZIP
                      Threads::Threads ${OPENBLAS_LIBRARY} ${CMAKE_DL_LIBS})
# Those that others bring into a process in other versions: linked by libweir_deps.so alone (graph/base/deps.h).
add_library(weir_wire_dependencies INTERFACE)
target_link_libraries(weir_wire_dependencies INTERFACE protobuf::libprotobuf fmt::fmt PkgConfig::RE2 PkgConfig::PNG
                      PkgConfig::JPEG PkgConfig::GIF ${SNAPPY})
