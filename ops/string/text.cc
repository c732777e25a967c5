// Ops between texts, their parts and what they spell: StringJoin, AsString, StringToNumber.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

// Equal shapes; scalars go with any of them.
Status StringJoinShape(ShapeContext& c) {
  PartialShape out = PartialShape::Scalar();
  bool unknown = false;
  int first = -1;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const PartialShape& s = c.input(i);
    unknown |= !s.known_rank();
    if (!s.known_rank() || s.rank() == 0) continue;
    auto merged = first < 0 ? Result<PartialShape>(s) : MergeShapes(out, s);
    if (!merged.ok()) {
      return InvalidArgument(fmt::format("cannot join {} and {}", c.Describe(first), c.Describe(i)))
          .Detail(merged.status().message());
    }
    out = *merged;
    first = i;
  }
  if (first < 0 && unknown) return {};
  c.set_output(0, std::move(out));
  return {};
}

}  // namespace

void RegisterStringTextOps(OpRegistry& r) {
  r.Add("StringJoin")
      .Input("inputs: N * string").Output("output: string").Attr("N: int >= 0").Attr("separator: string = ''")
      .Doc("Joins N string tensors of one shape (or scalars) element by element, `separator` between them.")
      .Shape(StringJoinShape)
      .NoGradient(kStrings);
  r.Add("AsString")
      .Input("input: T").Output("output: string")
      .Attr("T: {realnumbertype, complex64, complex128, bool, variant, string}")
      .Attr("precision: int = -1").Attr("scientific: bool = false").Attr("shortest: bool = false")
      .Attr("width: int = -1").Attr("fill: string = ''")
      .Doc("Each element as text. For floats: `precision` digits after the point, `scientific` as with %e, `shortest` "
           "as with %g. Padded to `width` by `fill` ('0', ' ', '-' for left, '+').")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
  r.Add("StringToNumber")
      .Input("string_tensor: string").Output("output: out_type")
      .Attr("out_type: {float, double, int32, int64, uint32, uint64} = float")
      .Doc("The number that each string spells; an error for one that spells none or one out of range.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
}

}  // namespace weir
