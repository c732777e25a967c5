// DecodeCSV: columns of comma-separated records.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/string/reasons.h"
#include "weir/ops/string/string.h"

namespace weir {

namespace {

// The kernel checks the same of what is not known here.
Status DecodeCsvShape(ShapeContext& c) {
  for (int i = 1; i < c.num_inputs(); ++i) {
    const PartialShape& s = c.input(i);
    if (s.known_rank() && (s.rank() > 1 || (s.rank() == 1 && s[0] > 1)))
      return InvalidArgument(fmt::format("wants a default of one element or none for each column, not {}",
                                         c.Describe(i)));
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, c.input(0));
  return {};
}

}  // namespace

void RegisterStringCsvOps(OpRegistry& r) {
  r.Add("DecodeCSV")
      .Input("records: string").Input("record_defaults: OUT_TYPE").Output("output: OUT_TYPE")
      .Attr("OUT_TYPE: list({float, double, int32, int64, string}) >= 1").Attr("field_delim: string = ','")
      .Attr("use_quote_delim: bool = true").Attr("na_value: string = ''").Attr("select_cols: list(int) = []")
      .Doc("The columns of records whose fields are separated by `field_delim`, a tensor each; fields may stand in "
           "double quotes with use_quote_delim, in which a double one is one. A field that is empty or na_value is its "
           "column's default; an error where that has no element. select_cols are the columns that are read.")
      .Shape(DecodeCsvShape)
      .NoGradient(kStrings)
      .NoFlops();
}

// ---- building functions

namespace ops {

std::vector<Output> DecodeCsv(Input records, const std::vector<Input>& record_defaults, const DecodeCsvOptions& o) {
  std::vector<Input> inputs = {records};
  inputs.insert(inputs.end(), record_defaults.begin(), record_defaults.end());
  const OutputList columns = MakeAll("DecodeCSV", InputList(inputs),
                                     {{"field_delim", o.field_delim},
                                      {"use_quote_delim", o.use_quote_delim},
                                      {"na_value", o.na_value},
                                      {"select_cols", o.select_cols}},
                                     {.name = o.name});
  return std::vector<Output>(columns.begin(), columns.end());
}

}  // namespace ops
}  // namespace weir
