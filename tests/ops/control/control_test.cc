// Rows of ops with an effect, or none; and calls, branches and loops, which no row can describe.
#include "weir/ops/model/control_flow.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

std::vector<OpRow> ControlRows() {
  return {
      {"NoOp", {}},
      {"ControlTrigger", {}},
      {"Assert", {Bool(true), {2, 3}}},
      {"Print", {{2, 3}, Ints({1, 2})}, {{"message", "printed: "}}},
  };
}

namespace {

void CheckCall(const std::string& op, OpCoverage* c) {
  auto call = [&](Builder& b, DType declared, Output x) {
    auto same = [](const Outputs& v) { return Outputs{Make("Identity", {v[0]})}; };
    FuncRef f = DefineFunction(b, "same", {declared}, same);
    return b.Add(op, {x}, {{"f", f}, {"Tout", std::vector<DType>{declared}}}, {.name = "op"});
  };
  Sweep(op, "Tin", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    return Gives(b, {{x, v}}, call(b, v.dtype(), x), v);
  });
  Builder b;
  call(b, kFloat, b.Constant(Tensor(1)));
  ExpectRefused(b, c);
}

void CheckBranch(const std::string& op, OpCoverage* c) {
  auto branch = [&](Builder& b, DType declared, Output pred, Output x) {
    auto same = [](const Outputs& v) { return Outputs{Make("Identity", {v[0]})}; };
    auto reshaped = [](const Outputs& v) {
      return Outputs{Make("Reshape", {Make("Identity", {v[0]}), Make("Shape", {v[0]})})};
    };
    FuncRef yes = DefineFunction(b, "yes", {declared}, same), no = DefineFunction(b, "no", {declared}, reshaped);
    AttrMap attrs{{"then_branch", yes}, {"else_branch", no}, {"Tout", std::vector<DType>{declared}}};
    return b.Add(op, {pred, x}, attrs, {.name = "op"});
  };
  Sweep(op, "Tout", c, [&](const Tensor& v) {
    bool good = true;
    for (bool taken : {true, false}) {
      Builder b;
      Output pred = b.Add("Placeholder", {}, {{"dtype", kBool}}), x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
      good = good && Gives(b, {{pred, taken}, {x, v}}, branch(b, v.dtype(), pred, x), v);
    }
    return good;
  });
  Builder b;
  branch(b, kFloat, b.Constant(Tensor(true)), b.Constant(Tensor(1)));
  ExpectRefused(b, c);
}

void CheckLoop(const std::string& op, OpCoverage* c) {
  auto loop = [&](Builder& b, DType declared, Output x) {
    auto fewer = [](const Outputs& v) { return Outputs{Make("Less", {v[0], 3})}; };
    auto next = [](const Outputs& v) { return Outputs{Make("AddV2", {v[0], 1}), Make("Identity", {v[1]})}; };
    FuncRef more = DefineFunction(b, "more", {kInt32, declared}, fewer);
    FuncRef step = DefineFunction(b, "step", {kInt32, declared}, next);
    return b.OutputOf(b.AddNode(op, {b.Constant(Tensor(0)), x}, {{"cond", more}, {"body", step}}, {.name = "op"}), 1);
  };
  Sweep(op, "T", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    return Gives(b, {{x, v}}, loop(b, v.dtype(), x), v);
  });
  Builder b;
  loop(b, kFloat, b.Constant(Tensor(1)));
  ExpectRefused(b, c);
}

}  // namespace

SpecialChecks ControlSpecials() {
  return {{"PartitionedCall", CheckCall}, {"StatefulPartitionedCall", CheckCall}, {"If", CheckBranch},
          {"StatelessIf", CheckBranch}, {"While", CheckLoop}, {"StatelessWhile", CheckLoop}};
}

}  // namespace weir::testing
