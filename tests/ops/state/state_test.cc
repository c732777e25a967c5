// Rows of variables and training ops.
#include "weir/ops/registry.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

const std::vector<OpRow>& StateRows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> r = {
        {"VarHandleOp", {}, {{"shape", Shape({2, 3})}, {"dtype", kDouble}}}, Swept("dtype", {"ReadVariableOp", {Handle({2, 3})}}),
        {"AssignVariableOp", {Handle({2, 3}), {2, 3}}}, {"AssignAddVariableOp", {Handle({2, 3}), {2, 3}}}, {"AssignSubVariableOp", {Handle({2, 3}), {2, 3}}},
        {"VarIsInitializedOp", {Handle({2, 3})}}, {"VariableShape", {Handle({2, 3})}}, {"IsVariableInitialized", {Reference({2, 3})}},
        Swept("dtype", {"ResourceGather", {Handle({4, 3}), Ints({2, 0, 2})}}), {"Assign", {Reference({2, 3}), {2, 3}}},
        {"AssignAdd", {Reference({2, 3}), {2, 3}}}, {"AssignSub", {Reference({2, 3}), {2, 3}}},
    };
    for (std::string kind : {"Add", "Sub", "Update"}) {
      r.push_back({"Scatter" + kind, {Reference({4, 3}), Ints({2, 0}), {2, 3}}});
      r.push_back({"ResourceScatter" + kind, {Handle({4, 3}), Ints({2, 0}), {2, 3}}});
    }
    r.push_back({"ResourceScatterMul", {Handle({4, 3}), Ints({2, 0}), {2, 3}}});
    return r;
  }();
  return rows;
}

// All training ops take slots like the variable, scalars and a gradient: their rows follow from their schemas.
const std::vector<OpRow>& TrainingRows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> r;
    for (const auto& [name, def] : AllOps().ops()) {
      bool resource = name.rfind("Resource", 0) == 0, sparse = name.find("SparseApply") != std::string::npos;
      if (name.rfind(resource ? "ResourceApply" : "Apply", 0) != 0 && !sparse) continue;
      OpRow row{name, {}};
      for (const ArgDef& arg : def.inputs()) {
        if (arg.type == kResource || arg.is_ref) {
          bool positive = arg.name != "var" && arg.name != "m" && arg.name != "mom" && arg.name != "linear" && arg.name != "mg";
          row.inputs.push_back((resource ? Handle : Reference)({4, 3}, positive ? 0.6 : -0.5, positive ? 1.5 : 0.5));
        } else if (arg.name == "indices") {
          row.inputs.push_back(Ints({2, 0}));
        } else if (arg.name == "global_step") {
          row.inputs.push_back(Long(3));
        } else if (arg.name == "grad" || arg.name == "delta") {
          row.inputs.push_back(sparse ? In({2, 3}) : In({4, 3}));
        } else {
          row.inputs.push_back(Elements({}, {arg.name == "lr_power" ? -0.5 : 0.25}));
        }
      }
      r.push_back(row);
    }
    return r;
  }();
  return rows;
}

}  // namespace weir::testing
