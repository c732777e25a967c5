// Schemas of the ops that fill a HashTable, once: from tensors, or from the lines of a file.
#include <fmt/format.h>

#include "weir/ops/handle_forms.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/table/table.h"
#include "weir/ops/table/table_shapes.h"

namespace weir {

namespace {

constexpr char kChanges[] = "it changes a table";

Status InitializeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(TableOf(c, "Tkey", "Tval").status());
  WEIR_RETURN_IF_ERROR(RequireVector(c, 1));
  auto merged = MergeShapes(c.input(1), c.input(2));
  if (merged.ok()) return {};
  return InvalidArgument(fmt::format("wants a value for each key, not {} and {}", c.Describe(1), c.Describe(2)))
      .Detail(merged.status().message());
}

Status FromTextFileShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(TableOf(c, nullptr, nullptr).status());
  if (c.attr<std::string>("delimiter").size() != 1)
    return InvalidArgument("wants a delimiter of one character");
  return RequireScalar(c, 1);
}

}  // namespace

void RegisterTableInitializeOps(OpRegistry& r) {
  AddBothForms(r, "InitializeTable", [](OpDef& op, const std::string& handle) {
    op.Input("table_handle: " + handle).Input("keys: Tkey").Input("values: Tval")
        .Attr("Tkey: type").Attr("Tval: type").Stateful().Writes({0})
        .Doc("Fills a HashTable with keys and their values. One that has been filled keeps what it has; an error if "
             "that is not as much.")
        .Shape(InitializeShape).NoGradient(kChanges);
  });
  AddBothForms(r, "InitializeTableFromTextFile", [](OpDef& op, const std::string& handle) {
    op.Input("table_handle: " + handle).Input("filename: string")
        .Attr("key_index: int >= -2").Attr("value_index: int >= -2").Attr("vocab_size: int >= -1 = -1")
        .Attr("delimiter: string", std::string("\t")).Attr("offset: int = 0").Stateful().Writes({0})
        .Doc("Fills a HashTable from a text file, one key a line. Index -1 is the line's number, counted from `offset` "
             "on; -2 the whole line; others a column between delimiters. Only the first `vocab_size` lines, which must "
             "be there, unless that is -1.")
        .Shape(FromTextFileShape).NoGradient(kChanges);
  });
}

// ---- building functions

namespace ops {

Operation InitializeTable(Output table, Input keys, Input values, const Name& name) {
  return MakeNode("InitializeTableV2", {std::move(table), std::move(keys), std::move(values)}, {}, name);
}

Operation InitializeTableFromTextFile(Output table, Input filename, const TextFileOptions& o) {
  return MakeNode("InitializeTableFromTextFileV2", {std::move(table), std::move(filename)},
              {{"key_index", o.key_index},
               {"value_index", o.value_index},
               {"vocab_size", o.vocab_size},
               {"delimiter", o.delimiter},
               {"offset", o.offset}},
              {.name = o.name});
}

}  // namespace ops

}  // namespace weir
