// Ops that match regular expressions: RegexFullMatch, RegexReplace, and their static forms, whose pattern is an
// attribute.
#include <string>

#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

// The first input's shape; what else there is (pattern, rewrite) is scalar.
Status RegexShape(ShapeContext& c) {
  for (int i = 1; i < c.num_inputs(); ++i) WEIR_RETURN_IF_ERROR(c.WithRank(i, 0).status());
  c.set_output(0, c.input(0));
  return {};
}

constexpr const char* kRegexDoc =
    " Patterns are RE2's: no back references, no look-around; times grow with the text's length alone.";

}  // namespace

void RegisterStringRegexOps(OpRegistry& r) {
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
      .Input("input: string").Input("pattern: string").Input("rewrite: string").Output("output: string")
      .Attr("replace_global: bool = true")
      .Doc(std::string("Each string with all matches of the scalar pattern (without `replace_global` the first) "
                       "replaced by the scalar `rewrite`, in which \\0 is the match, \\1 to \\9 are its groups and "
                       "\\\\ is a backslash.") + kRegexDoc)
      .Shape(RegexShape)
      .NoGradient(kStrings);
  r.Add("StaticRegexReplace")
      .Input("input: string").Output("output: string").Attr("pattern: string").Attr("rewrite: string")
      .Attr("replace_global: bool = true")
      .Doc(std::string("Each string with all matches of the pattern (without `replace_global` the first) replaced by "
                       "`rewrite`, in which \\0 is the match, \\1 to \\9 are its groups and \\\\ is a backslash.") +
           kRegexDoc)
      .Shape(RegexShape)
      .NoGradient(kStrings);
}

}  // namespace weir
