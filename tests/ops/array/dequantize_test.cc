// Rows of Dequantize.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

namespace {

In QuantizedBytes(const std::vector<uint8_t>& v) {
  return Tensor::FromBuffer(static_cast<DType>(12), {static_cast<int64_t>(v.size())}, Tensor::Vector(v).buffer());
}

}  // namespace

std::vector<OpRow> DequantizeRows() {
  return {
      {"Dequantize", {QuantizedBytes({}), Float(-1), Float(2)}},
      {"Dequantize", {QuantizedBytes({0, 100, 255}), Float(-1), Float(2)}},
  };
}

}  // namespace weir::testing
