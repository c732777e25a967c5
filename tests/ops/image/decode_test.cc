// Rows of the ops that read image files, what they give, and what they refuse. The files and what TensorFlow makes of
// them are tests/oracle/make_image_files.py's.
#include <gtest/gtest.h>

#include "weir/graph/base/file.h"
#include "weir/ops/array/array.h"
#include "weir/ops/image/image.h"
#include "weir/runtime/io/image_file.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

const std::string kFolder = WEIR_TEST_DATA "/files/images/";

std::string File(const std::string& name) { return io::ReadFile(kFolder + name).value(); }
Tensor FileTensor(const std::string& name) { return Tensor(File(name)); }
OpRow Row(OpRow r) { return NeverEmpty(DataTellsShape(std::move(r))); }

}  // namespace

std::vector<OpRow> DecodeRows() {
  const Tensor jpeg = FileTensor("sampled.jpg");
  return {
      Row({"DecodeJpeg", {jpeg}}),
      Row({"DecodeJpeg", {jpeg}, {{"channels", 1}, {"ratio", 2}, {"fancy_upscaling", false},
                                  {"dct_method", "INTEGER_ACCURATE"}}}),
      Row({"DecodeJpeg", {Tensor(File("sampled.jpg").substr(0, 200))}, {{"try_recover_truncated", true}}}),
      Row({"DecodeAndCropJpeg", {jpeg, Ints({1, 0, 2, 3})}}),
      Row({"DecodeAndCropJpeg", {FileTensor("print.jpg"), Ints({1, 2, 3, 1})}, {{"channels", 3}}}),
      NeverEmpty(Swept("output_type", {"ExtractJpegShape", {jpeg}})),
      Row(Swept("dtype", {"DecodePng", {FileTensor("deep.png")}, {{"channels", 3}}})),
      Row(Swept("dtype", {"DecodePng", {FileTensor("palette.png")}})),
      Row({"DecodeBmp", {FileTensor("colors.bmp")}, {{"channels", 4}}}),
      Row({"DecodeGif", {FileTensor("frames.gif")}}),
      Row(Swept("dtype", {"DecodeImage", {FileTensor("two.gif")}})),
      Row(Swept("dtype", {"DecodeImage", {jpeg}, {{"channels", 1}, {"expand_animations", false}}})),
  };
}

namespace {

// What an op makes of bytes, or what is wrong.
Result<Tensor> Decoded(const std::string& op, const std::string& bytes, const AttrMap& attrs = {}) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  Output y = Make(op, {x}, attrs);
  WEIR_RETURN_IF_ERROR(g.status());
  return Session(g).Run(y, {{x, Tensor(bytes)}});
}

std::string Refusal(const std::string& op, const std::string& bytes, const AttrMap& attrs = {}) {
  auto got = Decoded(op, bytes, attrs);
  return got.ok() ? "gives " + got->shape().ToString() : got.status().ToString();
}

#define EXPECT_REFUSED(refusal, why) EXPECT_NE((refusal).find(why), std::string::npos) << (refusal)

TEST(DecodeImage, EqualsTensorFlow) {
  const auto expected = io::ReadNpz(kFolder + "expected.npz").value();
  EXPECT_EQ(expected.size(), 13u);
  for (const auto& [name, want] : expected) {
    auto got = Decoded("DecodeImage", File(name));
    ASSERT_TRUE(got.ok()) << name << ": " << got.status().ToString();
    EXPECT_TRUE(got->Identical(want)) << name << ": " << got->ToString() << " for " << want.ToString();
  }
}

TEST(DecodeImage, ScalesToTheDtype) {
  const Tensor plain = Decoded("DecodeImage", File("colors.bmp")).value();
  const Tensor wide = Decoded("DecodeImage", File("colors.bmp"), {{"dtype", kUint16}}).value();
  const Tensor real = Decoded("DecodeImage", File("colors.bmp"), {{"dtype", kFloat}}).value();
  for (int64_t i = 0; i < plain.num_elements(); ++i) {
    const int v = plain.data<uint8_t>()[i];
    EXPECT_EQ(wide.data<uint16_t>()[i], v * 256);
    EXPECT_EQ(real.data<float>()[i], static_cast<float>(v) * static_cast<float>(1. / 255));
  }
}

// As in TensorFlow: most ops read most formats, and the name tells the rank.
TEST(DecodeImage, OpsReadOtherFormats) {
  EXPECT_EQ(Refusal("DecodeJpeg", File("deep.png"), {{"channels", 4}}), "gives [7,8,4]");
  EXPECT_EQ(Refusal("DecodePng", File("sampled.jpg"), {{"dtype", kUint16}}), "gives [8,3,3]");
  EXPECT_EQ(Refusal("DecodePng", File("still.gif")), "gives [3,1,3]");
  EXPECT_EQ(Refusal("DecodeGif", File("gray.jpg")), "gives [1,6,1,3]");
  EXPECT_EQ(Refusal("DecodeGif", File("deep.png")), "gives [1,7,8,3]");
  EXPECT_EQ(Refusal("DecodeImage", File("frames.gif"), {{"expand_animations", false}}), "gives [9,9,3]");
  EXPECT_REFUSED(Refusal("DecodePng", File("frames.gif")), "GIF of 3 frames");
  EXPECT_REFUSED(Refusal("DecodePng", File("gray.bmp")), "a BMP file, which it does not read");
  EXPECT_REFUSED(Refusal("DecodeBmp", File("gray.jpg")), "a JPEG file, which it does not read");
  EXPECT_REFUSED(Refusal("DecodeImage", "RIFF....WEBPVP8 "), "a WebP file, which Weir cannot read");
  EXPECT_REFUSED(Refusal("DecodeImage", "words"), "5 bytes that are no image");
  EXPECT_REFUSED(Refusal("DecodeImage", ""), "0 bytes that are no image");
  EXPECT_REFUSED(Refusal("DecodeImage", File("gray.jpg"), {{"channels", 4}}), "no alpha");
  EXPECT_REFUSED(Refusal("DecodeImage", File("gray.bmp"), {{"channels", 1}}), "1 channel of a BMP");
  EXPECT_REFUSED(Refusal("DecodeImage", File("two.gif"), {{"channels", 4}}), "a GIF, which has 3");
  EXPECT_REFUSED(Refusal("DecodeImage", File("two.gif"), {{"channels", 2}}), "wants 2 channels");
}

std::string With(std::string bytes, size_t at, const std::string& other) {
  return bytes.replace(at, other.size(), other);
}

// Sizes that the bytes cannot bear out are known by the header: nothing is allocated.
TEST(DecodeImage, RefusesWhatCannotBeThere) {
  const std::string jpeg = File("gray.jpg");
  const size_t frame = jpeg.find("\xff\xc0");
  EXPECT_REFUSED(Refusal("DecodeImage", With(jpeg, frame + 5, "\xff\xdc\xff\xdc")), "2^29 - 1 samples");
  EXPECT_REFUSED(Refusal("DecodeImage", With(jpeg, frame + 5, "\x40\x01\x40\x01")), "cannot hold its 16385 by 16385");
  EXPECT_REFUSED(Refusal("DecodeImage", File("bomb.png")), "cannot hold its 17000 by 30000");
  const std::string gif = File("still.gif");
  EXPECT_REFUSED(Refusal("DecodeGif", With(gif, gif.find(',') + 5, "\xff\xff\xff\xff")), "without a sound frame");
  EXPECT_REFUSED(Refusal("DecodeBmp", With(File("colors.bmp"), 18, "\xff\xff\xff")), "no BMP");
  EXPECT_REFUSED(Refusal("DecodeBmp", With(File("colors.bmp"), 18, "\xff\xff\xff\xff")), "no BMP");
  EXPECT_REFUSED(Refusal("DecodeBmp", File("colors.bmp").substr(0, 40)), "no BMP");
}

TEST(DecodeJpeg, EndsTooEarly) {
  const std::string cut = File("sampled.jpg").substr(0, 200);
  EXPECT_REFUSED(Refusal("DecodeJpeg", cut), "cut off in row");
  EXPECT_EQ(Refusal("DecodeJpeg", cut, {{"try_recover_truncated", true}}), "gives [8,3,3]");
  EXPECT_EQ(Refusal("DecodeJpeg", cut, {{"acceptable_fraction", 0.0f}}), "gives [8,3,3]");
  EXPECT_REFUSED(Refusal("DecodeJpeg", File("sampled.jpg").substr(0, 30)), "no JPEG");
  // Where TensorFlow goes round for ever: the end falls into a marker.
  EXPECT_REFUSED(Refusal("DecodeJpeg", File("gray.jpg").substr(0, 2) + "\xff", {{"try_recover_truncated", true}}),
                 "no JPEG");
}

TEST(DecodeJpeg, ChecksItsAttributes) {
  EXPECT_REFUSED(Refusal("DecodeJpeg", File("gray.jpg"), {{"ratio", 3}}), "smaller by 3");
  EXPECT_REFUSED(Refusal("DecodeJpeg", File("gray.jpg"), {{"dct_method", "X"}}), "dct_method 'X'");
  EXPECT_REFUSED(Refusal("DecodeJpeg", File("gray.jpg"), {{"channels", -1}}), "wants -1 channels");
}

TEST(DecodeAndCropJpeg, GivesThePart) {
  auto crop = [](std::vector<int32_t> window) {
    Builder g;
    Output y = ops::DecodeAndCropJpeg(g.Constant(FileTensor("print.jpg")), g.Constant(Tensor::Vector(window)));
    if (!g.status().ok()) return g.status().ToString();
    auto got = Session(g).Run(y);
    return got.ok() ? "gives " + got->shape().ToString() : got.status().ToString();
  };
  EXPECT_EQ(crop({0, 0, 5, 6}), "gives [5,6,3]");
  EXPECT_EQ(crop({4, 5, 1, 1}), "gives [1,1,3]");
  EXPECT_REFUSED(crop({0, 0, 6, 6}), "of a JPEG of 5 by 6 pixels");
  EXPECT_REFUSED(crop({0, 0, 0, 6}), "of a JPEG of 5 by 6 pixels");
  EXPECT_REFUSED(crop({-1, 0, 2, 2}), "of a JPEG of 5 by 6 pixels");
  EXPECT_REFUSED(crop({INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}), "of a JPEG of 5 by 6 pixels");
  EXPECT_REFUSED(crop({1, 2, 3}), "its four numbers");
}

TEST(ExtractJpegShape, ReadsTheHeader) {
  Builder g;
  Output y = ops::ExtractJpegShape(g.Constant(FileTensor("print.jpg")));
  EXPECT_EQ(Session(g).Run(y).value().ToString(), "[5, 6, 4]");  // four colours
  EXPECT_REFUSED(Refusal("ExtractJpegShape", File("deep.png")), "no JPEG");
}

TEST(DecodeImage, ShapesAreInferred) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  EXPECT_EQ(ops::DecodeJpeg(x).shape().ToString(), "[?,?,?]");
  EXPECT_EQ(ops::DecodePng(x, 4).shape().ToString(), "[?,?,4]");
  EXPECT_EQ(ops::DecodeGif(x).shape().ToString(), "[?,?,?,3]");
  EXPECT_EQ(ops::DecodeAndCropJpeg(x, g.Constant(Tensor::Vector<int32_t>({1, 2, 3, 4}))).shape().ToString(), "[3,4,?]");
  EXPECT_FALSE(ops::DecodeImage(x).shape().known_rank());
  EXPECT_EQ(ops::DecodeImage(x, {.channels = 3, .expand_animations = false}).shape().ToString(), "[?,?,3]");
}

}  // namespace
}  // namespace weir::testing
