// Schemas of the ops that read and change tables. What a table's keys and values are is known by its handle; every
// shape here comes from that.
#include <fmt/format.h>

#include "weir/ops/handle_forms.h"
#include "weir/ops/shape_helpers.h"
#include "weir/ops/table/table.h"
#include "weir/ops/table/table_shapes.h"

namespace weir {

Result<const Resource*> TableOf(const ShapeContext& c, const char* key_attr, const char* value_attr) {
  WEIR_ASSIGN_OR_RETURN(const Resource* table, ObjectBehind(c, 0, ResourceKind::kTable));
  if (!table || table->parts.size() != 2) return nullptr;
  for (int part : {0, 1}) {
    const char* attr = part == 0 ? key_attr : value_attr;
    const DType have = table->parts[static_cast<size_t>(part)].first;
    if (!attr || c.attr<DType>(attr) == have) continue;
    return InvalidArgument(fmt::format("has {} {}, but those of table '{}' are {}", part == 0 ? "keys of" : "values of",
                                       DTypeName(c.attr<DType>(attr)), table->name, DTypeName(have)));
  }
  return table;
}

namespace {

constexpr char kLooksUp[] = "what a table gives is no differentiable function of the keys";
constexpr char kChanges[] = "it changes a table";
constexpr char kCounts[] = "its output is an integer";

// The shape that values for the keys (input 1) have; unknown where that is not known. Error: keys of another shape.
Result<PartialShape> ValuesFor(const ShapeContext& c, const Resource* table) {
  const PartialShape& keys = c.input(1);
  if (!table || !keys.known_rank()) return PartialShape::Unknown();
  const PartialShape &key = table->parts[0].second, &value = table->parts[1].second;
  if (!key.known_rank() || !value.known_rank()) return PartialShape::Unknown();
  const int batch = keys.rank() - key.rank();
  if (batch < 0 || !MergeShapes(Subshape(keys, batch, keys.rank()), key).ok()) {
    return InvalidArgument(
        fmt::format("has keys {}, but a key of table '{}' is of shape {}", c.Describe(1), table->name, key.ToString()));
  }
  return Concatenate(Subshape(keys, 0, batch), value);
}

Status FindShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* table, TableOf(c, "Tin", "Tout"));
  WEIR_ASSIGN_OR_RETURN(PartialShape values, ValuesFor(c, table));
  c.set_output(0, std::move(values));
  return {};
}

Status InsertShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* table, TableOf(c, "Tin", "Tout"));
  WEIR_ASSIGN_OR_RETURN(PartialShape values, ValuesFor(c, table));
  auto merged = MergeShapes(values, c.input(2));
  if (merged.ok()) return {};
  return InvalidArgument(fmt::format("cannot put values {} under keys {}", c.Describe(2), c.Describe(1)))
      .Detail(merged.status().message());
}

Status RemoveShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Resource* table, TableOf(c, "Tin", nullptr));
  return ValuesFor(c, table).status();
}

Status SizeShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(TableOf(c, nullptr, nullptr).status());
  return ScalarShape(c);
}

Status ExportShape(ShapeContext& c) {
  return TableOf(c, "Tkeys", "Tvalues").status();  // only the table knows how many there are
}

Status ImportShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(TableOf(c, "Tin", "Tout").status());
  if (c.input(1).known_rank() && c.input(1).rank() == 0)
    return InvalidArgument(fmt::format("wants a list of keys, not {}", c.Describe(1)));
  return {};
}

}  // namespace

void RegisterTableLookupOps(OpRegistry& r) {
  AddBothForms(r, "LookupTableFind", [](OpDef& op, const std::string& handle) {
    op.Input("table_handle: " + handle).Input("keys: Tin").Input("default_value: Tout").Output("values: Tout")
        .Attr("Tin: type").Attr("Tout: type").Reads({0})
        .Doc("The table's value for each key; default_value where it has none: one value, or one for each key.")
        .Shape(FindShape).NoGradient(kLooksUp);
  });
  AddBothForms(r, "LookupTableInsert", [](OpDef& op, const std::string& handle) {
    op.Input("table_handle: " + handle).Input("keys: Tin").Input("values: Tout")
        .Attr("Tin: type").Attr("Tout: type").Stateful().Writes({0})
        .Doc("Puts the values under the keys, in place of what is there. Of a key that comes twice the last counts.")
        .Shape(InsertShape).NoGradient(kChanges);
  });
  r.Add("LookupTableRemoveV2")
      .Input("table_handle: resource").Input("keys: Tin").Attr("Tin: type").Stateful().Writes({0})
      .Doc("Takes the keys and their values out of the table; those that it does not have are passed over.")
      .Shape(RemoveShape).NoGradient(kChanges);
  AddBothForms(r, "LookupTableSize", [](OpDef& op, const std::string& handle) {
    op.Input("table_handle: " + handle).Output("size: int64").Reads({0})
        .Doc("How many keys the table has.")
        .Shape(SizeShape).NoGradient(kCounts);
  });
  AddBothForms(r, "LookupTableExport", [](OpDef& op, const std::string& handle) {
    op.Input("table_handle: " + handle).Output("keys: Tkeys").Output("values: Tvalues")
        .Attr("Tkeys: type").Attr("Tvalues: type").Reads({0})
        .Doc("All keys, and their values at the same places: in the order in which they came, but that the last one "
             "takes the place of one that is removed.")
        .Shape(ExportShape).NoGradient(kLooksUp);
  });
  AddBothForms(r, "LookupTableImport", [](OpDef& op, const std::string& handle) {
    op.Input("table_handle: " + handle).Input("keys: Tin").Input("values: Tout")
        .Attr("Tin: type").Attr("Tout: type").Stateful().Writes({0})
        .Doc("The table has these keys and values from now on, and no others. A HashTable is initialised by it.")
        .Shape(ImportShape).NoGradient(kChanges);
  });
}

// ---- building functions

namespace ops {

namespace {

// Attributes of the dtypes that the table behind `table` has.
AttrMap TableTypes(const Output& table, const char* key, const char* value) {
  if (!table.valid()) return {};
  const auto& resource = table.builder()->graph().type(table.endpoint()).resource;
  if (!resource || resource->parts.size() != 2) return {};
  AttrMap attrs;
  if (key) attrs[key] = resource->parts[0].first;
  if (value) attrs[value] = resource->parts[1].first;
  return attrs;
}

}  // namespace

Output LookupTableFind(Output table, Input keys, Input default_value, const Name& name) {
  return Make("LookupTableFindV2", {table, std::move(keys), std::move(default_value)}, TableTypes(table, "Tin", "Tout"),
              name);
}

Operation LookupTableInsert(Output table, Input keys, Input values, const Name& name) {
  return MakeNode("LookupTableInsertV2", {table, std::move(keys), std::move(values)}, TableTypes(table, "Tin", "Tout"),
              name);
}

Operation LookupTableRemove(Output table, Input keys, const Name& name) {
  return MakeNode("LookupTableRemoveV2", {table, std::move(keys)}, TableTypes(table, "Tin", nullptr), name);
}

Output LookupTableSize(Output table, const Name& name) { return Make("LookupTableSizeV2", {table}, {}, name); }

TableEntries LookupTableExport(Output table, const Name& name) {
  const OutputList entries = MakeAll("LookupTableExportV2", {table}, TableTypes(table, "Tkeys", "Tvalues"), name, 2);
  return {entries[0], entries[1]};
}

Operation LookupTableImport(Output table, Input keys, Input values, const Name& name) {
  return MakeNode("LookupTableImportV2", {table, std::move(keys), std::move(values)}, TableTypes(table, "Tin", "Tout"),
              name);
}

}  // namespace ops

}  // namespace weir
