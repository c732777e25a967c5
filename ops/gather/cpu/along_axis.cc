// Kernels of Gather and GatherV2: rows of elements copied from where indices say. Indices are checked as they are read.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// Params seen as [batch, outer, size, inner], indices as [batch, count], the output as [batch, outer, count, inner].
struct GatherView {
  int64_t batch, outer, size, inner, count;
  DType index_type;
  Shape index_shape;
};

template <class T>
void RunGather(const GatherView& v, RunArgs& a) {
  const void* indices = a.in<void>(1);
  const T* params = a.in<T>(0);
  T* out = a.out<T>(0);
  auto [begin, end] = a.Range();
  for (int64_t row = begin; row < end; ++row) {
    int64_t slab = row / v.count;  // of batch and outer
    int64_t at = slab / v.outer * v.count + row % v.count;
    int64_t index = IntegerAt(indices, v.index_type, at);
    if (index < 0 || index >= v.size) {
      return a.Fail(OutOfRange(fmt::format("has indices{} = {}, which is not in [0, {})",
                                           PositionText(v.index_shape, at), index, v.size)));
    }
    std::copy_n(params + (slab * v.size + index) * v.inner, v.inner, out + row * v.inner);
  }
}

Status PrepareGatherAlong(PrepareContext& c, int64_t axis_given, int64_t batch_dims) {
  const Shape &params = c.input_shape(0), &indices = c.input_shape(1);
  WEIR_ASSIGN_OR_RETURN(int axis, CheckedAxis(axis_given, params.rank()));
  if (batch_dims < 0) batch_dims += indices.rank();
  if (batch_dims < 0 || batch_dims > indices.rank() || batch_dims > axis) {
    return InvalidArgument(
        fmt::format("has batch_dims {} for indices {} and axis {}", batch_dims, indices.ToString(), axis));
  }
  int batch = static_cast<int>(batch_dims);
  for (int i = 0; i < batch; ++i) {
    if (params[i] != indices[i]) {
      return InvalidArgument(fmt::format("cannot gather from {} by indices {}: batch axis {} differs",
                                         params.ToString(), indices.ToString(), i));
    }
  }
  Dims dims(params.dims().begin(), params.dims().begin() + axis);
  dims.insert(dims.end(), indices.dims().begin() + batch, indices.dims().end());
  dims.insert(dims.end(), params.dims().begin() + axis + 1, params.dims().end());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  const Shape& out = c.output_shape(0);
  int tail = axis + indices.rank() - batch;  // the output's first axis after the gathered ones
  // Sizes are the output's: params may be empty along the axis itself, and then every index is out of range.
  GatherView v{ElementsOf(out, 0, batch), ElementsOf(out, batch, axis), params[axis], ElementsOf(out, tail, out.rank()),
               ElementsOf(out, axis, tail), c.input_dtype(1), indices};
  if (out.num_elements() == 0) v.count = 0;  // nothing is read; as TensorFlow, no index is checked then
  c.ParallelOver(v.batch * v.outer * v.count, 2 + MoveCost(c.output_dtype(0)) * double(v.inner));
  return ForElement(c.output_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([v](RunArgs& a) { RunGather<T>(v, a); });
  });
}

Status PrepareGather(PrepareContext& c) { return PrepareGatherAlong(c, 0, 0); }

Status PrepareGatherV2(PrepareContext& c) {
  std::vector<int64_t> axis = c.ints(2);
  if (axis.size() != 1) return InvalidArgument("wants a scalar axis");
  return PrepareGatherAlong(c, axis[0], c.attr<int64_t>("batch_dims"));
}

}  // namespace

void RegisterGatherAlongAxisKernels(KernelRegistry& r) {
  r.Add("Gather", PrepareGather);
  r.Add("GatherV2", PrepareGatherV2).NeedsValue({2});
}

}  // namespace weir
