// Rows of ops on TensorFlow 1's reference variables; and those themselves.
#include <gtest/gtest.h>

#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

std::vector<OpRow> ReferenceRows() {
  std::vector<OpRow> rows = {
      WorksUnset({"IsVariableInitialized", {Reference({2, 3})}}),
      {"Assign", {Reference({2, 3}), {2, 3}}},
      NeverEmpty(OfType(kInt32, Swept("T", {"CountUpTo", {Reference({})}, {{"limit", 100}}}))),
      {"AssignAdd", {Reference({2, 3}), {2, 3}}},
      {"AssignSub", {Reference({2, 3}), {2, 3}}},
  };
  for (const char* op : {"ScatterAdd", "ScatterSub", "ScatterUpdate"}) {
    rows.push_back({op, {Reference({4, 3}), Ints({2, 0}), {2, 3}}});
  }
  return rows;
}

namespace {

void CheckVariable(const std::string& op, OpCoverage* c) {
  Sweep(op, "dtype", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add(op, {}, {{"dtype", v.dtype()}, {"shape", v.shape()}}, {.name = "op"});
    Operation assign = b.AddNode("Assign", {x, b.Constant(v)});
    return Gives(b, {}, b.Add("Identity", {x}), v, {assign});
  });
  Builder b;
  Output x = b.Add(op, {}, {{"dtype", kFloat}, {"shape", Shape({2})}}, {.name = "op"});
  Output read = b.Add("Identity", {x});  // before the session takes its snapshot
  Result<Tensor> unset = Session(b).Run(read);
  ASSERT_FALSE(unset.ok());
  EXPECT_NE(unset.status().ToString().find("op"), std::string::npos);
  ++c->hostile;
}

}  // namespace

SpecialChecks StateSpecials() { return {{"Variable", CheckVariable}, {"VariableV2", CheckVariable}}; }

}  // namespace weir::testing
