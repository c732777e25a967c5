// Cast: conversion to another dtype.
#include <utility>

#include "weir/ops/math/math.h"
#include "weir/ops/math/schema.h"

namespace weir {
namespace math {
namespace {

Status CastShape(ShapeContext& c) {
  c.set_output(0, c.input(0));
  const DType to = c.attr<DType>("DstT");
  const Dims* value = c.value(0);
  if (!value || !IsIndex(to) || !(IsIndex(c.input_dtype(0)) || c.input_dtype(0) == kBool)) return {};
  Dims result(value->size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = ToDim(At(c, 0, *value, i), to);
  c.set_output_value(0, std::move(result));
  return {};
}

Status CastGrad(GradContext& c) {
  const DType from = c.type_attr("SrcT"), to = c.type_attr("DstT");
  if ((IsFloating(from) || IsComplex(from)) && (IsFloating(to) || IsComplex(to))) c.set(0, ops::Cast(c.grad(), from));
  return {};
}

}  // namespace
}  // namespace math

void RegisterCastOps(OpRegistry& r) {
  r.Add("Cast")
      .Input("x: SrcT")
      .Output("y: DstT")
      .Attr("SrcT: type")
      .Attr("DstT: type")
      .Attr("Truncate: bool = false")
      .Doc("Converts to another dtype. From float to integer rounds towards zero; what is out of range, or NaN, gives "
           "the least int32 or int64 (or the low bits of it), as x86 processors do. To bool: whether x is not zero. "
           "Truncate cuts the bits a narrower float has no room for instead of rounding.")
      .Shape(math::CastShape)
      .Gradient(math::CastGrad);
}

}  // namespace weir

namespace weir::ops {

Output Cast(Input x, DType dtype, const Name& name) {
  if (x.output().valid() && x.dtype() == dtype) return x.output();
  return Make("Cast", {x}, {{"DstT", dtype}}, name);
}

}  // namespace weir::ops
