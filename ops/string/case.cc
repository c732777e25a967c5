// Ops that change the case of texts: StringLower, StringUpper.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"

namespace weir {

namespace {

// The kernel checks the same, but graphs are told while they are built.
Status CaseShape(ShapeContext& c) {
  const auto encoding = c.attr<std::string>("encoding");
  if (!encoding.empty() && encoding != "utf-8") {
    return InvalidArgument(fmt::format("cannot change the case of texts in the encoding '{:.100}'", encoding))
        .Help("encoding is 'utf-8', or '' for ASCII");
  }
  return UnchangedShape(c);
}

}  // namespace

void RegisterStringCaseOps(OpRegistry& r) {
  for (const char* op : {"StringLower", "StringUpper"}) {
    const bool lower = op[6] == 'L';
    r.Add(op)
        .Input("input: string").Output("output: string").Attr("encoding: string = ''")
        .Doc(fmt::format("Each text in {} case: ASCII's letters, with encoding 'utf-8' those of all scripts, as "
                         "Unicode has them; what is no UTF-8 becomes U+FFFD then.", lower ? "lower" : "upper"))
        .Shape(CaseShape)
        .NoGradient(kStrings);
  }
}

}  // namespace weir
