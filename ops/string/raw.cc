// DecodeRaw: bytes as numbers.
#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

// How many numbers a string has only data tells.
Status DecodeRawShape(ShapeContext& c) {
  c.set_output(0, Concatenate(c.input(0), PartialShape({kUnknownDim})));
  return {};
}

}  // namespace

void RegisterStringRawOps(OpRegistry& r) {
  r.Add("DecodeRaw")
      .Input("bytes: string").Output("output: out_type")
      .Attr("out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, complex64, complex128, bool, "
            "bfloat16}")
      .Attr("little_endian: bool = true")
      .Doc("The bytes of each string as numbers along a new last axis. All strings have one length, a multiple of a "
           "number's. A byte that is not 0 is true.")
      .Shape(DecodeRawShape)
      .NoGradient(kStrings);
}

}  // namespace weir
