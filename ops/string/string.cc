// Ops that compute with strings. Those that only move them (Reshape, Gather, Pack, …) take string tensors like any other.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

constexpr const char* kStrings = "strings have no derivative";

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
    if (!merged.ok()) return InvalidArgument(fmt::format("cannot join {} and {}", c.Describe(first), c.Describe(i))).Detail(merged.status().message());
    out = *merged;
    first = i;
  }
  if (first < 0 && unknown) return {};
  c.set_output(0, std::move(out));
  return {};
}

// The first input's shape; what else there is (pattern, rewrite) is scalar.
Status RegexShape(ShapeContext& c) {
  for (int i = 1; i < c.num_inputs(); ++i) WEIR_RETURN_IF_ERROR(c.WithRank(i, 0).status());
  c.set_output(0, c.input(0));
  return {};
}

constexpr const char* kRegexDoc =
    " Patterns are RE2's: no back references, no look-around; times grow with the text's length alone.";

void RegisterRegexOps(OpRegistry& r) {
  r.Add("RegexFullMatch")
      .Input("input: string").Input("pattern: string").Output("output: bool")
      .Doc(std::string("Whether all of each string is a match of the scalar pattern.") + kRegexDoc)
      .Shape(RegexShape)
      .NoGradient(kStrings);
  r.Add("StaticRegexFullMatch")
      .Input("input: string").Output("output: bool").Attr("pattern: string")
      .Doc(std::string("Whether all of each string is a match of the pattern.") + kRegexDoc)
      .Shape(RegexShape)
      .NoGradient(kStrings);
  r.Add("RegexReplace")
      .Input("input: string").Input("pattern: string").Input("rewrite: string").Output("output: string").Attr("replace_global: bool = true")
      .Doc(std::string("Each string with all matches of the scalar pattern (without `replace_global` the first) replaced by the scalar `rewrite`, "
                       "in which \\0 is the match, \\1 to \\9 are its groups and \\\\ is a backslash.") + kRegexDoc)
      .Shape(RegexShape)
      .NoGradient(kStrings);
  r.Add("StaticRegexReplace")
      .Input("input: string").Output("output: string").Attr("pattern: string").Attr("rewrite: string").Attr("replace_global: bool = true")
      .Doc(std::string("Each string with all matches of the pattern (without `replace_global` the first) replaced by `rewrite`, in which \\0 is "
                       "the match, \\1 to \\9 are its groups and \\\\ is a backslash.") + kRegexDoc)
      .Shape(RegexShape)
      .NoGradient(kStrings);
}

}  // namespace

void RegisterStringOps(OpRegistry& r) {
  RegisterRegexOps(r);
  r.Add("StringJoin")
      .Input("inputs: N * string").Output("output: string").Attr("N: int >= 0").Attr("separator: string = ''")
      .Doc("Joins N string tensors of one shape (or scalars) element by element, `separator` between them.")
      .Shape(StringJoinShape)
      .NoGradient(kStrings);
  r.Add("AsString")
      .Input("input: T").Output("output: string")
      .Attr("T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, complex64, complex128, bool, variant, string}")
      .Attr("precision: int = -1").Attr("scientific: bool = false").Attr("shortest: bool = false").Attr("width: int = -1").Attr("fill: string = ''")
      .Doc("Each element as text. For floats: `precision` digits after the point, `scientific` as with %e, `shortest` as with %g. Padded to `width` "
           "by `fill` ('0', ' ', '-' for left, '+').")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
  r.Add("StringToNumber")
      .Input("string_tensor: string").Output("output: out_type").Attr("out_type: {float, double, int32, int64, uint32, uint64} = float")
      .Doc("The number that each string spells; an error for one that spells none or one out of range.")
      .Shape(UnchangedShape)
      .NoGradient(kStrings);
}

}  // namespace weir
