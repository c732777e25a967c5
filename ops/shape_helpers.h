// What shape functions of several families read from small integer inputs (axes, sizes, begins) and check of them.
#pragma once

#include <optional>
#include <vector>

#include "weir/graph/base/slicing.h"
#include "weir/graph/builder.h"
#include "weir/graph/infer.h"

namespace weir {

// The elements of integer input i, each known or not; nullopt when not even their number is known. Unlike
// ShapeContext::value it tells a constant's negative number (kept) from an unknown or symbolic size (empty).
std::optional<SliceEntries> Elements(const ShapeContext& c, int i);
// All elements of integer input i, or nullopt.
std::optional<std::vector<int64_t>> KnownElements(const ShapeContext& c, int i);
// The elements of integer input i as sizes to hand on with set_output_value: a constant's negative numbers are unknown.
std::optional<Dims> SizeElements(const ShapeContext& c, int i);

// Input i is a scalar / a vector, as far as is known.
Status RequireScalar(const ShapeContext& c, int i);
Status RequireVector(const ShapeContext& c, int i);

// An axis that may count from the end, within `rank`; the error names `what`.
Result<int> AxisWithin(int64_t axis, int rank, const char* what = "axis");

// Sets the output's value when the output is an integer tensor.
void PropagateValue(ShapeContext& c, int output, std::optional<Dims> value);

// ---- for gradient and building functions
// The integers of a constant endpoint, or nullopt.
std::optional<std::vector<int64_t>> ConstantInts(const Graph& g, Endpoint e);
std::optional<int64_t> ConstantInt(const Graph& g, Endpoint e);
// An argument as an Output in `b`: a literal as a constant of `dtype` (kInvalid: by its look). Invalid, with an error
// kept, for a literal that does not fit.
Output AsOutput(Builder& b, const Input& x, DType dtype);
// Whether both have the same, fully or symbolically known shape.
bool SameShape(const PartialShape& a, const PartialShape& b);

}  // namespace weir
