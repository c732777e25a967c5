// Ops between bytes and their web-safe Base64: EncodeBase64, DecodeBase64.
#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

void RegisterStringBase64Ops(OpRegistry& r) {
  r.Add("EncodeBase64")
      .Input("input: string").Output("output: string").Attr("pad: bool = false")
      .Doc("Each string in web-safe Base64 (- and _ for 62 and 63); `pad` fills up with = to a multiple of 4.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
  r.Add("DecodeBase64")
      .Input("input: string").Output("output: string")
      .Doc("The bytes that each string spells in web-safe Base64, padded or not; an error for one that spells none.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
}

}  // namespace weir
