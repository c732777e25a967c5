// Of pooling ops: attributes, shape functions.
#include "weir/ops/pool/pooling.h"

#include <fmt/format.h>

#include "weir/ops/shape_helpers.h"
#include "weir/ops/window_shapes.h"

namespace weir::pool {

OpDef& AddAttrs(OpDef& op, bool explicit_padding, const char* formats) {
  op.Attr("ksize: list(int) >= 4").Attr("strides: list(int) >= 4");
  op.Attr(explicit_padding ? "padding: {'SAME', 'VALID', 'EXPLICIT'}" : "padding: {'SAME', 'VALID'}");
  if (explicit_padding) op.Attr("explicit_paddings: list(int) = []");
  return op.Attr(formats);
}

OpDef& AddVolumeAttrs(OpDef& op) {
  return op.Attr("ksize: list(int) >= 5")
      .Attr("strides: list(int) >= 5")
      .Attr("padding: {'SAME', 'VALID'}")
      .Attr("data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'");
}

AttrMap Attrs(const GradContext& c) { return c.attrs({"ksize", "strides", "padding", "data_format"}); }

Result<std::optional<SlidingWindow>> WindowOf(const ShapeContext& c, const Form& form) {
  WindowAttrs attrs = ReadWindowAttrs(c);
  for (int i = form.sizes; i >= 0 && i < form.sizes + 2; ++i) {
    WEIR_RETURN_IF_ERROR(RequireVector(c, i));
    const auto values = KnownElements(c, i);
    if (!values) return std::optional<SlidingWindow>();
    (i == form.sizes ? attrs.ksize : attrs.strides) = *values;
  }
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PoolWindow(attrs, form.spatial));
  return std::optional(w);
}

Result<PartialShape> PooledShape(const SlidingWindow& w, const PartialShape& input) {
  Dim channels = input[w.channel_axis()];
  if (w.depth_window > 1) {
    if (Known(channels) && channels % w.depth_window != 0) {
      return InvalidArgument(fmt::format("cannot pool {} channels by {}: not a multiple", channels, w.depth_window));
    }
    channels = Known(channels) ? channels / w.depth_window : kUnknownDim;
  }
  return SlideShape(w, input, channels);
}

ShapeFn PoolShape(const Form& form) {
  return [form](ShapeContext& c) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto w, WindowOf(c, form));
    WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, form.spatial == Spatial::k3D ? 5 : 4));
    if (!w) return c.set_output(0, PartialShape::UnknownOfRank(4)), Status();
    WEIR_ASSIGN_OR_RETURN(PartialShape out, PooledShape(*w, input));
    c.set_output(0, out);
    return {};
  };
}

}  // namespace weir::pool
