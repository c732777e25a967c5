// Kernels that read and change tables. Shapes are checked against the table itself, which the run brings.
#include <fmt/format.h>

#include "weir/ops/table/cpu/lookup_table.h"

namespace weir {

namespace {

bool EndsIn(const Shape& s, const Shape& end) {
  return s.rank() >= end.rank() && std::equal(end.dims().rbegin(), end.dims().rend(), s.dims().rbegin());
}

// How many keys there are, and the shape of values for them.
struct Batch {
  int64_t n = 0;
  Shape values;
};
Result<Batch> BatchOf(const LookupTable& table, const Shape& keys) {
  const TableSpec& spec = table.spec();
  if (!EndsIn(keys, spec.key_shape)) {
    return InvalidArgument(
        fmt::format("has keys {}, but the table's are of shape {}", keys.ToString(), spec.key_shape.ToString()));
  }
  Dims dims(keys.dims().begin(), keys.dims().end() - spec.key_shape.rank());
  WEIR_ASSIGN_OR_RETURN(const Shape batch, Shape::Make(dims));
  dims.insert(dims.end(), spec.value_shape.dims().begin(), spec.value_shape.dims().end());
  WEIR_ASSIGN_OR_RETURN(Shape values, Shape::Make(dims));
  return Batch{batch.num_elements(), std::move(values)};
}

// The run's function: `fn` with the table, whose keys and values are of these dtypes.
template <class F>
void SetTableRun(PrepareContext& c, DType key, DType value, F fn) {
  c.SetRun([key, value, fn](RunArgs& a) {
    Result<LookupTable*> table = a.object(0).Get<LookupTable>();
    Status s = table.ok() ? (*table)->CheckTypes(key, value) : table.status();
    if (s.ok()) s = fn(a, **table);
    if (!s.ok()) a.Fail(std::move(s));
  });
}

Status PrepareFind(PrepareContext& c) {
  const Shape keys = c.input_shape(1), defaults = c.input_shape(2);
  if (!c.output_known(0)) return Internal("does not know what the table holds");
  SetTableRun(c, c.input_dtype(1), c.input_dtype(2),
              [keys, defaults, out = c.output_shape(0)](RunArgs& a, const LookupTable& table) -> Status {
                WEIR_ASSIGN_OR_RETURN(const Batch batch, BatchOf(table, keys));
                const bool own = !(defaults == table.spec().value_shape);
                if (own && !(defaults == batch.values)) {
                  return InvalidArgument(fmt::format("wants a default_value of shape {}, or {}, not {}",
                                                     table.spec().value_shape.ToString(), batch.values.ToString(),
                                                     defaults.ToString()));
                }
                if (!(batch.values == out)) {
                  return Internal(
                      fmt::format("gives {} where {} was planned", batch.values.ToString(), out.ToString()));
                }
                return table.Find(a.in<void>(1), batch.n, a.in<void>(2), own, a.out<void>(0));
              });
  return {};
}

Status PrepareInsert(PrepareContext& c) {
  SetTableRun(c, c.input_dtype(1), c.input_dtype(2),
              [keys = c.input_shape(1), values = c.input_shape(2)](RunArgs& a, LookupTable& table) -> Status {
                WEIR_ASSIGN_OR_RETURN(const Batch batch, BatchOf(table, keys));
                if (values == batch.values) return table.Insert(a.in<void>(1), a.in<void>(2), batch.n);
                return InvalidArgument(fmt::format("wants values of shape {} for keys {}, not {}",
                                                   batch.values.ToString(), keys.ToString(), values.ToString()));
              });
  return {};
}

Status PrepareRemove(PrepareContext& c) {
  SetTableRun(c, c.input_dtype(1), DType::kInvalid,
              [keys = c.input_shape(1)](RunArgs& a, LookupTable& table) -> Status {
                WEIR_ASSIGN_OR_RETURN(const Batch batch, BatchOf(table, keys));
                return table.Remove(a.in<void>(1), batch.n);
              });
  return {};
}

Status PrepareSize(PrepareContext& c) {
  SetTableRun(c, DType::kInvalid, DType::kInvalid, [](RunArgs& a, const LookupTable& table) {
    *a.out<int64_t>(0) = table.size();
    return Status();
  });
  return {};
}

Status PrepareExport(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(LookupTable * table, c.object(0).Get<LookupTable>());
  WEIR_RETURN_IF_ERROR(table->CheckTypes(c.output_dtype(0), c.output_dtype(1)));
  Tensor keys, values;
  WEIR_RETURN_IF_ERROR(table->Export(&keys, &values));
  c.set_output_shape(0, keys.shape());
  c.set_output_shape(1, values.shape());
  c.SetRun([keys, values](RunArgs& a) {
    // Of what nobody reads there is no memory.
    for (int i : {0, 1}) {
      if (void* out = a.out<void>(i)) (i == 0 ? keys : values).CopyTo(out);
    }
  });
  return {};
}

Status PrepareImport(PrepareContext& c) {
  SetTableRun(c, c.input_dtype(1), c.input_dtype(2),
              [keys = c.input_shape(1), values = c.input_shape(2)](RunArgs& a, LookupTable& table) -> Status {
                const int64_t n = keys.rank() > 0 ? keys[0] : 0, width = table.spec().value_shape.num_elements();
                // An exported dense table has its keys and values as rows.
                const bool rows = keys.rank() > 0 && values.rank() > 0 && values[0] == n &&
                                  keys.num_elements() == n * table.spec().key_shape.num_elements() &&
                                  values.num_elements() == n * width;
                if (rows) return table.Import(a.in<void>(1), a.in<void>(2), n);
                return InvalidArgument(fmt::format("wants a value {} for each key {}, not {} and {}",
                                                   table.spec().value_shape.ToString(),
                                                   table.spec().key_shape.ToString(), values.ToString(),
                                                   keys.ToString()));
              });
  return {};
}

}  // namespace

void RegisterTableLookupKernels(KernelRegistry& r) {
  r.Add("LookupTableFindV2", PrepareFind);
  r.Add("LookupTableInsertV2", PrepareInsert);
  r.Add("LookupTableRemoveV2", PrepareRemove);
  r.Add("LookupTableSizeV2", PrepareSize);
  r.Add("LookupTableExportV2", PrepareExport).WhileRunning();
  r.Add("LookupTableImportV2", PrepareImport);
}

}  // namespace weir
