# What Weir stands on, all of it in Debian 12 (tools/install_packages). Nothing of it shows in the public headers.
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)
find_library(SNAPPY snappy REQUIRED)

# The serial OpenBLAS: Weir calls it on slices from its own threads, and the threaded builds start threads when loaded.
set(places openblas-serial x86_64-linux-gnu/openblas-serial aarch64-linux-gnu/openblas-serial)
find_path(OPENBLAS_INCLUDE cblas.h PATH_SUFFIXES ${places} HINTS /usr/include NO_DEFAULT_PATH)
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES ${places} HINTS /usr/lib NO_DEFAULT_PATH)
if(NOT OPENBLAS_LIBRARY)  # no Debian: whatever there is
  find_path(OPENBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas REQUIRED)
  find_library(OPENBLAS_LIBRARY openblas REQUIRED)
endif()
get_filename_component(OPENBLAS_DIR ${OPENBLAS_LIBRARY} DIRECTORY)

add_library(weir_dependencies INTERFACE)
target_include_directories(weir_dependencies INTERFACE ${OPENBLAS_INCLUDE})
target_link_libraries(weir_dependencies INTERFACE protobuf::libprotobuf fmt::fmt PkgConfig::HWY PkgConfig::ISAL PkgConfig::ZIP
                      ${SNAPPY} ${OPENBLAS_LIBRARY} Threads::Threads)
