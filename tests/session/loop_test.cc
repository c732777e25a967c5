// Loops in a plan: what they hand on when they end.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
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
