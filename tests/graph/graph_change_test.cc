// Graph's mutators: each error is told and leaves the graph as it was, and each change costs what it changes, counted
// in edges, however many users the nodes have.
#include <gtest/gtest.h>

#include <algorithm>

#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"

namespace weir {
namespace {

// Users mirror the inputs exactly.
void ExpectMirrored(const Graph& g) {
  size_t edges = 0, uses = 0;
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    edges += n.inputs().size() + n.control_inputs().size();
    for (const Use& u : n.users()) {
      ++uses;
      const Node& reader = g[u.node];
      if (u.input >= 0)
        EXPECT_EQ(reader.input(u.input), (Endpoint{id, u.output}));
      else
        EXPECT_EQ(reader.control_inputs()[static_cast<size_t>(-1 - u.input)], id);
    }
  }
  EXPECT_EQ(uses, edges);
}

// x and y, each read by `n` nodes.
Graph Star(int n) {
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {2}, {.name = "x"}), y = ops::Placeholder(b, kFloat, {2}, {.name = "y"});
  for (int i = 0; i < n; ++i) ops::Add(x, y, {.name = "sum" + std::to_string(i)});
  EXPECT_TRUE(b.status().ok());
  return b.graph();
}

TEST(GraphChange, CostsWhatItChanges) {
  for (int users : {10, 1000, 100000}) {
    SCOPED_TRACE(users);
    Graph g = Star(users);
    const NodeId x = g.Find("x"), y = g.Find("y"), middle = g.Find("sum5"), last = g.Find("sum9");
    auto cost = [&](auto&& change) {
      const int64_t before = g.edges_touched();
      change();
      return g.edges_touched() - before;
    };
    EXPECT_EQ(cost([&] { ASSERT_TRUE(g.SetInput(middle, 0, {y, 0}).ok()); }), 2) << "one edge goes, one comes";
    EXPECT_EQ(cost([&] { ASSERT_TRUE(g.SetInputs(last, {{middle, 0}, {x, 0}}, {}).ok()); }), 4);
    EXPECT_EQ(cost([&] { ASSERT_TRUE(g.AddControlInput(last, y).ok()); }), 1);
    EXPECT_EQ(cost([&] { ASSERT_TRUE(g.RemoveControlInput(last, y).ok()); }), 1);
    EXPECT_EQ(cost([&] { ASSERT_TRUE(g.ReplaceUses({middle, 0}, {x, 0}).ok()); }), 2) << "one use";
    EXPECT_EQ(cost([&] { ASSERT_TRUE(g.Remove(middle).ok()); }), 2);
    EXPECT_EQ(cost([&] { ASSERT_TRUE(g.ReplaceUses({y, 0}, {x, 0}).ok()); }), 2 * (users - 2)) << "all uses of y";
    EXPECT_TRUE(g[y].users().empty());
    ExpectMirrored(g);
  }
}

// Of a node's many outputs the uses of one move.
TEST(GraphChange, ReplacingOneOutputLeavesTheOthersAlone) {
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {1000, 1}, {.name = "x"});
  OutputList parts = ops::Unstack(x);
  for (const Output& p : parts) Make("Neg", {p});
  Graph g = b.graph();
  Output other = ops::Placeholder(b, kFloat, {1}, {.name = "other"});
  g = b.graph();
  const int64_t before = g.edges_touched();
  ASSERT_TRUE(g.ReplaceUses(parts[500].endpoint(), other.endpoint()).ok());
  EXPECT_EQ(g.edges_touched() - before, 2);
  ExpectMirrored(g);
}

TEST(GraphChange, ErrorsAreToldAndChangeNothing) {
  Graph g = ParseGraph(R"(
x = Placeholder() {dtype: f32, shape: [2]}
y = Unpack(x) {num: 2, T: f32, axis: 0}
z = Neg(y:1) {T: f32}
w = NoOp(^z)
)",
                       &AllOps())
                .value();
  const std::string before = PrintGraph(g);
  const NodeId x = g.Find("x"), y = g.Find("y"), z = g.Find("z"), nobody{77};
  auto refuses = [&](const Status& s, const std::string& why) {
    EXPECT_FALSE(s.ok());
    EXPECT_NE(s.ToString().find(why), std::string::npos) << s.ToString();
    EXPECT_EQ(PrintGraph(g), before);
    ExpectMirrored(g);
  };
  refuses(g.SetInput(z, 1, {x, 0}), "has no input 1");
  refuses(g.SetInput(z, 0, {y, 2}), "has 2 outputs");
  refuses(g.SetInput(nobody, 0, {x, 0}), "no node 77");
  refuses(g.SetInputs(z, {{nobody, 0}}, {}), "input that does not exist");
  refuses(g.AddControlInput(z, nobody).status(), "no node 77");
  refuses(g.RemoveControlInput(nobody, z), "no node 77");
  refuses(g.SetAttr(y, "num", int64_t{1}), "'z' reads output 1");
  refuses(g.SetAttr(y, "num", "many"), "num");
  refuses(g.SetOp(y, "Neg", {{"T", kFloat}}), "'z' reads output 1");
  refuses(g.SetOp(z, "Neg", {}), "'T'");
  refuses(g.SetOutputType(z, 1, {.dtype = kFloat}), "has no output 1");
  refuses(g.ReplaceUses({y, 1}, {y, 2}), "no output 'y:2'");
  refuses(g.ReplaceControlUses(z, nobody), "no node 77");
  refuses(g.Remove(z), "cannot remove 'z', which 'w' uses");
  std::vector<bool> keep(static_cast<size_t>(g.num_ids()), true);
  keep[static_cast<size_t>(y.value)] = false;
  refuses(g.Retain(keep), "cannot keep 'z' without its input");
}

// What inference has seen of a node holds until something changes that it depends on, and no longer.
TEST(GraphChange, ANodeIsInferredUntilWhatItDependsOnChanges) {
  const Graph inferred = [] {
    Graph g = ParseGraph(R"(
x = Placeholder() {dtype: f32, shape: [2]}
y = Identity(x) {T: f32}
z = Neg(y) {T: f32}
w = NoOp(^z)
)",
                         &AllOps())
                  .value();
    EXPECT_TRUE(InferBestEffort(g).empty());
    return g;
  }();
  const NodeId x = inferred.Find("x"), y = inferred.Find("y"), z = inferred.Find("z"), w = inferred.Find("w");
  auto after = [&](auto&& change) {
    Graph g = inferred;
    change(g);
    std::string names;
    for (NodeId id : g.nodes()) names += g[id].inferred() ? g[id].name() : "";
    return names;
  };
  EXPECT_EQ(after([](Graph&) {}), "xyzw");
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.AddControlInput(w, x).ok()); }), "xyzw") << "no type depends on it";
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.SetInput(z, 0, {x, 0}).ok()); }), "xyw");
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.SetInputs(z, {{x, 0}}, {}).ok()); }), "xyw");
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.ReplaceUses({y, 0}, {x, 0}).ok()); }), "xyw");
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.SetOutputType(x, 0, {.dtype = kFloat}).ok()); }), "zw");
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.SetAttr(y, "T", kDouble).ok()); }), "xw");
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.SetAttr(x, "shape", PartialShape({3})).ok()); }), "zw")
      << "inference looks at what a constant holds, which is an attribute";
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.SetAttr(x, "dtype", kFloat).ok()); }), "xyzw") << "nothing changes";
  EXPECT_EQ(after([&](Graph& g) { ASSERT_TRUE(g.SetOp(y, "Unheard", {}).ok()); }), "xzw");
}

TEST(GraphChange, AnOpMayBeSetToTheNodesOwn) {
  Graph g = Star(1);
  const NodeId sum = g.Find("sum0");
  ASSERT_TRUE(g.SetOp(sum, g[sum].op(), {{"T", kFloat}}).ok());
  EXPECT_EQ(g[sum].op(), "AddV2");
  EXPECT_NE(g[sum].def(), nullptr);
}

TEST(GraphChange, ControlEdgesKeepTheirOrder) {
  Graph g = ParseGraph("a = NoOp()\nb = NoOp()\nc = NoOp()\nd = NoOp()\ne = NoOp(^a, ^b, ^c)\n", &AllOps()).value();
  const NodeId a = g.Find("a"), b = g.Find("b"), c = g.Find("c"), d = g.Find("d"), e = g.Find("e");
  ASSERT_TRUE(g.RemoveControlInput(e, a).ok());
  ASSERT_TRUE(g.RemoveControlInput(e, a).ok()) << "there need be none";
  EXPECT_EQ(g[e].control_inputs(), (std::vector<NodeId>{b, c}));
  ExpectMirrored(g);
  EXPECT_TRUE(g.AddControlInput(e, d).value());
  EXPECT_FALSE(g.AddControlInput(e, d).value()) << "one edge";
  EXPECT_FALSE(g.AddControlInput(e, e).value()) << "not to itself";
  ASSERT_TRUE(g.ReplaceControlUses(b, d).ok());
  EXPECT_EQ(g[e].control_inputs(), (std::vector<NodeId>{c, d}));
  ExpectMirrored(g);
  std::vector<bool> keep(static_cast<size_t>(g.num_ids()), false);
  for (NodeId id : {c, d, e}) keep[static_cast<size_t>(id.value)] = true;
  ASSERT_TRUE(g.Retain(keep).ok());
  g.Compact();
  EXPECT_EQ(g.num_nodes(), 3);
  ExpectMirrored(g);
}

}  // namespace
}  // namespace weir
