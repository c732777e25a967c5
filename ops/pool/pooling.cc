// Of pooling ops: attributes, shape functions.
#include "weir/ops/pool/pooling.h"

#include <fmt/format.h>

#include "weir/ops/window_shapes.h"

namespace weir::pool {

OpDef& AddAttrs(OpDef& op, bool explicit_padding, const char* formats) {
  op.Attr("ksize: list(int) >= 4").Attr("strides: list(int) >= 4");
  op.Attr(explicit_padding ? "padding: {'SAME', 'VALID', 'EXPLICIT'}" : "padding: {'SAME', 'VALID'}");
  if (explicit_padding) op.Attr("explicit_paddings: list(int) = []");
  return op.Attr(formats);
}

AttrMap Attrs(const GradContext& c) { return c.attrs({"ksize", "strides", "padding", "data_format"}); }

Result<PartialShape> PooledShape(const Window2D& w, const PartialShape& input) {
  Dim channels = input[w.channel_axis()];
  if (w.depth_window > 1) {
    if (Known(channels) && channels % w.depth_window != 0) {
      return InvalidArgument(fmt::format("cannot pool {} channels by {}: not a multiple", channels, w.depth_window));
    }
    channels = Known(channels) ? channels / w.depth_window : kUnknownDim;
  }
  return SlideShape(w, input, channels);
}

Status PoolShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  WEIR_ASSIGN_OR_RETURN(PartialShape input, c.WithRank(0, 4));
  WEIR_ASSIGN_OR_RETURN(PartialShape out, PooledShape(w, input));
  c.set_output(0, out);
  return {};
}

}  // namespace weir::pool
