// DiffGraphs: each kind of difference is found and nothing else, told as a line; distances of tensors.
#include "weir/graph/diff.h"

#include <gtest/gtest.h>

#include <cmath>

#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/ops/registry.h"

namespace weir {
namespace {

constexpr char kModel[] = R"(
function twice(x: f32) -> (y: f32) {
  x = _Arg() {T: f32, index: 0}
  sum = Add(x, x) {T: f32}
  y = _Retval(sum) {T: f32, index: 0}
}
x = Placeholder() {dtype: f32, shape: [?,2]}
w = Const() {value: f32[2,2] [[1, 2], [3, 4]]}
init = NoOp()
y = MatMul(x, w, ^init)
z = Relu(y)
)";

Graph Parsed(const std::string& text) {
  auto g = ParseGraph(text, &AllOps());
  EXPECT_TRUE(g.ok()) << g.status().ToString();
  return std::move(*g);
}

// kModel with `from` replaced by `to`, compared with kModel.
std::string Differences(const std::string& from, const std::string& to, const DiffOptions& options = {}) {
  std::string text = kModel;
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  EXPECT_NE(text, kModel) << from;
  return DiffGraphs(Parsed(kModel), Parsed(text), options).ToString();
}

TEST(DiffGraphs, OfOneGraphIsEmpty) {
  EXPECT_TRUE(DiffGraphs(Parsed(kModel), Parsed(kModel)).equal());
  EXPECT_EQ(Differences("MatMul(x, w, ^init)", "MatMul(x, w, ^init) {transpose_a: false}"), "") << "a default";
}

TEST(DiffGraphs, TellsWhatChanged) {
  EXPECT_EQ(Differences("Relu(y)", "Tanh(y)"), "~ 'z' (Relu): op Relu -> Tanh\n");
  EXPECT_EQ(Differences("MatMul(x, w, ^init)", "MatMul(x, w, ^init) {transpose_b: true}"),
            "~ 'y' (MatMul): attr 'transpose_b' false -> true\n");
  EXPECT_EQ(Differences("Relu(y)", "Relu(x)"), "~ 'z' (Relu): input 0 y:0 -> x:0\n");
  EXPECT_EQ(Differences(", ^init", ""), "~ 'y' (MatMul): control input init -> none\n");
  EXPECT_EQ(Differences("shape: [?,2]", "shape: [5,2]"),
            "~ 'x' (Placeholder): attr 'shape' <?,2> -> <5,2>; shape of output 0 f32[?,2] -> f32[5,2]\n"
            "~ 'y' (MatMul): shape of output 0 f32[?,2] -> f32[5,2]\n"
            "~ 'z' (Relu): shape of output 0 f32[?,2] -> f32[5,2]\n");
  EXPECT_EQ(Differences("shape: [?,2]", "shape: [5,2]", {.shapes = false}),
            "~ 'x' (Placeholder): attr 'shape' <?,2> -> <5,2>\n");
  EXPECT_EQ(Differences("z = Relu(y)\n", "t = Tanh(y)\n"), "- 'z' (Relu)\n+ 't' (Tanh)\n");
}

TEST(DiffGraphs, TellsHowFarConstantsAreApart) {
  EXPECT_EQ(Differences("[3, 4]]", "[3, 4.5]]"),
            "~ 'w' (Const): attr 'value' differs in 1 of 4 elements, the first at [1,1], by at most 0.5 (relative "
            "0.12)\n");
  EXPECT_EQ(Differences("[3, 4]]", "[3, 4.5]]", {.tolerance = 0.2}), "");
  const std::string other = Differences("f32[2,2] [[1, 2], [3, 4]]", "f32[2,1] [[1], [2]]");
  EXPECT_NE(other.find("attr 'value' f32[2,2] [[1, 2], [3, 4]] -> f32[2,1] [[1], [2]]"), other.npos) << other;
}

TEST(DiffGraphs, TellsRenamedNodesFromOthers) {
  const std::string scoped = R"(
input = Placeholder() {dtype: f32, shape: [?,2]}
dense/w = Const() {value: f32[2,2] [[1, 2], [3, 4]]}
init = NoOp()
dense/y = MatMul(input, dense/w, ^init)
z = Relu(dense/y)
)";
  const Graph a = Parsed(std::string(kModel).substr(std::string(kModel).find("x = Placeholder"))), b = Parsed(scoped);
  const GraphDifference d = DiffGraphs(a, b);
  EXPECT_EQ(d.ToString(),
            "> 'x' (Placeholder) is now 'input'\n> 'w' (Const) is now 'dense/w'\n> 'y' (MatMul) is now 'dense/y'\n");
  EXPECT_EQ(d.Count(DifferenceKind::kRenamed), 3);
  // One that was changed as well is another one.
  const Graph c = Parsed("input = Placeholder() {dtype: f32, shape: [?,3]}\n");
  EXPECT_EQ(DiffGraphs(Parsed("x = Placeholder() {dtype: f32, shape: [?,2]}\n"), c).Count(DifferenceKind::kRenamed), 0);
}

TEST(DiffGraphs, DoesNotGuessWhichOfSeveralIsWhich) {
  const Graph a = Parsed("a = NoOp()\nb = NoOp()\n"), b = Parsed("c = NoOp()\n");
  EXPECT_EQ(DiffGraphs(a, b).ToString(), "- 'a' (NoOp)\n- 'b' (NoOp)\n+ 'c' (NoOp)\n");
}

TEST(DiffGraphs, LooksIntoFunctions) {
  EXPECT_EQ(Differences("sum = Add(x, x)", "sum = Mul(x, x)"), "~ in function 'twice': 'sum' (Add): op Add -> Mul\n");
  EXPECT_EQ(Differences("twice", "double"), "- 'twice' (function)\n+ 'double' (function)\n");
}

TEST(TensorDistance, CountsMeasuresAndPlaces) {
  const Tensor a = Tensor::Of<float>({4}, {1, NAN, -0.0f, 4}), b = Tensor::Of<float>({4}, {1, NAN, 0, 5});
  const TensorDistance d = DistanceOf(a, b);
  EXPECT_EQ(d.different, 1);
  EXPECT_EQ(d.first, 3);
  EXPECT_EQ(d.max_abs, 1);
  EXPECT_EQ(d.relative, 0.25);
  EXPECT_TRUE(DistanceOf(a, a).equal());
  EXPECT_EQ(DistanceOf(Tensor(1.0f), Tensor(NAN)).max_abs, INFINITY);
  EXPECT_EQ(DistanceOf(Tensor((int64_t{1} << 60) + 1), Tensor(int64_t{1} << 60)).max_abs, 1);
  EXPECT_EQ(DistanceOf(Tensor(Complex64(1, 2)), Tensor(Complex64(1, 4))).max_abs, 2);
  EXPECT_EQ(DistanceOf(Tensor(Complex64(1, 2)), Tensor(Complex64(3, 4))).different, 1);
  const Tensor words(std::vector<std::string>{"a", "b"}), others(std::vector<std::string>{"a", "c"});
  EXPECT_EQ(DistanceOf(words, others).different, 1);
  EXPECT_EQ(DistanceOf(words, others).first, 1);
  EXPECT_EQ(DistanceOf(Tensor(1.0f), Tensor(1.0)).relative, INFINITY) << "another dtype";
  EXPECT_EQ(DistanceOf(a, Tensor::Zeros(kFloat, {2, 2})).different, 4) << "another shape";
  EXPECT_TRUE(DistanceOf(Tensor::Zeros(kFloat, {0}), Tensor::Zeros(kFloat, {0})).equal());
}

}  // namespace
}  // namespace weir
