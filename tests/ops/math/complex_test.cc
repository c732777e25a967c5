// Rows of complex numbers and their parts; their building functions on real numbers; how values of them are written and
// read: text, GraphDef, .npy, literals.
#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "weir/graph/export.h"
#include "weir/graph/gradients.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/npy.h"
#include "weir/tests/ops/op_row.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> ComplexRows() {
  std::vector<OpRow> rows = {
      OfType(kComplex128, {"Conj", {{2, 3}}}),
      OfType(kDouble, {"Complex", {{2, 3}, {3}}, {{"Tout", kComplex128}}}),
      OfType(kFloat, {"Complex", {{2, 1}, {3}}, {{"Tout", kComplex64}}}),
  };
  for (const char* op : {"Real", "Imag", "Angle", "ComplexAbs"}) {
    rows.push_back(OfType(kComplex128, {op, {{2, 3}}, {{"Tout", kDouble}}}));
    rows.push_back(OfType(kComplex64, {op, {{2, 3}}, {{"Tout", kFloat}}}));
  }
  return rows;
}

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Complex, PartsMustBelongToTheWhole) {
  Builder g;
  Output x = ops::Placeholder(g, kComplex64, {2}, {.name = "x"});
  g.Add("Real", {x}, {{"Tout", kDouble}}, {.name = "part"});
  const std::string text = g.status().ToString();
  EXPECT_NE(text.find("part"), std::string::npos) << text;
  EXPECT_NE(text.find("complex64 with parts of double"), std::string::npos) << text;
}

TEST(Complex, OfRealNumbersTheBuildingFunctionsMakeNoNode) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {3}, {.name = "x"});
  const int before = g.graph().num_nodes();
  EXPECT_EQ(ops::Real(x).endpoint(), x.endpoint());
  EXPECT_EQ(ops::Conj(x).endpoint(), x.endpoint());
  EXPECT_EQ(g.graph().num_nodes(), before);
  std::vector<Output> rest = {ops::Imag(x), ops::Angle(x), ops::Abs(x)};
  std::vector<Tensor> got = Session(g).Run(rest, {{x, {-2.0f, 0.0f, 3.0f}}}).value();
  EXPECT_EQ(got[0].ToString(), "[0, 0, 0]");
  EXPECT_FLOAT_EQ(got[1].at<float>(0), 3.14159265f);
  EXPECT_EQ(got[1].at<float>(2), 0);
  EXPECT_EQ(got[2].ToString(), "[2, 0, 3]");
}

TEST(Complex, AComplexNumberHasNoGradientByItself) {
  Builder g;
  Output x = ops::Placeholder(g, kComplex64, {2}, {.name = "x"});
  Output y = ops::Square(x, {.name = "y"});
  Result<std::vector<Grad>> of_real = GradientsOf(g, {ops::ReduceSum(ops::Real(y))}, {x});
  ASSERT_TRUE(of_real.ok()) << of_real.status().ToString();
  Tensor value(std::vector<Complex64>{{1, 2}, {-3, 0.5f}});
  Tensor got = Session(g).Run((*of_real)[0].ToDense(), {{x, value}}).value();
  EXPECT_EQ(got.ToString(), "[2-4j, -6-1j]");  // 2·conj(x)
  Result<std::vector<Grad>> refused = GradientsOf(g, {y}, {x});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().ToString().find("is complex"), std::string::npos) << refused.status().ToString();
}

// NaNs keep their bits, zeros their signs.
Tensor Odd() {
  const double nan = std::bit_cast<double>(uint64_t{0x7ff8000000000abc});
  return Tensor(
      std::vector<Complex128>{{1.5, -2}, {-0.0, 0.0}, {kInf, -kInf}, {nan, 1e-300}, {1e300, -nan}, {0, 1e-7}});
}

TEST(Complex, GoesThroughText) {
  Builder g;
  g.Constant(Odd(), {.name = "c"});
  g.Constant(Tensor(Complex64(3, -0.25f)), {.name = "s"});
  const std::string text = PrintGraph(g.graph());
  EXPECT_NE(text.find("1.5-2j"), std::string::npos) << text;
  Result<Graph> again = ParseGraph(text, &AllOps());
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ(PrintGraph(*again), text);
  EXPECT_TRUE(again->node(again->Find("c")).attr<Tensor>("value").Identical(Odd()));
}

TEST(Complex, GoesThroughGraphDefs) {
  Builder g;
  g.Constant(Odd(), {.name = "content"});
  g.Constant(Tensor(std::vector<Complex64>(9, {2, -1})), {.name = "splat"});
  Graph again = ImportGraphDef(ExportGraphDef(g.graph()).value(), &AllOps()).value();
  for (const char* name : {"content", "splat"}) {
    EXPECT_TRUE(again.node(again.Find(name))
                    .attr<Tensor>("value")
                    .Identical(g.graph().node(g.graph().Find(name)).attr<Tensor>("value")))
        << name;
  }
}

TEST(Complex, GoesThroughNpy) {
  for (const Tensor& t : {Odd(), Tensor(std::vector<Complex64>{{1, 2}, {3, 4}})}) {
    const std::string path = ::testing::TempDir() + "complex.npy";
    ASSERT_TRUE(io::WriteNpy(path, t).ok());
    EXPECT_TRUE(io::ReadNpy(path).value().Identical(t));
  }
}

TEST(Complex, IsMadeOfRealLiterals) {
  Builder g;
  Output x = ops::Placeholder(g, kComplex64, {2}, {.name = "x"});
  Output y = 2.0 * x + 1;
  Tensor got = Session(g).Run(y, {{x, Tensor(std::vector<Complex64>{{1, 2}, {0, -1}})}}).value();
  EXPECT_EQ(got.ToString(), "[3+4j, 1-2j]");
}

TEST(Complex, IsALiteral) {
  Builder g;
  Output x = ops::Placeholder(g, kComplex64, {2}, {.name = "x"});
  Output c = ops::Constant(g, {{1, Complex64(0, 1)}}), y = x * Complex64(0, 1) + Complex128(1, -1);
  EXPECT_EQ(c.dtype(), kComplex64);
  Tensor got = Session(g).Run(y, {{x, {Complex64(1, 2), 3.0}}}).value();
  EXPECT_EQ(got.ToString(), "[-1+0j, 1+2j]");
  Builder real;
  ops::Constant(real, {1.0, Complex64(0, 1)}, kFloat);
  EXPECT_NE(real.status().ToString().find("0+1j is no value of dtype float"), std::string::npos)
      << real.status().ToString();
}

TEST(Complex, IsPrintedByOps) {
  Builder g;
  Output x = ops::Placeholder(g, kComplex64, {2}, {.name = "x"});
  Output text = ops::AsString(x), short_text = ops::AsString(x, {.precision = 2, .width = 7, .fill = "0"});
  Tensor value(std::vector<Complex64>{{1, 2}, {3, -1}});
  std::vector<Tensor> got = Session(g).Run(std::vector<Output>{text, short_text}, {{x, value}}).value();
  EXPECT_EQ(got[0].ToString(), R"x(["(1.000000,2.000000)", "(3.000000,-1.000000)"])x");  // as TensorFlow 2.21 has them
  EXPECT_EQ(got[1].ToString(), R"x(["(0001.00,0002.00)", "(0003.00,-001.00)"])x");
}

// Small values keep their digits, as in exp(x) - 1 and log(1 + x) of real numbers.
TEST(Complex, IsAccurateNearZero) {
  Builder g;
  Output x = ops::Placeholder(g, kComplex128, {2}, {.name = "x"});
  Tensor value(std::vector<Complex128>{{1e-10, 2e-10}, {-3e-12, 1e-9}});
  std::vector<Output> near_zero = {ops::Expm1(x), ops::Log1p(x)};
  std::vector<Tensor> got = Session(g).Run(near_zero, {{x, value}}).value();
  for (int i = 0; i < 2; ++i) {
    const Complex128 v = value.at<Complex128>(i);
    EXPECT_LT(std::abs(got[0].at<Complex128>(i) - (v + v * v / 2.0)), 1e-25) << i;
    EXPECT_LT(std::abs(got[1].at<Complex128>(i) - (v - v * v / 2.0)), 1e-25) << i;
  }
}

TEST(Complex, CheckNumericsLooksAtBothParts) {
  Builder g;
  Output x = ops::Placeholder(g, kComplex64, {2}, {.name = "x"});
  Output y = ops::Negative(x, {.name = "y"});
  Session s(g);
  auto run = [&](Complex64 second) {
    return s.Run(std::vector<Output>{y}, {{x, Tensor(std::vector<Complex64>{{1, 1}, second})}}, {},
                 {.check_numerics = true})
        .status();
  };
  EXPECT_TRUE(run({1, 2}).ok());
  const std::string text = run({1, std::numeric_limits<float>::infinity()}).ToString();
  EXPECT_NE(text.find("'y'"), std::string::npos) << text;
  EXPECT_NE(text.find("element 1"), std::string::npos) << text;
}

}  // namespace
}  // namespace weir::testing
