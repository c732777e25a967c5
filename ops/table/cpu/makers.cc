// Kernels that make tables: the first run that comes there does, for the session.
#include <fmt/format.h>

#include "weir/ops/table/cpu/lookup_table.h"

namespace weir {

namespace {

Status MakeTable(ObjectCell& cell, const TableSpec& spec) {
  WEIR_RETURN_IF_ERROR(spec.Check());
  WEIR_ASSIGN_OR_RETURN(LookupTable* table, cell.Made<LookupTable>([&]() -> Result<std::shared_ptr<ResourceObject>> {
    return std::shared_ptr<ResourceObject>(std::make_shared<LookupTable>(spec));
  }));
  if (table->spec() == spec) return {};
  return InvalidArgument(
      fmt::format("makes a table '{}', and there is another of this name: of other dtypes, shapes or another kind",
                  cell.name()));
}

// The value's shape that the node tells.
Result<Shape> ValueShape(const PrepareContext& c) {
  const PartialShape told = c.attr<PartialShape>("value_shape");
  const auto shape = told.ToShape();
  if (shape && SizeOf(c.attr<DType>("value_dtype")) > 0) return *shape;
  return InvalidArgument(fmt::format("wants a value_shape that is known, not {}", told.ToString()));
}

template <TableKind kKind, bool kVectors = false>
Status PrepareTable(PrepareContext& c) {
  TableSpec spec{kKind, c.attr<DType>("key_dtype"), c.attr<DType>("value_dtype"), {}, {}, {}, {}};
  if (kVectors) {
    WEIR_ASSIGN_OR_RETURN(spec.value_shape, ValueShape(c));
    if (spec.value_shape.rank() != 1)
      return InvalidArgument(fmt::format("wants vectors for values, not {}", spec.value_shape.ToString()));
  }
  c.SetRun([spec](RunArgs& a) {
    if (Status s = MakeTable(*a.out<ObjectCell>(0), spec); !s.ok()) a.Fail(std::move(s));
  });
  return spec.Check();
}

Status CheckBuckets(const PrepareContext& c) {
  const int64_t buckets = c.attr<int64_t>("initial_num_buckets");
  const float load = c.attr<float>("max_load_factor");
  if (buckets <= 0 || (buckets & (buckets - 1)) != 0)
    return InvalidArgument(fmt::format("wants a power of two for initial_num_buckets, not {}", buckets));
  if (!(load > 0 && load < 1))
    return InvalidArgument(fmt::format("wants a max_load_factor between 0 and 1, not {}", load));
  return {};
}

Status PrepareDenseTable(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(CheckBuckets(c));
  TableSpec spec{TableKind::kDense, c.attr<DType>("key_dtype"), c.attr<DType>("value_dtype"), c.input_shape(0), {}, {},
                 {}};
  if (!(c.input_shape(0) == c.input_shape(1)) || c.input_dtype(0) != spec.key_dtype ||
      c.input_dtype(1) != spec.key_dtype) {
    return InvalidArgument(fmt::format("wants two keys of {}, of one shape, not {} and {}", DTypeName(spec.key_dtype),
                                       c.input_shape(0).ToString(), c.input_shape(1).ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(spec.value_shape, ValueShape(c));
  c.SetRun([spec](RunArgs& a) {
    TableSpec mine = spec;
    for (int i : {0, 1}) {
      auto key = Tensor::Wrap(spec.key_dtype, spec.key_shape, const_cast<void*>(a.in<void>(i))).Clone();
      if (!key.ok()) return a.Fail(key.status());
      (i == 0 ? mine.empty_key : mine.deleted_key) = std::move(*key);
    }
    if (Status s = MakeTable(*a.out<ObjectCell>(0), mine); !s.ok()) a.Fail(std::move(s));
  });
  return {};
}

}  // namespace

void RegisterTableMakerKernels(KernelRegistry& r) {
  r.Add("HashTableV2", PrepareTable<TableKind::kStatic>);
  r.Add("MutableHashTableV2", PrepareTable<TableKind::kMutable>);
  r.Add("MutableHashTableOfTensorsV2", PrepareTable<TableKind::kMutable, true>);
  r.Add("MutableDenseHashTableV2", PrepareDenseTable);
}

}  // namespace weir
