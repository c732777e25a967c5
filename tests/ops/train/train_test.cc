// Rows of the training ops.
#include "weir/graph/op_def.h"
#include "weir/ops/registry.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

// All training ops take slots like the variable, scalars and a gradient: their rows follow from their schemas.
std::vector<OpRow> TrainRows() {
  std::vector<OpRow> rows;
  for (const auto& [name, def] : AllOps().ops()) {
    bool resource = name.rfind("Resource", 0) == 0, sparse = name.find("SparseApply") != std::string::npos;
    if (name.rfind(resource ? "ResourceApply" : "Apply", 0) != 0 && !sparse) continue;
    OpRow row{name, {}};
    for (const ArgDef& arg : def.inputs()) {
      if (arg.type == kResource || arg.is_ref) {
        bool positive = arg.name != "var" && arg.name != "m" && arg.name != "mom" && arg.name != "linear" &&
                        arg.name != "mg";
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
    rows.push_back(row);
  }
  return rows;
}

}  // namespace weir::testing
