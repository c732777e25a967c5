// x[…]: what NumPy gives, with known and unknown shapes and with indices that are tensors; and what is refused.
#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/variables.h"
#include "weir/session/session.h"

namespace weir {
namespace {

// 0 … 11 as [3, 4].
struct Twelve {
  Builder g;
  Output x = ops::Reshape(ops::Constant(g, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), {3, 4});

  std::string Of(Output y, const Feeds& feeds = {}) {
    if (!g.status().ok()) return g.status().ToString();
    Session session(g, {.threads = 1});
    auto value = session.Run(y, feeds);
    return value.ok() ? value->shape().ToString() + " " + value->ToString() : value.status().ToString();
  }
};

TEST(Subscript, NumbersTakeTheirAxisAway) {
  Twelve t;
  EXPECT_EQ(t.Of(t.x[1]), "[4] [4, 5, 6, 7]");
  EXPECT_EQ(t.Of(t.x[-1]), "[4] [8, 9, 10, 11]");
  EXPECT_EQ(t.Of(t.x[{1, 2}]), "[] 6");
  EXPECT_EQ(t.Of(t.x[{-1, -1}]), "[] 11");
}

TEST(Subscript, RangesAndWholeAxes) {
  Twelve t;
  EXPECT_EQ(t.Of(t.x[{1, _}]), "[4] [4, 5, 6, 7]");
  EXPECT_EQ(t.Of(t.x[{_, 1}]), "[3] [1, 5, 9]");
  EXPECT_EQ(t.Of(t.x[{{1, 3}}]), "[2,4] [[4, 5, 6, 7], [8, 9, 10, 11]]");
  EXPECT_EQ(t.Of(t.x[{{1, _}, {_, -2}}]), "[2,2] [[4, 5], [8, 9]]");
  EXPECT_EQ(t.Of(t.x[{_, {_, _, 2}}]), "[3,2] [[0, 2], [4, 6], [8, 10]]");
  EXPECT_EQ(t.Of(t.x[{{_, _, -1}, 0}]), "[3] [8, 4, 0]");
  EXPECT_EQ(t.Of(t.x[{{2, 1}}]), "[0,4] [[]]");
}

TEST(Subscript, EllipsisAndNewAxis) {
  Twelve t;
  EXPECT_EQ(t.Of(t.x[{Ellipsis, 3}]), "[3] [3, 7, 11]");
  EXPECT_EQ(t.Of(t.x[{0, Ellipsis}]), "[4] [0, 1, 2, 3]");
  EXPECT_EQ(t.Of(t.x[{NewAxis, 0}]), "[1,4] [[0, 1, 2, 3]]");
  EXPECT_EQ(t.Of(t.x[{0, _, NewAxis}]), "[4,1] [[0], [1], [2], [3]]");
  Output added = t.x[{NewAxis, Ellipsis}];
  EXPECT_EQ(added.shape().ToString(), "[1,3,4]");
}

TEST(Subscript, TensorsAsNumbers) {
  Twelve t;
  Output i = ops::Placeholder(t.g, kInt32, {}), j = ops::Placeholder(t.g, kInt64, {});
  EXPECT_EQ(t.Of(t.x[i], {{i, 2}}), "[4] [8, 9, 10, 11]");
  EXPECT_EQ(t.Of(t.x[{i, {1, j}}], {{i, 0}, {j, 3}}), "[2] [1, 2]");
  EXPECT_EQ(t.Of(t.x[{{i, _}, j}], {{i, 1}, {j, 0}}), "[2] [4, 8]");
}

TEST(Subscript, AVariableIsReadThere) {
  Builder g;
  Variable w(g, {{1.f, 2.f}, {3.f, 4.f}});
  Output y = w[{_, 0}], z = w[1];
  Operation init = GlobalVariablesInitializer(g);
  Session session(g);
  session.Run(init).Check();
  EXPECT_EQ(session.Run(y).value().ToString(), "[1, 3]");
  EXPECT_EQ(session.Run(z).value().ToString(), "[3, 4]");
}

TEST(Subscript, HasTheNamesOfTensorFlowAndAGradient) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 3}, {.name = "x"});
  Output y = x[{_, 1}];
  EXPECT_EQ(y.name(), "strided_slice:0");
  EXPECT_EQ(y.shape().ToString(), "[?]");
  EXPECT_TRUE(g.graph().Find("strided_slice/stack_2").valid());
  Output grad = Gradients({y}, {x})[0];
  Session session(g);
  EXPECT_EQ(session.Run(grad, {{x, {{1, 2, 3}, {4, 5, 6}}}}).value().ToString(), "[[0, 1, 0], [0, 1, 0]]");
}

TEST(Subscript, MistakesNameTheLine) {
  Twelve t;
  Output y = t.x[{0, 0, 0}];
  EXPECT_FALSE(y.valid());
  std::string text = t.g.status().ToString();
  EXPECT_NE(text.find("StridedSlice 'strided_slice'"), std::string::npos) << text;
  EXPECT_NE(text.find("subscript_test.cc:"), std::string::npos) << text;
  EXPECT_FALSE(y[0].valid()) << "an invalid output has invalid parts";
}

TEST(Operators, ComparisonsAndAssignments) {
  Builder g;
  Output x = ops::Constant(g, {1, 2, 3});
  Output y = x;
  y += 1, y *= x, y -= 2, y /= 2;
  std::vector<Output> all = {x < 2, x <= 2, x > 2, x >= 2, x == 2, x != 2, !(x == 2), x > 1 && x < 3, x < 2 || x > 2};
  Session session(g);
  EXPECT_EQ(session.Run(y).value().ToString(), "[0, 2, 5]");
  const char* want[] = {"[true, false, false]", "[true, true, false]", "[false, false, true]",
                        "[false, true, true]",  "[false, true, false]", "[true, false, true]",
                        "[true, false, true]",  "[false, true, false]", "[true, false, true]"};
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(session.Run(all[i]).value().ToString(), want[i]) << i;
}

}  // namespace
}  // namespace weir
