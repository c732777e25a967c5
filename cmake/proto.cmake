# The wire-compatible messages, generated from proto/*.proto. File names carry the prefix weir/proto/ so that they clash
# with nobody's when TensorFlow or another user of protobuf is linked into the same process.
file(GLOB protos CONFIGURE_DEPENDS proto/*.proto)
set(proto_out ${CMAKE_CURRENT_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${proto_out}/weir/proto)
set(proto_sources)
foreach(proto ${protos})
  get_filename_component(name ${proto} NAME_WE)
  add_custom_command(
    OUTPUT ${proto_out}/weir/proto/${name}.pb.cc ${proto_out}/weir/proto/${name}.pb.h
    COMMAND protobuf::protoc --proto_path=${weir_include} --cpp_out=${proto_out} weir/proto/${name}.proto
    DEPENDS ${protos})
  list(APPEND proto_sources ${proto_out}/weir/proto/${name}.pb.cc)
endforeach()
add_library(weir_proto STATIC ${proto_sources})
set_target_properties(weir_proto PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(weir_proto PUBLIC ${proto_out})
target_link_libraries(weir_proto PUBLIC protobuf::libprotobuf)
if(WEIR_SANITIZE)
  target_link_libraries(weir_proto PRIVATE weir_flags)
  # Why undefined: protobuf's headers lay out maps in another way under it than Debian's libprotobuf was built with.
  target_compile_options(weir_proto PUBLIC -U__SANITIZE_THREAD__)
endif()
