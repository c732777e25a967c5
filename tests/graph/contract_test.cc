// The contract between graphs and what ops are (CheckNode): no shape, value or gradient function and no kernel sees a
// node that breaks it, whatever way leads there.
#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

// x, then `line`, each as it would come from a file: nothing is checked.
Graph Raw(const std::string& line) {
  Graph g =
      ParseGraph("x = Const() {value: f32[2,2] [[1, 2], [3, 4]], dtype: f32}\n", &AllOps(), {.infer = false}).value();
  NodeSpec spec{.op = line, .name = "y"};
  const OpDef* def = AllOps().Find(line);
  for (const AttrDef& a : def->attrs()) {
    if (a.default_value) continue;
    if (a.kind == "type") spec.attrs[a.name] = a.allowed_types.empty() ? kFloat : a.allowed_types[0];
    if (a.kind == "int") spec.attrs[a.name] = int64_t{2};
    if (a.kind == "list(type)") spec.attrs[a.name] = std::vector<DType>{kFloat};
  }
  g.AddRaw(std::move(spec)).status().IgnoreError();
  return g;
}

// A file may hold dtype 0, which stands for none, among the dtypes of a list.
TEST(Contract, AListHasDtypesOnly) {
  int checked = 0;
  for (const auto& [name, def] : AllOps().ops()) {
    for (const AttrDef& a : def.attrs()) {
      if (a.kind != "list(type)") continue;
      Graph g = Raw(name);
      const NodeId y = g.Find("y");
      if (!y.valid() || Verify(g).ToString().find("attribute") != std::string::npos) continue;
      Status s = g.SetAttr(y, a.name, std::vector<DType>{kFloat, DType::kInvalid});
      if (s.ok()) s = Verify(g);
      EXPECT_NE(s.ToString().find("'" + a.name + "'"), std::string::npos) << name << ": " << s.ToString();
      EXPECT_NE(s.ToString().find("'y'"), std::string::npos) << name << ": " << s.ToString();
      ++checked;
    }
  }
  EXPECT_GT(checked, 10);
}

// A list in place of a dtype, or a dtype in place of a list, would give a node other outputs than its op has.
TEST(Contract, OutputsAreAsManyAsTheOpSays) {
  int checked = 0;
  for (const auto& [name, def] : AllOps().ops()) {
    for (const AttrDef& a : def.attrs()) {
      const bool list = a.kind == "list(type)";
      const bool outputs = std::any_of(def.outputs().begin(), def.outputs().end(),
                                       [&](const ArgDef& o) { return o.type_attr == a.name; });
      if (!outputs || (!list && a.kind != "type")) continue;
      AttrMap attrs;
      for (const ArgDef& o : def.outputs()) {
        if (!o.number_attr.empty()) attrs[o.number_attr] = int64_t{1};
        if (o.type_attr.empty()) continue;
        attrs[o.type_attr] = o.is_list ? AttrValue(std::vector<DType>{kFloat}) : AttrValue(kFloat);
      }
      ASSERT_TRUE(def.OutputTypes(attrs).ok()) << name << def.OutputTypes(attrs).status().ToString();
      attrs[a.name] = list ? AttrValue(kFloat) : AttrValue(AttrList());
      EXPECT_FALSE(def.OutputTypes(attrs).ok()) << name << " " << a.name;
      ++checked;
    }
  }
  EXPECT_GT(checked, 250);
  Graph g(&AllOps());
  const Status s = g.AddRaw({.op = "Placeholder", .name = "x", .attrs = {{"dtype", AttrList()}}}).status();
  EXPECT_NE(s.ToString().find("has attribute 'dtype' of kind list(), not type"), std::string::npos) << s.ToString();
}

// Every op, without any input: inference says so and touches nothing.
TEST(Contract, NoShapeFunctionSeesAMissingInput) {
  int refused = 0;
  for (const auto& [name, def] : AllOps().ops()) {
    Graph g = Raw(name);
    NodeId y = g.Find("y");
    if (!y.valid() || def.inputs().empty()) continue;
    Status s = InferNode(g, y);
    refused += !s.ok();
    auto types = def.InputTypes(g.node(y).attrs());
    if (types.ok() && !types->empty()) {
      EXPECT_FALSE(s.ok()) << name;
    }
  }
  EXPECT_GT(refused, 200);
}

// A constant that is refused itself, for its value is of another dtype: what reads it goes by the dtype of its output.
TEST(Contract, NorAConstantOfAnotherDtypeThanItsOutput) {
  Graph g(&AllOps());
  const Tensor half = Tensor(Half(1.0f));
  NodeId c = g.AddRaw({.op = "Const", .name = "c", .attrs = {{"value", half}, {"dtype", kBfloat16}}}).value();
  NodeId i = g.AddRaw({.op = "Identity", .name = "i", .inputs = {{c, 0}}, .attrs = {{"T", kBfloat16}}}).value();
  const AttrMap attrs{{"Tidx", kBfloat16}};
  NodeId y = g.AddRaw({.op = "Range", .name = "y", .inputs = {{c, 0}, {i, 0}, {c, 0}}, .attrs = attrs}).value();
  EXPECT_FALSE(InferNode(g, c).ok());
  EXPECT_EQ(ConstantValue(g, {c, 0}), nullptr);
  EXPECT_EQ(ConstantValue(g, {i, 0}), nullptr);
  EXPECT_EQ(InferNode(g, y).ToString(), Status().ToString());
}

TEST(Contract, NorAnInputTooManyOrOfAnotherDtype) {
  auto infer = [](const char* line) {
    Graph g = ParseGraph(std::string("x = Const() {value: f32[2] [1, 2], dtype: f32}\n") + line + "\n", &AllOps(),
                         {.infer = false})
                  .value();
    return InferNode(g, g.Find("y")).ToString();
  };
  EXPECT_NE(infer("y = Neg(x, x) {T: f32}").find("takes 1 inputs, not 2"), std::string::npos);
  EXPECT_NE(infer("y = Neg(x) {T: i32}").find("wants int32 for input 'x', not float"), std::string::npos);
  EXPECT_NE(infer("y = ExpandDims(x, x) {T: f32, Tdim: f32}").find("'Tdim' = float, which is not allowed"),
            std::string::npos);
}

TEST(Contract, NoGradientFunctionSeesABrokenNode) {
  Graph g =
      ParseGraph("x = Placeholder() {dtype: f32, shape: [2,2]}\ny = MatMul(x) {T: f32}\n", &AllOps(), {.infer = false})
          .value();
  Builder b(std::move(g));
  auto grads = GradientsOf(b, {b.FindOutput("y")}, {b.FindOutput("x")});
  ASSERT_FALSE(grads.ok());
  EXPECT_NE(grads.status().ToString().find("MatMul 'y' takes 2 inputs, not 1"), std::string::npos)
      << grads.status().ToString();
}

TEST(Contract, BodiesOfFunctionsKeepItToo) {
  const char* text = R"(
function f(x: f32) -> (r: f32) {
  x = _Arg() {T: f32, index: 0}
  y = Add(x) {T: f32}
  r = _Retval(y) {T: f32, index: 0}
}
x = Const() {value: f32[2] [1, 2], dtype: f32}
y = PartitionedCall(x) {Tin: [f32], Tout: [f32], f: func f}
)";
  Graph g = ParseGraph(text, &AllOps(), {.infer = false}).value();
  Status s = Session(g, {.threads = 1}).Run(NamedFeeds{}, {"y"}).status();
  EXPECT_NE(s.ToString().find("Add 'y' takes 2 inputs, not 1"), std::string::npos) << s.ToString();
  std::string doubled = text;
  doubled.replace(doubled.find("y = Add(x) {T: f32}"), 19, "y = _Arg() {T: f64, index: 0}");
  g = ParseGraph(doubled, &AllOps(), {.infer = false}).value();
  EXPECT_FALSE(Session(g, {.threads = 1}).Run(NamedFeeds{}, {"y"}).ok()) << "two arguments 0 of two dtypes";
}

// ---- lists after an error: model code stays linear

TEST(OutputList, AfterAnErrorThereAreAsManyAsAsked) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {2, 8}, {.name = "x"}), bad = ops::MatMul(x, x);
  ASSERT_FALSE(g.status().ok());
  EXPECT_EQ(ops::Split(bad, 4, 1).size(), 4u);
  EXPECT_EQ(ops::Split(x, 3, 1).size(), 3u) << "of a valid input, after the error";
  EXPECT_EQ(ops::Split(bad, std::vector<int64_t>{2, 6}, 1).size(), 2u);
  EXPECT_EQ(ops::Unstack(bad, 5).size(), 5u);
  EXPECT_EQ(ops::DynamicPartition(bad, bad, 3).size(), 3u);
  EXPECT_EQ(ops::IdentityN({bad, x}).size(), 2u);
  EXPECT_FALSE(ops::Sigmoid(ops::Split(bad, 4, 1)[2]).valid());
  EXPECT_FALSE(ops::Sigmoid(ops::Unstack(bad)[2]).valid()) << "where the number is unknown";
  Outputs w = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 3); },
      [](const Outputs& v) {
        return Outputs{v[0] + 1, v[1]};
      },
      {0, bad});
  EXPECT_EQ(w.size(), 2u);
  EXPECT_FALSE(ops::Sigmoid(w[1]).valid());
  Outputs c = Cond(ops::Equal(x, x), [&] { return Outputs{bad, x}; }, [&] { return Outputs{x, x}; });
  EXPECT_FALSE(ops::Sigmoid(c[1]).valid());
  EXPECT_FALSE(Call(g, {"none", {}}, {x})[7].valid());
  const OutputList none = ops::Split(bad, int64_t{1} << 60, 1);
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none[0].valid());
  OutputList z = ops::Split(bad, 2, 1);
  z[9] = x;
  EXPECT_FALSE(z[9].valid());
}

// Found by graph_fuzz: what a shape function refuses, a gradient function must not see.
TEST(Contract, AGradientIsRefusedWhereTheShapeIs) {
  const char* text = "x = Placeholder() {dtype: f32, shape: [2, 3]}\ny = LRN(x) {T: f32}\n";
  Builder b(ParseGraph(text, &AllOps(), {.infer = false}).value());
  Gradients({b.FindOutput("y:0")}, {b.FindOutput("x:0")});
  EXPECT_NE(b.status().ToString().find("error[shape]: LRN 'y'"), std::string::npos) << b.status().ToString();
}

// ---- outputs of ops that Weir does not have

TEST(UnknownOps, TheirOutputsAreWhatTheirReadersTakeThemFor) {
  const char* text = "x = Placeholder() {dtype: str, shape: []}\nj = DecodeSomething(x) {}\nid = Identity(j) {T: "
                     "u8}\ny = Cast(id) {SrcT: u8, DstT: f32}\n";
  Graph g = ParseGraph(text, &AllOps(), {.infer = false}).value();
  EXPECT_EQ(g.type({g.Find("j"), 0}).dtype, kUint8);
  Builder b(g);
  Session s(b, {.threads = 1});
  EXPECT_EQ(s.Run(b.FindOutput("y"), {{b.FindOutput("j"), {1, 2, 3}}}).value().ToString(), "[1, 2, 3]");
  Status wrong = s.Run({{"j", Tensor::Vector<int32_t>({1})}}, {"y"}).status();
  EXPECT_NE(wrong.ToString().find("error[feed]"), std::string::npos) << wrong.ToString();
  Status missing = s.Run({{"x", Tensor(std::string("a"))}}, {"y"}).status();
  EXPECT_NE(missing.ToString().find("DecodeSomething"), std::string::npos) << missing.ToString();
}

TEST(UnknownOps, ALiteralForWhatNobodyKnowsIsRefused) {
  Graph g = ParseGraph("j = DecodeSomething() {}\nk = AnotherOp(j) {}\n", &AllOps(), {.infer = false}).value();
  Builder b(g);
  Session s(b, {.threads = 1});
  Status status = s.Run(b.FindOutput("j"), {{b.FindOutput("j"), {1, 2, 3}}}).status();
  EXPECT_NE(status.ToString().find("error[feed]: the dtype of 'j:0' is not known"), std::string::npos)
      << status.ToString();
}

}  // namespace
}  // namespace weir
