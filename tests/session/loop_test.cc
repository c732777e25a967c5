// Loops in a plan: what they hand on when they end.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/random/random.h"
#include "weir/session/session.h"

namespace weir {
namespace {

// A loop variable whose shape only the body knows lives in a dynamic slot. Where the body never runs it is the value
// that the loop was given, whose memory in the arena is others' after the loop.
TEST(Loop, KeepsWhatItWasGivenWhenItsBodyNeverRuns) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4}, {.name = "x"});
  Output positive = ops::Squeeze(ops::Where(ops::Greater(x, 0.0f)), {1});
  Output given = ops::Exp(x);
  Outputs r = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 0); },
      [&](const Outputs& v) {
        return Outputs{v[0] + 1, ops::Gather(x, positive)};
      },
      {0, given});
  auto after = g.ControlDependencies({r[1].op()});
  Output sum = ops::Add(r[1], ops::Reverse(x, {0}));
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    Tensor want = s.Run(given, {{x, {0.0f, 1.0f, 2.0f, 3.0f}}}).value();
    Tensor got = s.Run(sum, {{x, {0.0f, 1.0f, 2.0f, 3.0f}}}).value();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(got.at<float>(i), want.at<float>(i) + float(3 - i)) << i;
  }
}

// A part of a loop variable is a view at an offset, wherever the variable lies in this turn.
TEST(Loop, ReadsAPartOfALoopVariable) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {8}, {.name = "x"});
  Outputs r = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(ops::Slice(v[3], {1}, {1}), 3.0f)[{0}]; },
      [&](const Outputs& v) {
        return Outputs{v[0] + ops::Slice(v[1], {5}, {2}), v[1], ops::Reverse(v[2], {0}) + ops::Slice(x, {0}, {8}),
                       v[3] + ops::Slice(v[3], {2}, {1})};
      },
      {ops::Zeros(g, {2}), x, x, std::vector<float>{9, 0, 1}});
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    auto got = s.Run({r[0], r[2], r[3]}, {{x, {0.f, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f}}}).value();
    EXPECT_EQ(got[0].ToString(), "[10, 12]");
    EXPECT_EQ(got[1].ToString(), "[7, 8, 9, 10, 11, 12, 13, 14]");
    EXPECT_EQ(got[2].ToString(), "[12, 3, 4]");
  }
}

TEST(Branches, AreChosenByNumberOrByTheFirstTruth) {
  Builder g;
  Output i = ops::Placeholder(g, kInt32, {}, {.name = "i"}), x = ops::Placeholder(g, kFloat, {2}, {.name = "x"});
  Output numbered = SwitchCase(i, {[&] { return Outputs{x}; }, [&] { return Outputs{x * 2.0f}; },
                                   [&] { return Outputs{ops::Concat({x, x}, 0)}; }})[0];
  Output first = Case({{ops::Less(i, 1), [&] { return Outputs{x + 1.0f}; }},
                       {ops::Less(i, 3), [&] { return Outputs{x + 2.0f}; }}},
                      [&] { return Outputs{x + 3.0f}; })[0];
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  for (bool optimize : {false, true}) {
    Session s(g, {.threads = 1, .optimize = optimize});
    auto run = [&](int number) {
      auto r = s.Run({numbered, first}, {{i, number}, {x, {1.f, 2.f}}}).value();
      return r[0].ToString() + " " + r[1].ToString();
    };
    EXPECT_EQ(run(0), "[1, 2] [2, 3]");
    EXPECT_EQ(run(1), "[2, 4] [3, 4]");
    EXPECT_EQ(run(2), "[1, 2, 1, 2] [3, 4]");
    EXPECT_EQ(run(-1), "[1, 2, 1, 2] [2, 3]");
    EXPECT_EQ(run(7), "[1, 2, 1, 2] [4, 5]");
  }
}

// What runs in a branch has its effects; the others have none.
TEST(Branches, NumberedOnesWriteVariables) {
  Builder g;
  Variable v(g, Tensor(0.0f), {.name = "v"});
  Output i = ops::Placeholder(g, kInt32, {}, {.name = "i"});
  auto add = [&](float by) {
    return [&v, by] {
      ops::AssignAdd(v, by);
      return Outputs{v.Read()};
    };
  };
  Output r = SwitchCase(i, {add(1), add(10), add(100)})[0];
  Operation init = GlobalVariablesInitializer(g);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Session s(g, {.threads = 1});
  s.Run(init).Check();
  for (int number : {0, 1, 1, 2, 5}) s.Run(r, {{i, number}}).status().Check();
  EXPECT_EQ(s.GetVariable("v").value().scalar<float>(), 221.0f);
}

TEST(Branches, RefusesNone) {
  Builder g;
  Output i = ops::Placeholder(g, kInt32, {}, {.name = "i"});
  EXPECT_TRUE(SwitchCase(i, {}).empty());
  EXPECT_NE(g.status().ToString().find("no branches were given"), std::string::npos);
}

// Nodes of two bodies may have one name; each draws by its own seed.
TEST(Branches, NodesOfOneNameKeepStatesOfTheirOwn) {
  auto draw = [](Builder& g, int seed) { return ops::RandomUniform(g, {3}, {.seed = seed, .name = "draw"}); };
  Builder g;
  Output which = ops::Placeholder(g, kBool, {}, {.name = "which"});
  Output drawn = Cond(which, [&] { return draw(g, 1); }, [&] { return draw(g, 2); });
  Session s(g, {.threads = 1});
  for (bool first : {true, false}) {
    Builder alone;
    Output want = draw(alone, first ? 1 : 2);
    Tensor got = s.Run(drawn, {{which, first}}).value();
    EXPECT_TRUE(got.Identical(Session(alone).Run(want).value())) << got;
  }
}

}  // namespace
}  // namespace weir
