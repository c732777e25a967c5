// Kernels that join tensors along an axis and cut them apart: one run of elements for each place along the axes before
// it.
#include <fmt/format.h>

#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using namespace kernels;

// A part seen as [outer, run]: rows of `run` elements, `stride` apart in the joined tensor, from element `offset` on.
struct Rows {
  int64_t outer, run, stride, offset;
};

Move PartToWhole(const Rows& r) { return Move({r.outer, r.run}, {r.run, 1}, {r.stride, 1}, 0, r.offset); }
Move WholeToPart(const Rows& r) { return Move({r.outer, r.run}, {r.stride, 1}, {r.run, 1}, r.offset, 0); }

// Joins inputs [first, first + n), whose axis `at` has sizes[i] elements there.
Status SetJoin(PrepareContext& c, int first, int n, int at, const std::vector<int64_t>& sizes) {
  const Shape& out = c.output_shape(0);
  int64_t outer = ElementsOf(out, 0, at),
          inner = out.num_elements() == 0 ? 0 : ElementsOf(out, at, out.rank()) / out[at];
  std::vector<OperandMove> moves;
  int64_t offset = 0;
  for (int i = 0; i < n; ++i) {
    int64_t run = sizes[static_cast<size_t>(i)] * inner;
    moves.push_back({first + i, 0, PartToWhole({outer, run, outer == 0 ? 0 : out.num_elements() / outer, offset})});
    offset += run;
  }
  return SetMoves(c, c.output_dtype(0), std::move(moves));
}

// Cuts input `in` along axis `at` into outputs of sizes[i] elements there.
Status SetCut(PrepareContext& c, int in, int at, const std::vector<int64_t>& sizes) {
  const Shape& s = c.input_shape(in);
  int64_t outer = ElementsOf(s, 0, at), inner = s.num_elements() == 0 ? 0 : ElementsOf(s, at, s.rank()) / s[at];
  std::vector<OperandMove> moves;
  int64_t offset = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    int64_t run = sizes[i] * inner;
    moves.push_back(
        {in, static_cast<int>(i), WholeToPart({outer, run, outer == 0 ? 0 : s.num_elements() / outer, offset})});
    offset += run;
  }
  return SetMoves(c, c.input_dtype(in), std::move(moves));
}

Status PrepareConcatOf(PrepareContext& c, int first, int n, int axis_input) {
  std::vector<int64_t> axis = c.ints(axis_input);
  if (axis.size() != 1) return InvalidArgument("wants one axis to concatenate along");
  const Shape& s = c.input_shape(first);
  if (s.rank() == 0) return InvalidArgument("cannot concatenate scalars");
  WEIR_ASSIGN_OR_RETURN(int at, CheckedAxis(axis[0], s.rank()));
  std::vector<int64_t> sizes;
  int64_t sum = 0;
  for (int i = first; i < first + n; ++i) {
    const Shape& part = c.input_shape(i);
    bool fits = part.rank() == s.rank();
    for (int a = 0; fits && a < s.rank(); ++a) fits = a == at || part[a] == s[a];
    if (!fits)
      return InvalidArgument(
          fmt::format("cannot concatenate {} and {} along axis {}", s.ToString(), part.ToString(), at));
    sizes.push_back(part[at]);
    if (!CheckedAdd(sum, part[at], &sum)) return ResourceExhausted("joins axes whose sizes overflow");
  }
  Dims dims = s.dims();
  dims[static_cast<size_t>(at)] = sum;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  return SetJoin(c, first, n, at, sizes);
}

Status PrepareConcat(PrepareContext& c) { return PrepareConcatOf(c, 1, c.num_inputs() - 1, 0); }
Status PrepareConcatV2(PrepareContext& c) { return PrepareConcatOf(c, 0, c.num_inputs() - 1, c.num_inputs() - 1); }

Status SetParts(PrepareContext& c, int in, int at, const std::vector<int64_t>& sizes) {
  Dims dims = c.input_shape(in).dims();
  for (size_t i = 0; i < sizes.size(); ++i) {
    dims[static_cast<size_t>(at)] = sizes[i];
    WEIR_RETURN_IF_ERROR(c.set_output_dims(static_cast<int>(i), dims));
  }
  return SetCut(c, in, at, sizes);
}

Status PrepareSplit(PrepareContext& c) {
  std::vector<int64_t> axis = c.ints(0);
  if (axis.size() != 1) return InvalidArgument("wants a scalar 'split_dim'");
  const Shape& s = c.input_shape(1);
  WEIR_ASSIGN_OR_RETURN(int at, CheckedAxis(axis[0], s.rank(), "split_dim"));
  int64_t n = c.num_outputs();
  if (n < 1 || s[at] % n != 0) {
    return InvalidArgument(fmt::format("cannot split axis {} of {} into {} equal parts", at, s.ToString(), n));
  }
  return SetParts(c, 1, at, std::vector<int64_t>(static_cast<size_t>(n), s[at] / n));
}

Status PrepareSplitV(PrepareContext& c) {
  std::vector<int64_t> sizes = c.ints(1), axis = c.ints(2);
  if (axis.size() != 1) return InvalidArgument("wants a scalar 'split_dim'");
  if (static_cast<int>(sizes.size()) != c.num_outputs()) {
    return InvalidArgument(fmt::format("is given {} sizes for its {} outputs", sizes.size(), c.num_outputs()));
  }
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(int at, CheckedAxis(axis[0], s.rank(), "split_dim"));
  int64_t sum = 0, *open = nullptr;
  for (int64_t& size : sizes) {
    if (size < -1 || (size == -1 && open))
      return InvalidArgument(fmt::format("is given the size {}", size))
          .Detail("one size may be -1, all others are at least 0");
    if (size == -1) {
      open = &size;
    } else if (!CheckedAdd(sum, size, &sum)) {
      return InvalidArgument("is given sizes whose sum overflows");
    }
  }
  if (open ? sum > s[at] : sum != s[at]) {
    return InvalidArgument(
        fmt::format("cannot split axis {} of {} into parts of {} elements in all", at, s.ToString(), sum));
  }
  if (open) *open = s[at] - sum;
  return SetParts(c, 0, at, sizes);
}

Status PreparePack(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(int at, CheckedAxis(c.attr<int64_t>("axis"), s.rank() + 1));
  for (int i = 1; i < c.num_inputs(); ++i) {
    if (!(c.input_shape(i) == s)) {
      return InvalidArgument(fmt::format("cannot stack {} and {}", s.ToString(), c.input_shape(i).ToString()));
    }
  }
  Dims dims = s.dims();
  dims.insert(dims.begin() + at, c.num_inputs());
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  return SetJoin(c, 0, c.num_inputs(), at, std::vector<int64_t>(static_cast<size_t>(c.num_inputs()), 1));
}

Status PrepareUnpack(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  if (s.rank() == 0) return InvalidArgument("cannot unstack a scalar");
  WEIR_ASSIGN_OR_RETURN(int at, CheckedAxis(c.attr<int64_t>("axis"), s.rank()));
  if (s[at] != c.num_outputs()) {
    return InvalidArgument(
        fmt::format("cannot unstack axis {} of {} into {} tensors", at, s.ToString(), c.num_outputs()));
  }
  Dims dims = s.dims();
  dims.erase(dims.begin() + at);
  for (int i = 0; i < c.num_outputs(); ++i) WEIR_RETURN_IF_ERROR(c.set_output_dims(i, dims));
  return SetCut(c, 0, at, std::vector<int64_t>(static_cast<size_t>(c.num_outputs()), 1));
}

}  // namespace

void RegisterArrayJoinKernels(KernelRegistry& r) {
  r.Add("Concat", PrepareConcat).NeedsValue({0}).Joins();
  r.Add("ConcatV2", PrepareConcatV2).NeedsValueFrom(-1).Joins();
  r.Add("Split", PrepareSplit).NeedsValue({0});
  r.Add("SplitV", PrepareSplitV).NeedsValue({1, 2});
  r.Add("Pack", PreparePack).Joins();
  r.Add("Unpack", PrepareUnpack);
}

}  // namespace weir
