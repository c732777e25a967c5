// Ops on the parts and the length of a text: Substr, StringLength, StringStrip.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

constexpr char kUnit[] = "unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'";

Status SubstrShape(ShapeContext& c) {
  auto at = MergeShapes(c.input(1), c.input(2));
  if (!at.ok()) {
    return InvalidArgument(fmt::format("is given positions {} and lengths {}", c.Describe(1), c.Describe(2)))
        .Detail(at.status().message());
  }
  auto out = BroadcastShapes(c.input(0), *at);
  if (!out.ok()) {
    return InvalidArgument(fmt::format("cannot broadcast texts {} and positions {}", c.Describe(0), at->ToString()))
        .Detail(out.status().message());
  }
  c.set_output(0, *std::move(out));
  return {};
}

}  // namespace

void RegisterStringPartOps(OpRegistry& r) {
  r.Add("Substr")
      .Input("input: string").Input("pos: T").Input("len: T").Output("output: string")
      .Attr("T: {int32, int64}").Attr(kUnit)
      .Doc("Of each text `len` bytes or characters of UTF-8 from `pos` on, which counts from the end where it is "
           "negative; what there is of them where the text is shorter. pos and len have one shape, which broadcasts "
           "with the input's. A position outside the text is an error. A negative length is that of the rest of "
           "bytes, none of characters from the front, an error of characters from the end.")
      .Shape(SubstrShape)
      .NoGradient(kStrings);
  r.Add("StringLength")
      .Input("input: string").Output("output: int32").Attr(kUnit)
      .Doc("How many bytes or characters of UTF-8 each text has.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
  r.Add("StringStrip")
      .Input("input: string").Output("output: string")
      .Doc("Each text without the white space (of ASCII) at its beginning and end.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
}

}  // namespace weir
