// Rows of matrix products; complex ones against their definition.
#include <gtest/gtest.h>

#include <cstring>

#include "weir/session/session.h"
#include "weir/tests/ops/linalg/matrices.h"
#include "weir/weir.h"

namespace weir::testing {

std::vector<OpRow> MatMulRows() {
  return {
      {"MatMul", {{2, 3}, {3, 4}}},
      {"MatMul", {{3, 2}, {4, 3}}, {{"transpose_a", true}, {"transpose_b", true}}},
      {"BatchMatMul", {{2, 3, 4}, {2, 4, 5}}},
      {"BatchMatMul", {{2, 4, 3}, {2, 5, 4}}, {{"adj_x", true}, {"adj_y", true}}},
      {"BatchMatMulV2", {{2, 1, 3, 4}, {5, 4, 3}}},
      {"BatchMatMulV2", {{4, 3}, {2, 5, 4}}, {{"adj_x", true}, {"adj_y", true}}},
  };
}

namespace {

enum How { kPlain, kTransposed, kAdjoint };
constexpr How kHows[] = {kPlain, kTransposed, kAdjoint};

Tensor Irregular(const Shape& s, double from) {
  Tensor t = Tensor::Zeros(kComplex128, s);
  for (int64_t i = 0; i < s.num_elements(); ++i)
    t.mutable_data<Complex128>()[i] = {std::sin(1.7 * double(i) + from), std::cos(2.3 * double(i) - from)};
  return t;
}

// Element (i, p) of matrix `which` of x as it is taken, [rows,cols].
Complex128 At(const Tensor& x, How how, int64_t which, int64_t rows, int64_t cols, int64_t i, int64_t p) {
  const Complex128* m = x.data<Complex128>() + which * rows * cols;
  return how == kPlain ? m[i * cols + p] : how == kTransposed ? m[p * rows + i] : std::conj(m[p * rows + i]);
}

Shape Taken(Dims batch, How how, int64_t rows, int64_t cols) {
  batch.push_back(how == kPlain ? rows : cols), batch.push_back(how == kPlain ? cols : rows);
  return Shape::Make(batch).value();
}

Output Product(const Output& x, const Output& y, How a, How b) {
  return ops::MatMul(x, y, {.transpose_a = a == kTransposed, .transpose_b = b == kTransposed,
                            .adjoint_a = a == kAdjoint, .adjoint_b = b == kAdjoint});
}

struct Sizes {
  int64_t m, n, k;
};
constexpr Sizes kSizes[] = {{1, 1, 1},  {2, 3, 4}, {33, 40, 17}, {5, 1, 70},
                            {1, 70, 3}, {3, 2, 0}, {0, 2, 3},    {2, 0, 3}};

// The largest difference of a batch of products […,m,n] and their definition; product i is of x[xs[i]] and y[ys[i]].
double Off(const Tensor& got, const Tensor& x, const Tensor& y, How a, How b, const Sizes& s,
           const std::vector<int>& xs, const std::vector<int>& ys) {
  double off = 0;
  for (size_t which = 0; which < xs.size(); ++which) {
    for (int64_t e = 0; e < s.m * s.n; ++e) {
      Complex128 sum = 0;
      for (int64_t p = 0; p < s.k; ++p)
        sum += At(x, a, xs[which], s.m, s.k, e / s.n, p) * At(y, b, ys[which], s.k, s.n, p, e % s.n);
      off = std::max(off, std::abs(sum - got.data<Complex128>()[int64_t(which) * s.m * s.n + e]));
    }
  }
  return off;
}

TEST(MatMul, ComplexIsAsDefined) {
  for (const Sizes& s : kSizes) {
    for (int which = 0; which < 9; ++which) {
      const How a = kHows[which % 3], b = kHows[which / 3];
      SCOPED_TRACE(::testing::Message() << s.m << " " << s.n << " " << s.k << ", " << a << " " << b);
      Builder g;
      const Tensor x = Irregular(Taken({}, a, s.m, s.k), 1), y = Irregular(Taken({}, b, s.k, s.n), 2);
      const Tensor xs = Irregular(Taken({2, 1}, a, s.m, s.k), 3), ys = Irregular(Taken({3}, b, s.k, s.n), 4);
      std::vector<Output> products = {Product(ops::Constant(g, x), ops::Constant(g, y), a, b),
                                      Product(ops::Constant(g, xs), ops::Constant(g, ys), a, b),
                                      Product(ops::Constant(g, xs), ops::Constant(g, y), a, b)};
      Session session(g);
      std::vector<Tensor> got = session.Run(products).value();
      EXPECT_EQ(got[0].shape(), Shape({s.m, s.n}));
      EXPECT_EQ(got[1].shape(), Shape({2, 3, s.m, s.n}));
      EXPECT_LT(Off(got[0], x, y, a, b, s, {0}, {0}), 1e-13);
      EXPECT_LT(Off(got[1], xs, ys, a, b, s, {0, 0, 0, 1, 1, 1}, {0, 1, 2, 0, 1, 2}), 1e-13);
      EXPECT_LT(Off(got[2], xs, y, a, b, s, {0, 1}, {0, 0}), 1e-13);
    }
  }
}

// A row has the same bits whatever rows are beside it, and however the product is cut.
TEST(MatMul, ComplexRowsDoNotDependOnTheBatch) {
  const Tensor x = Irregular({200, 300}, 1), y = Irregular({300, 100}, 2);
  Tensor first = Tensor::Zeros(kComplex128, {1, 300});
  std::copy_n(x.data<Complex128>(), 300, first.mutable_data<Complex128>());
  Builder g;
  Output a = ops::Placeholder(g, kComplex128, {None, 300}), b = ops::Placeholder(g, kComplex128, {300, 100});
  Output product = ops::MatMul(a, b);
  Session session(g);
  const Tensor all = session.Run(product, {{a, x}, {b, y}}).value();
  const Tensor one = session.Run(product, {{a, first}, {b, y}}).value();
  EXPECT_EQ(std::memcmp(all.data<Complex128>(), one.data<Complex128>(), 100 * sizeof(Complex128)), 0);
  for (int64_t parts : {2, 3, 7}) {
    ForcedCuts cuts(parts);
    Session cut(g);
    EXPECT_TRUE(cut.Run(product, {{a, x}, {b, y}}).value().Identical(all)) << parts;
  }
}

TEST(MatMul, TransposedAdjointIsRefused) {
  Builder g;
  Output x = ops::Ones(g, {2, 2}, kComplex128);
  EXPECT_FALSE(ops::MatMul(x, x, {.transpose_b = true, .adjoint_b = true}).valid());
  EXPECT_FALSE(g.status().ok());
}

// Of real matrices an adjoint is a transpose: the same nodes.
TEST(MatMul, RealAdjointIsTransposed) {
  Builder g;
  Output x = ops::Ones(g, {2, 3}, kDouble), xs = ops::Ones(g, {4, 2, 3}, kDouble);
  auto node = [&](const Output& y) -> const Node& { return g.graph()[y.endpoint().node]; };
  EXPECT_TRUE(node(ops::MatMul(x, x, {.adjoint_a = true})).attr<bool>("transpose_a"));
  EXPECT_TRUE(node(ops::MatMul(xs, xs, {.adjoint_b = true})).attr<bool>("adj_y"));
  EXPECT_EQ(node(ops::Adjoint(x)).op(), "Transpose");
}

}  // namespace
}  // namespace weir::testing
