// What the shape functions, gradients and building functions of random ops share.
#pragma once

#include <optional>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"

namespace weir {

// The shape that input 0 tells. An error where a size is negative or there are too many elements.
Result<PartialShape> ShapeToDraw(const ShapeContext& c);
// Output 0 has it.
Status DrawnShape(ShapeContext& c);

// What inputs from `at` on say of a stateless op's generator: a seed [2]; or a key [1], a counter [2] and a scalar.
Status RequireSeed(const ShapeContext& c, int at);
Status RequireKey(const ShapeContext& c, int at);

namespace ops {

// Adds a random op under its full name, which the seeds depend on.
Output AddSeeded(At g, std::string_view op, std::vector<Input> inputs, AttrMap attrs, std::optional<int64_t> seed,
                 const std::string& name);
// A parameter of a distribution as an Output: a literal as a constant of `dtype` within the scope.
Output Parameter(Builder& b, const Input& value, DType dtype, const char* name);
// samples * scale + offset, where the last node carries the scope's name.
Output Affine(Builder& b, Output samples, const Output& scale, const Output& offset);

}  // namespace ops
}  // namespace weir
