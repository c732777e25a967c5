// Ops between tensors and their messages: ParseTensor, SerializeTensor.
#include "weir/ops/parse/feature_shapes.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Status ParseTensorShape(ShapeContext& c) {
  WEIR_RETURN_IF_ERROR(RequireScalar(c, 0));
  return UnknownShape(c);
}

}  // namespace

void RegisterParseTensorOps(OpRegistry& r) {
  r.Add("ParseTensor")
      .Input("serialized: string").Output("output: out_type").Attr("out_type: type")
      .Doc("The tensor that a serialized TensorProto holds; an error if it is of another dtype.")
      .Shape(ParseTensorShape)
      .NoGradient(kParsed)
      .NoFlops();
  r.Add("SerializeTensor")
      .Input("tensor: T").Output("serialized: string").Attr("T: type")
      .Doc("A tensor as a serialized TensorProto.")
      .Shape(ScalarShape)
      .NoGradient("its output is a string")
      .NoFlops();
}

}  // namespace weir
