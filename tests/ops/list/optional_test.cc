// Optionals: a tensor or none.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/tests/graph/derived.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

Output ValueOf(const Output& optional, DType dtype) {
  return Make("OptionalGetValue", {optional},
              {{"output_types", std::vector<DType>{dtype}},
               {"output_shapes", std::vector<PartialShape>{PartialShape::Unknown()}}});
}

void CheckOptional(const std::string& op, OpCoverage* c) {
  auto holds = [&](const Tensor& v) {
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    Output some = b.Add("OptionalFromValue", {x}), none = b.Add("OptionalNone", {});
    if (op == "OptionalNone" || op == "OptionalHasValue") {
      Output has = ops::Stack({Make("OptionalHasValue", {some}), Make("OptionalHasValue", {none})});
      return Gives(b, {{x, v}}, has, Tensor::Of<bool>({2}, {true, false}));
    }
    return Gives(b, {{x, v}}, ValueOf(some, v.dtype()), v);
  };
  const OpDef& def = *AllOps().Find(op);
  if (def.FindAttr("Toutput_types")) Sweep(op, "Toutput_types", c, holds);
  else if (def.FindAttr("output_types")) Sweep(op, "output_types", c, holds);
  else c->forward = holds(Tensor(2.0f)), c->empty = holds(Tensor::Zeros(kFloat, {0}));
  Builder g;
  if (op == "OptionalGetValue" || op == "OptionalFromValue") {
    Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"});
    Output y = ValueOf(g.Add("OptionalFromValue", {ops::Sin(x)}), kDouble);
    ASSERT_NO_FATAL_FAILURE(
        ExpectDerived(g, ops::ReduceSum(y * y), {x}, {Tensor(std::vector<double>{0.5, -1, 0.2})}, {}));
    c->differentiable = c->gradient = c->second_order = true;
  }
  Builder b;
  std::vector<Input> inputs(def.inputs().size(), b.Constant(Tensor(1)));
  if (op == "OptionalNone") b.Add(op, {}, {{"shape", 1}}, {.name = "op"});
  else b.Add(op, inputs, {{"Toutput_types", 1}}, {.name = "op"});
  ExpectRefused(b, c);
}

TEST(Optional, WithoutAValueIsAnErrorToRead) {
  Builder b;
  Output y = ValueOf(b.Add("OptionalNone", {}), kFloat);
  auto got = Session(b).Run(y);
  EXPECT_NE(got.status().ToString().find("an optional that has none"), std::string::npos) << got.status().ToString();
}

}  // namespace

SpecialChecks OptionalSpecials() {
  SpecialChecks checks;
  for (const char* op : {"OptionalFromValue", "OptionalNone", "OptionalGetValue", "OptionalHasValue"})
    checks[op] = CheckOptional;
  return checks;
}

}  // namespace weir::testing
