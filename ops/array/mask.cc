// Masks: of sequences by their lengths, and what a mask selects.
#include <fmt/format.h>

#include "weir/ops/array/array.h"
#include "weir/ops/gather/gather.h"
#include "weir/ops/math/math.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/shape_helpers.h"

namespace weir::ops {

Output SequenceMask(Input lengths, const SequenceMaskOptions& o) {
  if (!lengths.output().valid()) return {};
  Builder* b = Builder::Innermost(lengths.builder());
  auto at = b->At(lengths.loc());
  auto scope = b->NameScope(o.name.empty() ? "sequence_mask" : o.name);
  const DType dtype = BaseType(lengths.dtype());
  Output size = o.maxlen ? AsOutput(*b, *o.maxlen, dtype) : Make("Maximum", {ReduceMax(lengths), 0});
  if (!size.valid()) return {};
  size = Cast(size, dtype);
  Output mask = Less(Range(Make("ZerosLike", {size}), size, Make("OnesLike", {size})), ExpandDims(lengths, -1));
  return o.dtype == kBool ? mask : Cast(mask, o.dtype);
}

Output BooleanMask(Input tensor, Input mask, const BooleanMaskOptions& o) {
  Builder* b = BuilderOf({tensor, mask});
  if (!b) return {};
  auto at = b->At(tensor.loc());
  auto scope = b->NameScope(o.name.empty() ? "boolean_mask" : o.name);
  Output x = AsOutput(*b, tensor, DType::kInvalid), m = AsOutput(*b, mask, kBool);
  if (!x.valid() || !m.valid()) return {};
  const PartialShape s = x.shape(), wanted = m.shape();
  auto fail = [&](const std::string& why) {
    b->Fail(InvalidArgument(fmt::format("error[shape]: a boolean mask {} of {} along axis {}: {}", wanted.ToString(),
                                        s.ToString(), o.axis, why)));
    return Output();
  };
  if (!wanted.known_rank() || wanted.rank() == 0) return fail("the mask's rank must be known, and not 0");
  auto axis = s.known_rank() ? NormalizeAxis(o.axis, s.rank())
              : o.axis >= 0  ? std::optional<int>(o.axis)
                             : std::nullopt;
  if (!axis) return fail("there is no such axis, or the rank must be known");
  if (s.known_rank() && *axis + wanted.rank() > s.rank()) return fail("the mask has too many axes");
  for (int i = 0; s.known_rank() && i < wanted.rank(); ++i) {
    if (!MergeDims(s[*axis + i], wanted[i]).ok()) return fail("the sizes differ");
  }
  // The masked axes as one.
  if (wanted.rank() > 1) {
    Output shape = ShapeOf(x);
    Output front = Slice(shape, {0}, std::vector<int32_t>{*axis}),
           behind = Slice(shape, std::vector<int32_t>{*axis + wanted.rank()}, {-1});
    x = Reshape(x, Concat({front, Size(m, kInt32) * std::vector<int32_t>{1}, behind}, 0));
    m = Reshape(m, {-1});
  }
  return Gather(x, Squeeze(Where(m), {1}), {.axis = *axis});
}

}  // namespace weir::ops
