// Ops that bring values into a graph or hand them through: Const, placeholders, Identity and its kin, Fill, ZerosLike.
#include <fmt/format.h>

#include "weir/graph/gradients.h"
#include "weir/ops/array/array.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status ConstShape(ShapeContext& c) {
  const AttrValue* v = c.def().Value(c.attrs(), "value");
  const Tensor* t = v ? v->get<Tensor>() : nullptr;
  if (!t || !t->valid()) return InvalidArgument("has no value");
  if (t->dtype() != c.attr<DType>("dtype")) {
    return InvalidArgument(fmt::format("has attribute 'dtype' = {} but a value of {}",
                                       DTypeName(c.attr<DType>("dtype")), DTypeName(t->dtype())));
  }
  c.set_output(0, t->shape());
  return {};
}

Status PlaceholderShape(ShapeContext& c) {
  c.set_output(0, c.attr<PartialShape>("shape"));
  return {};
}

// What is fed may have any shape that the attribute admits; the default must be one of them.
Status PlaceholderWithDefaultShape(ShapeContext& c) {
  auto shape = c.attr<PartialShape>("shape");
  auto merged = MergeShapes(c.input(0), shape);
  if (!merged.ok()) {
    return InvalidArgument(
        fmt::format("has a default of {}, which its shape {} does not admit", c.Describe(0), shape.ToString()));
  }
  c.set_output(0, shape);
  return {};
}

Status EnsureShapeShape(ShapeContext& c) {
  const auto shape = c.attr<PartialShape>("shape");
  auto merged = MergeShapes(c.input(0), shape);
  if (!merged.ok())
    return InvalidArgument(fmt::format("is given {}, which is not of shape {}", c.Describe(0), shape.ToString()));
  c.set_output(0, *std::move(merged));
  return {};
}

Status EnsureShapeGrad(GradContext& c) {
  c.set(0, Make("EnsureShape", {c.grad()}, c.attrs({"shape"})));
  return {};
}

Status FillShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireVector(c, 0));
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 1));
  if (auto dims = KnownElements(c, 0)) {
    for (int64_t d : *dims) {
      if (d < 0) return InvalidArgument(fmt::format("cannot fill a tensor with an axis of size {}", d));
    }
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, c.shape_from_input(0));
  auto n = shape.num_elements();
  if (n && *n <= kMaxValueElements) {
    if (auto v = c.scalar(1)) c.set_output_value(0, Dims(static_cast<size_t>(*n), std::max<int64_t>(*v, kUnknownDim)));
  }
  c.set_output(0, std::move(shape));
  return {};
}

// The same number in every element.
ShapeFn LikeWithValue(int64_t value) {
  return [value](ShapeContext& c) -> Status {
    c.set_output(0, c.input(0));
    if (c.input_dtype(0) == kVariant) c.PassHandle(0, 0);
    auto n = c.input(0).num_elements();
    if (IsInteger(c.input_dtype(0)) && n && *n <= kMaxValueElements)
      c.set_output_value(0, Dims(static_cast<size_t>(*n), value));
    return {};
  };
}

Status PassGrad(GradContext& c) {
  c.set(0, c.raw_grad(0));
  return {};
}

Status IdentityNGrad(GradContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.has_grad(i)) c.set(i, c.raw_grad(i));
  }
  return {};
}

Status PreventGradientGrad(GradContext& c) {
  auto message = c.attr<std::string>("message");
  return InvalidArgument("refuses to be differentiated" + (message.empty() ? "" : ": " + message));
}

Status CheckNumericsGrad(GradContext& c) {
  std::string message =
      "Not a number (NaN) or infinity (Inf) values detected in gradient. " + c.attr<std::string>("message");
  c.set(0, Make("CheckNumerics", {c.grad()}, {{"message", message}}));
  return {};
}

Status FillGrad(GradContext& c) {
  Output axes = Make("Range", {0, Make("Rank", {c.grad()}), 1});
  c.set(1, Make("Sum", {c.grad(), axes}));
  return {};
}

void AddSources(OpRegistry& r) {
  r.Add("Const")
      .Output("output: dtype").Attr("value: tensor").Attr("dtype: type")
      .Doc("The tensor of attribute `value`.")
      .Shape(ConstShape)
      .CompiledAway()
      .NoGradient("a constant depends on nothing");
  r.Add("Placeholder")
      .Output("output: dtype").Attr("dtype: type").Attr("shape: shape = ?")
      .Doc("A tensor that is fed when the graph runs. `shape` is what is known of it; unknown axes take any size.")
      .Shape(PlaceholderShape)
      .Fed().CompiledAway()
      .NoGradient("a fed tensor depends on nothing");
  r.Add("PlaceholderV2")
      .Output("output: dtype").Attr("dtype: type").Attr("shape: shape")
      .Doc("A tensor that is fed when the graph runs; an older form of Placeholder with a required shape.")
      .Shape(PlaceholderShape)
      .Fed().CompiledAway()
      .NoGradient("a fed tensor depends on nothing");
  r.Add("PlaceholderWithDefault")
      .Input("input: dtype").Output("output: dtype").Attr("dtype: type").Attr("shape: shape")
      .Doc("`input`, unless another tensor is fed in its place.")
      .Shape(PlaceholderWithDefaultShape)
      .Fed()
      .Gradient(PassGrad);
}

void AddPassing(OpRegistry& r) {
  r.Add("Identity")
      .Input("input: T").Output("output: T").Attr("T: type")
      .Doc("The input, unchanged.")
      .Shape(AllUnchanged).NoFlops()
      .HandsOn()
      .Gradient(PassGrad);
  r.Add("IdentityN")
      .Input("input: T").Output("output: T").Attr("T: list(type) >= 1")
      .Doc("The inputs, unchanged, in order.")
      .Shape(AllUnchanged)
      .Gradient(IdentityNGrad);
  r.Add("Snapshot")
      .Input("input: T").Output("output: T").Attr("T: type")
      .Doc("The input as it is now.")
      .Shape(AllUnchanged)
      .Gradient(PassGrad);
  r.Add("EnsureShape")
      .Input("input: T").Output("output: T").Attr("shape: shape").Attr("T: type")
      .Doc("The input, unchanged; an error when it is not of this shape, whose sizes may be unknown.")
      .Shape(EnsureShapeShape).NoFlops()
      .Gradient(EnsureShapeGrad);
  r.Add("StopGradient")
      .Input("input: T").Output("output: T").Attr("T: type")
      .Doc("The input, unchanged; for differentiation a constant.")
      .Shape(AllUnchanged).NoFlops()
      .NoGradient("it is there to stop gradients");
  r.Add("PreventGradient")
      .Input("input: T").Output("output: T").Attr("T: type").Attr("message: string = ''")
      .Doc("The input, unchanged; differentiating through it is an error that shows `message`.")
      .Shape(AllUnchanged)
      .Gradient(PreventGradientGrad);
  r.Add("CheckNumerics")
      .Input("tensor: T").Output("output: T").Attr("T: {bfloat16, half, float, double}").Attr("message: string")
      .Doc("The input, unchanged; an error that shows `message` when an element is NaN or infinite.")
      .Shape(UnchangedShape)
      .Gradient(CheckNumericsGrad)
      .Stateful();
}

}  // namespace

void RegisterArrayBasicOps(OpRegistry& r) {
  AddSources(r);
  AddPassing(r);
  r.Add("Fill")
      .Input("dims: index_type").Input("value: T").Output("output: T")
      .Attr("T: type").Attr("index_type: {int32, int64} = int32")
      .Doc("A tensor of shape `dims` with the scalar `value` in every element.")
      .SizedByFirst().Shape(FillShape).NoFlops()
      .Gradient(FillGrad);
  r.Add("ZerosLike")
      .Input("x: T").Output("y: T").Attr("T: type")
      .Doc("Zeros (empty strings, false) in the shape of x.")
      .Shape(LikeWithValue(0)).NoFlops()
      .ShapeOnly()
      .NoGradient("its output does not depend on the input's values");
  r.Add("OnesLike")
      .Input("x: T")
      .Output("y: T")
      .Attr("T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, int64, uint64, complex64, "
            "complex128, bool}")
      .Doc("Ones (true) in the shape of x.")
      .Shape(LikeWithValue(1))
      .NoFlops()
      .ShapeOnly()
      .NoGradient("its output does not depend on the input's values");
}

// ---- building functions

namespace ops {

Output Constant(At g, Literal value, DType dtype, const Name& name) {
  auto tensor = value.ToTensor(dtype);
  if (!tensor.ok()) {
    g.builder->Fail(InvalidArgument("error[graph]: a constant " + tensor.status().message())
                        .Detail(g.loc ? "at " + g.loc.ToString() : ""));
    return {};
  }
  return g.builder->Constant(*std::move(tensor), {.name = name.name.empty() ? "Const" : name.name}, g.loc);
}

namespace {
Output Filled(At g, Input shape, DType dtype, int value, const Name& name, const char* default_name) {
  const Name chosen{name.name.empty() ? default_name : name.name};
  return g.builder->Add("Fill", {shape, value}, {{"T", dtype}}, chosen, g.loc);
}
}  // namespace

Output Zeros(At g, Input shape, DType dtype, const Name& name) {
  return Filled(g, std::move(shape), dtype, 0, name, "zeros");
}
Output Ones(At g, Input shape, DType dtype, const Name& name) {
  return Filled(g, std::move(shape), dtype, 1, name, "ones");
}

}  // namespace ops
}  // namespace weir
