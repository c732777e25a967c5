// Rows of StringSplit and StringSplitV2; the numbers of parts are in the golden pack.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> SplitTextRows() {
  const Tensor texts = Tensor::Vector(std::vector<std::string>{"a b, c", "", " x"});
  return {
      DataTellsShape({"StringSplit", {texts, Text(", ")}}),
      DataTellsShape({"StringSplit", {texts, Text("")}, {{"skip_empty", false}}}),
      DataTellsShape({"StringSplit", {Tensor::Zeros(kString, {0}), Text(" ")}}),
      DataTellsShape({"StringSplitV2", {texts, Text("")}}),
      DataTellsShape({"StringSplitV2", {texts, Text(", ")}, {{"maxsplit", 1}}}),
      DataTellsShape({"StringSplitV2", {Tensor::Zeros(kString, {0}), Text("")}}),
  };
}

}  // namespace weir::testing
