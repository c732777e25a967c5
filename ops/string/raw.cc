// Bytes as numbers: DecodeRaw, DecodePaddedRaw.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

// How many numbers a string has only data tells.
Status DecodeRawShape(ShapeContext& c) {
  c.set_output(0, Concatenate(c.input(0), PartialShape({kUnknownDim})));
  return {};
}

Status DecodePaddedRawShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  const auto size = static_cast<int64_t>(SizeOf(c.attr<DType>("out_type")));
  const std::optional<int64_t> length = c.scalar(1);
  if (length && Known(*length) && (*length == 0 || *length % size != 0))
    return InvalidArgument(fmt::format("has the fixed_length {}, no positive multiple of {}", *length, size));
  const Dim numbers = length && Known(*length) ? *length / size : kUnknownDim;
  c.set_output(0, Concatenate(c.input(0), PartialShape({numbers})));
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
  r.Add("DecodePaddedRaw")
      .Input("input_bytes: string").Input("fixed_length: int32").Output("output: out_type")
      .Attr("out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, bfloat16}")
      .Attr("little_endian: bool = true")
      .Doc("The first `fixed_length` bytes of each string, a multiple of a number's, as numbers along a new last axis; "
           "zeros stand for those that a string lacks.")
      .Shape(DecodePaddedRawShape)
      .NoGradient(kStrings);
}

}  // namespace weir
