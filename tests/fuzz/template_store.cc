#include "weir/tests/fuzz/template_store.h"
#include "weir/ops/registry.h"

#include <algorithm>

namespace weir::fuzz {

using testing::OpRow;

namespace {

// Half of them float; else any that the op has.
DType DrawDType(const OpRow& row, std::mt19937_64& rng) {
  std::vector<DType> listed;
  if (row.dtype == DType::kInvalid) listed = testing::ListedDTypes(row.op, testing::SweptAttr(row));
  if (listed.empty()) return testing::PreferredDType(row);
  const bool has_float = std::find(listed.begin(), listed.end(), kFloat) != listed.end();
  return has_float && rng() % 2 ? kFloat : listed[rng() % listed.size()];
}

// One of the sizes of the row's own inputs; 0 when there is none worth scaling.
int64_t DrawSize(const OpRow& row, std::mt19937_64& rng) {
  std::vector<int64_t> sizes;
  for (const testing::In& in : row.inputs) {
    if (in.fixed.valid() || !in.elements.empty()) continue;
    for (int64_t d : in.shape.dims()) {
      if (d > 1) sizes.push_back(d);
    }
  }
  return sizes.empty() ? 0 : sizes[rng() % sizes.size()];
}

// The row with `size` times `factor` wherever it stands in inputs of its own.
OpRow Scaled(OpRow row, int64_t size, int64_t factor) {
  for (testing::In& in : row.inputs) {
    Dims dims = in.shape.dims();
    std::replace(dims.begin(), dims.end(), size, size * factor);
    if (!in.fixed.valid() && in.elements.empty()) in.shape = Shape::Make(dims).value();
  }
  return row;
}

}  // namespace

TemplateStore::TemplateStore() : rows_(testing::AllRows()) {
  for (const auto& [op, rows] : rows_) {
    const OpDef* def = AllOps().Find(op);
    // Those that need regular or definite matrices fail, or blow up what rewrites round, on what a random graph brings.
    const bool special = std::any_of(rows.begin(), rows.end(), [](const OpRow& row) {
      return std::any_of(row.inputs.begin(), row.inputs.end(), [](const testing::In& in) { return in.through; });
    });
    if (def && !def->makes_handle() && !special) ops_.push_back(&rows);  // variables are made where rows want them
  }
}

const Template* TemplateStore::Draw(std::mt19937_64& rng) {
  const std::vector<OpRow>& rows = *ops_[rng() % ops_.size()];
  const OpRow& row = rows[rng() % rows.size()];
  const DType dtype = DrawDType(row, rng);
  constexpr int64_t kFactors[] = {1, 1, 1, 2, 3, 8, 37};
  int64_t factor = kFactors[rng() % std::size(kFactors)], size = DrawSize(row, rng);
  if (size == 0 || factor == 1) size = 0, factor = 1;
  return Find({&row, dtype, size, factor});
}

const Template* TemplateStore::Find(const Key& key) {
  auto [it, is_new] = known_.try_emplace(key);
  Template& t = it->second;
  if (!is_new) return t.row ? &t : nullptr;
  const auto& [row, dtype, size, factor] = key;
  const OpRow* scaled = row;
  if (factor > 1) scaled = &scaled_.try_emplace({row, size * 1000 + factor}, Scaled(*row, size, factor)).first->second;
  t.dtype = dtype, t.values = testing::ValuesOf(*scaled, dtype);
  testing::RowGraph g(*scaled, dtype, t.values, testing::Feeding::kFed);
  testing::RowResult r = testing::RunRow(g, false, 1);
  if (!r.status.ok()) return nullptr;
  t.row = scaled;
  size_t k = 0;
  for (const Output& o : g.outputs) t.outputs.push_back(o.dtype() == kResource ? Shape() : r.tensors[k++].shape());
  return &t;
}

}  // namespace weir::fuzz
