// TensorFlow 1's control flow, op by op; oracle/recorded_graph_test.cc compares whole graphs of it with TensorFlow.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/tests/ops/op_row.h"
#include "weir/tests/ops/special.h"

namespace weir::testing {

namespace {

// Builds Ref and plain forms alike: a reference is that of a variable, which `first` gives its value.
struct Old {
  Builder b;
  std::string prefix;
  std::vector<Operation> first;
  Feeds feeds;

  explicit Old(bool ref) : prefix(ref ? "Ref" : "") {}
  Output Data(const Tensor& v) {
    if (prefix.empty()) {
      Output x = b.Add("Placeholder", {}, {{"dtype", v.dtype()}});
      feeds.emplace_back(x, v);
      return x;
    }
    Output x = b.Add("VariableV2", {}, {{"dtype", v.dtype()}, {"shape", v.shape()}});
    first.push_back(b.AddNode("Assign", {x, b.Constant(v)}));
    return x;
  }
  Output Add(const std::string& op, std::vector<Input> inputs, AttrMap attrs = {}) {
    return b.Add(prefix + op, std::move(inputs), std::move(attrs));
  }
  // x, three times round a loop; `exit`: what leaves it.
  Output Loop(Output x) {
    const AttrMap frame{{"frame_name", "loop"}};
    Output zero = b.Constant(Tensor(0));
    Output i = b.Add("Enter", {zero}, frame), v = Add("Enter", {x}, frame);
    Operation merge_i = b.AddNode("Merge", {i, i}), merge_v = b.AddNode(prefix + "Merge", {v, v});
    Output more = b.Add("LoopCond", {ops::Less(b.OutputOf(merge_i, 0), 3)});
    Operation switch_i = b.AddNode("Switch", {b.OutputOf(merge_i, 0), more});
    Operation switch_v = b.AddNode(prefix + "Switch", {b.OutputOf(merge_v, 0), more});
    Output next_i = b.Add("NextIteration", {ops::Add(b.OutputOf(switch_i, 1), 1)});
    Output next_v = Add("NextIteration", {b.OutputOf(switch_v, 1)});
    Graph& g = b.mutable_graph();
    EXPECT_TRUE(g.SetInput(merge_i.id(), 1, next_i.endpoint()).ok());
    EXPECT_TRUE(g.SetInput(merge_v.id(), 1, next_v.endpoint()).ok());
    return Add("Exit", {b.OutputOf(switch_v, 0)});
  }
  // What stays of x between a Switch and a Merge.
  Output Choice(Output x, bool taken) {
    Output p = b.Add("Placeholder", {}, {{"dtype", kBool}});
    feeds.emplace_back(p, Tensor(taken));
    Operation chosen = b.AddNode(prefix + "Switch", {x, p});
    return Add("Merge", {b.OutputOf(chosen, 0), b.OutputOf(chosen, 1)});
  }
};

void CheckFrameOp(const std::string& op, OpCoverage* c) {
  const bool ref = op.starts_with("Ref"), chooses = op.ends_with("Switch") || op.ends_with("Merge");
  Sweep(op, "T", c, [&](const Tensor& v) {
    bool good = true;
    for (bool taken : {true, false}) {
      Old g(ref);
      Output x = g.Data(v);
      Output y = g.b.Add("Identity", {chooses ? g.Choice(x, taken) : g.Loop(x)});
      good = good && Gives(g.b, g.feeds, y, v, g.first);
    }
    return good;
  });
  Builder b;
  Output x = ref ? b.Add("VariableV2", {}, {{"dtype", kFloat}, {"shape", Shape({2})}}) : b.Constant(Tensor(1.0f));
  if (op.ends_with("Switch")) b.AddNode(op, {x, b.Constant(Tensor(1))}, {}, {.name = "op"});
  else if (op.ends_with("Enter")) b.AddNode(op, {x}, {{"frame_name", 3}}, {.name = "op"});
  else b.AddNode(op, {x}, {{"T", kInt32}}, {.name = "op"});
  ExpectRefused(b, c);
}

void CheckLoopCond(const std::string& op, OpCoverage* c) {
  for (Tensor v : {Tensor(2.0f), Tensor::Zeros(kFloat, {0})}) {
    Old g(false);
    Output y = g.Loop(g.Data(v));
    c->forward = Gives(g.b, g.feeds, y, v);
    c->empty = c->forward;
  }
  Builder b;
  b.Add(op, {b.Constant(Tensor(1))}, {}, {.name = "op"});
  ExpectRefused(b, c);
}

}  // namespace

SpecialChecks FrameSpecials() {
  SpecialChecks checks{{"LoopCond", CheckLoopCond}};
  for (const char* op : {"Switch", "Merge", "Enter", "Exit", "NextIteration"}) {
    checks[op] = CheckFrameOp;
    checks["Ref" + std::string(op)] = CheckFrameOp;
  }
  return checks;
}

namespace {

Status RunError(const Builder& b, const Output& y, const Feeds& feeds = {}) {
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  auto got = Session(b).Run(y, feeds);
  return got.ok() ? Status() : got.status();
}

TEST(Frames, WhatIsInsideALoopHasNoValueOutside) {
  Old g(false);
  g.Loop(g.Data(Tensor(2.0f)));
  auto error = [&](const char* name) {
    return RunError(g.b, Output(&g.b, g.b.graph().ParseEndpoint(name).value()), g.feeds).ToString();
  };
  EXPECT_NE(error("Switch:1").find("'Switch:1' is inside the loop 'loop'"), std::string::npos) << error("Switch:1");
  EXPECT_NE(error("NextIteration:0").find("is inside a loop"), std::string::npos) << error("NextIteration:0");
}

TEST(Frames, WhatIsInsideALoopCannotBeFed) {
  Old g(false);
  Output x = g.b.Add("Placeholder", {}, {{"dtype", kFloat}}, {.name = "x"});
  Output last = g.Loop(x);
  Session session(g.b);
  auto error = [&](const std::string& name) { return session.Run({{name, Tensor(1.0f)}}, {last.name()}).status(); };
  for (const char* name : {"Switch_1:1", "Merge_1:0", "Enter_1:0", "NextIteration_1:0"}) {
    EXPECT_NE(error(name).ToString().find(fmt::format("error[feed]: '{}' is inside the loop 'loop'", name)),
              std::string::npos)
        << error(name).ToString();
  }
  EXPECT_TRUE(error("x:0").ok()) << error("x:0").ToString();
  EXPECT_EQ(session.Run({{last.name(), Tensor(7.0f)}}, {last.name()}).value()[0].scalar<float>(), 7) << "behind it";
}

TEST(Frames, ADeadTensorIsAnErrorToFetch) {
  Builder b;
  Output p = ops::Placeholder(b, kBool, {}, {.name = "p"});
  Operation chosen = b.AddNode("Switch", {b.Constant(Tensor(2.0f)), p}, {}, {.name = "chosen"});
  Output y = ops::Exp(b.OutputOf(chosen, 1));
  EXPECT_EQ(RunError(b, y, {{p, true}}).ToString(), Status().ToString());
  EXPECT_NE(RunError(b, y, {{p, false}}).ToString().find("has no value"), std::string::npos);
}

TEST(Frames, AMergeOfOneThatIsAliveIsThatOne) {
  Builder b;
  Output p = ops::Placeholder(b, kBool, {}, {.name = "p"});
  Operation one = b.AddNode("Switch", {b.Constant(Tensor(2.0f)), p});
  Operation two = b.AddNode("Switch", {b.OutputOf(one, 1), p});  // its output 0 is never alive
  Output y = b.Add("Merge", {b.OutputOf(two, 0), b.OutputOf(two, 1)});
  EXPECT_EQ(Session(b).Run(y, {{p, true}}).value().scalar<float>(), 2);
  EXPECT_NE(RunError(b, y, {{p, false}}).ToString().find("has no value"), std::string::npos);
  EXPECT_NE(RunError(b, b.OutputOf(two, 0), {{p, true}}).ToString().find("never has a value"), std::string::npos);
}

// Where a condition lies within itself one of its sides is dead: the number of the other is known, and who waits for
// the Merge waits for what is alive.
TEST(Frames, AConditionWithinItself) {
  Builder b;
  Output q = ops::Placeholder(b, kBool, {}, {.name = "q"}), x = ops::Placeholder(b, kFloat, {2}, {.name = "x"});
  auto on = [&](Output v, Output p, int side) { return b.OutputOf(b.AddNode("Switch", {v, p}), side); };
  Output inner = on(x, q, 1), again = on(q, q, 1);
  Operation merge = b.AddNode("Merge", {ops::Exp(on(inner, again, 0)), on(inner, again, 1) * 2.0f});
  Output two = [&] {
    auto after = b.ControlDependencies({merge});
    return b.Add("Const", {}, {{"value", Tensor(2.0f)}, {"dtype", kFloat}});
  }();
  Output number = ops::Cast(b.OutputOf(merge, 1), kFloat);
  Output y = b.Add("Merge", {on(x, q, 0), b.OutputOf(merge, 0) + number + two});
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  for (bool optimize : {true, false}) {
    Session s(b, {.optimize = optimize});
    EXPECT_EQ(s.Run(y, {{x, {1, -1}}, {q, true}}).value().ToString(), "[5, 1]");
    EXPECT_EQ(s.Run(y, {{x, {1, -1}}, {q, false}}).value().ToString(), "[1, -1]");
  }
}

TEST(Frames, WhatCannotBeLiftedSaysWhy) {
  auto error = [](const std::function<Output(Builder&, Output, Output, Output)>& make) {
    Builder b;
    Output x = ops::Placeholder(b, kFloat, {2}, {.name = "x"});
    Output p = ops::Placeholder(b, kBool, {}, {.name = "p"}), q = ops::Placeholder(b, kBool, {}, {.name = "q"});
    return RunError(b, make(b, x, p, q), {{x, {1, 2}}, {p, true}, {q, true}}).ToString();
  };
  auto on = [](Builder& b, Output x, Output p) { return b.OutputOf(b.AddNode("Switch", {x, p}), 1); };
  EXPECT_NE(error([&](Builder& b, Output x, Output p, Output q) { return on(b, x, p) + on(b, x, q); })
                .find("neither of which is within the other"),
            std::string::npos);
  EXPECT_NE(error([&](Builder& b, Output x, Output p, Output q) {
              return b.Add("Merge", {on(b, x, p), on(b, x, q)});
            }).find("merges what is not the two sides of one condition"),
            std::string::npos);
  EXPECT_NE(error([&](Builder& b, Output x, Output, Output) { return b.Add("Exit", {x}); }).find("but is in none"),
            std::string::npos);
  EXPECT_NE(error([&](Builder& b, Output x, Output, Output) {
              return b.Add("Exit", {b.Add("Enter", {x}, {{"frame_name", "f"}})});
            }).find("the loop 'f' has no LoopCond"),
            std::string::npos);
  EXPECT_NE(error([&](Builder& b, Output x, Output, Output) {
              // Two loops, of which one takes its next value from the other.
              std::vector<Operation> merges;
              std::vector<Output> nexts, exits;
              for (const char* name : {"f", "g"}) {
                Output v = b.Add("Enter", {x}, {{"frame_name", name}});
                merges.push_back(b.AddNode("Merge", {v, v}));
                Output more = b.Add("LoopCond", {ops::Less(ops::ReduceSum(b.OutputOf(merges.back(), 0)), 9.0f)});
                Operation s = b.AddNode("Switch", {b.OutputOf(merges.back(), 0), more});
                nexts.push_back(b.Add("NextIteration", {ops::Add(b.OutputOf(s, 1), 1.0f)}));
                exits.push_back(b.Add("Exit", {b.OutputOf(s, 0)}));
              }
              for (Operation m : merges) b.mutable_graph().SetInput(m.id(), 1, nexts[0].endpoint()).Check();
              return exits[0] + exits[1];
            }).find("which is of another loop"),
            std::string::npos);
  EXPECT_NE(error([&](Builder& b, Output x, Output, Output) { return ops::Exp(b.Add("NextIteration", {x})); })
                .find("which only a Merge can"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::testing
