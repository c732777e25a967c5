// Pooling as windows over images, whatever the layout; over channels, too.
#include "weir/ops/pool/cpu/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::kernels {

Result<PoolProblem> MakePoolProblem(PrepareContext& c, const Shape& input, const Shape& pooled) {
  WEIR_ASSIGN_OR_RETURN(Window2D w, PoolWindow(ReadWindowAttrs(c)));
  auto differ = [&] {
    return InvalidArgument(
        fmt::format("cannot relate the input {} and the pooled {}", input.ToString(), pooled.ToString()));
  };
  if (input.rank() != 4) return differ();
  const int64_t n = input[0], channels = input[w.channel_axis()];
  WEIR_RETURN_IF_ERROR(w.y.Place(input[w.y_axis()]));
  WEIR_RETURN_IF_ERROR(w.x.Place(input[w.x_axis()]));
  if (channels % w.depth_window != 0 ||
      pooled.dims() != w.Arrange(n, w.y.output, w.x.output, channels / w.depth_window))
    return differ();
  if (w.depth_window == 1) return w.nchw ? PoolProblem{n * channels, 1, w.y, w.x} : PoolProblem{n, channels, w.y, w.x};
  if (w.y.stride != 1 || w.x.stride != 1 || w.y.before + w.y.after + w.x.before + w.x.after > 0) {
    return InvalidArgument("has strides or paddings along height or width, and pools over channels");
  }
  // Over channels: an axis of its own, the other one a single element or all pixels.
  const int64_t pixels = w.y.input * w.x.input;
  WindowAxis depth{.name = "depth", .window = w.depth_window, .stride = w.depth_window};
  WindowAxis rest{.name = "pixels", .window = 1};
  WEIR_RETURN_IF_ERROR(depth.Place(channels));
  WEIR_RETURN_IF_ERROR(rest.Place(w.nchw ? pixels : 1));
  return w.nchw ? PoolProblem{n, 1, depth, rest} : PoolProblem{n * pixels, 1, rest, depth};
}

double PoolRowNs(const PoolProblem& p) {
  return double(p.out_row()) * p.y.window * std::min(p.x.window, p.x.input) * 0.4;
}

}  // namespace weir::kernels
