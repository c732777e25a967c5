// Optionals: tensors or none, as TensorFlow 2's branches hand them to their gradients and iterators give them. One of a
// single tensor is a list of one item.
#include "weir/graph/gradients.h"
#include "weir/ops/list/element_shape.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

Status FromValueShape(ShapeContext& c) {
  if (c.num_inputs() != 1) return ScalarShape(c);
  return GiveList(c, 0, c.input_dtype(0), c.input(0));
}

Status GetValueShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  const auto shapes = c.attr<AttrList>("output_shapes").shape;
  if (static_cast<int>(shapes.size()) != c.num_outputs())
    return InvalidArgument("has other numbers of output_types and output_shapes");
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, shapes[static_cast<size_t>(i)]);
  if (c.num_outputs() != 1 || c.handle_dtype(0) == DType::kInvalid) return {};
  auto shape = MergeShapes(c.handle_shape(0), shapes[0]);
  if (shape.ok()) c.set_output(0, *shape);
  return {};
}

Status HasValueShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return ScalarShape(c);
}

Status FromValueGrad(GradContext& c) {
  std::vector<PartialShape> shapes;
  std::vector<DType> types;
  for (int i = 0; i < c.num_inputs(); ++i) shapes.push_back(c.input(i).shape()), types.push_back(c.input(i).dtype());
  OutputList parts = MakeAll("OptionalGetValue", {c.grad()}, {{"output_types", types}, {"output_shapes", shapes}});
  for (int i = 0; i < c.num_inputs(); ++i) c.set(i, parts[i]);
  return {};
}

Status GetValueGrad(GradContext& c) {
  std::vector<Input> parts;
  for (int i = 0; i < c.num_outputs(); ++i) parts.push_back(c.grad(i));
  c.set(0, Make("OptionalFromValue", std::move(parts)));
  return {};
}

}  // namespace

void RegisterOptionalOps(OpRegistry& r) {
  r.Add("OptionalFromValue")
      .Input("components: Toutput_types").Output("optional: variant").Attr("Toutput_types: list(type) >= 1")
      .Doc("The components as an optional.")
      .Shape(FromValueShape).NoFlops()
      .Gradient(FromValueGrad);
  r.Add("OptionalNone")
      .Output("optional: variant")
      .Doc("An optional without a value.")
      .Shape(ScalarShape).NoFlops()
      .NoGradient("its output depends on nothing");
  r.Add("OptionalGetValue")
      .Input("optional: variant").Output("components: output_types")
      .Attr("output_types: list(type) >= 1").Attr("output_shapes: list(shape) >= 1")
      .Doc("The value of an optional; an error if it has none.")
      .Shape(GetValueShape).NoFlops()
      .Gradient(GetValueGrad);
  r.Add("OptionalHasValue")
      .Input("optional: variant").Output("has_value: bool")
      .Doc("Whether an optional has a value.")
      .Shape(HasValueShape).NoFlops()
      .NoGradient("its output is no number");
}

}  // namespace weir
