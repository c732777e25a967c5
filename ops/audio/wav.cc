// Ops between WAV files and sound: DecodeWav, EncodeWav.
#include <fmt/format.h>

#include "weir/ops/audio/audio.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status DecodeWavShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  const auto channels = c.attr<int64_t>("desired_channels"), samples = c.attr<int64_t>("desired_samples");
  if (channels < -1 || samples < -1)
    return InvalidArgument(fmt::format("wants {} samples of {} channels", samples, channels)).Help("-1: as there are");
  c.set_output(0, PartialShape({samples, channels}));
  c.set_output(1, PartialShape::Scalar());
  return {};
}

Status EncodeWavShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(c.WithRank(0, 2).status());
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  return ScalarShape(c);
}

}  // namespace

void RegisterAudioWavOps(OpRegistry& r) {
  r.Add("DecodeWav")
      .Input("contents: string").Output("audio: float").Output("sample_rate: int32")
      .Attr("desired_channels: int = -1").Attr("desired_samples: int = -1")
      .Doc("The sound [samples, channels] of a WAV file's bytes, 16-bit PCM, in [-1, 1). With desired_samples it is "
           "cut or filled up with zeros, with desired_channels cut or filled up with its last channel.")
      .Shape(DecodeWavShape)
      .NoGradient("it reads bytes, which have no derivative")
      .NoFlops();
  r.Add("EncodeWav")
      .Input("audio: float").Input("sample_rate: int32").Output("contents: string")
      .Doc("A WAV file's bytes, 16-bit PCM, of sound [samples, channels]; what is outside of [-1, 1] is cut to it.")
      .Shape(EncodeWavShape)
      .NoGradient("its output is a string")
      .NoFlops();
}

// ---- building functions

namespace ops {

DecodeWavOutputs DecodeWav(Input contents, int64_t desired_channels, int64_t desired_samples, const Name& name) {
  OutputList r = MakeAll("DecodeWav", {contents},
                         {{"desired_channels", desired_channels}, {"desired_samples", desired_samples}}, name);
  return {r[0], r[1]};
}

}  // namespace ops
}  // namespace weir
