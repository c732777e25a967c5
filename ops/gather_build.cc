// The building functions of gather ops that are more than a line.
#include "weir/ops/gather_ops.h"

namespace weir::ops {

namespace {
std::vector<Input> Joined(std::vector<Input> a, const std::vector<Input>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
std::pair<Output, Output> Two(const std::vector<Output>& o) { return o.size() == 2 ? std::pair(o[0], o[1]) : std::pair<Output, Output>(); }
}  // namespace

Output DynamicStitch(InputList indices, InputList data, const Name& name) {
  return Make("DynamicStitch", Joined(std::move(indices), data), {}, name);
}

Output ParallelDynamicStitch(InputList indices, InputList data, const Name& name) {
  return Make("ParallelDynamicStitch", Joined(std::move(indices), data), {}, name);
}

UniqueOutputs Unique(Input x, DType out_idx, const Name& name) {
  auto [y, idx] = Two(MakeAll("Unique", {x}, {{"out_idx", out_idx}}, name));
  return {y, idx};
}

SetDiffOutputs SetDiff1D(Input x, Input y, DType index_dtype, const Name& name) {
  auto [out, idx] = Two(MakeAll("ListDiff", {x, y}, {{"out_idx", index_dtype}}, name));
  return {out, idx};
}

}  // namespace weir::ops
