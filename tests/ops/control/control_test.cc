// Rows of ops with an effect, or none; and calls, branches and loops, which no row can describe.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/graph/derived.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

std::vector<OpRow> ControlRows() {
  return {
      {"NoOp", {}},
      {"ControlTrigger", {}},
      {"Assert", {Bool(true), {2, 3}}},
      Swept("dtype", {"FakeParam", {}, {{"dtype", kFloat}, {"shape", PartialShape({2, 3})}}}),
      Swept("dtype", {"FakeParam", {}, {{"dtype", kFloat}, {"shape", PartialShape({None, 3})}}}),
      {"Print", {{2, 3}, Ints({1, 2})}, {{"message", "printed: "}}},
  };
}

namespace {

// First and second order of y by x, at 3 numbers.
void CheckDerivatives(Builder& b, Output x, Output y, const Feeds& others, OpCoverage* c) {
  ASSERT_NO_FATAL_FAILURE(
      ExpectDerived(b, ops::ReduceSum(y), {x}, {Tensor(std::vector<double>{0.5, -1, 0.2})}, others));
  c->differentiable = c->gradient = c->second_order = true;
}

FuncRef Curve(Builder& b, const std::string& name, double by) {
  return DefineFunction(b, name, {kDouble}, [by](const Outputs& v) { return Outputs{ops::Tanh(v[0] * by) * v[0]}; });
}

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
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"});
  Output y = g.Add(op, {x}, {{"f", Curve(g, "curve", 2)}, {"Tout", std::vector<DType>{kDouble}}});
  CheckDerivatives(g, x, y, {}, c);
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
  for (bool taken : {true, false}) {
    Builder g;
    Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"}), p = ops::Placeholder(g, kBool, {}, {.name = "p"});
    AttrMap attrs{{"then_branch", Curve(g, "a", 2)}, {"else_branch", Curve(g, "b", 3)}};
    attrs["Tout"] = std::vector<DType>{kDouble};
    CheckDerivatives(g, x, g.Add(op, {p, x}, std::move(attrs)), {{p, taken}}, c);
  }
}

// Of three branches, the last for any other number.
void CheckCase(const std::string& op, OpCoverage* c) {
  auto branch = [&](Builder& b, DType declared, Output index, Output x) {
    auto same = [](const Outputs& v) { return Outputs{Make("Identity", {v[0]})}; };
    auto none = [](const Outputs& v) { return Outputs{Make("ZerosLike", {v[0]})}; };
    FuncRef yes = DefineFunction(b, "yes", {declared}, same), no = DefineFunction(b, "no", {declared}, none);
    AttrMap attrs{{"branches", AttrList{.func = {no, yes, yes}}}, {"Tout", std::vector<DType>{declared}}};
    return b.Add(op, {index, x}, attrs, {.name = "op"});
  };
  Sweep(op, "Tout", c, [&](const Tensor& v) {
    bool good = true;
    for (int index : {0, 1, 2, 3, -1}) {
      Builder b;
      Output i = b.Add("Placeholder", {}, {{"dtype", kInt32}}), x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
      const Tensor want = index == 0 ? Tensor::Zeros(v.dtype(), v.shape()) : v;
      good = good && Gives(b, {{i, index}, {x, v}}, branch(b, v.dtype(), i, x), want);
    }
    return good;
  });
  Builder b;
  branch(b, kFloat, b.Constant(Tensor(0)), b.Constant(Tensor(1)));
  ExpectRefused(b, c);
  for (int index : {0, 1}) {
    Builder g;
    Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"}), i = ops::Placeholder(g, kInt32, {}, {.name = "i"});
    AttrMap attrs{{"branches", AttrList{.func = {Curve(g, "a", 2), Curve(g, "b", 3)}}}};
    attrs["Tout"] = std::vector<DType>{kDouble};
    CheckDerivatives(g, x, g.Add(op, {i, x}, std::move(attrs)), {{i, index}}, c);
  }
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
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"});
  FuncRef more = DefineFunction(g, "more", {kInt32, kDouble},
                                [](const Outputs& v) { return Outputs{Make("Less", {v[0], 3})}; });
  FuncRef step = DefineFunction(g, "step", {kInt32, kDouble}, [](const Outputs& v) {
    return Outputs{Make("AddV2", {v[0], 1}), Make("Sin", {v[1]})};
  });
  Operation loops = g.AddNode(op, {g.Constant(Tensor(0)), x}, {{"cond", more}, {"body", step}});
  CheckDerivatives(g, x, g.OutputOf(loops, 1), {}, c);
}

// y -> sin(y + i) for i = 0, 1, 2.
void CheckFor(const std::string& op, OpCoverage* c) {
  auto loop = [&](Builder& b, Output limit, DType declared, const Output& x) {
    FuncRef step = DefineFunction(b, "step", {kInt32, declared}, [&](const Outputs& v) {
      return Outputs{declared == kDouble ? ops::Sin(v[1] + ops::Cast(v[0], kDouble)) : Make("Identity", {v[1]})};
    });
    return b.Add(op, {b.Constant(Tensor(0)), limit, b.Constant(Tensor(1)), x}, {{"body", step}}, {.name = "op"});
  };
  Sweep(op, "T", c, [&](const Tensor& v) {
    if (v.dtype() == kDouble) return true;
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    return Gives(b, {{x, v}}, loop(b, b.Constant(Tensor(3)), v.dtype(), x), v);
  });
  Builder b, other;
  loop(b, b.Constant(Tensor::Vector<int>({1, 2})), kFloat, b.Constant(Tensor(1.0f)));
  ExpectRefused(b, c);
  loop(other, other.Constant(Tensor(1)), kInt64, other.Constant(Tensor(1.0f)));
  ExpectRefused(other, c);
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"});
  CheckDerivatives(g, x, loop(g, g.Constant(Tensor(3)), kDouble, x), {}, c);
}

// The gradient of the identity is the gradient given.
void CheckSymbolicGradient(const std::string& op, OpCoverage* c) {
  Sweep(op, "Tin", c, [&](const Tensor& v) {
    Builder b;
    Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
    FuncRef f = DefineFunction(b, "same", {v.dtype()}, [](const Outputs& a) { return Outputs{Make("Identity", a)}; });
    const Tensor zeros = Tensor::Zeros(v.dtype(), v.shape());
    const bool flows = IsFloating(v.dtype()) || IsComplex(v.dtype());
    Output dx = b.Add(op, {x, x}, {{"f", f}, {"Tout", std::vector<DType>{v.dtype()}}});
    return Gives(b, {{x, v}}, dx, flows ? v : zeros);
  });
  Builder b;
  b.Add(op, {b.Constant(Tensor(1))}, {{"f", 3}, {"Tout", std::vector<DType>{kInt32}}}, {.name = "op"});
  ExpectRefused(b, c);
  Builder g;
  Output x = ops::Placeholder(g, kDouble, {3}, {.name = "x"});
  FuncRef f = Curve(g, "curve", 2);
  CheckDerivatives(g, x, g.Add(op, {x, ops::Sin(x)}, {{"f", f}, {"Tout", std::vector<DType>{kDouble}}}), {}, c);
}

}  // namespace

SpecialChecks ControlSpecials() {
  return {{"PartitionedCall", CheckCall}, {"StatefulPartitionedCall", CheckCall}, {"If", CheckBranch},
          {"StatelessIf", CheckBranch}, {"Case", CheckCase}, {"StatelessCase", CheckCase}, {"While", CheckLoop},
          {"StatelessWhile", CheckLoop}, {"For", CheckFor}, {"SymbolicGradient", CheckSymbolicGradient}};
}

}  // namespace weir::testing
