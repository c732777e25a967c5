// Rows of the ops that write image files, what comes back of it, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/image/image.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

// A smooth image, which JPEG keeps well.
template <class T>
Tensor Slope(const Dims& dims) {
  Tensor t = Tensor::Zeros(DTypeOf<T>, Shape::Make(dims).value());
  for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<T>()[i] = static_cast<T>(i * 3 + 20);
  return t;
}

}  // namespace

std::vector<OpRow> EncodeRows() {
  return {
      NeverEmpty({"EncodeJpeg", {Slope<uint8_t>({5, 4, 3})}}),
      NeverEmpty({"EncodeJpeg", {Slope<uint8_t>({9, 2, 1})},
                  {{"format", "grayscale"}, {"quality", 30}, {"progressive", true}, {"optimize_size", true},
                   {"density_unit", "cm"}, {"xmp_metadata", "<x:xmpmeta/>"}}}),
      NeverEmpty({"EncodeJpegVariableQuality", {Slope<uint8_t>({5, 4, 3}), Int(40)}}),
      {"EncodePng", {{2, 3, 4, 3}}},
      {"EncodePng", {{3, 4, 2}}, {{"compression", 9}}},
      {"EncodePng", {{0, 3, 4, 1}}},
  };
}

namespace {

#define EXPECT_REFUSED(refusal, why) EXPECT_NE((refusal).find(why), std::string::npos) << (refusal)

// Writes the image and reads it again; or what is wrong.
Result<Tensor> Again(const std::string& op, const Tensor& image, const AttrMap& attrs = {}) {
  Builder g;
  Output x = ops::Placeholder(g, image.dtype(), PartialShape::Unknown());
  Output bytes = Make(op, {x}, attrs);
  AttrMap back;
  if (image.dtype() == kUint16) back["dtype"] = kUint16;
  Output y = Make("DecodePng", {bytes}, back);
  WEIR_RETURN_IF_ERROR(g.status());
  return Session(g).Run(y, {{x, image}});
}

std::string Refusal(const std::string& op, const Tensor& image, const AttrMap& attrs = {}) {
  auto got = Again(op, image, attrs);
  return got.ok() ? "gives " + got->shape().ToString() : got.status().ToString();
}

TEST(EncodePng, LosesNothing) {
  for (int64_t channels = 1; channels <= 4; ++channels) {
    const Tensor bytes = Slope<uint8_t>({7, 5, channels}), wide = Slope<uint16_t>({3, 6, channels});
    EXPECT_TRUE(Again("EncodePng", bytes).value().Identical(bytes));
    EXPECT_TRUE(Again("EncodePng", wide, {{"compression", 0}}).value().Identical(wide));
  }
}

TEST(EncodePng, RefusesWhatNoFileCanHold) {
  EXPECT_REFUSED(Refusal("EncodePng", Slope<uint8_t>({2, 2})), "rank 3");
  EXPECT_REFUSED(Refusal("EncodePng", Slope<uint8_t>({2, 2, 5})), "cannot write u8[2,2,5] as PNG");
  EXPECT_REFUSED(Refusal("EncodePng", Slope<uint8_t>({0, 2, 3})), "0 by 2 pixels");
  EXPECT_REFUSED(Refusal("EncodePng", Slope<uint8_t>({2, 2, 3}), {{"compression", 10}}), "a compression of 10");
}

TEST(EncodeJpeg, KeepsWhatIsSmooth) {
  const Tensor image = Slope<uint8_t>({4, 4, 1}), got = Again("EncodeJpeg", image, {{"quality", 100}}).value();
  ASSERT_EQ(got.shape(), image.shape());
  for (int64_t i = 0; i < image.num_elements(); ++i)
    EXPECT_NEAR(got.data<uint8_t>()[i], image.data<uint8_t>()[i], 2);
}

TEST(EncodeJpeg, RefusesWhatNoFileCanHold) {
  const Tensor image = Slope<uint8_t>({2, 2, 3});
  EXPECT_REFUSED(Refusal("EncodeJpeg", Slope<uint8_t>({2, 2, 4})), "cannot write u8[2,2,4] as JPEG");
  EXPECT_REFUSED(Refusal("EncodeJpeg", Slope<uint8_t>({2, 0, 3})), "2 by 0 pixels");
  EXPECT_REFUSED(Refusal("EncodeJpeg", Slope<uint8_t>({1, 65501, 1})), "no JPEG");
  EXPECT_REFUSED(Refusal("EncodeJpeg", image, {{"quality", 101}}), "a quality of 101");
  EXPECT_REFUSED(Refusal("EncodeJpeg", image, {{"xmp_metadata", std::string(70000, 'x')}}), "no JPEG");
  EXPECT_REFUSED(Refusal("EncodeJpeg", image, {{"format", "other"}}), "format");
  EXPECT_REFUSED(Refusal("EncodeJpeg", image, {{"format", "grayscale"}}), "cannot write u8[2,2,3] as JPEG");
  Builder g;
  ops::EncodeJpeg(g.Constant(image), {.format = "grayscale"});
  EXPECT_REFUSED(g.status().ToString(), "as JPEG");
  Builder other;
  Output y = Make("EncodeJpegVariableQuality", {other.Constant(image), other.Constant(Tensor(-1))});
  EXPECT_REFUSED(Session(other).Run(y).status().ToString(), "a quality of -1");
}

}  // namespace
}  // namespace weir::testing
