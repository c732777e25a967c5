// Schemas of the ops that make tables and give their handles.
#include <fmt/format.h>

#include "weir/ops/handle_forms.h"
#include "weir/ops/table/table.h"

namespace weir {

namespace {

constexpr char kHandle[] = "its output is a handle";

// A table of keys and values of these shapes.
void TellTable(ShapeContext& c, PartialShape key, PartialShape value) {
  TellObject(c, ResourceKind::kTable,
             {{c.attr<DType>("key_dtype"), std::move(key)}, {c.attr<DType>("value_dtype"), std::move(value)}});
}

Status ScalarTableShape(ShapeContext& c) {
  TellTable(c, PartialShape::Scalar(), PartialShape::Scalar());
  return {};
}

Status VectorTableShape(ShapeContext& c) {
  const PartialShape value = c.attr<PartialShape>("value_shape");
  TellTable(c, PartialShape::Scalar(), value.known_rank() && value.rank() == 1 ? value : PartialShape::Unknown());
  return {};
}

Status DenseTableShape(ShapeContext& c) {
  auto key = MergeShapes(c.input(0), c.input(1));
  if (!key.ok()) {
    return InvalidArgument(fmt::format("has keys of two shapes, {} and {}", c.Describe(0), c.Describe(1)))
        .Detail(key.status().message());
  }
  TellTable(c, std::move(*key), c.attr<PartialShape>("value_shape"));
  return {};
}

OpDef& AddTable(OpDef& op, const std::string& handle) {
  return op.Output("table_handle: " + handle)
      .Attr("container: string = ''").Attr("shared_name: string = ''").Attr("use_node_name_sharing: bool = false")
      .Attr("key_dtype: type").Attr("value_dtype: type")
      .MakesObject().NoGradient(kHandle);
}

}  // namespace

void RegisterTableMakerOps(OpRegistry& r) {
  AddBothForms(r, "HashTable", [](OpDef& op, const std::string& handle) {
    AddTable(op, handle)
        .Doc("A table that is filled once, by an initialiser, and then read. Keys: int32, int64, string; values: "
             "those, float, double and bool.")
        .Shape(ScalarTableShape);
  });
  AddBothForms(r, "MutableHashTable", [](OpDef& op, const std::string& handle) {
    AddTable(op, handle)
        .Doc("A table of scalar keys and values that runs change. Dtypes as HashTable's.")
        .Shape(ScalarTableShape);
  });
  AddBothForms(r, "MutableHashTableOfTensors", [](OpDef& op, const std::string& handle) {
    AddTable(op, handle)
        .Attr("value_shape: shape = []")
        .Doc("A table whose values are vectors of the given length. Dtypes as HashTable's.")
        .Shape(VectorTableShape);
  });
  // Why without the oldest form: that has no deleted_key, and TensorFlow itself cannot make such a table any more.
  AddTable(r.Add("MutableDenseHashTableV2").Input("empty_key: key_dtype").Input("deleted_key: key_dtype"), "resource")
      .Attr("value_shape: shape = []").Attr("initial_num_buckets: int = 131072").Attr("max_load_factor: float = 0.8")
      .Doc("A table of keys and values of any shape. The keys empty_key and deleted_key cannot be used. How full "
           "TensorFlow fills its buckets has no meaning here.")
      .Shape(DenseTableShape);
}

// ---- building functions

namespace ops {

namespace {

AttrMap TableAttrs(DType value, const TableOptions& o) {
  return {{"value_dtype", value}, {"container", o.container}, {"shared_name", o.shared_name}};
}

Output MakeTable(const At& g, const char* op, DType key, AttrMap attrs, const TableOptions& o) {
  attrs["key_dtype"] = key;
  return g.builder->Add(op, {}, std::move(attrs), {.name = o.name}, g.loc);
}

}  // namespace

Output HashTableHandle(At g, DType key_dtype, DType value_dtype, const TableOptions& o) {
  return MakeTable(g, "HashTableV2", key_dtype, TableAttrs(value_dtype, o), o);
}

Output MutableHashTableHandle(At g, DType key_dtype, DType value_dtype, const TableOptions& o) {
  return MakeTable(g, "MutableHashTableV2", key_dtype, TableAttrs(value_dtype, o), o);
}

Output MutableHashTableOfTensorsHandle(At g, DType key_dtype, DType value_dtype, int64_t value_size,
                                       const TableOptions& o) {
  AttrMap attrs = TableAttrs(value_dtype, o);
  attrs["value_shape"] = PartialShape({value_size});
  return MakeTable(g, "MutableHashTableOfTensorsV2", key_dtype, std::move(attrs), o);
}

Output MutableDenseHashTableHandle(Output empty_key, Input deleted_key, DType value_dtype,
                                   const PartialShape& value_shape, const TableOptions& o) {
  AttrMap attrs = TableAttrs(value_dtype, o);
  attrs["value_shape"] = value_shape;
  return Make("MutableDenseHashTableV2", {std::move(empty_key), std::move(deleted_key)}, std::move(attrs),
              {.name = o.name});
}

}  // namespace ops

}  // namespace weir
