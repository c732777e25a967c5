// Kernels that take a box out of a tensor or put one back: each is one Move.
#include <fmt/format.h>

#include "weir/graph/base/slicing.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

Status PrepareSlice(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  std::vector<int64_t> begin = c.ints(1), size = c.ints(2);
  if (static_cast<int>(begin.size()) != s.rank() || static_cast<int>(size.size()) != s.rank()) {
    return InvalidArgument(
        fmt::format("cannot slice {} by {} begins and {} sizes", s.ToString(), begin.size(), size.size()));
  }
  Dims strides = RowMajorStrides(s);
  int64_t offset = 0;
  for (int i = 0; i < s.rank(); ++i) {
    size_t k = static_cast<size_t>(i);
    if (begin[k] < 0 || begin[k] > s[i] || size[k] < -1 || size[k] > s[i] - begin[k]) {
      return InvalidArgument(fmt::format("cannot slice axis {} of {}", i, s.ToString()))
          .Detail(fmt::format("begin {}, size {}", begin[k], size[k]));
    }
    if (size[k] == -1) size[k] = s[i] - begin[k];
    offset += begin[k] * strides[k];
  }
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, size));
  return SetMove(c, Move(size, strides, RowMajorStrides(c.output_shape(0)), offset));
}

Result<ResolvedSlice> Resolve(const PrepareContext& c, const Shape& shape, int first) {
  std::vector<int64_t> begin = c.ints(first), end = c.ints(first + 1), strides = c.ints(first + 2);
  if (begin.size() != end.size() || begin.size() != strides.size()) {
    return InvalidArgument("is given begin, end and strides of different lengths");
  }
  SliceMasks masks{c.attr<int64_t>("begin_mask"), c.attr<int64_t>("end_mask"), c.attr<int64_t>("ellipsis_mask"),
                   c.attr<int64_t>("new_axis_mask"), c.attr<int64_t>("shrink_axis_mask")};
  return ResolveSlice(shape, SliceEntries(begin.begin(), begin.end()), SliceEntries(end.begin(), end.end()),
                      SliceEntries(strides.begin(), strides.end()), masks);
}

// The taken box inside a tensor of shape `whole`.
struct Box {
  Dims dims, strides;
  int64_t offset = 0;
};
Box BoxIn(const Shape& whole, const ResolvedSlice& slice) {
  Box box;
  Dims strides = RowMajorStrides(whole);
  for (size_t i = 0; i < slice.axes.size(); ++i) {
    const ResolvedSlice::Axis& a = slice.axes[i];
    box.dims.push_back(a.size);
    box.strides.push_back(a.size > 1 ? strides[i] * a.stride : strides[i]);
    if (a.size > 0) box.offset += a.begin * strides[i];
  }
  return box;
}

// Row-major strides of the box itself.
Result<Dims> PackedStrides(const Box& box) {
  WEIR_ASSIGN_OR_RETURN(Shape s, Shape::Make(box.dims));
  return RowMajorStrides(s);
}

Status PrepareStridedSlice(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(ResolvedSlice slice, Resolve(c, c.input_shape(0), 1));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, slice.result.dims()));
  Box box = BoxIn(c.input_shape(0), slice);
  WEIR_ASSIGN_OR_RETURN(Dims packed, PackedStrides(box));
  return SetMove(c, Move(box.dims, box.strides, packed, box.offset));
}

Status PrepareStridedSliceGrad(PrepareContext& c) {
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, c.ints(0)));
  WEIR_ASSIGN_OR_RETURN(ResolvedSlice slice, Resolve(c, c.output_shape(0), 1));
  WEIR_ASSIGN_OR_RETURN(Shape want, Shape::Make(slice.result.dims()));
  if (!(want == c.input_shape(4))) {
    return InvalidArgument(fmt::format("is given a gradient of shape {}", c.input_shape(4).ToString()))
        .Detail(fmt::format("that slice of {} has shape {}", c.output_shape(0).ToString(), want.ToString()));
  }
  Box box = BoxIn(c.output_shape(0), slice);
  WEIR_ASSIGN_OR_RETURN(Dims packed, PackedStrides(box));
  WEIR_RETURN_IF_ERROR(FillBefore(c, 0));
  return SetMove(c, Move(box.dims, packed, box.strides, 0, box.offset), 4);
}

}  // namespace

void RegisterArraySliceKernels(KernelRegistry& r) {
  r.Add("Slice", PrepareSlice).NeedsValue({1, 2});
  r.Add("StridedSlice", PrepareStridedSlice).NeedsValue({1, 2, 3});
  r.Add("StridedSliceGrad", PrepareStridedSliceGrad).NeedsValue({0, 1, 2, 3});
}

}  // namespace weir
