// Rows of ExtractImagePatches.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ImagePatchesRows() {
  auto attrs = [](std::vector<int64_t> sizes, std::vector<int64_t> strides, std::vector<int64_t> rates,
                  const char* padding) {
    return Window(std::move(strides), padding, {{"ksizes", List(sizes)}, {"rates", List(rates)}});
  };
  return {
      {"ExtractImagePatches", {{2, 5, 4, 3}}, attrs({1, 2, 3, 1}, {1, 2, 1, 1}, {1, 1, 1, 1}, "SAME")},
      {"ExtractImagePatches", {{1, 6, 5, 1}}, attrs({1, 2, 2, 1}, {1, 1, 2, 1}, {1, 3, 2, 1}, "VALID")},
  };
}

}  // namespace weir::testing
