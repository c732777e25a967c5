// Batch normalisation: FusedBatchNorm V1, V2, V3 and their gradient ops.
//
// The versions differ in types only: V1 is float, V2 and V3 take x in 16-bit floats beside float parameters, V3 has one
// more output (a scalar on CPUs) and knows five-dimensional images. The gradient ops' own gradients are differentiated
// from basic ops that compute the same.
#include <fmt/format.h>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/op_def.h"

namespace weir {
namespace {

// The images' rank and channel axis, which data_format tells.
struct Layout {
  int rank, channel_axis;
  explicit Layout(const std::string& format)
      : rank(static_cast<int>(format.size())),
        channel_axis(format.starts_with("NC") ? 1 : static_cast<int>(format.size()) - 1) {}
};

// Input `i` is a vector of `channels` (merged into it).
Status MergeChannels(const ShapeContext& c, int i, Dim* channels) {
  WEIR_ASSIGN_OR_RETURN(PartialShape v, c.WithRank(i, 1));
  auto merged = MergeDims(v[0], *channels);
  if (!merged.ok()) {
    return InvalidArgument(
               fmt::format("cannot normalise {} channels by '{}' of shape {}", *channels, c.InputName(i), v.ToString()))
        .Help(fmt::format("'{}' has one element a channel; data_format tells which axis has the channels",
                          c.InputName(i)));
  }
  *channels = *merged;
  return {};
}

Status FusedBatchNormShape(ShapeContext& c) {
  const Layout layout(c.attr<std::string>("data_format"));
  WEIR_ASSIGN_OR_RETURN(PartialShape x, c.WithRank(0, layout.rank));
  Dim channels = x[layout.channel_axis];
  for (int i : {1, 2}) WEIR_RETURN_IF_ERROR(MergeChannels(c, i, &channels));
  const bool unused = c.attr<bool>("is_training") && c.attr<float>("exponential_avg_factor") == 1.0f;
  for (int i : {3, 4}) {  // statistics that are not used may also be empty
    WEIR_ASSIGN_OR_RETURN(PartialShape v, c.WithRank(i, 1));
    if (!unused || (Known(v[0]) && v[0] != 0)) WEIR_RETURN_IF_ERROR(MergeChannels(c, i, &channels));
  }
  x[layout.channel_axis] = channels;
  c.set_output(0, x);
  for (int i = 1; i < 5; ++i) c.set_output(i, {channels});
  if (c.num_outputs() == 6) c.set_output(5, PartialShape::Scalar());
  return {};
}

Status FusedBatchNormGradShape(ShapeContext& c) {
  const Layout layout(c.attr<std::string>("data_format"));
  WEIR_ASSIGN_OR_RETURN(PartialShape dy, c.WithRank(0, layout.rank));
  WEIR_ASSIGN_OR_RETURN(PartialShape x, c.WithRank(1, layout.rank));
  auto merged = MergeShapes(dy, x);
  if (!merged.ok()) {
    return InvalidArgument(fmt::format("cannot take y_backprop {} and x {}", c.Describe(0), c.Describe(1)))
        .Detail("they must have one shape");
  }
  Dim channels = (*merged)[layout.channel_axis];
  for (int i : {2, 3, 4}) WEIR_RETURN_IF_ERROR(MergeChannels(c, i, &channels));
  (*merged)[layout.channel_axis] = channels;
  c.set_output(0, *merged);
  c.set_output(1, {channels});
  c.set_output(2, {channels});
  c.set_output(3, {0});
  c.set_output(4, {0});
  return {};
}

// Images with the channels moved from axis 1 to the end, or back.
Output MoveChannels(Output x, int rank, bool to_end) {
  std::vector<int32_t> perm = {0};
  if (to_end) {
    for (int i = 2; i < rank; ++i) perm.push_back(i);
    perm.push_back(1);
  } else {
    perm.push_back(rank - 1);
    for (int i = 1; i < rank - 1; ++i) perm.push_back(i);
  }
  return Make("Transpose", {x, Tensor::Vector(perm)});
}

// Training: by the batch's statistics. Otherwise by the given ones, for which TensorFlow's gradient op wants NHWC.
Status FusedBatchNormGradient(GradContext& c, const char* grad_op) {
  const bool training = c.attr<bool>("is_training");
  std::string format = c.attr<std::string>("data_format");
  const Layout layout(format);
  const bool move = !training && layout.channel_axis == 1;
  Output x = c.input(0), dy = c.grad();
  if (move) {
    x = MoveChannels(x, layout.rank, true), dy = MoveChannels(dy, layout.rank, true);
    format = layout.rank == 4 ? "NHWC" : "NDHWC";
  }
  std::vector<Input> inputs = {dy, x, c.input(1), training ? c.output(3) : c.input(3),
                               training ? c.output(4) : c.input(4)};
  if (c.num_outputs() == 6) inputs.push_back(c.output(5));
  OutputList grads = MakeAll(
      grad_op, inputs, {{"epsilon", c.attr<float>("epsilon")}, {"data_format", format}, {"is_training", training}});
  if (grads.size() < 3) return {};
  c.set(0, move ? MoveChannels(grads[0], layout.rank, false) : grads[0]);
  c.set(1, grads[1]);
  c.set(2, grads[2]);
  return {};
}

// What the gradient op computes, of basic ops: {x_backprop, scale_backprop, offset_backprop}. When training, mean and
// variance are functions of x.
std::vector<Output> BatchNormGradByBasicOps(GradContext& c, Output dy, Output x, Output scale) {
  const Layout layout(c.attr<std::string>("data_format"));
  const DType dtype = x.dtype();
  std::vector<int32_t> axes, aligned(layout.rank, 1);
  for (int i = 0; i < layout.rank; ++i) {
    if (i != layout.channel_axis) axes.push_back(i);
  }
  aligned[layout.channel_axis] = -1;
  auto mean_of = [&](Output v) { return Make("Mean", {v, axes}, {{"keep_dims", true}}); };
  auto sum_of = [&](Output v) { return Make("Sum", {v, axes}); };
  auto align = [&](Output v) { return Make("Reshape", {v, aligned}); };
  auto widen = [&](Output v) { return v.dtype() == kFloat ? v : Make("Cast", {v}, {{"DstT", kFloat}}); };

  x = widen(x), dy = widen(dy);
  const bool training = c.attr<bool>("is_training");
  Output mean = training ? mean_of(x) : align(widen(c.input(3)));
  Output centred = Make("Sub", {x, mean});
  Output variance = training ? mean_of(Make("Square", {centred})) : align(widen(c.input(4)));
  Output precision = Make("Rsqrt", {Make("Add", {variance, c.attr<float>("epsilon")})});
  Output normalised = Make("Mul", {centred, precision}), weighted = Make("Mul", {dy, normalised});
  Output inner = dy;
  if (training) inner = Make("Sub", {Make("Sub", {dy, mean_of(dy)}), Make("Mul", {normalised, mean_of(weighted)})});
  Output dx = Make("Mul", {inner, Make("Mul", {precision, align(scale)})});
  if (dtype != kFloat) dx = Make("Cast", {dx}, {{"DstT", dtype}});
  return {dx, sum_of(weighted), sum_of(dy)};
}

Status FusedBatchNormGradGradient(GradContext& c) {
  // Copies of the inputs, so that only the paths through what is built here count.
  std::vector<Output> xs;
  for (int i : {0, 1, 2}) xs.push_back(Make("Identity", {c.input(i)}));
  std::vector<Output> results = BatchNormGradByBasicOps(c, xs[0], xs[1], xs[2]), ys;
  GradientOptions options{.name = "batch_norm"};
  for (int i = 0; i < 3; ++i) {
    if (c.has_grad(i)) ys.push_back(results[i]), options.grad_ys.push_back(c.grad(i));
  }
  if (ys.empty()) return {};
  WEIR_ASSIGN_OR_RETURN(std::vector<Grad> grads, GradientsOf(c.builder(), ys, xs, options));
  for (int i = 0; i < 3; ++i) c.set(i, grads[i]);
  return {};
}

// The V-th version's types and formats: x has type T, the parameters type `u`.
void AddFusedBatchNorm(OpRegistry& r, const std::string& version, const char* u, const char* t_types,
                       const char* u_types, const char* formats) {
  const std::string U(u), grad_op = "FusedBatchNormGrad" + version;
  const bool v3 = version == "V3";
  OpDef& op = r.Add("FusedBatchNorm" + version).Input("x: T");
  for (const char* name : {"scale: ", "offset: ", "mean: ", "variance: "}) op.Input(name + U);
  op.Output("y: T");
  for (const char* name : {"batch_mean: ", "batch_variance: ", "reserve_space_1: ", "reserve_space_2: "})
    op.Output(name + U);
  if (v3) op.Output("reserve_space_3: U");
  op.Attr(t_types);
  if (u_types) op.Attr(u_types);
  op.Attr("epsilon: float = 0.0001")
      .Attr("exponential_avg_factor: float = 1.0")
      .Attr(formats)
      .Attr("is_training: bool = true")
      .Doc(
          "Normalises each channel of images: y = (x − m) / √(v + epsilon) · scale + offset, where m and v are the "
          "batch's mean and (biased) variance when is_training, else the given mean and variance. batch_mean and "
          "batch_variance are the running statistics, (1 − f) · given + f · batch with f = exponential_avg_factor (f = "
          "1 uses no given ones, which may be empty) and the batch's variance unbiased; the given ones when not "
          "training. The reserve spaces hold m and v for the gradient.")
      .Shape(FusedBatchNormShape)
      .Gradient([grad_op](GradContext& c) { return FusedBatchNormGradient(c, grad_op.c_str()); });

  OpDef& grad = r.Add(grad_op).Input("y_backprop: T").Input("x: T").Input(u_types ? "scale: float" : "scale: T");
  grad.Input("reserve_space_1: " + U).Input("reserve_space_2: " + U);
  if (v3) grad.Input("reserve_space_3: U");
  grad.Output("x_backprop: T").Output("scale_backprop: " + U).Output("offset_backprop: " + U);
  grad.Output((v3 ? "reserve_space_4: " : "reserve_space_3: ") + U)
      .Output((v3 ? "reserve_space_5: " : "reserve_space_4: ") + U);
  grad.Attr(t_types);
  if (u_types) grad.Attr("U: {float}");
  grad.Attr("epsilon: float = 0.0001")
      .Attr(formats)
      .Attr("is_training: bool = true")
      .Doc(
          "The gradient of " + op.name() +
          " by x, scale and offset, from the mean and variance that it normalised by (reserve spaces 1 and 2). When "
          "training these depend on x, which the gradient takes into account. The last two outputs are empty.")
      .Shape(FusedBatchNormGradShape)
      .Gradient(FusedBatchNormGradGradient);
}

}  // namespace

void RegisterBatchNormOps(OpRegistry& r) {
  constexpr const char* formats = "data_format: {'NHWC', 'NCHW'} = 'NHWC'";
  AddFusedBatchNorm(r, "", "T", "T: {float}", nullptr, formats);
  AddFusedBatchNorm(r, "V2", "U", "T: {half, bfloat16, float}", "U: {float}", formats);
  AddFusedBatchNorm(r, "V3", "U", "T: {half, bfloat16, float}", "U: {bfloat16, float}",
                    "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'");
}

}  // namespace weir
