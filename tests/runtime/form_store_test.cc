// Forms of constants and variables: made once, by content; as fresh as the variable; the same bits as without.
#include "weir/runtime/form_store.h"

#include <gtest/gtest.h>

#include "weir/graph/base/memory.h"
#include "weir/ops/array/array.h"
#include "weir/ops/conv/conv.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"

namespace weir {
namespace {

Tensor Numbers(const Shape& shape, int seed) {
  Tensor t = Tensor::Allocate(kFloat, shape).value();
  for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] = float((i * 7919 + seed) % 1009) / 500 - 1;
  return t;
}

Form Doubled(int* made) {
  return {"doubled", 8, [made](const void* in, void* out) {
            ++*made;
            for (int i = 0; i < 2; ++i) static_cast<float*>(out)[i] = 2 * static_cast<const float*>(in)[i];
          }};
}

TEST(FormStore, MakesAFormOnceForEachContent) {
  FormStore store;
  int made = 0;
  const Tensor a = Tensor::Of<float>({2}, {1, 2}), same = Tensor::Of<float>({2}, {1, 2}),
               other = Tensor::Of<float>({2}, {1, 3});
  auto first = store.Of(a, Doubled(&made)).value(), second = store.Of(same, Doubled(&made)).value();
  EXPECT_EQ(first, second);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(static_cast<float*>(first->data())[1], 4);
  auto third = store.Of(other, Doubled(&made)).value();
  EXPECT_NE(first, third);
  EXPECT_EQ(store.size(), 2);
  first = second = nullptr;
  EXPECT_EQ(store.size(), 1) << "nobody holds the first any more";
  EXPECT_EQ(made, 2);
  ASSERT_TRUE(store.Of(a, Doubled(&made)).ok());
  EXPECT_EQ(made, 3);
}

TEST(FormStore, IsCountedInTheBudget) {
  FormStore store;
  int made = 0;
  const Tensor a = Tensor::Of<float>({2}, {1, 2});
  const int64_t budget = memory::budget();
  memory::set_budget(memory::bytes_in_use());
  EXPECT_EQ(store.Of(a, Doubled(&made)).status().code(), Code::kResourceExhausted);
  memory::set_budget(budget);
}

// Products and convolutions by what stays, in all layouts: the bits of those that pack each time.
TEST(Forms, ChangeNoBit) {
  auto check = [](DType t, bool transposed, int64_t rows, int64_t columns) {
    const int64_t inner = 401;
    Builder g;
    Output x = ops::Cast(ops::Placeholder(g, kFloat, {rows, inner}, {.name = "x"}), t);
    Output weights = ops::Constant(g, Numbers(transposed ? Shape({columns, inner}) : Shape({inner, columns}), 3));
    ops::MatMul(x, ops::Cast(weights, t), {.transpose_b = transposed, .name = "y"});
    const NamedFeeds feeds = {{"x", Numbers(Shape({rows, inner}), 1)}};
    Tensor want = Session(g, {.keep_forms = false}).Run(feeds, {"y"}).value()[0];
    for (int threads : {1, 3}) {
      EXPECT_TRUE(want.Identical(Session(g, {.threads = threads}).Run(feeds, {"y"}).value()[0]))
          << DTypeName(t) << rows << columns << transposed;
    }
  };
  for (bool transposed : {false, true}) {
    for (int64_t rows : {1, 5, 200}) {
      for (int64_t columns : {32, 33, 70, 600}) check(kFloat, transposed, rows, columns);
    }
    for (DType t : {kHalf, kBfloat16}) check(t, transposed, 5, 70);
  }
}

TEST(Forms, OfConvolutionsChangeNoBit) {
  for (DType t : {kFloat, kHalf}) {
    for (int64_t window : {1, 3}) {
      Builder g;
      Output x = ops::Placeholder(g, kFloat, {2, 19, 23, 8}, {.name = "x"});
      Output filter = ops::Cast(ops::Constant(g, Numbers(Shape({window, window, 8, 72}), 2)), t);
      Output y = ops::Conv2D(ops::Cast(x, t), filter, {.padding = "SAME"});
      ops::Identity(y, {.name = "y"});
      const NamedFeeds feeds = {{"x", Numbers(Shape({2, 19, 23, 8}), 1)}};
      Tensor want = Session(g, {.keep_forms = false}).Run(feeds, {"y"}).value()[0];
      EXPECT_TRUE(want.Identical(Session(g).Run(feeds, {"y"}).value()[0])) << DTypeName(t) << window;
    }
  }
}

// A form of a variable is that of its present value, whoever changed it: a run, a caller, an assignment elsewhere.
TEST(Forms, FollowTheVariable) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4, 40}, {.name = "x"});
  Variable w(g, Numbers(Shape({40, 64}), 5), {.name = "w"});
  Output y = ops::MatMul(x, w, {.name = "y"});
  Operation add = ops::AssignAdd(w, ops::OnesLike(w)), init = GlobalVariablesInitializer(g);
  Session kept(g), plain(g, {.keep_forms = false});
  const Feeds feeds = {{x, Numbers(Shape({4, 40}), 1)}};
  auto expect_equal = [&](const char* when) {
    EXPECT_TRUE(kept.Run(y, feeds).value().Identical(plain.Run(y, feeds).value())) << when;
  };
  for (Session* s : {&kept, &plain}) ASSERT_TRUE(s->Run(init).ok());
  expect_equal("at first");
  expect_equal("again");
  for (Session* s : {&kept, &plain}) ASSERT_TRUE(s->Run(add).ok());
  expect_equal("after a run that writes it");
  for (Session* s : {&kept, &plain}) ASSERT_TRUE(s->SetVariable("w", Numbers(Shape({40, 64}), 9)).ok());
  expect_equal("after SetVariable");
  for (Session* s : {&kept, &plain}) ASSERT_TRUE(s->Run(init).ok());
  expect_equal("after an assignment");
  // In the run that writes it nothing is kept.
  auto both = kept.Run({y, add}, feeds), want = plain.Run({y, add}, feeds);
  ASSERT_TRUE(both.ok()) << both.status().ToString();
  EXPECT_TRUE((*both)[0].Identical((*want)[0]));
  expect_equal("after a run that reads and writes it");
}

TEST(Forms, OfAVariableAreDoneWithoutWhereThereIsNoMemory) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {4, 1024}, {.name = "x"});
  Variable w(g, Numbers(Shape({1024, 1024}), 5), {.name = "w"});
  Output y = ops::MatMul(x, w, {.name = "y"});
  Session kept(g), plain(g, {.keep_forms = false});
  for (Session* s : {&kept, &plain}) ASSERT_TRUE(s->SetVariable("w", Numbers(Shape({1024, 1024}), 9)).ok());
  const Tensor fed = Numbers(Shape({4, 1024}), 1), want = plain.Run(y, {{x, fed}}).value();
  const int64_t form = w.shape().num_elements().value() * 4;
  Callable call = kept.MakeCallable({x}, {y}).value();
  call.BindFeed(0, fed).Check();
  const int64_t budget = memory::budget();
  memory::set_budget(memory::bytes_in_use() + form - 1);
  auto run = kept.Run(y, {{x, fed}});
  const Status called = call.Run();
  memory::set_budget(budget);
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  EXPECT_TRUE(run->Identical(want));
  ASSERT_TRUE(called.ok()) << called.ToString();
  EXPECT_TRUE(call.Fetch(0).value().Identical(want));
  const int64_t before = memory::bytes_in_use();
  EXPECT_TRUE(kept.Run(y, {{x, fed}}).value().Identical(want));
  EXPECT_GE(memory::bytes_in_use() - before, form) << "now there is room";
  // A form that no run uses goes for an arena.
  Output large = ops::ReduceSum(ops::MatMul(ops::Reshape(x, {-1, 1}), ops::Reshape(x, {1, -1})));
  Session other(g);
  other.SetVariable("w", Numbers(Shape({1024, 1024}), 9)).Check();
  other.Run(y, {{x, fed}}).value();
  const int64_t arena = other.GetPlanStats({{"x", fed}}, {large.name()}).value().arena_bytes;
  for (Session* s : {&kept, &plain, &other}) s->Trim();  // so that nothing else is to be had
  memory::set_budget(memory::bytes_in_use() + arena - form / 2);
  const Status s = other.Run(large, {{x, fed}}).status();
  memory::set_budget(budget);
  EXPECT_TRUE(s.ok()) << s.ToString();
}

}  // namespace
}  // namespace weir
