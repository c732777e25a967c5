// The table of image_codecs.h. Compiled into libweir_deps.so.
#include "weir/runtime/io/codec/image_codecs.h"

namespace weir::io {

WEIR_DEPS_TABLE(ImageCodecs, weir_io_image_codecs) = {&codec::JpegSize,  &codec::ReadJpeg, &codec::JpegHeader,
                                                      &codec::WriteJpeg, &codec::PngSize,  &codec::ReadPng,
                                                      &codec::WritePng,  &codec::ReadGif};

}  // namespace weir::io
