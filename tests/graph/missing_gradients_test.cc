// Gradients that Weir does not have, in graphs that other programs made: ops and dtypes that it does not know, and
// gradients that a node asks for by name (_gradient_op_type). Never a number that leaves out a path; all are named at
// once.
#include <gtest/gtest.h>

#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

// A node as a GraphDef's text says it; `attrs` likewise.
std::string NodeText(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
                     const std::string& attrs = "T: DT_FLOAT") {
  std::string text = "node { name: '" + name + "' op: '" + op + "'";
  for (const std::string& in : inputs) text += " input: '" + in + "'";
  for (size_t at = 0; at < attrs.size();) {
    size_t colon = attrs.find(": ", at), end = std::min(attrs.find("; ", at), attrs.size());
    std::string value = attrs.substr(colon + 2, end - colon - 2);
    const char* kind = value.starts_with("'") ? "s: " : value.starts_with("DT_") ? "type: " : "";
    text += " attr { key: '" + attrs.substr(at, colon - at) + "' value { " + kind + value + " } }";
    at = end == attrs.size() ? end : end + 2;
  }
  return text + " }\n";
}

const std::string kX =
    NodeText("x", "Placeholder", {}, "dtype: DT_FLOAT; shape: shape { dim { size: 3 } }") +
    NodeText("axis", "Const", {}, "dtype: DT_INT32; value: tensor { dtype: DT_INT32 tensor_shape {} int_val: 0 }");

std::string SumOf(const std::string& name, const std::string& of) { return NodeText(name, "Sum", {of, "axis"}); }

struct Loaded : Builder {
  explicit Loaded(const std::string& text)
      : Builder(std::move(LoadGraphFromString(kX + text, &AllOps()).value().graph)) {
    InferGraph(mutable_graph()).IgnoreError();
  }
  Result<std::vector<Grad>> Derive(const std::string& y) {
    return GradientsOf(*this, {FindOutput(y)}, {FindOutput("x")});
  }
  // The text of the error that the gradient by x is.
  std::string Refusal(const std::string& y) {
    int before = graph().num_nodes();
    auto grads = Derive(y);
    EXPECT_FALSE(grads.ok()) << "a gradient of " << y;
    EXPECT_EQ(graph().num_nodes(), before) << "nothing is built";
    return grads.status().ToString();
  }
};

void ExpectIn(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
}

TEST(MissingGradients, UnknownOpsAreNamed) {
  const std::string bessel = NodeText("d", "BesselJ0", {"x"});
  ExpectIn(Loaded(bessel + SumOf("y", "d")).Refusal("y"), {"BesselJ0 'd'", "is not known"});
  ExpectIn(Loaded(bessel).Refusal("d"), {"BesselJ0 'd'"});
  // Beside a path that could be derived.
  ExpectIn(Loaded(bessel + NodeText("sum", "AddV2", {"x", "d"}) + SumOf("y", "sum")).Refusal("y"),
           {"1 op on the way", "BesselJ0 'd'"});
}

TEST(MissingGradients, AllOfAChainAtOnce) {
  const std::string text = NodeText("d", "BesselJ0", {"x"}) + NodeText("e", "Exp", {"d"}) +
                           NodeText("i", "NextAfter", {"e", "x"}) + SumOf("y", "i");
  ExpectIn(Loaded(text).Refusal("y"), {"2 ops", "BesselJ0 'd'", "NextAfter 'i'"});
}

TEST(MissingGradients, DTypesThatWeirDoesNotCompute) {
  const std::string complex = NodeText("c", "Cast", {"x"}, "SrcT: DT_FLOAT; DstT: DT_COMPLEX64");
  const std::string size = NodeText("a", "ComplexAbs", {"f"}, "T: DT_COMPLEX64");
  ExpectIn(Loaded(complex + NodeText("f", "FFT", {"c"}, "Tcomplex: DT_COMPLEX64") + size +
                  SumOf("y", "a"))
               .Refusal("y"),
           {"1 op", "FFT 'f'"});
  const std::string variant = NodeText("l", "WrapDatasetVariant", {"x"});
  const std::string value = NodeText("b", "UnwrapDatasetVariant", {"l"});
  ExpectIn(Loaded(variant + value + SumOf("y", "b")).Refusal("y"),
           {"2 ops", "WrapDatasetVariant 'l'", "UnwrapDatasetVariant 'b'"});
}

TEST(MissingGradients, CallsOfFunctions) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {3}, {.name = "x"});
  FuncRef f = DefineFunction(g, "f", {kFloat}, [](const Outputs& a) {
    return Outputs{ops::Exp(MakeAll("Unique", {a[0]}, {}, {.name = "kept"})[0])};
  });
  Output y = ops::ReduceSum(Call(g, f, {x})[0] + x);
  auto grads = GradientsOf(g, {y}, {x});
  ASSERT_FALSE(grads.ok());
  ExpectIn(grads.status().ToString(), {"Unique 'kept'", "in function 'f'"});
}

// What leads to y by integers or not at all, or by an op that is constant, is no path.
TEST(MissingGradients, NoneWhereNoPathLeads) {
  Loaded g(NodeText("d", "BesselJ0", {"x"}) + SumOf("aside", "d") +
           NodeText("n", "Bucketize", {"x"}, "T: DT_FLOAT; boundaries: list { f: 0 }") +
           NodeText("f", "Cast", {"n"}, "SrcT: DT_INT32; DstT: DT_FLOAT") + NodeText("s", "Floor", {"d"}) +
           NodeText("stop", "StopGradient", {"d"}) + NodeText("one", "Mul", {"x", "f"}) +
           NodeText("two", "Mul", {"one", "s"}) + NodeText("three", "Mul", {"two", "stop"}) + SumOf("y", "three"));
  auto grads = g.Derive("y");
  ASSERT_TRUE(grads.ok()) << grads.status().ToString();
  EXPECT_TRUE((*grads)[0].valid());
  // What was built knows the dtypes of all that it reads.
  for (NodeId id : g.graph().nodes()) {
    if (g.graph()[id].Is("Shape")) EXPECT_NE(g.graph()[id].type_attr("T"), DType::kInvalid) << g.graph()[id].name();
  }
}

// ---- _gradient_op_type

const std::string kFlip = NodeText("square", "Square", {"x"}) +
                          NodeText("h", "Identity", {"square"}, "T: DT_FLOAT; _gradient_op_type: 'Flip'") +
                          SumOf("y", "h");

TEST(CustomGradients, RefusedUnlessRegistered) {
  ExpectIn(Loaded(kFlip).Refusal("y"), {"Identity 'h'", "'Flip'", "_gradient_op_type"});
  const std::string list = NodeText("h", "IdentityN", {"x", "x"},
                                    "T: list { type: [DT_FLOAT, DT_FLOAT] }; _gradient_op_type: 'CustomGradient-7'");
  ExpectIn(Loaded(list + SumOf("y", "h")).Refusal("y"), {"IdentityN 'h'", "'CustomGradient-7'"});
}

// TensorFlow's mark of every call says nothing of its own.
TEST(CustomGradients, CallsAreJustCalls) {
  Loaded g(
      NodeText("c", "PartitionedCall", {"x"},
               "Tin: list { type: DT_FLOAT }; Tout: list { type: DT_FLOAT }; _gradient_op_type: 'PartitionedCall-3'"));
  EXPECT_FALSE(CustomGradientType(g.graph()[g.graph().Find("c")]).has_value());
}

Tensor ValueAt123(Builder& g, const Output& y) {
  Session s(g, {.threads = 1});
  return s.Run(y, {{g.FindOutput("x"), {1.0f, 2.0f, 3.0f}}}).value();
}

TEST(CustomGradients, TakenWhereRegistered) {
  Loaded g(kFlip);
  SetGradient(g, "Flip", [](GradContext& c) {
    c.set(0, -c.grad());
    return OkStatus();
  });
  // Not what is said of all Identity nodes: this one asks for another.
  SetGradient(g, "Identity", [](GradContext&) { return Unimplemented("is not wanted"); });
  auto grads = g.Derive("y");
  ASSERT_TRUE(grads.ok()) << grads.status().ToString();
  EXPECT_EQ(ValueAt123(g, (*grads)[0].ToDense()).ToString(), "[-2, -4, -6]");
}

// The straight-through estimator: gradient_override_map({"Sign": "Identity"}).
TEST(CustomGradients, MayBeThatOfAnotherOp) {
  Loaded through(NodeText("h", "Sign", {"x"}, "T: DT_FLOAT; _gradient_op_type: 'Identity'") + SumOf("y", "h"));
  auto grads = through.Derive("y");
  ASSERT_TRUE(grads.ok()) << grads.status().ToString();
  EXPECT_EQ(ValueAt123(through, (*grads)[0].ToDense()).ToString(), "[1, 1, 1]");
  Loaded none(NodeText("h", "Identity", {"x"}, "T: DT_FLOAT; _gradient_op_type: 'StopGradient'") + SumOf("y", "h"));
  auto stopped = none.Derive("y");
  ASSERT_TRUE(stopped.ok()) << stopped.status().ToString();
  EXPECT_FALSE((*stopped)[0].valid());
}

}  // namespace
}  // namespace weir
