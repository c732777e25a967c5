// Lists, which nobody can feed or fetch: each op is checked by what comes out of the lists that it takes or makes.
#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/gradient_checker.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {
namespace {

using namespace ops;

// What lists give of x [2, 3], and what it should be by ops that know no list.
struct Outcome {
  Output got, want;
};
using Outcomes = std::function<Outcome(Builder& b, Output x)>;

bool Holds(const Outcomes& make, const Tensor& v) {
  Builder b;
  Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
  const Outcome o = make(b, x);
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  if (!b.status().ok()) return false;
  bool holds = true;
  for (bool optimize : {false, true}) {
    auto r = Session(b, {.threads = 1, .optimize = optimize}).Run({o.got, o.want}, {{x, v}});
    EXPECT_TRUE(r.ok()) << r.status().ToString();
    if (!r.ok()) return false;
    EXPECT_TRUE((*r)[0].Identical((*r)[1])) << (*r)[0].ToString() << " is not " << (*r)[1].ToString();
    holds = holds && (*r)[0].Identical((*r)[1]);
  }
  return holds;
}

// First and second order of what lists give.
void CheckDerivatives(const Outcomes& make, OpCoverage* c) {
  Builder b;
  Output x = b.Add("Placeholder", {}, {{"dtype", kDouble}, {"shape", PartialShape({2, 3})}});
  Output y = make(b, x).got;
  const Tensor at = Tensor::Of<double>({2, 3}, {0.5, -1, 0.2, 0.7, 2, -0.4});
  auto first = CheckGradient(b, ReduceSum(Sin(y)), {x}, {at});
  auto second = CheckGradient(b, ReduceSum(Sin(Gradients({Sin(y)}, {x})[0])), {x}, {at});
  ASSERT_TRUE(first.ok() && second.ok()) << first.status().ToString() << second.status().ToString();
  EXPECT_LT(first->max_error, 1e-6);
  EXPECT_LT(second->max_error, 1e-6);
  c->differentiable = c->gradient = c->second_order = true;
}

enum Derived { kDerived, kNotDerived };

// By every dtype of `attr`; without one, of ops that have none, in float.
void Check(const std::string& op, OpCoverage* c, const std::string& attr, Derived derived, const Outcomes& make) {
  if (attr.empty()) {
    c->forward = Holds(make, Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
    c->empty = Holds(make, Tensor::Zeros(kFloat, {0, 3})), c->may_be_empty = true;
  } else {
    Sweep(op, attr, c, [&](const Tensor& v) { return Holds(make, v); });
  }
  if (derived == kDerived) CheckDerivatives(make, c);
}

// A float where a list or a shape belongs.
void CheckHostile(const std::string& op, OpCoverage* c) {
  Builder b;
  Output wrong = b.Constant(Tensor(1.5f));
  std::vector<Input> inputs(b.graph().registry().Find(op)->inputs().size(), wrong);
  b.AddNode(op, inputs, {}, {.name = "op"});
  ExpectRefused(b, c);
}

DType Of(const Output& x) { return x.dtype(); }
// The list {x, x reversed along its last axis}.
Output Two(Builder& b, Output x) {
  Output list = EmptyTensorList(b, Of(x));
  return TensorListPushBack(TensorListPushBack(list, x), Reverse(x, {1}));
}
Output Stacked(Output x) { return Stack({x, Reverse(x, {1})}); }

void CheckPushBack(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived,
        [](Builder& b, Output x) { return Outcome{TensorListStack(Two(b, x), Of(x)), Stacked(x)}; });
}

void CheckEmpty(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kNotDerived,
        [](Builder& b, Output x) { return Outcome{TensorListStack(Two(b, x), Of(x)), Stacked(x)}; });
}

void CheckPushBackBatch(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kNotDerived, [](Builder& b, Output x) {
    Output none = EmptyTensorList(b, Of(x));
    Output lists = Make("TensorListPushBackBatch", {Reshape(none, {1}), ExpandDims(x, 0)});
    return Outcome{TensorListStack(Reshape(lists, std::vector<int>{}), Of(x)), ExpandDims(x, 0)};
  });
}

void CheckPopBack(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived, [](Builder& b, Output x) {
    OutputList last = TensorListPopBack(Two(b, x), Of(x)), first = TensorListPopBack(last[0], Of(x), ShapeOf(x));
    return Outcome{Stack({last[1], first[1]}), Stack({Reverse(x, {1}), x})};
  });
}

void CheckReserve(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kNotDerived, [](Builder&, Output x) {
    Output list = TensorListSetItem(TensorListReserve(ShapeOf(x), 3, Of(x)), 1, x);
    Output zeros = Make("ZerosLike", {x});
    return Outcome{TensorListStack(list, Of(x)), Stack({zeros, x, zeros})};
  });
}

void CheckItems(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived, [](Builder& b, Output x) {
    Output list = TensorListSetItem(TensorListSetItem(Two(b, x), 0, Reverse(x, {0})), 3, x, true);
    return Outcome{Stack({TensorListGetItem(list, 0, Of(x)), TensorListGetItem(list, 1, Of(x)),
                          TensorListGetItem(list, 2, Of(x)), TensorListGetItem(list, 3, Of(x), ShapeOf(x))}),
                   Stack({Reverse(x, {0}), Reverse(x, {1}), Make("ZerosLike", {x}), x})};
  });
}

void CheckLength(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "", kNotDerived, [](Builder& b, Output x) {
    return Outcome{TensorListLength(TensorListResize(Two(b, x), 7)), Constant(b, 7)};
  });
}

void CheckElementShape(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "", kNotDerived, [](Builder& b, Output x) {
    Output list = EmptyTensorList(b, Of(x), {-1, 3});
    return Outcome{Concat({TensorListElementShape(TensorListPushBack(list, x)),
                           Reshape(TensorListElementShape(EmptyTensorList(b, Of(x))), {1})},
                          0),
                   Constant(b, {-1, 3, -1})};
  });
}

void CheckResize(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "", kDerived, [](Builder& b, Output x) {
    Output list = TensorListResize(TensorListResize(Two(b, x), 1), 3), zeros = Make("ZerosLike", {x});
    return Outcome{TensorListStack(list, Of(x)), Stack({x, zeros, zeros})};
  });
}

void CheckConcatLists(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kNotDerived, [](Builder& b, Output x) {
    Output both = TensorListConcatLists(Two(b, x), TensorListFromTensor(ExpandDims(x, 0)), Of(x));
    return Outcome{TensorListStack(both, Of(x)), Stack({x, Reverse(x, {1}), x})};
  });
}

void CheckFromTensor(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived, [](Builder&, Output x) {
    return Outcome{TensorListStack(TensorListFromTensor(x, {3}), Of(x), {3}), x};
  });
}

void CheckGather(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived, [](Builder& b, Output x) {
    return Outcome{TensorListGather(Two(b, x), {1, 0}, Of(x)), Gather(Stacked(x), {1, 0})};
  });
}

// Rows of [x, x reversed] at places of their own.
void CheckScatter(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived, [op](Builder& b, Output x) {
    Output rows = Stacked(x), list;
    if (op == "TensorListScatterIntoExistingList") {
      list = TensorListScatterIntoExistingList(TensorListResize(Two(b, x), 1), rows, {2, 1});
    } else if (op == "TensorListScatterV2") {
      list = TensorListScatter(rows, {2, 1}, ShapeOf(x), 3);
    } else {
      list = Make(op, {rows, {2, 1}, ShapeOf(x)});
    }
    Output first = op == "TensorListScatterIntoExistingList" ? x : Make("ZerosLike", {x});
    return Outcome{TensorListStack(list, Of(x)), Stack({first, Reverse(x, {1}), x})};
  });
}

void CheckConcat(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived, [op](Builder& b, Output x) {
    Output list = TensorListPushBack(Two(b, x), Concat({x, x}, 0));
    OutputList joined = op == "TensorListConcatV2" ? TensorListConcat(list, Of(x), {-1, 3})
                                                   : MakeAll(op, {list}, {{"element_dtype", Of(x)}});
    return Outcome{joined[0], Concat({x, Reverse(x, {1}), x, x}, 0)};
  });
}

void CheckSplit(const std::string& op, OpCoverage* c) {
  CheckHostile(op, c);
  Check(op, c, "element_dtype", kDerived, [](Builder&, Output x) {
    Output rows = Concat({x, Reverse(x, {1})}, 0), n = Cast(ShapeOf(x)[{0}], kInt64);
    Output list = TensorListSplit(rows, Stack({n, n}), {-1, 3});
    return Outcome{TensorListStack(list, Of(x)), Stacked(x)};
  });
}

}  // namespace

SpecialChecks ListSpecials() {
  return {{"EmptyTensorList", CheckEmpty},
          {"TensorListReserve", CheckReserve},
          {"TensorListPushBack", CheckPushBack},
          {"TensorListPushBackBatch", CheckPushBackBatch},
          {"TensorListPopBack", CheckPopBack},
          {"TensorListLength", CheckLength},
          {"TensorListElementShape", CheckElementShape},
          {"TensorListGetItem", CheckItems},
          {"TensorListSetItem", CheckItems},
          {"TensorListResize", CheckResize},
          {"TensorListConcatLists", CheckConcatLists},
          {"TensorListStack", CheckPushBack},
          {"TensorListFromTensor", CheckFromTensor},
          {"TensorListGather", CheckGather},
          {"TensorListScatter", CheckScatter},
          {"TensorListScatterV2", CheckScatter},
          {"TensorListScatterIntoExistingList", CheckScatter},
          {"TensorListConcat", CheckConcat},
          {"TensorListConcatV2", CheckConcat},
          {"TensorListSplit", CheckSplit}};
}

}  // namespace weir::testing
