// The building functions of gather ops that are more than a line.
#include "weir/ops/gather/gather.h"

namespace weir::ops {

namespace {
std::vector<Input> Joined(std::vector<Input> a, const std::vector<Input>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
}  // namespace

Output DynamicStitch(InputList indices, InputList data, const Name& name) {
  return Make("DynamicStitch", Joined(std::move(indices), data), {}, name);
}

Output ParallelDynamicStitch(InputList indices, InputList data, const Name& name) {
  return Make("ParallelDynamicStitch", Joined(std::move(indices), data), {}, name);
}

UniqueOutputs Unique(Input x, DType out_idx, const Name& name) {
  OutputList r = MakeAll("Unique", {x}, {{"out_idx", out_idx}}, name);
  return {r[0], r[1]};
}

SetDiffOutputs SetDiff1D(Input x, Input y, DType index_dtype, const Name& name) {
  OutputList r = MakeAll("ListDiff", {x, y}, {{"out_idx", index_dtype}}, name);
  return {r[0], r[1]};
}

}  // namespace weir::ops
