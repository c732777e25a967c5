// MapFn, Scan and folds: values, and gradients against finite differences.
#include "weir/ops/model/sequences.h"

#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"
#include "weir/tests/graph/derived.h"

namespace weir {
namespace {

const Tensor kRows = Tensor::Of<double>({3, 2}, {1, 2, 3, 4, 5, 6});

std::vector<double> Value(const Builder& b, const Output& y, const Feeds& feeds) {
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  return Session(b).Run(y, feeds).value().ToVector<double>();
}

Outputs Twice(const Outputs& v) { return {v[0] * 2.0}; }
Outputs HalfAndPart(const Outputs& sum, const Outputs& part) { return {sum[0] * 0.5 + part[0]}; }

TEST(Sequences, GiveWhatTheirLoopsComeTo) {
  Builder b;
  Output x = ops::Placeholder(b, kDouble, {None, 2}, {.name = "x"});
  const Feeds feeds{{x, kRows}};
  EXPECT_EQ(Value(b, MapFn(Twice, {x})[0], feeds), (std::vector<double>{2, 4, 6, 8, 10, 12}));
  EXPECT_EQ(Value(b, Scan(HalfAndPart, {x})[0], feeds), (std::vector<double>{1, 2, 3.5, 5, 6.75, 8.5}));
  EXPECT_EQ(Value(b, Scan(HalfAndPart, {x}, {.reverse = true})[0], feeds),
            (std::vector<double>{3.75, 5.5, 5.5, 7, 5, 6}));
  EXPECT_EQ(Value(b, FoldL(HalfAndPart, {x})[0], feeds), (std::vector<double>{6.75, 8.5}));
  EXPECT_EQ(Value(b, FoldR(HalfAndPart, {x})[0], feeds), (std::vector<double>{3.75, 5.5}));
  Output start = b.Constant(Tensor(std::vector<double>{4, 0}));
  EXPECT_EQ(Value(b, FoldL(HalfAndPart, {x}, {.initializer = {start}})[0], feeds), (std::vector<double>{7.25, 8.5}));
  EXPECT_EQ(Value(b, Scan(HalfAndPart, {x}, {.initializer = {start}})[0], feeds),
            (std::vector<double>{3, 2, 4.5, 5, 7.25, 8.5}));
}

TEST(Sequences, MapToOtherDtypesAndOverSeveralTensors) {
  Builder b;
  Output x = ops::Placeholder(b, kDouble, {None}, {.name = "x"});
  Output i = ops::Placeholder(b, kInt32, {None}, {.name = "i"});
  Outputs y = MapFn([](const Outputs& v) { return Outputs{ops::Cast(v[0], kInt32) + v[1]}; }, {x, i},
                    {.dtypes = {kInt32}});
  ASSERT_TRUE(b.status().ok()) << b.status().ToString();
  ASSERT_EQ(y.size(), 1u);
  const Feeds feeds{{x, Tensor(std::vector<double>{1.5, 2.5})}, {i, Tensor(std::vector<int32_t>{10, 20})}};
  Tensor got = Session(b).Run(y[0], feeds).value();
  EXPECT_EQ(got.ToVector<int32_t>(), (std::vector<int32_t>{11, 22}));
}

TEST(Sequences, CanBeDifferentiated) {
  for (int which : {0, 1, 2, 3}) {
    SCOPED_TRACE(which);
    Builder b;
    Output x = ops::Placeholder(b, kDouble, {3, 2}, {.name = "x"});
    auto curve = [](const Outputs& v) { return Outputs{ops::Tanh(v[0]) * v[0]}; };
    auto step = [](const Outputs& sum, const Outputs& part) { return Outputs{ops::Sin(sum[0]) * part[0]}; };
    Output y = which == 0   ? MapFn(curve, {x})[0]
               : which == 1 ? Scan(step, {x})[0]
               : which == 2 ? FoldL(step, {x})[0]
                            : FoldR(step, {x})[0];
    ASSERT_NO_FATAL_FAILURE(ExpectDerived(b, ops::ReduceSum(y), {x}, {kRows}, {}));
  }
}

TEST(Sequences, SayWhatIsWrong) {
  Builder b;
  Output x = ops::Placeholder(b, kDouble, {None, 2}, {.name = "x"});
  Outputs y = MapFn([](const Outputs&) { return Outputs(); }, {x});
  EXPECT_EQ(y.size(), 1u);
  EXPECT_NE(b.status().ToString().find("gives 0 results for 2 loop variables"), std::string::npos)
      << b.status().ToString();
}

}  // namespace
}  // namespace weir
