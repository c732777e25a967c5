// Rows with bad inputs. An error is required of a dtype that the op does not take, of reading a variable without a
// value, and of a rank that the op's shape function refuses where it is known: then, too, where only running tells.
// Whatever fails names the node.
#include <gtest/gtest.h>

#include <algorithm>

#include "weir/ops/registry.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {
namespace {

// The argument that flat input k belongs to, in a node that is as it should be.
const ArgDef* ArgOf(const Node& n, int k) {
  for (const ArgDef& arg : n.def()->inputs()) {
    auto range = n.def()->InputRange(arg.name, n.attrs());
    if (range.ok() && k >= range->first && k < range->second) return &arg;
  }
  return nullptr;
}

// Whether the op's schema rules out dtype t at input k while the others are as they are.
bool MustRefuse(const Node& n, int k, DType t) {
  const ArgDef* arg = ArgOf(n, k);
  if (!arg || arg->is_list) return false;
  if (arg->type != DType::kInvalid) return arg->type != t;
  const AttrDef* attr = n.def()->FindAttr(arg->type_attr);
  const auto& allowed = attr->allowed_types;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), t) == allowed.end()) return true;
  for (int other = 0; other < int(n.inputs().size()); ++other) {
    const ArgDef* o = ArgOf(n, other);
    if (other != k && o && o->type_attr == arg->type_attr) return true;  // of which there is one dtype
  }
  return false;
}

// Runs the row with one input replaced, fed and of unknown rank. Errors name the node.
void CheckReplaced(const OpRow& row, DType dtype, std::vector<Tensor> values, size_t k, Tensor bad, bool must_refuse,
                   OpCoverage* coverage) {
  values[k] = std::move(bad);
  must_refuse |= !RowGraph(row, dtype, values, Feeding::kFed).op.valid();
  bool refused = true;
  for (Feeding f : {Feeding::kFed, Feeding::kUnknownRank, Feeding::kDynamic}) {
    RowResult r = RunRow(RowGraph(row, dtype, values, f), true, 2);
    EXPECT_TRUE(r.status.ok() || NamesNode(r.status)) << "does not name the node: " << r.status.ToString();
    refused &= !r.status.ok();
  }
  if (!must_refuse) return;
  const Tensor& taken = values[k];
  EXPECT_TRUE(refused) << "input " << k << " is taken as " << DTypeName(taken.dtype()) << taken.shape().ToString();
  coverage->may_refuse = true, coverage->hostile += refused;
}

void CheckInput(const OpRow& row, DType dtype, const std::vector<Tensor>& values, const Node& good, size_t k,
                OpCoverage* coverage) {
  Dims more = values[k].shape().dims(), less = more;
  more.insert(more.begin(), 1);
  if (!less.empty()) less.pop_back();
  for (const Dims& dims : {more, less}) {
    Tensor bad = Tensor::Zeros(values[k].dtype(), Shape::Make(dims).value());
    CheckReplaced(row, dtype, values, k, std::move(bad), false, coverage);
  }
  const DType t = values[k].dtype() == kString ? kFloat : kString;
  CheckReplaced(row, dtype, values, k, Tensor::Zeros(t, values[k].shape()), MustRefuse(good, int(k), t), coverage);
}

// A variable that nothing has set.
void CheckUnset(const OpRow& row, DType dtype, const std::vector<Tensor>& values, OpCoverage* coverage) {
  RowGraph g(row, dtype, values, Feeding::kFed);
  if (g.variables.empty()) return;
  g.variables.clear();
  RowResult r = RunRow(g, true, 1);
  const bool names = NamesNode(r.status) || r.status.ToString().find("'in_") != std::string::npos;
  EXPECT_TRUE(r.status.ok() || names) << r.status.ToString();
  const OpDef& def = *AllOps().Find(row.op);
  if (def.reads().empty() || row.works_unset) return;
  EXPECT_FALSE(r.status.ok()) << "reads a variable without a value";
  coverage->may_refuse = true, coverage->hostile += !r.status.ok();
}

}  // namespace

void CheckHostile(const OpRow& described, OpCoverage* coverage) {
  OpRow row = described;
  for (In& in : row.inputs) in.through = nullptr;  // bad input goes to the op itself
  const DType dtype = PreferredDType(row);
  const std::vector<Tensor> values = ValuesOf(row, dtype);
  const RowGraph good(row, dtype, values, Feeding::kFed);
  for (size_t k = 0; k < values.size(); ++k) {
    if (row.inputs[k].kind != In::kValue) continue;
    CheckInput(row, dtype, values, good.b.graph()[good.op.id()], k, coverage);
  }
  CheckUnset(row, dtype, values, coverage);
  // Of every op alike, so that it says nothing of this one: an attribute that it does not have.
  OpRow odd = row;
  odd.attrs["no_such_attribute"] = 1;
  EXPECT_TRUE(NamesNode(RowGraph(odd, dtype, values, Feeding::kFed).b.status()));
}

}  // namespace weir::testing
