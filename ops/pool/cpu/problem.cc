// Pooling as windows over images, whatever the layout; over channels, too.
#include "weir/ops/pool/cpu/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::kernels {

Result<PoolProblem> MakePoolProblem(PrepareContext& c, const PoolForm& form, const Shape& input, const Shape& pooled) {
  WindowAttrs attrs = ReadWindowAttrs(c);
  if (form.sizes >= 0) attrs.ksize = c.ints(form.sizes), attrs.strides = c.ints(form.sizes + 1);
  WEIR_ASSIGN_OR_RETURN(SlidingWindow w, PoolWindow(attrs, form.spatial));
  auto differ = [&] {
    return InvalidArgument(
        fmt::format("cannot relate the input {} and the pooled {}", input.ToString(), pooled.ToString()));
  };
  if (input.rank() != w.rank()) return differ();
  const int64_t n = input[0], channels = input[w.channel_axis()];
  WEIR_RETURN_IF_ERROR(w.Place(input.dims()));
  if (channels % w.depth_window != 0 || pooled.dims() != w.Placed(n, channels / w.depth_window)) return differ();
  if (w.depth_window == 1) {
    return w.nchw ? PoolProblem{n * channels, 1, w.y, w.x, w.z} : PoolProblem{n, channels, w.y, w.x, w.z};
  }
  for (int i = 0; i < w.axes(); ++i) {
    if (w.axis(i).stride != 1 || w.axis(i).before + w.axis(i).after > 0)
      return InvalidArgument("has strides or paddings along spatial axes, and pools over channels");
  }
  // Over channels: an axis of its own, the other one a single element or all pixels.
  const int64_t pixels = w.z.input * w.y.input * w.x.input;
  WindowAxis depth{.name = "depth", .window = w.depth_window, .stride = w.depth_window};
  WindowAxis rest{.name = "pixels", .window = 1};
  WEIR_RETURN_IF_ERROR(depth.Place(channels));
  WEIR_RETURN_IF_ERROR(rest.Place(w.nchw ? pixels : 1));
  return w.nchw ? PoolProblem{n, 1, depth, rest} : PoolProblem{n * pixels, 1, rest, depth};
}

double PoolRowNs(const PoolProblem& p) {
  const double rows = double(std::min(p.z.window, p.z.input)) * double(p.y.window);
  return double(p.out_row()) * rows * double(std::min(p.x.window, p.x.input)) * 0.4;
}

Bands BandsOf(const PoolProblem& p) { return Bands(p.n, p.in_rows(), HaloOf(p.z, p.y), 16); }

}  // namespace weir::kernels
