# What Weir stands on, all of it in Debian 12 (tools/install_packages). Nothing of it shows in the public headers.
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
find_library(SNAPPY snappy REQUIRED)

add_library(weir_dependencies INTERFACE)
target_link_libraries(weir_dependencies INTERFACE fmt::fmt PkgConfig::HWY PkgConfig::ISAL PkgConfig::ZIP Threads::Threads ${CMAKE_DL_LIBS})
# Those that others bring into a process in other versions: linked by libweir_deps.so alone (graph/base/deps.h).
add_library(weir_wire_dependencies INTERFACE)
target_link_libraries(weir_wire_dependencies INTERFACE protobuf::libprotobuf fmt::fmt PkgConfig::RE2 ${SNAPPY})
