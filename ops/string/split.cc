// Ops that take texts apart: StringSplit, StringSplitV2. What they give is the parts of a sparse matrix of strings.
#include "weir/graph/infer.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/string/reasons.h"
#include "weir/ops/string/string.h"

namespace weir {

namespace {

// How many parts there are only data tells.
Status SplitShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape texts, c.WithRank(0, 1));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  const Dim parts = texts[0] == 0 ? 0 : NewSymbol();
  c.set_output(0, PartialShape({parts, 2}));
  c.set_output(1, PartialShape({parts}));
  c.set_output(2, PartialShape({2}));
  c.set_output_value(2, {texts[0], kUnknownDim});
  return {};
}

constexpr char kSparse[] =
    " The parts are the values of a sparse matrix: part indices[i] = [text, number of the part] is values[i], and the "
    "shape is [texts, most parts of a text].";

}  // namespace

void RegisterStringSplitOps(OpRegistry& r) {
  r.Add("StringSplit")
      .Input("input: string").Input("delimiter: string")
      .Output("indices: int64").Output("values: string").Output("shape: int64")
      .Attr("skip_empty: bool = true")
      .Doc(std::string("Each text of a vector, split at each byte that `delimiter` has (into bytes where it has none). "
                       "An empty text has no parts; with skip_empty nor has any text an empty part.") + kSparse)
      .Shape(SplitShape)
      .NoGradient(kStrings);
  r.Add("StringSplitV2")
      .Input("input: string").Input("sep: string")
      .Output("indices: int64").Output("values: string").Output("shape: int64")
      .Attr("maxsplit: int = -1")
      .Doc(std::string("Each text of a vector, split at each `sep`, or where that is empty at stretches of white "
                       "space, which parts do not begin with; at the first maxsplit of them where that is not "
                       "negative.") + kSparse)
      .Shape(SplitShape)
      .NoGradient(kStrings);
}

// ---- building functions

namespace ops {

StringSplitOutputs StringSplit(Input input, const std::string& sep, int64_t maxsplit, const Name& name) {
  OutputList r = MakeAll("StringSplitV2", {input, Tensor(sep)}, {{"maxsplit", maxsplit}}, name);
  return {r[0], r[1], r[2]};
}

}  // namespace ops
}  // namespace weir
