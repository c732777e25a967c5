// Gradients where a factor, a base or a norm is 0: first and second order against sums over all factors but one and but
// two, written out here, or against values worked out by hand. What has no derivative there has the value that
// docs/gradients_at_zeros.md says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/clip.h"
#include "weir/ops/math/math.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"

namespace weir {
namespace {

using Vec = std::vector<double>;
using Matrix = std::vector<Vec>;
using Function = std::function<Output(const Output& x)>;

Tensor Row(const Vec& v) { return Tensor::Of<double>({int64_t(v.size())}, v); }
Vec Elements(const Tensor& t) { return {t.data<double>(), t.data<double>() + t.num_elements()}; }

// Irregular weights, so that no two paths can stand for one another.
Vec Weights(size_t n, double shift = 0) {
  Vec w(n);
  for (size_t i = 0; i < n; ++i) w[i] = std::sin(1.7 * double(i) + shift) + 1.3;
  return w;
}

// The gradient of f at x, and the gradient of each of its elements. The shape is what is known of x while building.
struct Derived {
  Vec first;
  Matrix second;  // row i: the gradient of first[i]
};

Derived Derive(const Vec& x, const Function& f, const PartialShape& shape) {
  Builder g;
  Output in = ops::Placeholder(g, kDouble, shape, {.name = "x"});
  Output dx = Gradients({f(in)}, {in})[0];
  Output pick = ops::Placeholder(g, kDouble, shape, {.name = "pick"});
  Output ddx = Gradients({ops::ReduceSum(dx * pick)}, {in}, {.unconnected = GradientOptions::kZero})[0];
  EXPECT_TRUE(g.status().ok()) << g.status().ToString();
  if (!g.status().ok()) return {};
  Session s(g, {.threads = 1});
  Derived d;
  for (size_t i = 0; i < x.size(); ++i) {
    Vec one(x.size(), 0);
    one[i] = 1;
    auto both = s.Run({dx, ddx}, {{in, Row(x)}, {pick, Row(one)}});
    EXPECT_TRUE(both.ok()) << both.status().ToString();
    if (!both.ok()) return {};
    d.first = Elements((*both)[0]);
    d.second.push_back(Elements((*both)[1]));
  }
  return d;
}

// y[k] = the product of the x[i] that `part` names; their weighted sum's derivatives, summed over all factors but those
// left out.
struct Products {
  std::vector<std::vector<size_t>> parts;

  static double Without(const Vec& x, const std::vector<size_t>& part, size_t a, size_t b) {
    double p = 1;
    for (size_t i : part) p *= i == a || i == b ? 1 : x[i];
    return p;
  }
  static bool Has(const std::vector<size_t>& part, size_t i) {
    return std::find(part.begin(), part.end(), i) != part.end();
  }
  Derived At(const Vec& x, const Vec& w) const {
    Derived d{Vec(x.size(), 0), Matrix(x.size(), Vec(x.size(), 0))};
    for (size_t k = 0; k < parts.size(); ++k) {
      for (size_t i = 0; i < x.size(); ++i) {
        if (!Has(parts[k], i)) continue;
        d.first[i] += w[k] * Without(x, parts[k], i, i);
        for (size_t j = 0; j < x.size(); ++j) {
          if (j != i && Has(parts[k], j)) d.second[i][j] += w[k] * Without(x, parts[k], i, j);
        }
      }
    }
    return d;
  }
};

void ExpectEqual(const Derived& got, const Derived& want) {
  ASSERT_EQ(got.first.size(), want.first.size());
  for (size_t i = 0; i < want.first.size(); ++i) {
    EXPECT_NEAR(got.first[i], want.first[i], 1e-12 * (1 + std::abs(want.first[i]))) << "by x[" << i << "]";
    for (size_t j = 0; j < want.first.size(); ++j) {
      EXPECT_NEAR(got.second[i][j], want.second[i][j], 1e-11 * (1 + std::abs(want.second[i][j])))
          << "by x[" << i << "], x[" << j << "]";
    }
  }
}

const std::vector<Vec> kPoints = {{2, 3, 4, -1.5, .5},
                                  {2, 0, 3, 4, .5},
                                  {0, 2, 3, -4, 1},
                                  {2, 3, 4, 1, 0},
                                  {2, 0, 3, 0, 4},
                                  {0, 0, 3, 5, 2},
                                  {0, 0, 0, 1, 2},
                                  {0},
                                  {3},
                                  {0, 0}};

TEST(Zeros, Cumprod) {
  for (const Vec& x : kPoints) {
    for (bool exclusive : {false, true}) {
      for (bool reverse : {false, true}) {
        Products products;
        for (size_t k = 0; k < x.size(); ++k) {
          products.parts.emplace_back();
          for (size_t i = 0; i < x.size(); ++i) {
            bool in = reverse ? (exclusive ? i > k : i >= k) : exclusive ? i < k : i <= k;
            if (in) products.parts[k].push_back(i);
          }
        }
        const Vec w = Weights(x.size());
        for (const PartialShape& shape :
             {PartialShape({int64_t(x.size())}), PartialShape({None}), PartialShape::Unknown()}) {
          SCOPED_TRACE(Row(x).ToString() + (exclusive ? " exclusive" : "") + (reverse ? " reverse" : "") +
                       shape.ToString());
          ExpectEqual(
              Derive(
                  x,
                  [&](const Output& in) {
                    return ops::ReduceSum(ops::Cumprod(in, -1, {.exclusive = exclusive, .reverse = reverse}) * Row(w));
                  },
                  shape),
              products.At(x, w));
        }
      }
    }
  }
}

// The issue's own figures.
TEST(Zeros, CumprodOfTheReport) {
  auto gradient = [](bool exclusive, bool reverse) {
    return Derive({2, 0, 3, 4},
                  [&](const Output& x) {
                    return ops::ReduceSum(ops::Cumprod(x, 0, {.exclusive = exclusive, .reverse = reverse}));
                  },
                  {4})
        .first;
  };
  EXPECT_EQ(gradient(false, false), Vec({1, 32, 0, 0}));
  EXPECT_EQ(gradient(true, false), Vec({1, 8, 0, 0}));
  EXPECT_EQ(gradient(false, true), Vec({0, 36, 4, 4}));
}

TEST(Zeros, CumprodOfManyAlongEitherAxis) {
  Builder g;
  Tensor values = Tensor::Allocate(kDouble, {37, 3}).value();
  for (int i = 0; i < 111; ++i)
    values.mutable_data<double>()[i] = i % 3 == 0 && i != 33 ? 1.01 : i == 33 || i == 40 || i == 70 ? 0 : -.99;
  Output x = g.Constant(values);
  Output columns = Gradients({ops::ReduceSum(ops::Cumprod(x, 0))}, {x})[0];
  Output rows = Gradients({ops::ReduceSum(ops::Cumprod(ops::Transpose(x), 1))}, {x})[0];
  auto both = Session(g, {.threads = 1}).Run({columns, rows}).value();
  EXPECT_EQ(Elements(both[0]), Elements(both[1]));
  for (int c = 0; c < 3; ++c) {
    for (int j = 0; j < 37; ++j) {
      double want = 0, product = 1;
      for (int k = 0; k < 37; ++k) {
        if (k != j) product *= values.data<double>()[3 * k + c];
        if (k >= j) want += product;
      }
      EXPECT_NEAR(both[0].data<double>()[3 * j + c], want, 1e-10) << j << ", " << c;
    }
  }
}

// Products too large for the dtype between factors that make the whole small.
TEST(Zeros, CumprodWithoutNeedlessNaN) {
  Derived d = Derive({1e-300, 1e200, 1e200, 1e-100, 2},
                     [](const Output& x) { return ops::ReduceSum(ops::Cumprod(x, 0)); }, {None});
  for (double e : d.first) EXPECT_FALSE(std::isnan(e)) << Row(d.first).ToString();
}

TEST(Zeros, Prod) {
  for (const Vec& x : kPoints) {
    Products all{{std::vector<size_t>(x.size())}};
    std::iota(all.parts[0].begin(), all.parts[0].end(), size_t{0});
    for (const PartialShape& shape : {PartialShape({int64_t(x.size())}), PartialShape({None})}) {
      SCOPED_TRACE(Row(x).ToString() + shape.ToString());
      ExpectEqual(Derive(
                      x, [](const Output& in) { return ops::ReduceProd(in) * 1.5; }, shape),
                  all.At(x, {1.5}));
    }
  }
  const Vec x = {2, 0, 3, 0, 4, 5};
  Products both{{{0, 1, 2, 3, 4, 5}}}, columns{{{0, 3}, {1, 4}, {2, 5}}};
  ExpectEqual(Derive(x,
                     [](const Output& in) {
                       return ops::ReduceProd(ops::Reshape(in, {2, 3}), {0, 1});
                     },
                     {6}),
              both.At(x, {1}));
  ExpectEqual(Derive(x,
                     [](const Output& in) {
                       return ops::ReduceSum(ops::ReduceProd(ops::Reshape(in, {2, 3}), 0) * Row(Weights(3)));
                     },
                     {6}),
              columns.At(x, Weights(3)));
}

TEST(Zeros, SegmentProducts) {
  const Vec w = Weights(4);
  for (const Vec& x :
       std::vector<Vec>{{2, 3, 4, 5, .5, 6}, {2, 0, 4, 5, .5, 6}, {0, 0, 4, 5, 0, 6}, {0, 0, 0, 5, 1, 0}}) {
    SCOPED_TRACE(Row(x).ToString());
    const Products sorted{{{0, 1, 2}, {3}, {}, {4, 5}}}, unsorted{{{1, 3, 5}, {}, {0, 2}, {}}};
    for (const PartialShape& shape : {PartialShape({6}), PartialShape({None})}) {
      ExpectEqual(Derive(
                      x,
                      [&](const Output& in) {
                        return ops::ReduceSum(ops::SegmentProd(in, {0, 0, 0, 1, 3, 3}) * Row(w));
                      },
                      shape),
                  sorted.At(x, w));
      ExpectEqual(Derive(
                      x,
                      [&](const Output& in) {
                        return ops::ReduceSum(ops::UnsortedSegmentProd(in, {2, 0, 2, 0, -1, 0}, 4) * Row(w));
                      },
                      shape),
                  unsorted.At(x, w));
    }
  }
}

// ---- functions of two numbers: derivatives by x, y, then xx, xy, yx, yy

struct Pair {
  const char* name;
  std::function<Output(const Output& x, const Output& y)> f;
  double x, y;
  Vec first, second;  // NaN: there is none, and what the op says is not looked at but must be finite where it is not
                      // +-inf itself
};

constexpr double kAny = std::numeric_limits<double>::quiet_NaN();

void ExpectAt(const Pair& p) {
  SCOPED_TRACE(fmt::format("{}({}, {})", p.name, p.x, p.y));
  Derived d = Derive({p.x, p.y},
                     [&](const Output& v) {
                       std::vector<Output> parts = ops::Unstack(v, 2);
                       return p.f(parts[0], parts[1]);
                     },
                     {2});
  ASSERT_EQ(d.second.size(), 2u);
  auto expect = [](double got, double want, const std::string& by) {
    if (std::isnan(want) || got == want) return;  // or both infinite
    EXPECT_NEAR(got, want, 1e-12) << "by " << by;
  };
  for (size_t i = 0; i < 2; ++i) {
    const std::string by(1, "xy"[i]);
    EXPECT_FALSE(std::isnan(d.first[i])) << "by " << by;
    expect(d.first[i], p.first[i], by);
    for (size_t j = 0; j < 2; ++j) expect(d.second[i][j], p.second[2 * i + j], by + "xy"[j]);
  }
}

TEST(Zeros, FunctionsOfTwo) {
  auto pow = [](const Output& x, const Output& y) { return ops::Pow(x, y); };
  auto xlogy = [](const Output& x, const Output& y) { return ops::Xlogy(x, y); };
  auto xlog1py = [](const Output& x, const Output& y) { return ops::Xlog1py(x, y); };
  auto xdivy = [](const Output& x, const Output& y) { return ops::Xdivy(x, y); };
  auto div = [](const Output& x, const Output& y) { return ops::DivNoNan(x, y); };
  auto mul = [](const Output& x, const Output& y) { return ops::MulNoNan(x, y); };
  auto plain = [](const Output& x, const Output& y) { return ops::Multiply(x, y); };
  const double l3 = std::log(3.0);
  const Pair pairs[] = {
      // x^y at 0: 0^y does not change with y > 0; x^0 does not change with x.
      {"Pow", pow, 0, 3, {0, 0}, {0, 0, 0, 0}},
      {"Pow", pow, 0, 2, {0, 0}, {2, 0, 0, 0}},
      {"Pow", pow, 0, 1, {1, 0}, {0, kAny, kAny, 0}},
      {"Pow", pow, 0, 2.5, {0, 0}, {0, 0, 0, 0}},
      {"Pow", pow, 0, 0, {0, 0}, {0, kAny, kAny, kAny}},
      {"Pow", pow, 0, 1.5, {0, 0}, {std::numeric_limits<double>::infinity(), 0, 0, 0}},
      {"Pow", pow, 3, 0, {0, l3}, {0, 1.0 / 3, 1.0 / 3, l3 * l3}},
      {"Pow", pow, -2, 2, {-4, 0}, {2, kAny, kAny, kAny}},
      // Linear in x, at 0 as elsewhere; at (0, 0) neither has a derivative.
      {"Xlogy", xlogy, 0, 3, {l3, 0}, {0, 1.0 / 3, 1.0 / 3, 0}},
      {"Xlogy", xlogy, 2, 3, {l3, 2.0 / 3}, {0, 1.0 / 3, 1.0 / 3, -2.0 / 9}},
      {"Xlogy", xlogy, 0, 0, {0, 0}, {0, 0, 0, 0}},
      {"Xlog1py", xlog1py, 0, 2, {l3, 0}, {0, 1.0 / 3, 1.0 / 3, 0}},
      {"Xlog1py", xlog1py, 2, 2, {l3, 2.0 / 3}, {0, 1.0 / 3, 1.0 / 3, -2.0 / 9}},
      {"Xdivy", xdivy, 0, 4, {.25, 0}, {0, -1.0 / 16, -1.0 / 16, 0}},
      {"Xdivy", xdivy, 2, 4, {.25, -.125}, {0, -1.0 / 16, -1.0 / 16, 4.0 / 64}},
      {"Xdivy", xdivy, 0, 0, {0, 0}, {0, 0, 0, 0}},
      {"DivNoNan", div, 3, 0, {0, 0}, {0, 0, 0, 0}},
      {"DivNoNan", div, 0, 0, {0, 0}, {0, 0, 0, 0}},
      {"DivNoNan", div, 0, 4, {.25, 0}, {0, -1.0 / 16, -1.0 / 16, 0}},
      {"MulNoNan", mul, 0, 3, {3, 0}, {0, 1, 1, 0}},
      {"MulNoNan", mul, 3, 0, {0, 3}, {0, 1, 1, 0}},
      {"MulNoNan", mul, 0, 0, {0, 0}, {0, 1, 1, 0}},
      {"Mul", plain, 0, 0, {0, 0}, {0, 1, 1, 0}},
  };
  for (const Pair& p : pairs) ExpectAt(p);
}

// ---- norms: no derivative at 0, where the gradient is 0

TEST(Zeros, Norms) {
  const std::vector<std::pair<const char*, Function>> norms = {
      {"EuclideanNorm", [](const Output& x) { return ops::Reduce("EuclideanNorm", x, {}); }},
      {"GlobalNorm", [](const Output& x) { return ops::GlobalNorm(std::vector<Output>{x}); }},
  };
  for (const auto& [name, norm] : norms) {
    SCOPED_TRACE(name);
    ExpectEqual(Derive({3, 0, -4}, norm, {3}), {{.6, 0, -.8}, {{.128, 0, .096}, {0, .2, 0}, {.096, 0, .072}}});
    ExpectEqual(Derive({0, 0, 0}, norm, {3}), {{0, 0, 0}, Matrix(3, Vec(3, 0))});
    ExpectEqual(Derive({0, 5, 0}, norm, {3}), {{0, 1, 0}, {{.2, 0, 0}, {0, 0, 0}, {0, 0, .2}}});
  }
  ExpectEqual(Derive({0, -2}, [](const Output& x) { return ops::L2Loss(x); }, {2}), {{0, -2}, {{1, 0}, {0, 1}}});
  // A clipped norm: within the bound the function is the identity.
  for (const Function& clip : {Function([](const Output& x) {
                                 return ops::ReduceSum(ops::ClipByNorm(x, 2.0) * Row({1, 3}));
                               }),
                               Function([](const Output& x) {
                                 return ops::ReduceSum(ops::ClipByAverageNorm(x, 2.0) * Row({1, 3}));
                               })}) {
    ExpectEqual(Derive({0, 0}, clip, {2}), {{1, 3}, Matrix(2, Vec(2, 0))});
  }
}

// The slope of a root at 0 is infinite, from the one side there is.
TEST(Zeros, Roots) {
  EXPECT_EQ(Derive({0}, [](const Output& x) { return ops::ReduceSum(ops::Sqrt(x)); }, {1}).first[0],
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(Derive({0}, [](const Output& x) { return ops::ReduceSum(ops::Rsqrt(x)); }, {1}).first[0],
            -std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace weir
