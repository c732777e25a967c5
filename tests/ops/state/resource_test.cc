// Rows of ops on variables by handle.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ResourceRows() {
  std::vector<OpRow> rows = {
      {"VarHandleOp", {}, {{"shape", Shape({2, 3})}, {"dtype", kDouble}}},
      Swept("dtype", {"ReadVariableOp", {Handle({2, 3})}}),
      {"AssignVariableOp", {Handle({2, 3}), {2, 3}}},
      {"AssignAddVariableOp", {Handle({2, 3}), {2, 3}}},
      {"AssignSubVariableOp", {Handle({2, 3}), {2, 3}}},
      NeverEmpty(OfType(kInt32, Swept("T", {"ResourceCountUpTo", {Handle({})}, {{"limit", 100}}}))),
      {"DisableCopyOnRead", {Handle({2, 3})}},
      WorksUnset({"VarIsInitializedOp", {Handle({2, 3})}}),
      WorksUnset({"VariableShape", {Handle({2, 3})}}),
      Swept("dtype", {"ResourceGather", {Handle({4, 3}), Ints({2, 0, 2})}}),
  };
  for (const char* op : {"ResourceScatterAdd", "ResourceScatterSub", "ResourceScatterUpdate", "ResourceScatterMul",
                         "ResourceScatterMax"}) {
    rows.push_back({op, {Handle({4, 3}), Ints({2, 0}), {2, 3}}});
  }
  return rows;
}

}  // namespace weir::testing
