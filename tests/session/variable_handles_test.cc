// Several handles of one variable in one graph, which may say different things about its shape: a plan trusts what it
// was compiled for, so it must hold for all of them.
#include <gtest/gtest.h>

#include "weir/graph/builder.h"
#include "weir/ops/array/array.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"

namespace weir {
namespace {

Output Handle(Builder& g, const PartialShape& shape) {
  return Builder::Innermost(&g)->Add("VarHandleOp", {}, {{"dtype", kFloat}, {"shape", shape}, {"shared_name", "v"}});
}
Output Read(Builder& g, Output handle) {
  return Builder::Innermost(&g)->Add("ReadVariableOp", {handle}, {{"dtype", kFloat}});
}
Output Assign(Builder& g, Output handle, Output value) {
  return Builder::Innermost(&g)->Add("AssignVariableOp", {handle, value}, {{"dtype", kFloat}});
}
Output Ones(Builder& g, const std::vector<int32_t>& shape) { return ops::Ones(*Builder::Innermost(&g), shape); }

void ExpectError(const Status& s, const char* part) {
  EXPECT_FALSE(s.ok()) << part;
  EXPECT_NE(s.ToString().find(part), std::string::npos) << s.ToString();
}

TEST(VariableHandles, OfOneVariableTellOneShape) {
  for (bool optimize : {false, true}) {
    Builder g;
    Output small = Handle(g, PartialShape({2, 2})), large = Handle(g, PartialShape({40, 40}));
    Operation init = Assign(g, small, Ones(g, {2, 2})).op();
    Output read_small = Read(g, small);
    Output product = ops::MatMul(Ones(g, {1, 40}), Read(g, large));
    Output written = g.Add("AssignAddVariableOp", {large, Ones(g, {40, 40})}, {{"dtype", kFloat}});
    g.status().Check();
    Session s(g, {.threads = 1, .optimize = optimize});
    s.Run(init).Check();
    ExpectError(s.Run(product).status(), "of shape [2,2], but was compiled for [40,40]");
    ExpectError(s.Run({read_small, product}).status(), "and another node for one of shape [2,2]");
    ExpectError(s.Run({read_small, written.op()}).status(), "and another node for one of shape [2,2]");
    EXPECT_EQ(s.Run(read_small).value().ToString(), "[[1, 1], [1, 1]]");
  }
}

TEST(VariableHandles, OfOneNameInTwoContainersAreTwo) {
  Builder g;
  std::vector<Output> reads;
  std::vector<Operation> inits;
  for (const char* container : {"a", "b"}) {
    AttrMap attrs = {{"dtype", kFloat}, {"shape", PartialShape({1})}, {"shared_name", "v"}, {"container", container}};
    Output handle = g.Add("VarHandleOp", {}, std::move(attrs));
    inits.push_back(Assign(g, handle, Ones(g, {1}) * float(inits.size() + 1)).op());
    reads.push_back(Read(g, handle));
  }
  Session s(g, {.threads = 1});
  s.Run(inits[0]).Check();
  EXPECT_EQ(s.GetVariable("v").value().ToString(), "[1]") << "there is one so far";
  s.Run(inits[1]).Check();
  EXPECT_EQ(s.Run(reads[0]).value().ToString(), "[1]");
  EXPECT_EQ(s.Run(reads[1]).value().ToString(), "[2]");
  ExpectError(s.GetVariable("v").status(), "two variables are called 'v': in the containers 'a' and 'b'");
  ExpectError(s.FindValue("v").status(), "two variables are called 'v'");
  ExpectError(s.SetVariable("v", Tensor::Zeros(kFloat, {1})), "two variables are called 'v'");
  Session fresh(g, {.threads = 1});
  ExpectError(fresh.SetVariable("v", Tensor::Zeros(kFloat, {1})), "in the containers 'a' and 'b'");
}

// Whichever comes first in the graph.
TEST(VariableHandles, ThatTellNoShapeGoByThoseThatDo) {
  for (bool optimize : {false, true}) {
    for (bool untold_first : {false, true}) {
      Builder g;
      Output first = Handle(g, untold_first ? PartialShape::Unknown() : PartialShape({3}));
      Output second = Handle(g, untold_first ? PartialShape({3}) : PartialShape::Unknown());
      Output untold = untold_first ? first : second;
      Operation one = Assign(g, untold, Ones(g, {1})).op(), three = Assign(g, untold, Ones(g, {3})).op();
      Output index = ops::Constant(g, std::vector<int32_t>{0});
      auto gather = [&](Output handle) {
        return g.Add("ResourceGather", {handle, index}, {{"dtype", kFloat}, {"Tindices", kInt32}});
      };
      Output a = gather(first), b = gather(second), c = Read(g, first) * 2.0f, d = Read(g, second) * 3.0f;
      auto sum = ops::ReduceSum(c + d) + ops::ReduceSum(a + b);
      g.status().Check();
      Session s(g, {.threads = 1, .optimize = optimize});
      s.Run(one).Check();
      ExpectError(s.Run(sum).status(), "of shape [1], but was compiled for [3]");
      s.Run(three).Check();
      EXPECT_EQ(s.Run(sum).value().ToString(), "17");
    }
  }
}

// A body has handles of its own.
TEST(VariableHandles, InABodyGiveTheShapeThatIsTrustedAroundIt) {
  for (int32_t size : {2, 40}) {
    Builder g;
    Output handle = Handle(g, PartialShape({40})), choice = ops::Placeholder(g, kBool, {}, {.name = "choice"});
    Operation init = Assign(g, handle, Ones(g, {40})).op();
    auto assign = [&] {
      Output value = Ones(g, {size});
      Operation assigned = Assign(g, Handle(g, PartialShape::Unknown()), value).op();
      auto after = Builder::Innermost(&g)->ControlDependencies({assigned});
      return ops::Identity(ops::ReduceSum(value));
    };
    Output branch = Cond(choice, assign, [&] { return Ones(g, {}); });
    auto after = g.ControlDependencies({branch.op()});
    Output sum = ops::ReduceSum(ops::Exp(Read(g, handle))) + branch;
    g.status().Check();
    Session s(g, {.threads = 1});
    s.Run(init).Check();
    s.Run(sum, {{choice, false}}).status().Check();
    Status status = s.Run(sum, {{choice, true}}).status();
    if (size == 40) EXPECT_TRUE(status.ok()) << status.ToString();
    else ExpectError(status, "gives variable 'v' the shape [2], but around it that is [40]");
  }
}

}  // namespace
}  // namespace weir
