// Subgraph operations: what is copied keeps all that it has; a part that is outlined and inlined again computes the
// same.
#include "weir/graph/subgraph.h"

#include <gtest/gtest.h>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

constexpr char kChain[] = R"(
x = Placeholder() {dtype: f32, shape: [2]}
a = Neg(x) {T: f32}
b = Add(a, x) {T: f32}
c = Mul(b, a) {T: f32}
side = NoOp(^b)
)";

Graph Chain() {
  Graph g = ParseGraph(kChain, &AllOps()).value();
  EXPECT_TRUE(InferGraph(g).ok());
  return g;
}

TEST(SubgraphCopy, KeepsWhatANodeHas) {
  Builder b;
  Output y;
  {
    auto device = b.Device("/gpu:1");
    y = ops::Relu(ops::Placeholder(b, kFloat, {2, 3}, {.name = "x"}), {.name = "y"});
  }
  Graph to(&AllOps());
  SubgraphCopy copy(b.graph(), to);
  ASSERT_TRUE(copy.AddNodes(b.graph().nodes()).ok());
  ASSERT_TRUE(copy.Connect().ok());
  const Node &was = y.node(), &is = to[copy[y.endpoint().node]];
  EXPECT_EQ(is.name(), was.name());
  EXPECT_EQ(is.device(), "/gpu:1");
  EXPECT_EQ(is.loc().ToString(), was.loc().ToString());
  EXPECT_EQ(is.attrs(), was.attrs());
  EXPECT_EQ(is.output(0).ToString(), "f32[2,3]");
  EXPECT_EQ(PrintGraph(to), PrintGraph(b.graph()));
}

TEST(SubgraphCopy, IsInferredWhereItReadsWhatItsOriginalReads) {
  const Graph from = Chain();
  Graph to = ParseGraph("z = Placeholder() {dtype: f32, shape: [2]}\n", &AllOps()).value();
  SubgraphCopy copy(from, to);
  copy.Substitute({from.Find("x"), 0}, {to.Find("z"), 0});
  ASSERT_TRUE(copy.AddNodes(from.nodes()).ok());
  ASSERT_TRUE(copy.Connect().ok());
  EXPECT_FALSE(to[copy[from.Find("a")]].inferred()) << "reads z";
  EXPECT_FALSE(to[copy[from.Find("b")]].inferred()) << "reads z";
  EXPECT_TRUE(to[copy[from.Find("c")]].inferred());
  Graph dtypes(&AllOps());
  SubgraphCopy bare(from, dtypes);
  ASSERT_TRUE(bare.AddNodes(from.nodes(), {}, SubgraphCopy::Types::kDTypes).ok());
  ASSERT_TRUE(bare.Connect().ok());
  EXPECT_FALSE(dtypes[bare[from.Find("c")]].inferred()) << "has no shape";
}

TEST(InferStale, InfersWhatDependsOnAChangeAndNothingElse) {
  Graph g = ParseGraph(R"(
x = Placeholder() {dtype: f32, shape: [2]}
sizes = Const() {value: i32[2] [1, 2], dtype: i32}
same = Identity(sizes) {T: i32}
y = Reshape(x, same) {T: f32, Tshape: i32}
z = Neg(y) {T: f32}
other = Neg(x) {T: f32}
)",
                       &AllOps())
                .value();
  ASSERT_TRUE(InferGraph(g).ok());
  const NodeId x = g.Find("x"), z = g.Find("z"), other = g.Find("other");
  ASSERT_EQ(g[z].output(0).ToString(), "f32[1,2]");
  ASSERT_TRUE(g.SetAttr(g.Find("sizes"), "value", Tensor::Of<int32_t>({2}, {2, 1})).ok());
  ASSERT_TRUE(InferStale(g).ok());
  EXPECT_EQ(g[z].output(0).ToString(), "f32[2,1]") << "a constant's elements reach it through an Identity";
  EXPECT_TRUE(g[z].inferred());

  ASSERT_TRUE(g.SetOutputType(other, 0, {.dtype = kFloat, .shape = PartialShape({7})}).ok());
  g.MarkInferred(other);
  ASSERT_TRUE(InferStale(g).ok());
  EXPECT_EQ(g[other].output(0).ToString(), "f32[7]") << "nothing that it depends on has changed";
  ASSERT_TRUE(g.SetAttr(x, "shape", PartialShape({1, 2})).ok());
  ASSERT_TRUE(InferStale(g).ok());
  EXPECT_EQ(g[other].output(0).ToString(), "f32[1,2]");
}

TEST(SubgraphCopy, SubstitutesWhatStaysBehind) {
  Graph from = Chain(), to = ParseGraph("z = Placeholder() {dtype: f32, shape: [2]}\n", &AllOps()).value();
  SubgraphCopy copy(from, to);
  copy.Substitute({from.Find("a"), 0}, {to.Find("z"), 0});
  copy.Substitute({from.Find("x"), 0}, {to.Find("z"), 0});
  copy.SubstituteControl(from.Find("b"), {});
  const std::vector<NodeId> part{from.Find("b"), from.Find("c"), from.Find("side")};
  ASSERT_TRUE(copy.AddNodes(part,
                            [](const Node& n, NodeSpec& spec) {
                              spec.name = "in/" + n.name();
                              return Status();
                            })
                  .ok());
  ASSERT_TRUE(copy.Connect().ok());
  EXPECT_EQ(to[to.Find("in/c")].inputs(), (std::vector<Endpoint>{{to.Find("in/b"), 0}, {to.Find("z"), 0}}));
  EXPECT_TRUE(to[to.Find("in/side")].control_inputs().empty());
  EXPECT_FALSE(copy[from.Find("a")].valid());
  EXPECT_TRUE(Verify(to).ok());
}

TEST(CutOut, EndsAtFeedsAndFetches) {
  Graph g = Chain();
  auto part = CutOut(g, {{{g.Find("a"), 0}}, {{g.Find("c"), 0}}, {g.Find("side")}});
  ASSERT_TRUE(part.ok()) << part.status().ToString();
  EXPECT_EQ(ArgNodes(*part).size(), 1u);
  EXPECT_EQ((*part)[part->Find("c")].input(1).node, part->Find("_feed_0"));
  EXPECT_EQ((*part)[part->Find(kSinkName)].control_inputs(), std::vector<NodeId>{part->Find("side")});
  auto refused = CutOut(*part, {{}, {{part->Find("c"), 0}}, {}});
  EXPECT_NE(refused.status().message().find("has a place in a function's body only"), std::string::npos);
}

// What `part` of kChain's like is, or the error.
std::string Extracted(const Graph& g, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                      std::vector<std::string>* names = nullptr) {
  SubgraphEnds ends;
  for (const std::string& name : inputs) ends.feeds.push_back(g.ParseEndpoint(name).value());
  for (const std::string& name : outputs) ends.fetches.push_back(g.ParseEndpoint(name).value());
  auto part = ExtractPart(g, ends);
  if (!part.ok()) return part.status().ToString();
  if (names) *names = part->inputs;
  return PrintGraph(part->graph, {.types = false});
}

TEST(ExtractPart, EndsAtPlaceholdersOfTheInputsNames) {
  const Graph g = Chain();
  std::vector<std::string> names;
  EXPECT_EQ(Extracted(g, {"b"}, {"c"}, &names),
            "b = Placeholder() {dtype: f32, shape: [2]}\n"
            "x = Placeholder() {dtype: f32, shape: [2]}\na = Neg(x)\nc = Mul(b, a)\n");
  EXPECT_EQ(names, std::vector<std::string>{"b:0"});
  EXPECT_EQ(Extracted(g, {"b", "a"}, {"c"}),
            "b = Placeholder() {dtype: f32, shape: [2]}\na = Placeholder() {dtype: f32, shape: [2]}\nc = Mul(b, a)\n");
  EXPECT_EQ(Extracted(g, {"x"}, {"b"}),
            "x = Placeholder() {dtype: f32, shape: [2]}\na = Neg(x)\nb = Add(a, x)\n")
      << "a placeholder stays";
  EXPECT_EQ(Extracted(g, {}, {"a"}), "x = Placeholder() {dtype: f32, shape: [2]}\na = Neg(x)\n");
}

TEST(ExtractPart, KeepsANodeThatIsNeededBesideItsOutput) {
  Graph g = ParseGraph(R"(
x = Placeholder() {dtype: f32, shape: [?,4]}
axis = Const() {value: i32[] 1}
s = Split(axis, x) {num_split: 2}
y = Add(s:0, s:1)
)",
                       &AllOps())
                .value();
  std::vector<std::string> names;
  const std::string text = Extracted(g, {"s:1"}, {"y"}, &names);
  EXPECT_EQ(names, std::vector<std::string>{"s_1:0"});
  EXPECT_NE(text.find("s_1 = Placeholder() {dtype: f32, shape: [?,2]}\n"), text.npos) << text;
  EXPECT_NE(text.find("y = Add(s, s_1)"), text.npos) << text;
  Extracted(g, {"s:0", "s:1"}, {"y"}, &names);
  EXPECT_EQ(names, (std::vector<std::string>{"s:0", "s_1:0"})) << "the node itself is gone";
}

TEST(ExtractPart, LeavesOutWhatRunsBeforeAnInputAndWhatIsNotCalled) {
  Graph g = ParseGraph(R"(
function f(x: f32) -> (y: f32) {
  x = _Arg() {T: f32, index: 0}
  n = Neg(x) {T: f32}
  y = _Retval(n) {T: f32, index: 0}
}
x = Placeholder() {dtype: f32, shape: [2]}
a = Neg(x) {_class: ["loc:@x", "loc:@b"]}
b = Relu(a, ^a) {_class: ["loc:@x"]}
c = PartitionedCall(b) {f: func f, Tin: [f32], Tout: [f32]}
)",
                       &AllOps())
                .value();
  EXPECT_EQ(Extracted(g, {"a"}, {"b"}), "a = Placeholder() {dtype: f32, shape: [2]}\nb = Relu(a)\n");
}

TEST(ExtractPart, RefusesWhatIsNoPart) {
  const Graph g = Chain();
  EXPECT_NE(Extracted(g, {"c"}, {"b"}).find("error[feed]: nothing between the inputs and the outputs needs 'c:0'"),
            std::string::npos);
  EXPECT_NE(Extracted(g, {"b"}, {"b"}).find("'b:0' is an input and an output"), std::string::npos);
  EXPECT_NE(Extracted(g, {"b", "b:0"}, {"c"}).find("'b:0' is an input twice"), std::string::npos);
  Graph writes = ParseGraph(R"(
v = VariableV2() {dtype: f32, shape: []}
one = Const() {value: f32[] 1}
set = Assign(v, one)
)",
                            &AllOps())
                     .value();
  EXPECT_NE(Extracted(writes, {"v"}, {"set"}).find("error["), std::string::npos);
}

TEST(Outline, InlinedAgainItComputesTheSame) {
  Graph g = Chain();
  const NodeId a = g.Find("a");
  auto f = Outline(g, {{{a, 0}, {g.Find("x"), 0}}, {{g.Find("c"), 0}}, {g.Find("side")}}, "part");
  ASSERT_TRUE(f.ok()) << f.status().ToString();
  EXPECT_EQ(f->args.size(), 2u);
  EXPECT_EQ(f->rets.size(), 1u);
  EXPECT_EQ(f->rets[0].type, kFloat);
  EXPECT_FALSE(f->stateful);
  EXPECT_FALSE(f->body.Find("a").valid()) << "what is fed is the caller's";
  EXPECT_EQ(f->control_ret, (std::map<std::string, std::string>{{"side", "side"}}));

  Graph whole = g;
  ASSERT_TRUE(whole.AddFunction(*f).ok());
  EXPECT_EQ(whole.AddFunction(*f).code(), Code::kAlreadyExists);
  NodeSpec call{.op = "PartitionedCall", .name = "call", .inputs = {{a, 0}, {g.Find("x"), 0}}};
  call.attrs = {
      {"Tin", AttrList{.type = {kFloat, kFloat}}}, {"Tout", AttrList{.type = {kFloat}}}, {"f", FuncRef{"part", {}}}};
  const NodeId id = whole.AddNode(std::move(call)).value();
  const NodeId result =
      whole.AddNode({.op = "Identity", .name = "result", .inputs = {{id, 0}}, .attrs = {{"T", kFloat}}}).value();
  ASSERT_TRUE(Inline(whole, id).ok());
  EXPECT_TRUE(Verify(whole).ok()) << Verify(whole).ToString();
  EXPECT_FALSE(whole.alive(id));
  const Node& c = whole[whole[result].input(0).node];
  EXPECT_EQ(c.name(), "call/c");
  EXPECT_EQ(c.origins(), std::vector<std::string>{"call"});
  Session s(whole, {.threads = 1});
  auto got = s.Run(NamedFeeds{{"x:0", Tensor::Vector<float>({2, -3})}}, {"c:0", "result:0"});
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_TRUE((*got)[0].Identical((*got)[1]));
}

}  // namespace
}  // namespace weir
