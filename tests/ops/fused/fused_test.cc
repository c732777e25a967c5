// _Fused: what a program computes is what its ops compute; files hold programs; one that is malformed, or of another
// node, or that no kernel computes, is an error that names the node.
#include <gtest/gtest.h>

#include <cmath>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

const char kInputs[] =
    "x = Placeholder() {dtype: f32, shape: [?]}\n"
    "c = Const() {value: bool[] true}\n"
    "v = Const() {value: f32[2,3] splat 1}\n"
    "s = Const() {value: str[] \"text\"}\n";

Result<Graph> WithFused(const std::string& node) { return ParseGraph(kInputs + node + "\n", &AllOps()); }

// The error of reading, inferring or running a graph with this node `y`.
std::string ErrorOf(const std::string& node) {
  auto g = WithFused(node);
  if (!g.ok()) return g.status().ToString();
  Session s(*g, {.threads = 1, .optimize = false});
  return s.Run(NamedFeeds{{"x", Tensor::Of<float>({3}, {1, 2, 3})}}, {"y"}).status().ToString();
}

Tensor Line(int64_t n) {
  Tensor t = Tensor::Zeros(kFloat, {n});
  for (int64_t i = 0; i < n; ++i) t.mutable_data<float>()[i] = static_cast<float>(i % 101) / 8 - 6;
  return t;
}

// A condition's bytes and halves must outlive results of wider elements, more of them than one tile has.
TEST(Fused, RegistersOfSeveralSizes) {
  const std::string body =
      "i0 f32; r0 bool = Less i0 i0; r1 f32 = LeakyRelu(0.5) i0; r2 bool = Less r1 i0; r3 f32 = Neg i0; "
      "r4 f32 = SelectV2 r2 r3 r1; r5 f16 = Cast r4; r6 f16 = Square r5; r7 f64 = Cast r6; r8 bool = LogicalOr r0 r2; "
      "r9 f64 = SelectV2 r2 r7 r7; return r9 r8";
  auto g = WithFused("y = _Fused(x) {Tout: [f64, bool], body: \"" + body + "\"}");
  ASSERT_TRUE(g.ok()) << g.status().ToString();
  Session s(*g, {.threads = 2, .optimize = false});
  const Tensor x = Line(5000);
  const auto got = s.Run(NamedFeeds{{"x", x}}, {"y:0", "y:1"}).value();
  for (int64_t i = 0; i < x.num_elements(); ++i) {
    const float v = x.data<float>()[i], leaky = v > 0 ? v : v * 0.5f;
    const Half h(leaky < v ? -v : leaky);
    ASSERT_EQ(got[0].data<double>()[i], static_cast<double>(static_cast<float>(Half(float(h) * float(h))))) << v;
    ASSERT_EQ(got[1].data<bool>()[i], leaky < v) << v;
  }
}

TEST(Fused, IsHeldByFiles) {
  const char node[] = "y = _Fused(x, c) {Tout: [f32], body: \"i0 f32, i1 bool; r0 f32 = LeakyRelu(0.2) i0; "
                      "r1 f32 = Select i1 i0 r0; return r1\"}";
  Graph g = WithFused(node).value();
  EXPECT_TRUE(g[g.Find("y")].FindAttr("body")->is<Program>());
  EXPECT_NE(PrintGraph(g, {.types = false, .locs = false}).find(node), std::string::npos);
  Graph binary = ImportGraphDef(ExportGraphDef(g).value(), &AllOps()).value();
  EXPECT_EQ(*binary[binary.Find("y")].FindAttr("body"), *g[g.Find("y")].FindAttr("body"));
  std::string text = ExportGraphDefText(g).value();
  Graph again = ImportGraphDefText(text, &AllOps()).value();
  EXPECT_EQ(*again[again.Find("y")].FindAttr("body"), *g[g.Find("y")].FindAttr("body"));
  text.replace(text.find("; return"), 8, "; retorn");
  EXPECT_EQ(ImportGraphDefText(text, &AllOps()).status().ToString(),
            "error[attr]: _Fused 'y' has a malformed program: 'r2 ' was expected at 'retorn r1'");
}

TEST(Fused, ErrorsNameTheNode) {
  const struct {
    const char *node, *error;
  } cases[] = {
      {"_Fused(x) {Tout: [f32]}", "_Fused 'y' lacks the attribute 'body' (program)"},
      {"_Fused(x) {Tout: [f32], body: 3}", "_Fused 'y' has attribute 'body' of kind int, not program"},
      {"_Fused(x) {Tout: [f32], body: \"Neg x\"}", "_Fused 'y' has a malformed program"},
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f32 = Neg i1; return r0\"}", "_Fused 'y' has a program whose"},
      {"_Fused(x, c) {Tout: [f32], body: \"i0 f32; r0 f32 = Neg i0; return r0\"}", "_Fused 'y' has 2 inputs"},
      {"_Fused(c) {Tout: [f32], body: \"i0 f32; r0 f32 = Neg i0; return r0\"}", "_Fused 'y' has input 0 of bool"},
      {"_Fused(s) {Tout: [f32], body: \"i0 str; r0 f32 = Neg i0; return r0\"}", "_Fused 'y' has a program with an"},
      {"_Fused(x) {Tout: [f64], body: \"i0 f32; r0 f32 = Neg i0; return r0\"}", "_Fused 'y' has output 0 of double"},
      {"_Fused(x) {Tout: [f32], shape: [2], body: \"i0 f32; r0 f32 = Neg i0; return r0\"}", "_Fused 'y' cannot"},
      {"_Fused(v) {Tout: [f32], shape: [3], body: \"i0 f32; r0 f32 = Neg i0; return r0\"}", "_Fused 'y' shapes"},
      {"_Fused(v, x) {Tout: [f32], shape: [1,3], body: \"i0 f32, i1 f32; r0 f32 = Add i0 i1; return r0\"}",
       "_Fused 'y' shapes"},
      // What only the kernel knows: which ops have lane functions, of which dtypes, and how many places there are.
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f32 = MatMul i0 i0; return r0\"}", "_Fused 'y' has the instruction"},
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f32 = Neg i0 i0; return r0\"}", "_Fused 'y' has the instruction"},
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f32 = Neg; return r0\"}", "_Fused 'y' has the instruction"},
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f32 = Less i0 i0; return r0\"}", "_Fused 'y' has the instruction"},
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f64 = Cast i0; r1 f32 = Tanh r0; return r1\"}",
       "_Fused 'y' has the instruction 'r1 f32 = Tanh r0'"},
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f32 = Select i0 i0 i0; return r0\"}",
       "_Fused 'y' has the instruction"},
      {"_Fused(x) {Tout: [i32], body: \"i0 f32; r0 i32 = Cast i0; r1 i32 = FloorDiv r0 r0; return r1\"}",
       "_Fused 'y' has the instruction 'r1 i32 = FloorDiv r0 r0'"},
      {"_Fused(x) {Tout: [f32], body: \"i0 f32; r0 f32 = Neg i0; r1 f32 = Abs r0; return r0\"}",
       "_Fused 'y' has another first output"},
      {"_Fused(x, x, x, x, x, x, x, x, x) {Tout: [f32], body: \"i0 f32, i1 f32, i2 f32, i3 f32, i4 f32, i5 f32, "
       "i6 f32, i7 f32, i8 f32; r0 f32 = Neg i0; return r0\"}",
       "_Fused 'y' has more inputs"},
  };
  for (const auto& c : cases) {
    const std::string error = ErrorOf(std::string("y = ") + c.node);
    EXPECT_NE(error.find(c.error), std::string::npos) << c.node << "\ngives: " << error;
  }
}

TEST(Fused, MoreRegistersThanThereAre) {
  std::string body = "i0 f32";
  const int n = 200;
  for (int i = 0; i < n; ++i) body += "; r" + std::to_string(i) + " f32 = Neg i0";
  int r = n;
  for (int i = 1; i < n; ++i, ++r)
    body += "; r" + std::to_string(r) + " f32 = Add r" + std::to_string(i == 1 ? 0 : r - 1) + " r" + std::to_string(i);
  const std::string error = ErrorOf("y = _Fused(x) {Tout: [f32], body: \"" + body + "; return r" +
                                    std::to_string(r - 1) + "\"}");
  EXPECT_NE(error.find("_Fused 'y' needs more registers than there are"), std::string::npos) << error;
}

}  // namespace
}  // namespace weir
