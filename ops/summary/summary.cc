// Ops that make summaries, TensorBoard's messages, of values.
#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

constexpr const char* kSummary = "summaries have no derivative";
constexpr const char* kReal = "realnumbertype";

Status ScalarSummaryShape(ShapeContext& c) {
  auto both = MergeShapes(c.input(0), c.input(1));
  if (!both.ok()) {
    return InvalidArgument(fmt::format("wants a tag for each value, not {} and {}", c.Describe(0), c.Describe(1)))
        .Detail(both.status().message());
  }
  return ScalarShape(c);
}

Status HistogramSummaryShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return ScalarShape(c);
}

Status ImageSummaryShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_ASSIGN_OR_RETURN(const PartialShape images, c.WithRank(1, 4));
  const Dim channels = images[3];
  if (Known(channels) && channels != 1 && channels != 3 && channels != 4)
    return InvalidArgument(fmt::format("wants images of 1, 3 or 4 channels, not {}", c.Describe(1)));
  return ScalarShape(c);
}

Status AudioSummaryShape(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); i += 2) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  const PartialShape& sound = c.input(1);
  if (sound.known_rank() && sound.rank() != 2 && sound.rank() != 3)
    return InvalidArgument(fmt::format("wants sound [N,frames] or [N,frames,channels], not {}", c.Describe(1)));
  return ScalarShape(c);
}

Status TensorSummaryShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 2));
  return ScalarShape(c);
}

}  // namespace

void RegisterSummaryOps(OpRegistry& r) {
  r.Add("ScalarSummary")
      .Input("tags: string").Input("values: T").Output("summary: string").Attr(fmt::format("T: {}", kReal))
      .Doc("A summary of each value, under the tag at its place.")
      .Shape(ScalarSummaryShape)
      .NoGradient(kSummary);
  r.Add("HistogramSummary")
      .Input("tag: string").Input("values: T").Output("summary: string").Attr(fmt::format("T: {} = float", kReal))
      .Doc("A summary of how the values are spread; an error if one is not finite.")
      .Shape(HistogramSummaryShape)
      .NoGradient(kSummary);
  r.Add("ImageSummary")
      .Input("tag: string").Input("tensor: T").Output("summary: string")
      .Attr("max_images: int >= 1 = 3").Attr("T: {uint8, float, half, double} = float")
      .Attr("bad_color: tensor", Tensor::Vector(std::vector<uint8_t>{255, 0, 0, 255}))
      .Doc("A summary of the first `max_images` images of [N,height,width,channels] (1: grey, 3: RGB, 4: RGBA), as "
           "PNGs. Each image of floats is scaled: without negative values so that its largest is 255, else 0 becomes "
           "128 and the largest distance from it 127; pixels that are not finite get the `bad_color`.")
      .Shape(ImageSummaryShape)
      .NoGradient(kSummary);
  r.Add("AudioSummary")
      .Input("tag: string").Input("tensor: float").Output("summary: string")
      .Attr("sample_rate: float").Attr("max_outputs: int >= 1 = 3")
      .Doc("AudioSummaryV2 with a fixed sample rate.")
      .Shape(AudioSummaryShape)
      .NoGradient(kSummary);
  r.Add("AudioSummaryV2")
      .Input("tag: string").Input("tensor: float").Input("sample_rate: float").Output("summary: string")
      .Attr("max_outputs: int >= 1 = 3")
      .Doc("A summary of the first `max_outputs` sounds of [N,frames] or [N,frames,channels], as WAV files; samples "
           "outside of [-1, 1] are cut to it. `sample_rate`: frames a second.")
      .Shape(AudioSummaryShape)
      .NoGradient(kSummary);
  r.Add("TensorSummary")
      .Input("tensor: T").Output("summary: string")
      .Attr("T: type").Attr("description: string = ''").Attr("labels: list(string) = []")
      .Attr("display_name: string = ''")
      .Doc("A summary that holds the tensor, and the node's name in place of a tag.")
      .Shape(ScalarShape)
      .TellsItsName()
      .NoGradient(kSummary);
  r.Add("TensorSummaryV2")
      .Input("tag: string").Input("tensor: T").Input("serialized_summary_metadata: string").Output("summary: string")
      .Attr("T: type")
      .Doc("A summary that holds the tensor, under a tag and with a SummaryMetadata message, which tells a plugin.")
      .Shape(TensorSummaryShape)
      .NoGradient(kSummary);
  r.Add("MergeSummary")
      .Input("inputs: N * string").Output("summary: string").Attr("N: int >= 1")
      .Doc("One summary of what all of them hold; an error if two values have one tag.")
      .Shape(ScalarShape)
      .NoGradient(kSummary);
}

}  // namespace weir
