// Calls, branches and loops against the functions that they name: signatures, and what unfolding may cost.
#include "weir/graph/functions.h"

#include <gtest/gtest.h>

#include <chrono>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/graph/verify.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

// What is said of a graph on each way that leads to a run: of the text form, of the same graph from a GraphDef, by the
// verifier, by inference and by a session that is asked for node `fetch`.
std::vector<Status> OnEachWay(const std::string& text, const std::string& fetch) {
  std::vector<Status> said;
  for (bool wire : {false, true}) {
    Graph g = ParseGraph(text, &AllOps(), {.infer = false}).value();
    if (wire) g = ImportGraphDef(ExportGraphDef(g).value(), &AllOps()).value();
    said.push_back(Session(g, {.threads = 1}).Run(NamedFeeds{}, {fetch}).status());
    said.push_back(InferGraph(g));
  }
  return said;
}

constexpr char kLoop[] = R"(
function less(v0: i32, v1: i32) -> (r: bool) {
  v0 = _Arg() {T: i32, index: 0}
  v1 = _Arg() {T: i32, index: 1}
  n = Const() {value: i32[] 3, dtype: i32}
  l = Less(v0, n) {T: i32}
  r = _Retval(l) {T: bool, index: 0}
}
function next(v0: i32, v1: i32) -> (r0: i32, r1: %s) {
  v0 = _Arg() {T: i32, index: 0}
  v1 = _Arg() {T: i32, index: 1}
  one = Const() {value: i32[] 1, dtype: i32}
  sum = Add(v0, one) {T: i32}
  small = Cast(v1) {SrcT: i32, DstT: i8}
  r0 = _Retval(sum) {T: i32, index: 0}
  r1 = _Retval(%s) {T: %s, index: 1}
}
a = Const() {value: i32[] 0, dtype: i32}
b = Const() {value: i32[] 6, dtype: i32}
w = While(a, b) {T: [i32, i32], cond: func less, body: func next}
)";

std::string Loop(const std::string& declared, const std::string& value, const std::string& dtype) {
  std::string text = kLoop;
  for (const std::string& s : {declared, value, dtype}) text.replace(text.find("%s"), 2, s);
  return text;
}

TEST(Functions, ALoopKeepsTheDtypesOfItsVariables) {
  for (const Status& s : OnEachWay(Loop("i32", "v1", "i32"), "w:1")) EXPECT_TRUE(s.ok()) << s.ToString();
  for (const Status& s : OnEachWay(Loop("i8", "small", "i8"), "w:1")) {
    EXPECT_NE(s.ToString().find("While 'w' calls function 'next' with int32 for result 1, which is int8"),
              std::string::npos)
        << s.ToString();
  }
  Graph lying = ParseGraph(Loop("i32", "small", "i8"), &AllOps(), {.infer = false}).value();
  EXPECT_FALSE(Session(lying, {.threads = 1}).Run(NamedFeeds{}, {"w:1"}).ok())
      << "the signature says other than the body";
}

TEST(Functions, TheBuilderRefusesALoopThatChangesADtype) {
  Builder g;
  FuncRef cond =
      DefineFunction(g, "less", {kInt32, kInt32}, [](const Outputs& v) { return Outputs{ops::Less(v[0], 3)}; });
  FuncRef body = DefineFunction(g, "next", {kInt32, kInt32}, [](const Outputs& v) {
    return Outputs{v[0] + 1, ops::Cast(v[1], kInt8)};
  });
  OutputList w = ops::While({ops::Constant(g, 0), ops::Constant(g, 6)}, cond, body);
  EXPECT_NE(g.status().ToString().find("with int32 for result 1, which is int8"), std::string::npos)
      << g.status().ToString();
  EXPECT_EQ(w.size(), 2u);
}

TEST(Functions, ALoopVariableMayChangeItsShape) {
  Builder g;
  Outputs w = WhileLoop(
      g, [](const Outputs& v) { return ops::Less(v[0], 3); },
      [](const Outputs& v) {
        return Outputs{v[0] + 1, ops::Concat({v[1], v[1]}, 0)};
      },
      {0, ops::Constant(g, {1, 2})});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(w[1].shape().ToString(), "[?]");
  EXPECT_EQ(Session(g, {.threads = 1}).Run(w[1]).value().num_elements(), 16);
}

// Each variable takes the one before it: sizes are given up one a round, more of them than rounds.
TEST(Functions, ALongChainOfLoopVariablesIsInferredSoundly) {
  Builder g;
  InputList start{0};
  constexpr int kMany = 40;
  for (int i = 0; i < kMany; ++i)
    start.push_back(ops::Constant(g, i == 0 ? Tensor::Vector<float>({1, 2}) : Tensor::Vector<float>({1})));
  Outputs w = WhileLoop(g, [](const Outputs& v) { return ops::Less(v[0], 100); },
                        [](const Outputs& v) {
                          Outputs next{v[0] + 1, v[1]};
                          for (int i = 2; i <= kMany; ++i) next.push_back(v[i - 1]);
                          return next;
                        }, start);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_EQ(Session(g, {.threads = 1}).Run(w[kMany]).value().ToString(), "[1, 2]");
}

TEST(Functions, ABranchGivesAsManyResultsAsThereAreOutputs) {
  const std::string functions = R"(
function same(x: f32) -> (r: f32) {
  x = _Arg() {T: f32, index: 0}
  r = _Retval(x) {T: f32, index: 0}
}
p = Const() {value: bool[] true, dtype: bool}
x = Const() {value: f32[2] [1, 2], dtype: f32}
)";
  auto expect = [&](const std::string& node, const std::string& words) {
    for (const Status& s : OnEachWay(functions + node, "y"))
      EXPECT_NE(s.ToString().find(words), std::string::npos) << node << s.ToString();
  };
  expect("y = If(p, x) {Tcond: bool, Tin: [f32], Tout: [f32, f32], then_branch: func same, else_branch: func same}\n",
         "'same' of 1 results with 2");
  expect("y = If(p, x) {Tcond: bool, Tin: [f32], Tout: [i32], then_branch: func same, else_branch: func same}\n",
         "with int32 for result 0, which is float");
  expect(
      "y = If(p, x, x) {Tcond: bool, Tin: [f32, f32], Tout: [f32], then_branch: func same, else_branch: func same}\n",
      "'same' of 1 arguments with 2");
  expect("y = PartitionedCall(p) {Tin: [bool], Tout: [f32], f: func same}\n",
         "with bool for argument 0, which is float");
  expect("y = PartitionedCall(x) {Tin: [f32], Tout: [f32, f32], f: func same}\n", "'same' of 1 results with 2");
}

// What output_shapes says is not relied on, but a known size that is none is a mistake.
TEST(Functions, OutputShapesAreNotOthersThanTheBodiesGive) {
  auto expect = [](const std::string& text, const std::string& fetch, const std::string& words) {
    for (const Status& s : OnEachWay(text, fetch)) {
      if (words.empty()) EXPECT_TRUE(s.ok()) << text << s.ToString();
      else EXPECT_NE(s.ToString().find(words), std::string::npos) << text << s.ToString();
    }
  };
  auto loop = [](const std::string& shapes) {
    std::string text = Loop("i32", "v1", "i32");
    return text.replace(text.find("body: func next"), 15, "body: func next, output_shapes: " + shapes);
  };
  expect(loop("[<>, <>]"), "w:1", "");
  expect(loop("[<*>, <*>]"), "w:1", "");
  expect(loop("[<>]"), "w:1", "1 output_shapes for 2 outputs");
  expect(loop("[<>, <?>]"), "w:1",
         "While 'w' has the shape [?] for output 1 in output_shapes, but function 'next' gives []");
  const std::string functions = R"(
function two(x: f32) -> (r: f32) {
  x = _Arg() {T: f32, index: 0}
  r = _Retval(x) {T: f32, index: 0}
}
function four(x: f32) -> (r: f32) {
  x = _Arg() {T: f32, index: 0}
  zero = Const() {value: i32[] 0, dtype: i32}
  xx = ConcatV2(x, x, zero) {N: 2, T: f32, Tidx: i32}
  r = _Retval(xx) {T: f32, index: 0}
}
p = Const() {value: bool[] true, dtype: bool}
x = Const() {value: f32[2] [1, 2], dtype: f32}
)";
  auto branch = [&](const std::string& shapes) {
    return functions + "y = If(p, x) {Tcond: bool, Tin: [f32], Tout: [f32], then_branch: func two, else_branch: func "
                       "four, output_shapes: " + shapes + "}\n";
  };
  expect(branch("[<?>]"), "y", "");
  expect(branch("[<*>]"), "y", "");
  expect(branch("[<2>]"), "y",
         "If 'y' has the shape [2] for output 0 in output_shapes, but function 'four' gives [4]");
  expect(branch("[<4>]"), "y", "function 'two' gives [2]");
}

// Both branches have a branch of their own, each traced before either is in the library.
TEST(Functions, NestedBranchesKeepTheirBodiesWhenSaved) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {}, {.name = "x"});
  auto inner = [&](float by) { return Cond(ops::Greater(x, 1.0f), [=] { return x * by; }, [=] { return x + by; }); };
  Output y = Cond(ops::Greater(x, 0.0f), [&] { return inner(10); }, [&] { return inner(100); });
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Graph loaded = ImportGraphDef(ExportGraphDef(g.graph()).value(), &AllOps()).value();
  for (float value : {-5.0f, 0.5f, 3.0f}) {
    Tensor want = Session(g, {.threads = 1}).Run(y, {{x, value}}).value();
    EXPECT_EQ(want.ToString(), Tensor(value < 0 ? value + 100 : value > 1 ? value * 10 : value + 10).ToString());
    EXPECT_EQ(Session(loaded, {.threads = 1}).Run({{"x", Tensor(value)}}, {y.name()}).value()[0].ToString(),
              want.ToString())
        << value;
  }
}

// ---- what unfolding may cost

// f0 = Neg; f_k calls f_{k-1} twice.
std::string Doubling(int levels, const std::string& base, const std::string& call) {
  std::string text = "function f0(x: f32) -> (r: f32) {\n  x = _Arg() {T: f32, index: 0}\n" + base +
                     "  r = _Retval(y) {T: f32, index: 0}\n}\n";
  for (int k = 1; k <= levels; ++k) {
    std::string f = "f" + std::to_string(k - 1), a = call, b = call;
    for (std::string* s : {&a, &b}) {
      for (size_t at; (at = s->find('@')) != s->npos;) s->replace(at, 1, f);
    }
    a.replace(a.find("$"), 1, "x"), b.replace(b.find("$"), 1, "a");
    text += "function f" + std::to_string(k) +
            "(x: f32) -> (r: f32) {\n  x = _Arg() {T: f32, index: 0}\n  p = Const() {value: bool[] true, dtype: "
            "bool}\n  a = " +
            a + "\n  b = " + b + "\n  r = _Retval(b) {T: f32, index: 0}\n}\n";
  }
  std::string last = "f" + std::to_string(levels), y = call;
  for (size_t at; (at = y.find('@')) != y.npos;) y.replace(at, 1, last);
  y.replace(y.find("$"), 1, "x");
  return text + "x = Placeholder() {dtype: f32, shape: [?]}\np = Const() {value: bool[] true, dtype: bool}\ny = " + y +
         "\n";
}

TEST(Functions, ExponentialCallsAreInferredAtOnceAndRefusedAtOnce) {
  auto start = Clock::now();
  const std::string call = "PartitionedCall($) {Tin: [f32], Tout: [f32], f: func @}";
  auto g = ParseGraph(Doubling(39, "  y = Neg(x) {T: f32}\n", call), &AllOps());
  ASSERT_TRUE(g.ok()) << g.status().ToString();
  EXPECT_EQ(g->type({g->Find("y"), 0}).ToString(), "f32[?]");
  Status s = Session(*g, {.threads = 1}).Run({{"x", Tensor::Vector<float>({1, 2})}}, {"y"}).status();
  EXPECT_EQ(s.code(), Code::kResourceExhausted);
  EXPECT_NE(s.ToString().find("calls function 'f39', with which the calls unfold to over"), std::string::npos)
      << s.ToString();
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - start).count(), 30);
}

TEST(Functions, FewerLevelsRun) {
  const std::string call = "PartitionedCall($) {Tin: [f32], Tout: [f32], f: func @}";
  auto g = ParseGraph(Doubling(8, "  y = Neg(x) {T: f32}\n", call), &AllOps());
  EXPECT_EQ(Session(*g, {.threads = 1}).Run({{"x", Tensor::Vector<float>({1, 2})}}, {"y"}).value()[0].ToString(),
            "[1, 2]");
}

TEST(Functions, ExponentialBranchesCompileOnceEach) {
  const std::string branch =
      "StatelessIf(p, $) {Tcond: bool, Tin: [f32], Tout: [f32], then_branch: func @, else_branch: func @}";
  auto g = ParseGraph(Doubling(12, "  y = Neg(x) {T: f32}\n", branch), &AllOps());
  ASSERT_TRUE(g.ok()) << g.status().ToString();
  EXPECT_EQ(Session(*g, {.threads = 1}).Run({{"x", Tensor::Vector<float>({1, 2})}}, {"y"}).value()[0].ToString(),
            "[1, 2]")
      << "4096 runs of one plan";
}

// Each instantiation gives a size that only data tells: two calls must not be taken to give the same one.
TEST(Functions, EqualInstantiationsGiveSizesOfTheirOwn) {
  Builder g;
  FuncRef f = DefineFunction(g, "where", {kBool}, [](const Outputs& v) { return Outputs{ops::Where(v[0])}; });
  Output x = ops::Placeholder(g, kBool, {None}, {.name = "x"}), z = ops::Placeholder(g, kBool, {None}, {.name = "z"});
  Outputs a = Call(g, f, {x}), b = Call(g, f, {z}), c = Call(g, f, {x});
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  EXPECT_NE(a[0].shape()[0], b[0].shape()[0]);
  EXPECT_NE(a[0].shape()[0], c[0].shape()[0]);
}

// Values differ at each call, so that nothing is equal: a budget ends it.
TEST(Functions, InferenceHasABudget) {
  auto start = Clock::now();
  std::string text = Doubling(39, "  y = Neg(x) {T: f32}\n", "PartitionedCall($) {Tin: [f32], Tout: [f32], f: func @}");
  for (size_t at; (at = text.find("f32")) != text.npos;) text.replace(at, 3, "i32");
  text.replace(text.find("y = Neg(x) {T: i32}"), 19,
               "one = Const() {value: i32[1] [1], dtype: i32}\n  y = Add(x, one) {T: i32}");
  text.replace(text.find("x = Placeholder() {dtype: i32, shape: [?]}"), 42,
               "z = Placeholder() {dtype: f32, shape: [3]}\nx = Shape(z) {T: f32, out_type: i32}");
  Status s = ParseGraph(text, &AllOps()).status();
  EXPECT_EQ(s.code(), Code::kResourceExhausted) << s.ToString();
  EXPECT_NE(s.ToString().find("calls function 'f"), std::string::npos) << s.ToString();
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - start).count(), 60);
}

}  // namespace
}  // namespace weir
