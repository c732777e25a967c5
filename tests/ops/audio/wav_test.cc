// Rows of DecodeWav and EncodeWav, and what they refuse.
#include <gtest/gtest.h>

#include "weir/ops/array/array.h"
#include "weir/ops/audio/audio.h"
#include "weir/runtime/io/wav.h"
#include "weir/session/session.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

// Three frames of two channels.
std::string Wav() {
  const float samples[] = {0, 0.25f, 0.5f, -1, 2, -0.00001f};
  return io::WavBytes(samples, 3, 2, 44100).value();
}

}  // namespace

std::vector<OpRow> WavRows() {
  return {
      DataTellsShape({"DecodeWav", {Tensor(Wav())}}),
      {"DecodeWav", {Tensor(Wav())}, {{"desired_channels", 3}, {"desired_samples", 5}}},
      {"DecodeWav", {Tensor(Wav())}, {{"desired_channels", 1}, {"desired_samples", 0}}},
      {"EncodeWav", {In({5, 2}, -1, 1), Int(8000)}},
      {"EncodeWav", {In({0, 2}), Int(8000)}},
  };
}

namespace {

std::string Decoded(const std::string& bytes, int64_t channels = -1, int64_t samples = -1) {
  Builder g;
  Output x = ops::Placeholder(g, kString, PartialShape::Scalar());
  const ops::DecodeWavOutputs y = ops::DecodeWav(x, channels, samples);
  auto got = Session(g).Run({y.audio, y.sample_rate}, {{x, Tensor(bytes)}});
  return got.ok() ? (*got)[0].ToString() + " at " + (*got)[1].ToString() : got.status().ToString();
}

// The same with bytes changed.
std::string With(size_t at, const std::string& bytes) { return Wav().replace(at, bytes.size(), bytes); }

// What TensorFlow 2.21 gives.
TEST(DecodeWav, ReadsSound) {
  EXPECT_EQ(Decoded(Wav()), "[[0, 0.25], [0.5, -1], [0.9999695, 0]] at 44100");
  EXPECT_EQ(Decoded(Wav(), 3, 2), "[[0, 0.25, 0.25], [0.5, -1, -1]] at 44100");
  EXPECT_EQ(Decoded(Wav(), 1, 4), "[[0], [0.5], [0.9999695], [0]] at 44100");
  const std::string list("LIST\3\0\0\0abc", 11), sound = Wav();
  EXPECT_EQ(Decoded(sound.substr(0, 36) + list + sound.substr(36), 1, 1), "[[0]] at 44100");
  EXPECT_EQ(Decoded(sound.substr(0, 36) + list + '\0' + sound.substr(36), 1, 1), "[[0]] at 44100");
}

TEST(DecodeWav, RefusesOtherFiles) {
  for (const std::string& bad :
       {Wav().substr(0, 50), Wav().substr(0, 30), Wav().substr(0, 36), Wav() + "ab", Wav() + Wav().substr(36),
        With(0, "RIFX"), With(20, "\3"), With(22, std::string(1, '\0')), With(28, "\1"), With(32, "\5"),
        With(34, "\x08"), With(40, "\xff\xff\xff\xff"), std::string()}) {
    EXPECT_NE(Decoded(bad).find("no WAV file"), std::string::npos);
  }
  Builder g;
  ops::DecodeWav(g.Constant(Tensor("")), -2);
  EXPECT_FALSE(g.status().ok());
}

TEST(EncodeWav, RefusesWhatNoFileCanHold) {
  const float sample = 0;
  EXPECT_FALSE(io::WavBytes(&sample, 1, 1, 0).ok());
  EXPECT_FALSE(io::WavBytes(&sample, 1, 1, -1).ok());
  EXPECT_FALSE(io::WavBytes(&sample, 1, 0, 8000).ok());
  EXPECT_FALSE(io::WavBytes(&sample, 1, 40000, 8000).ok());
  EXPECT_FALSE(io::WavBytes(&sample, INT64_MAX / 2, 1, 8000).ok());
}

}  // namespace
}  // namespace weir::testing
