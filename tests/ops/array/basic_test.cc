// Rows of what makes values or hands them on; and placeholders, which no row can describe.
#include <gtest/gtest.h>

#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

std::vector<OpRow> BasicRows() {
  return {
      {"Identity", {{2, 3}}},
      {"IdentityN", {{2, 3}, {3}}},
      {"Snapshot", {{2, 3}}},
      {"EnsureShape", {{2, 3}}, {{"shape", PartialShape({None, 3})}}},
      {"EnsureShape", {{2, 3}}, {{"shape", PartialShape::Unknown()}}},
      ByConvention({0}, {"StopGradient", {{2, 3}}}),
      RefusesGradient({"PreventGradient", {{2, 3}}}),
      {"CheckNumerics", {{2, 3}}, {{"message", "checked"}}},
      {"ZerosLike", {{2, 3}}},
      {"OnesLike", {{2, 3}}},
      {"Const", {}, {{"value", Tensor(1.5)}, {"dtype", kDouble}}},
      DataTellsShape({"PlaceholderWithDefault", {{2, 3}}, {{"shape", PartialShape({None, 3})}}}),
      {"Fill", {Ints({2, 3}), Elements({}, {1.5})}},
      // of no elements
      {"Const", {}, {{"value", Tensor::Zeros(kDouble, {0, 3})}, {"dtype", kDouble}}},
      {"Fill", {Ints({0, 3}), Elements({}, {1})}},
  };
}

namespace {

void CheckPlaceholder(const std::string& op, OpCoverage* c) {
  Sweep(op, "dtype", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add(op, {}, {{"dtype", v.dtype()}, {"shape", v.shape()}}, {.name = "op"});
    return Gives(b, {{x, v}}, b.Add("Identity", {x}), v);
  });
  Builder b;
  Output x = b.Add(op, {}, {{"dtype", kFloat}, {"shape", Shape({2})}}, {.name = "op"});
  Session session(b);
  for (const Result<Tensor>& r : {session.Run(x), session.Run(x, {{x, Tensor(1)}}),
                                  session.Run(x, {{x, Tensor::Of<float>({3}, {1, 2, 3})}})}) {
    ASSERT_FALSE(r.ok());
    EXPECT_NE(r.status().ToString().find("op"), std::string::npos) << r.status().ToString();
    ++c->hostile;
  }
}

}  // namespace

SpecialChecks ArraySpecials() { return {{"Placeholder", CheckPlaceholder}, {"PlaceholderV2", CheckPlaceholder}}; }

}  // namespace weir::testing
