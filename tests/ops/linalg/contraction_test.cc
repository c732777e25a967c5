// Rows of the op Einsum; what it refuses.
#include <gtest/gtest.h>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {
namespace {

OpRow Row(const char* equation, std::vector<In> inputs) {
  return {"Einsum", std::move(inputs), {{"equation", equation}}};
}

}  // namespace

std::vector<OpRow> ContractionRows() {
  return {
      Row("ij,jk->ik", {{2, 3}, {3, 4}}),
      Row("bij,bkj->bik", {{2, 3, 4}, {2, 2, 4}}),
      Row("abcd,aecd->acbe", {{2, 3, 2, 4}, {2, 5, 2, 4}}),
      Row("acbe,aecd->abcd", {{2, 3, 4, 5}, {2, 5, 3, 2}}),
      Row("ij,ij->", {{2, 3}, {2, 3}}),
      Row("i,j->ij", {{2}, {3}}),
      Row("ij->ji", {{2, 3}}),
      Row("ij->j", {{2, 3}}),
      Row("abc->ca", {{2, 3, 4}}),
      Row("ii->i", {{3, 3}}),
      Row("ii->", {{3, 3}}),
      Row("i->ii", {{3}}),
      Row("iij,jk->ki", {{3, 3, 2}, {2, 4}}),
      Row("abc,cd->ad", {{2, 3, 4}, {4, 2}}),
      Row("...ij,...jk->...ik", {{2, 1, 3, 4}, {5, 4, 2}}),
      Row("...ij,jk->...ik", {{2, 3, 4}, {4, 2}}),
      Row("a...,b...->ab...", {{2, 3}, {4, 1}}),
      Row("i...j->...", {{2, 3, 4}}),
      Row("...->...", {{2, 3}}),
  };
}

namespace {

TEST(EinsumOp, RefusesWhatDoesNotFit) {
  const Shape two({2, 3});
  const std::vector<std::pair<const char*, std::vector<Shape>>> bad = {
      {"ij", {two}},         {"ij->k", {two}},          {"i->i", {two}},  {"ijk->ijk", {two}},   {"ii->i", {two}},
      {"ij,jk->ik", {two}},  {"ij,jk->ik", {two, two}}, {"i1->i", {two}}, {"...j->j", {two}},    {"i->->i", {two}},
      {"a,b,c->a", {two, two, two}}, {"...i,...j->...", {two, Shape({3, 4})}},
  };
  for (const auto& [equation, shapes] : bad) {
    Builder g;
    std::vector<Input> inputs;
    for (const Shape& s : shapes) inputs.push_back(ops::Zeros(g, ops::Constant(g, Tensor(s.dims())), kDouble));
    Output y = Make("Einsum", inputs, {{"equation", equation}}, {.name = "sum"});
    EXPECT_FALSE(y.valid()) << equation;
    EXPECT_NE(g.status().ToString().find("'sum'"), std::string::npos) << g.status().ToString();
  }
}

// As the composition of other ops.
TEST(EinsumOp, AgreesWithTheBuildingFunction) {
  for (DType dtype : kPrecise) {
    for (const char* equation : {"abcd,aecd->acbe", "abc,cd->ad", "...bc,...cd->b...d"}) {
      Builder g;
      const bool dots = equation[0] == '.', four = std::string(equation).starts_with("abcd");
      Output x = RandomMatrices(g, four ? Shape({3, 20, 4, 9}) : Shape({3, 20, 9}), dtype, 1);
      Output y = RandomMatrices(g, four ? Shape({3, 7, 4, 9}) : dots ? Shape({1, 9, 7}) : Shape({9, 7}), dtype, 3);
      Output op = Make("Einsum", {x, y}, {{"equation", equation}});
      Output off = LargestOf(ops::Einsum(equation, {x, y}) - op);
      Session session(g);
      EXPECT_LT(session.Run(off).value().data<double>()[0], 1e-12) << equation;
    }
  }
}

}  // namespace
}  // namespace weir::testing
