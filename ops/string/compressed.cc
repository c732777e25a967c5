// DecodeCompressed: what bytes hold compressed.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

// The kernel checks the same, but graphs are told while they are built.
Status DecodeCompressedShape(ShapeContext& c) {
  const auto type = c.attr<std::string>("compression_type");
  if (type.empty() || type == "ZLIB" || type == "GZIP") return UnchangedShape(c);
  return InvalidArgument(fmt::format("cannot decompress '{:.100}'", type)).Help("there are 'ZLIB', 'GZIP' and ''");
}

}  // namespace

void RegisterStringCompressedOps(OpRegistry& r) {
  r.Add("DecodeCompressed")
      .Input("bytes: string").Output("output: string").Attr("compression_type: string = ''")
      .Doc("What each string holds compressed, as compression_type says: 'ZLIB', 'GZIP', or '' for not at all.")
      .Shape(DecodeCompressedShape)
      .NoGradient(kStrings);
}

}  // namespace weir
