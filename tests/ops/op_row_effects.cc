// What ops touch against what their definitions say (OpDef::Reads, Writes, Stateful): here a row's variables, before
// and after a run, and with other values where they are not read; in effects_test.cc the definitions themselves.
#include <gtest/gtest.h>

#include <algorithm>

#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {
namespace {

bool Has(const std::vector<int>& inputs, int k) { return std::find(inputs.begin(), inputs.end(), k) != inputs.end(); }

// Variables that the op does not write keep every bit; of those that it does, one changes at least.
void CheckVariables(const OpRow& row, const RowGraph& g, const RowResult& r) {
  const OpDef& def = *AllOps().Find(row.op);
  const size_t first = r.tensors.size() - g.variables.size();
  bool changed = false;
  size_t v = 0;
  for (size_t k = 0; k < row.inputs.size(); ++k) {
    if (row.inputs[k].kind == In::kValue) continue;
    const bool same = r.tensors[first + v].Identical(g.variables[v].second);
    ++v;
    EXPECT_TRUE(Has(def.reads(), int(k)) || Has(def.writes(), int(k))) << "takes variable " << k << " for nothing";
    EXPECT_TRUE(same || Has(def.writes(), int(k))) << "changed variable " << k << ", which it does not write";
    changed |= !same;
  }
  EXPECT_TRUE(changed || def.writes().empty()) << "changed none of the variables that it writes";
}

// What is not read is as good with any value: an undeclared read would show in the outputs.
void CheckUnread(const OpRow& row, DType dtype, const std::vector<Tensor>& values, const RowResult& r, bool optimize) {
  const OpDef& def = *AllOps().Find(row.op);
  for (size_t k = 0; k < row.inputs.size(); ++k) {
    if (row.inputs[k].kind == In::kValue || Has(def.reads(), int(k))) continue;
    std::vector<Tensor> others = values;
    others[k] = Tensor::Zeros(values[k].dtype(), values[k].shape());
    const RowGraph g(row, dtype, others, Feeding::kFed);
    const RowResult other = RunRow(g, optimize, 1);
    ASSERT_TRUE(other.status.ok()) << other.status.ToString();
    for (size_t i = 0; i + g.variables.size() < other.tensors.size(); ++i)
      EXPECT_TRUE(other.tensors[i].Identical(r.tensors[i])) << "output " << i << " depends on variable " << k;
  }
}

// A second run of one session, and any of another.
void CheckAgain(const RowGraph& g, const RowResult& once) {
  Session session(g.b, {.threads = 1, .optimize = false, .print = [](const std::string&) {}});
  Feeds feeds;
  for (const auto& [out, value] : g.feeds) feeds.emplace_back(out, value);
  for (int time = 1; time <= 2; ++time) {
    Result<std::vector<Tensor>> got = session.Run(g.outputs, feeds, {g.op});
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    for (size_t i = 0; i < got->size(); ++i) {
      EXPECT_TRUE((*got)[i].Identical(once.tensors[i])) << "output " << i << " of run " << time << " is another";
    }
  }
}

}  // namespace

void CheckEffects(const OpRow& row, DType dtype, const std::vector<Tensor>& values) {
  const OpDef& def = *AllOps().Find(row.op);
  for (bool optimize : {false, true}) {
    const RowGraph g(row, dtype, values, Feeding::kFed);
    const RowResult r = RunRow(g, optimize, 1);
    ASSERT_TRUE(r.status.ok()) << r.status.ToString();
    if (!g.variables.empty()) {
      CheckVariables(row, g, r);
      CheckUnread(row, dtype, values, r, optimize);
    } else if (!def.stateful()) {
      CheckAgain(g, r);
    }
  }
}

}  // namespace weir::testing
