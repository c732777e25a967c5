// What Session::Run takes: outputs, variables and operations in one list, fed variables, limits everywhere.
// (What it refuses while compiling: compile_errors.cc.)
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/state/state.h"
#include "weir/ops/model/variables.h"
#include "weir/session/session.h"

namespace weir {
namespace {

struct Model {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None}, {.name = "x"});
  Variable w{ops::Constant(g, {1.f, 2.f}), {.name = "w"}};
  Output y = x * w;
  Operation add = ops::AssignAdd(w, {1.f, 1.f}), init = GlobalVariablesInitializer(g);
  Session s{g, {.threads = 1}};
  Model() { s.Run(init).Check(); }
};

TEST(Run, TakesOutputsVariablesAndOperationsInOneList) {
  Model m;
  auto got = m.s.Run({m.y, m.add, m.x}, {{m.x, {3, 3}}}).value();
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].ToString(), "[3, 6]");
  EXPECT_FALSE(got[1].valid()) << "an operation has no value";
  EXPECT_EQ(got[2].ToString(), "[3, 3]");
  EXPECT_EQ(m.s.Run({m.w}).value()[0].ToString(), "[2, 3]") << "a list gives a list";
  std::vector<Operation> operations = {m.add};
  EXPECT_FALSE(m.s.Run(operations).value()[0].valid());
  EXPECT_EQ(m.s.Run(std::vector<Output>{m.y}, {{m.x, {1, 1}}}, operations).value()[0].ToString(), "[3, 4]");
  EXPECT_EQ(m.s.Run(m.w).value().ToString(), "[4, 5]");
}

// TensorFlow runs what a fetch is computed of, though the fetch is known without.
TEST(Run, WhatIsKnownBeforehandStillHasItsEffects) {
  Model m;
  Output after;
  {
    const auto wait = m.g.ControlDependencies({m.add});
    after = ops::Identity(m.x);
  }
  Output size = Make("Shape", {-after}), known = ops::Select(true, m.x, after);
  m.s.Extend(m.g).Check();
  const Feeds two = {{m.x, {3, 3}}};
  EXPECT_EQ(m.s.Run(size, two).value().ToString(), "[2]");
  EXPECT_EQ(m.s.Run(m.w).value().ToString(), "[2, 3]");
  EXPECT_EQ(m.s.Run(known, two).value().ToString(), "[3, 3]");
  EXPECT_EQ(m.s.Run(m.w).value().ToString(), "[3, 4]");
}

TEST(Run, AFedVariableHasThatValueForEachOfItsReads) {
  Model m;
  Output second = m.w.Read();
  m.s.Extend(m.g).Check();
  auto got = m.s.Run({m.y, m.w, second}, {{m.x, {1, 1}}, {m.w, {10, 20}}}).value();
  for (const Tensor& t : got) EXPECT_EQ(t.ToString(), "[10, 20]");
  EXPECT_EQ(m.s.Run(m.w).value().ToString(), "[1, 2]") << "the variable keeps its own";
  Status wrong = m.s.Run(m.y, {{m.x, {1, 1}}, {m.w, {1, 2, 3}}}).status();
  EXPECT_EQ(wrong.code(), Code::kInvalidArgument) << wrong.ToString();
}

TEST(Run, RefusesToFeedAVariableThatIsReadByItsHandle) {
  Builder g;
  Variable w(ops::Constant(g, {1.f, 2.f}), {.name = "w"});
  Output row = w.Gather({1}, {.name = "row"});
  Session s(g, {.threads = 1});
  Status status = s.Run(row, {{w, {10.f, 20.f}}}).status();
  EXPECT_NE(status.ToString().find("'row' reads it by its handle"), std::string::npos) << status.ToString();
}

TEST(Run, LimitsHoldInEveryOverload) {
  Model m;
  std::atomic<bool> cancel{true};
  const RunConfig config{.cancel = &cancel};
  const Feeds feeds = {{m.x, {1, 1}}};
  const NamedFeeds named = {{"x", Tensor::Of<float>({2}, {1, 1})}};
  for (const Status& s :
       {m.s.Run(m.y, feeds, config).status(), m.s.Run(m.add, {}, config), m.s.Run({m.y, m.add}, feeds, config).status(),
        m.s.Run({m.y}, feeds, {m.add}, config).status(), m.s.Run(named, {m.y.name()}, config).status(),
        m.s.Run(named, {m.y.name()}, {}, config).status()}) {
    EXPECT_EQ(s.code(), Code::kCancelled) << s.ToString();
  }
}

}  // namespace
}  // namespace weir
