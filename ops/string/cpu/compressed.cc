// Kernel of DecodeCompressed.
#include "weir/ops/string/cpu/texts.h"
#include "weir/runtime/io/stream.h"

namespace weir {

namespace {

Status PrepareDecodeCompressed(PrepareContext& c) {
  const auto name = c.attr<std::string>("compression_type");
  if (!name.empty() && name != "ZLIB" && name != "GZIP") return InvalidArgument("cannot decompress this type");
  const Compression type =
      name.empty() ? Compression::kNone : name == "ZLIB" ? Compression::kZlib : Compression::kGzip;
  return SetTextMap<std::string>(c, [type](const std::string& bytes, std::string* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(*out, io::Decompressed(bytes, type, memory::budget() - memory::bytes_in_use()));
    return {};
  });
}

}  // namespace

void RegisterStringCompressedKernels(KernelRegistry& r) { r.Add("DecodeCompressed", PrepareDecodeCompressed); }

}  // namespace weir
