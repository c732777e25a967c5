// A row's bits do not depend on the batch that it comes in: what an inference graph gives for a row is the same alone,
// among a few and among many, for any number of threads.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <thread>

#include "weir/ops/array/array.h"
#include "weir/ops/conv/conv.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/model/variables.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/norm/norm.h"
#include "weir/ops/pool/pool.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/session/session.h"

namespace weir {
namespace {

constexpr int64_t kRows = 67;

Tensor Random(const Shape& shape, uint32_t seed) {
  std::mt19937 rng(seed);
  Tensor t = Tensor::Allocate(kFloat, shape).value();
  for (int64_t i = 0; i < t.num_elements(); ++i)
    t.mutable_data<float>()[i] = (static_cast<float>(rng() % 20001) - 10000) / 7919;
  return t;
}

// Rows [first, first + n) of a tensor.
Tensor Rows(const Tensor& t, int64_t first, int64_t n) {
  Dims dims(t.shape().dims().begin(), t.shape().dims().end());
  const int64_t row = t.bytes() / dims[0];
  dims[0] = n;
  Tensor part = Tensor::Allocate(t.dtype(), Shape::Make(dims).value()).value();
  std::memcpy(part.mutable_raw(), static_cast<const char*>(t.raw()) + first * row, n * row);
  return part;
}

// A weight of this dtype.
Output Weight(Output x, const Shape& shape, uint32_t seed) {
  return ops::Cast(ops::Constant(*x.builder(), Random(shape, seed)), BaseType(x.dtype()));
}

// The same in a variable.
Variable Trained(Output x, const Shape& shape, uint32_t seed) { return Variable(Weight(x, shape, seed)); }

struct Case {
  std::string name;
  Dims row;  // the shape of a row
  std::function<Output(Output)> model;
};

std::vector<Case> Products() {
  std::vector<Case> cases;
  for (int64_t k : {1, 5, 37, 64, 400, 1000}) {
    for (int64_t n : {1, 3, 32, 70, 520}) {
      for (bool tb : {false, true}) {
        cases.push_back({"dense " + std::to_string(k) + " to " + std::to_string(n) + (tb ? ", transposed" : ""),
                         {k},
                         [=](Output x) {
                           return ops::MatMul(x, Weight(x, tb ? Shape{n, k} : Shape{k, n}, 1), {.transpose_b = tb});
                         }});
      }
    }
  }
  cases.push_back({"matrices by one matrix", {3, 50}, [](Output x) {
                     return ops::BatchMatMulV2(x, Weight(x, {50, 20}, 2));
                   }});
  cases.push_back(
      {"matrices by themselves", {7, 30}, [](Output x) { return ops::BatchMatMulV2(x, x, {.adj_y = true}); }});
  cases.push_back({"a perceptron", {100}, [](Output x) {
                     Output h = ops::Relu(ops::BiasAdd(ops::MatMul(x, Weight(x, {100, 130}, 3)), Weight(x, {130}, 4)));
                     return ops::Softmax(ops::MatMul(h, Weight(x, {130, 10}, 5)) + Weight(x, {10}, 6));
                   }});
  return cases;
}

std::vector<Case> Convolutions() {
  std::vector<Case> cases;
  auto conv = [&](const std::string& name, Dims row, Shape filter, ops::ConvOptions o = {}) {
    cases.push_back({name, row, [=](Output x) { return ops::Conv2D(x, Weight(x, filter, 7), o); }});
  };
  conv("3x3, 1 channel", {28, 28, 1}, {3, 3, 1, 8});
  conv("5x5, 3 channels", {17, 13, 3}, {5, 5, 3, 33}, {.strides = {1, 2, 2, 1}, .padding = "VALID"});
  conv("3x3, 64 to 65 channels", {9, 9, 64}, {3, 3, 64, 65});
  conv("1x1", {7, 7, 130}, {1, 1, 130, 97});
  conv("to one channel", {14, 14, 20}, {3, 3, 20, 1});
  conv("of one pixel", {1, 1, 300}, {1, 1, 300, 96});
  conv("NCHW", {6, 11, 11}, {3, 3, 6, 9}, {.data_format = "NCHW"});
  conv("NCHW of one pixel", {40, 1, 1}, {1, 1, 40, 33}, {.data_format = "NCHW"});
  conv("grouped", {8, 8, 6}, {3, 3, 2, 12});
  cases.push_back({"depthwise", {12, 12, 19}, [](Output x) {
                     return ops::DepthwiseConv2dNative(x, Weight(x, {3, 3, 19, 2}, 8));
                   }});
  cases.push_back({"transposed", {6, 6, 20}, [](Output x) {
                     Output n = ops::Slice(ops::ShapeOf(x), {0}, {1});
                     return ops::Conv2DTranspose(x, Weight(x, {3, 3, 7, 20}, 9), ops::Concat({n, {12, 12, 7}}, 0),
                                                 {.strides = {1, 2, 2, 1}, .padding = "SAME"});
                   }});
  return cases;
}

std::vector<Case> Rest() {
  std::vector<Case> cases;
  cases.push_back({"pooling", {15, 15, 9}, [](Output x) {
                     return ops::MaxPool(x, {.ksize = {1, 3, 3, 1}, .strides = {1, 2, 2, 1}}) +
                            ops::AvgPool(x, {.ksize = {1, 3, 3, 1}, .strides = {1, 2, 2, 1}});
                   }});
  cases.push_back({"softmax and cross entropy", {1003}, [](Output x) { return ops::LogSoftmax(x) + ops::Softmax(x); }});
  cases.push_back({"reductions of a row", {999}, [](Output x) {
                     return ops::ReduceSum(x, {1}) + ops::ReduceMean(ops::Square(x), {1});
                   }});
  cases.push_back({"reductions of pixels", {40, 40, 21}, [](Output x) {
                     return ops::ReduceMean(x, {1, 2}) + ops::ReduceEuclideanNorm(x, {1, 2});
                   }});
  cases.push_back(
      {"reductions of long rows", {200000}, [](Output x) { return ops::ReduceSum(x, {1}) * ops::ReduceMean(x, {1}); }});
  cases.push_back({"reductions of large images", {200, 200, 5}, [](Output x) { return ops::ReduceMean(x, {1, 2}); }});
  cases.push_back({"normalised", {31, 10}, [](Output x) {
                     Output mean = ops::ReduceMean(x, {2}, {.keepdims = true});
                     Output var = ops::ReduceMean(ops::Square(x - mean), {2}, {.keepdims = true});
                     return (x - mean) * ops::Rsqrt(var + 1e-3f) * Weight(x, {10}, 10) + Weight(x, {10}, 11);
                   }});
  auto layer_norm = [](Output x) { return ops::LayerNorm(x, Weight(x, {10}, 10), Weight(x, {10}, 11)); };
  cases.push_back({"layer normalisation", {31, 10}, layer_norm});
  for (const char* format : {"NHWC", "NCHW"}) {
    auto batch_norm = [=](Output x) {
      auto channels = [&](uint32_t seed) { return ops::Constant(*x.builder(), Random({10}, seed)); };
      return ops::FusedBatchNorm(x, channels(12), channels(13), channels(14), ops::Square(channels(15)) + 0.1f,
                                 {.data_format = format, .is_training = false})
          .y;
    };
    cases.push_back({std::string("batch normalisation, ") + format, {10, 11, 10}, batch_norm});
  }
  cases.push_back({"local response normalisation", {7, 5, 13}, [](Output x) {
                     return ops::LRN(x, {.depth_radius = 3, .alpha = 0.3f, .beta = 0.7f});
                   }});
  cases.push_back({"gathered", {6}, [](Output x) {
                     Output rows = ops::Cast(ops::Abs(x) * 5.0f, kInt32);  // 0 to 6
                     Output table = ops::Gather(Weight(x, {8, 5}, 16), rows);
                     return ops::ReduceSum(table + Trained(x, {8, 5}, 17).Gather(rows), {1}) +
                            ops::Gather(x, {3, 0, 2, 2, 1}, {.axis = 1});
                   }});
  cases.push_back({"a perceptron of variables", {100}, [](Output x) {
                     Output h = ops::Relu(ops::MatMul(x, Trained(x, {100, 130}, 3)) + Trained(x, {130}, 4));
                     return ops::Softmax(ops::MatMul(h, Trained(x, {130, 10}, 5)) + Trained(x, {10}, 6));
                   }});
  cases.push_back({"a convolution of variables", {9, 9, 16}, [](Output x) {
                     return ops::Conv2D(x, Trained(x, {3, 3, 16, 20}, 7)) + Trained(x, {20}, 8);
                   }});
  cases.push_back({"element-wise", {77}, [](Output x) {
                     return ops::Tanh(x) * ops::Sigmoid(x) + ops::Exp(x * 0.1f) / (ops::Abs(x) + 1.0f);
                   }});
  cases.push_back({"a running sum", {33}, [](Output x) { return ops::Cumsum(x, 1); }});
  return cases;
}

// The whole in one run, then each of several batches; all rows must have the bits that they have in the whole.
void Check(const Case& c, DType dtype, int threads) {
  SCOPED_TRACE(c.name + ", " + DTypeName(dtype) + ", " + std::to_string(threads) + " threads");
  Builder g;
  PartialShape shape({-1});
  Dims dims{kRows};
  std::vector<int64_t> partial{-1};
  for (int64_t d : c.row) partial.push_back(d), dims.push_back(d);
  Output x = ops::Placeholder(g, kFloat, PartialShape(partial), {.name = "x"});
  Output y = ops::Cast(c.model(ops::Cast(x, dtype)), kFloat);
  ASSERT_TRUE(g.status().ok()) << g.status().ToString();
  Operation init = GlobalVariablesInitializer(g);
  Session s(g, {.threads = threads});
  s.Run(init).Check();
  const Tensor all = Random(Shape::Make(dims).value(), 99), want = s.Run(y, {{x, all}}).value();
  for (int64_t n : {1, 2, 3, 7, 13, 24, 25, 40}) {
    for (int64_t first : {int64_t{0}, kRows - n}) {
      Tensor got = s.Run(y, {{x, Rows(all, first, n)}}).value();
      ASSERT_TRUE(got.Identical(Rows(want, first, n))) << "rows " << first << " to " << first + n;
    }
  }
}

void CheckAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    for (DType dtype : {kFloat, kHalf, kBfloat16}) {
      Check(c, dtype, 1);
      if (testing::Test::HasFatalFailure()) return;
    }
    Check(c, kFloat, 3);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Batch, ProductsOfARow) { CheckAll(Products()); }
TEST(Batch, ConvolutionsOfARow) { CheckAll(Convolutions()); }
TEST(Batch, EverythingElseOfARow) { CheckAll(Rest()); }

// A server: many threads at once, each with batches of its own size.
TEST(Batch, ThreadsWithMixedBatches) {
  Builder g;
  Output x = ops::Placeholder(g, kFloat, {None, 14, 14, 3}, {.name = "x"});
  Output h = ops::Relu(ops::Conv2D(x, Weight(x, {3, 3, 3, 40}, 1)) + Weight(x, {40}, 2));
  Output pooled = ops::ReduceMean(ops::MaxPool(h, {.ksize = {1, 2, 2, 1}, .strides = {1, 2, 2, 1}}), {1, 2});
  Output y = ops::Softmax(ops::MatMul(pooled, Weight(x, {40, 10}, 3)) + Weight(x, {10}, 4));
  Session s(g, {.threads = 2});
  const Tensor all = Random({kRows, 14, 14, 3}, 5), want = s.Run(y, {{x, all}}).value();
  std::vector<std::thread> threads;
  for (int id = 0; id < 8; ++id) {
    threads.emplace_back([&, id] {
      for (int i = 0; i < 30; ++i) {
        const int64_t n = 1 + (i * 7 + id * 5) % 40, first = (i * 11 + id) % (kRows - n);
        auto got = s.Run(y, {{x, Rows(all, first, n)}});
        ASSERT_TRUE(got.ok()) << got.status().ToString();
        ASSERT_TRUE(got->Identical(Rows(want, first, n))) << n << " rows from " << first;
      }
    });
  }
  for (auto& t : threads) t.join();
}

}  // namespace
}  // namespace weir
