// Windows larger than the input, with padding VALID: TensorFlow 2.21 gives an empty output as long as the window is at
// most 2 * stride - 1 larger, and an error from then on; so for convolutions, pools and their gradients.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "weir/ops/array/array.h"
#include "weir/session/session.h"

namespace weir {
namespace {

constexpr int kWindow = 7;

struct Kind {
  std::string op;
  // Inputs for an image of size n and outputs of size 0.
  std::function<std::vector<Tensor>(int64_t n)> inputs;
  bool pool = false;
  // The output that is not of the image's size, or that is.
  std::function<Shape(int64_t n)> output;
};

Tensor Ones(const Shape& shape) {
  return Tensor::Of<float>(shape, std::vector<float>(static_cast<size_t>(shape.num_elements()), 1));
}

std::vector<Kind> Kinds() {
  auto image = [](int64_t n) { return Ones({1, n, n, 3}); };
  auto size = [](int64_t n) {
    return Tensor::Vector(std::vector<int32_t>{1, static_cast<int32_t>(n), static_cast<int32_t>(n), 3});
  };
  auto filter = [](int64_t out) { return Ones({kWindow, kWindow, 3, out}); };
  auto filter_size = [](int out) { return Tensor::Vector(std::vector<int32_t>{kWindow, kWindow, 3, out}); };
  auto none = [](int64_t c) { return Ones({1, 0, 0, c}); };
  auto empty = [](int64_t c) { return [c](int64_t) { return Shape({1, 0, 0, c}); }; };
  auto like_image = [](int64_t n) { return Shape({1, n, n, 3}); };
  auto like_filter = [](int64_t out) { return [out](int64_t) { return Shape({kWindow, kWindow, 3, out}); }; };
  return {
      {"Conv2D",
       [=](int64_t n) {
         return std::vector{image(n), filter(4)};
       },
       false, empty(4)},
      {"Conv2DBackpropInput",
       [=](int64_t n) {
         return std::vector{size(n), filter(4), none(4)};
       },
       false, like_image},
      {"Conv2DBackpropFilter",
       [=](int64_t n) {
         return std::vector{image(n), filter_size(4), none(4)};
       },
       false, like_filter(4)},
      {"DepthwiseConv2dNative",
       [=](int64_t n) {
         return std::vector{image(n), filter(2)};
       },
       false, empty(6)},
      {"DepthwiseConv2dNativeBackpropInput",
       [=](int64_t n) {
         return std::vector{size(n), filter(2), none(6)};
       },
       false, like_image},
      {"DepthwiseConv2dNativeBackpropFilter",
       [=](int64_t n) {
         return std::vector{image(n), filter_size(2), none(6)};
       },
       false, like_filter(2)},
      {"MaxPool", [=](int64_t n) { return std::vector{image(n)}; }, true, empty(3)},
      {"MaxPoolGrad",
       [=](int64_t n) {
         return std::vector{image(n), none(3), none(3)};
       },
       true, like_image},
      {"MaxPoolGradGrad",
       [=](int64_t n) {
         return std::vector{image(n), none(3), image(n)};
       },
       true, empty(3)},
      {"AvgPool", [=](int64_t n) { return std::vector{image(n)}; }, true, empty(3)},
      {"AvgPoolGrad",
       [=](int64_t n) {
         return std::vector{size(n), none(3)};
       },
       true, like_image},
  };
}

// The result for a window that is `larger` than the image.
Result<Tensor> RunKind(const Kind& k, int64_t larger, int64_t stride, bool known, bool optimize) {
  Builder b;
  InputList inputs;
  Feeds feeds;
  for (const Tensor& t : k.inputs(kWindow - larger)) {
    Output x =
        known ? b.Constant(t) : b.Add("Placeholder", {}, {{"dtype", t.dtype()}, {"shape", PartialShape::Unknown()}});
    if (!known) feeds.push_back({x, t});
    inputs.push_back(x);
  }
  AttrMap attrs{{"padding", "VALID"}, {"strides", std::vector<int64_t>{1, stride, stride, 1}}};
  if (k.pool) attrs["ksize"] = std::vector<int64_t>{1, kWindow, kWindow, 1};
  Output y = b.Add(k.op, inputs, attrs);
  if (!b.status().ok()) return b.status();
  return Session(b, {.threads = 1, .optimize = optimize}).Run(y, feeds);
}

TEST(Window, LargerThanTheInputGivesAnEmptyOutputAsInTensorFlow) {
  for (const Kind& k : Kinds()) {
    for (int64_t stride : {1, 2, 3}) {
      for (int64_t larger = 1; larger < kWindow; ++larger) {
        for (bool known : {true, false}) {
          auto y = RunKind(k, larger, stride, known, known);
          std::string what = fmt::format("{} with stride {} and a window {} larger", k.op, stride, larger);
          ASSERT_EQ(y.ok(), larger <= 2 * stride - 1) << what << ": " << y.status().ToString();
          if (!y.ok()) continue;
          EXPECT_EQ(y->shape(), k.output(kWindow - larger)) << what << ": " << y->shape().ToString();
          for (float v : y->span<float>()) ASSERT_EQ(v, 0) << what;
        }
      }
    }
  }
}

}  // namespace
}  // namespace weir
