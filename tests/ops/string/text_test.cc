// Rows of ops on text.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> TextRows() {
  return {
      {"AsString", {{2, 3}}},
      OfType(kFloat, {"AsString", {{2, 3}}, {{"precision", 3}, {"width", 9}, {"fill", "0"}}}),
      {"StringJoin", {Tensor::Vector(std::vector<std::string>{"a", "b"}), Text("c")}, {{"separator", "-"}}},
      {"StringJoin", {Tensor::Zeros(kString, {0}), Text("c")}},
      Swept("out_type", {"StringToNumber", {Tensor::Zeros(kString, {0})}}),
      Swept("out_type", {"StringToNumber", {Tensor::Vector(std::vector<std::string>{"1", "25"})}}),
  };
}

}  // namespace weir::testing
