#include "weir/ops/random/draw_shapes.h"

#include <fmt/format.h>

#include "weir/ops/random/random.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

Result<PartialShape> ShapeToDraw(const ShapeContext& c) {
  if (const Tensor* sizes = c.constant(0)) {
    // A size of -1 is unknown only where the sizes themselves are.
    for (int64_t size : sizes->ToInts().value_or(std::vector<int64_t>())) {
      if (size < 0) return InvalidArgument(fmt::format("has the negative size {} in input 'shape'", size));
    }
  }
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, c.shape_from_input(0));
  if (shape.fully_known()) WEIR_RETURN_IF_ERROR(Shape::Make(shape.dims()).status());
  return shape;
}

Status DrawnShape(ShapeContext& c) {
  WEIR_ASSIGN_OR_RETURN(PartialShape shape, ShapeToDraw(c));
  c.set_output(0, std::move(shape));
  return {};
}

Status RequireSeed(const ShapeContext& c, int at) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape seed, c.WithRank(at, 1));
  if (Known(seed[0]) && seed[0] != 2) return InvalidArgument("needs a seed of two numbers, got " + c.Describe(at));
  return {};
}

Status RequireKey(const ShapeContext& c, int at) {
  WEIR_ASSIGN_OR_RETURN(const PartialShape key, c.WithRank(at, 1));
  WEIR_ASSIGN_OR_RETURN(const PartialShape counter, c.WithRank(at + 1, 1));
  if (Known(key[0]) && key[0] != 1) return InvalidArgument("needs a key [1], got " + c.Describe(at));
  if (counter[0] == 0 || counter[0] == 1) {
    return InvalidArgument("needs a counter of two numbers, got " + c.Describe(at + 1));
  }
  return RequireScalar(c, at + 2);
}

namespace ops {

Output AddSeeded(At g, std::string_view op, std::vector<Input> inputs, AttrMap attrs, std::optional<int64_t> seed,
                 const std::string& name) {
  Builder& b = *g.builder;
  std::string full = b.UniqueName(name);
  auto [s1, s2] = RandomSeeds(b, full, seed);
  attrs["seed"] = s1;
  attrs["seed2"] = s2;
  return b.Add(op, std::move(inputs), std::move(attrs), {.name = full + "/"}, g.loc);
}

Output Affine(Builder& b, Output samples, const Output& scale, const Output& offset) {
  Output scaled = b.Add("Mul", {samples, scale}, {}, {.name = "mul"});
  return b.Add("AddV2", {scaled, offset}, {}, {.name = b.scope()});
}

Output Parameter(Builder& b, const Input& value, DType dtype, const char* name) {
  if (!value.is_literal()) return value.output();
  auto tensor = value.literal().ToTensor(dtype);
  if (!tensor.ok()) {
    b.Fail(InvalidArgument(fmt::format("error[graph]: '{}{}': {}", b.scope(), name, tensor.status().message())));
    return {};
  }
  return b.Constant(*std::move(tensor), {.name = name});
}

}  // namespace ops
}  // namespace weir
