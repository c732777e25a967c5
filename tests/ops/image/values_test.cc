// The building functions of images and windows by hand: values that a few lines of arithmetic tell.
#include <gtest/gtest.h>

#include "weir/weir.h"

namespace weir {
namespace {

using namespace ops;

template <class T>
std::vector<T> Values(Builder& b, const Output& y) {
  EXPECT_TRUE(b.status().ok()) << b.status().ToString();
  const Tensor t = Session(b).Run(y).value();
  return std::vector<T>(t.span<T>().begin(), t.span<T>().end());
}

Tensor Pixels(std::initializer_list<int64_t> dims, std::vector<float> v) {
  return Tensor::Of<float>(Shape(dims), std::span<const float>(v));
}

TEST(ImageValues, ResizingTakesTheMiddleAndTheNearest) {
  Builder b;
  const Output row = b.Constant(Pixels({1, 1, 2, 1}, {1, 3}));
  EXPECT_EQ(Values<float>(b, ResizeBilinear(row, {1, 4})), (std::vector<float>{1, 2, 3, 3}));
  EXPECT_EQ(Values<float>(b, ResizeBilinear(row, {1, 3}, {.align_corners = true})), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(Values<float>(b, ResizeBilinear(row, {1, 4}, {.half_pixel_centers = true})),
            (std::vector<float>{1, 1.5, 2.5, 3}));
  EXPECT_EQ(Values<float>(b, ResizeNearestNeighbor(row, {1, 4})), (std::vector<float>{1, 1, 3, 3}));
  EXPECT_EQ(Values<float>(b, ResizeArea(row, {1, 1})), (std::vector<float>{2}));
  EXPECT_EQ(Values<float>(b, ResizeBicubic(row, {1, 2})), (std::vector<float>{1, 3}));
}

TEST(ImageValues, CropsAreResized) {
  Builder b;
  const Output image = b.Constant(Pixels({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6}));
  const Output box = b.Constant(Pixels({1, 4}, {0, 0, 1, 1}));
  EXPECT_EQ(Values<float>(b, CropAndResize(image, box, std::vector<int32_t>{0}, {1, 2})),
            (std::vector<float>{2.5, 4.5}));
  const Output whole = CropAndResize(image, box, std::vector<int32_t>{0}, {2, 3});
  const Tensor beyond = Session(b).Run(whole).value();
  EXPECT_EQ(beyond.at<float>(0, 1, 2, 0), 6);
  EXPECT_FALSE(Session(b).Run(CropAndResize(image, box, std::vector<int32_t>{1}, {2, 3})).ok());
}

TEST(ImageValues, BoxesThatOverlapABetterOneGo) {
  Builder b;
  const Output boxes = b.Constant(Pixels({3, 4}, {0, 0, 1, 1, 0, 0, 1, 0.9f, 0, 2, 1, 3}));
  const Output scores = b.Constant(Pixels({3}, {0.5f, 0.9f, 0.1f}));
  EXPECT_EQ(Values<int32_t>(b, NonMaxSuppression(boxes, scores, 3)), (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(Values<int32_t>(b, NonMaxSuppression(boxes, scores, 3, 0.95f, 0.2f)), (std::vector<int32_t>{1, 0}));
  EXPECT_FALSE(Session(b).Run(NonMaxSuppression(boxes, scores, 3, 1.5f)).ok());
}

TEST(ImageValues, Colours) {
  Builder b;
  const Output red = b.Constant(Pixels({1, 1, 3}, {1, 0, 0}));
  EXPECT_EQ(Values<float>(b, RGBToHSV(red)), (std::vector<float>{0, 1, 1}));
  EXPECT_EQ(Values<float>(b, HSVToRGB(RGBToHSV(red))), (std::vector<float>{1, 0, 0}));
  EXPECT_EQ(Values<float>(b, AdjustHue(red, 0.5f)), (std::vector<float>{0, 1, 1}));
  EXPECT_EQ(Values<float>(b, AdjustSaturation(red, 0.5f)), (std::vector<float>{1, 0.5, 0.5}));
  const Output pair = b.Constant(Pixels({1, 2, 1}, {1, 3}));
  EXPECT_EQ(Values<float>(b, AdjustContrast(pair, 2)), (std::vector<float>{0, 4}));
}

// A turn of any size ends: it is taken modulo a full one.
TEST(ImageValues, HueTurnsAnyNumberOfTimes) {
  Builder b;
  const Output red = b.Constant(Pixels({1, 1, 3}, {1, 0, 0}));
  EXPECT_EQ(Values<float>(b, AdjustHue(red, 1e30f)).size(), 3u);
  EXPECT_EQ(Values<float>(b, AdjustHue(red, std::numeric_limits<float>::infinity())).size(), 3u);
}

TEST(ImageValues, BoxesAreDrawn) {
  Builder b;
  const Output image = b.Constant(Pixels({1, 3, 3, 1}, std::vector<float>(9, 0)));
  const Output box = b.Constant(Pixels({1, 1, 4}, {0, 0, 1, 1})), grey = b.Constant(Pixels({1, 1}, {0.5f}));
  EXPECT_EQ(Values<float>(b, DrawBoundingBoxes(image, box, grey)),
            (std::vector<float>{0.5, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5}));
}

TEST(ImageValues, FakeQuantRoundsToTheSteps) {
  Builder b;
  const Output x = b.Constant(Pixels({2, 2}, {-1, 0.4f, 1.6f, 9}));
  EXPECT_EQ(Values<float>(b, FakeQuant(x, 0.0f, 3.0f, {.num_bits = 2})), (std::vector<float>{0, 0, 2, 3}));
  const Output low = b.Constant(Pixels({2}, {0, 0})), high = b.Constant(Pixels({2}, {3, 6}));
  EXPECT_EQ(Values<float>(b, FakeQuantPerChannel(x, low, high, {.num_bits = 2})), (std::vector<float>{0, 0, 2, 6}));
}

TEST(ImageValues, Volumes) {
  Builder b;
  const Output x = b.Constant(Pixels({1, 2, 2, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(Values<float>(b, MaxPool3D(x)), (std::vector<float>{8}));
  EXPECT_EQ(Values<float>(b, AvgPool3D(x)), (std::vector<float>{4.5}));
  const Output ones = b.Constant(Pixels({2, 1, 1, 1, 1}, {1, 1}));
  const Output sums = Conv3D(x, ones);
  EXPECT_EQ(Values<float>(b, sums), (std::vector<float>{6, 8, 10, 12}));
  EXPECT_EQ(Values<float>(b, Conv3DTranspose(sums, ones, {1, 2, 2, 2, 1})),
            (std::vector<float>{6, 8, 10, 12, 6, 8, 10, 12}));
}

TEST(ImageValues, PatchesAndDilation) {
  Builder b;
  const Output x = b.Constant(Pixels({1, 1, 3, 1}, {1, 5, 2}));
  EXPECT_EQ(Values<float>(b, ExtractImagePatches(x, {1, 1, 2, 1})), (std::vector<float>{1, 5, 5, 2}));
  EXPECT_EQ(Values<float>(b, Dilation2D(x, b.Constant(Pixels({1, 2, 1}, {0, 4})))), (std::vector<float>{9, 6}));
}

}  // namespace
}  // namespace weir
