// Rows of functions of one input, with their gradient ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> UnaryRows() {
  return {
      {"Abs", {{2, 3}}},
      {"Neg", {{2, 3}}},
      {"Sign", {{2, 3}}},
      {"Square", {{2, 3}}},
      {"Sqrt", {In({2, 3}, 0.5, 2)}},
      {"Rsqrt", {In({2, 3}, 0.5, 2)}},
      {"Reciprocal", {In({2, 3}, 0.5, 2)}},
      {"Inv", {In({2, 3}, 0.5, 2)}},
      {"Exp", {{2, 3}}},
      {"Expm1", {{2, 3}}},
      {"Log", {In({2, 3}, 0.5, 2)}},
      {"Log1p", {In({2, 3}, -0.5, 2)}},
      {"Sin", {{2, 3}}},
      {"Cos", {{2, 3}}},
      {"Tan", {In({2, 3}, -1, 1)}},
      {"Asin", {In({2, 3}, -0.7, 0.7)}},
      {"Acos", {In({2, 3}, -0.7, 0.7)}},
      {"Atan", {{2, 3}}},
      {"Asinh", {{2, 3}}},
      {"Acosh", {In({2, 3}, 1.5, 3)}},
      {"Atanh", {In({2, 3}, -0.7, 0.7)}},
      {"Sinh", {{2, 3}}},
      {"Cosh", {{2, 3}}},
      {"Tanh", {{2, 3}}},
      {"Sigmoid", {{2, 3}}},
      {"Erf", {{2, 3}}},
      {"Erfc", {{2, 3}}},
      {"Erfinv", {In({2, 3}, -0.8, 0.8)}},
      {"Floor", {{2, 3}}},
      {"Ceil", {{2, 3}}},
      {"Round", {{2, 3}}},
      {"Rint", {{2, 3}}},
      {"SqrtGrad", {In({2, 3}, 0.5, 2), {2, 3}}},
      {"RsqrtGrad", {In({2, 3}, 0.5, 2), {2, 3}}},
      {"ReciprocalGrad", {{2, 3}, {2, 3}}},
      {"InvGrad", {{2, 3}, {2, 3}}},
      {"TanhGrad", {{2, 3}, {2, 3}}},
      {"SigmoidGrad", {{2, 3}, {2, 3}}},
  };
}

}  // namespace weir::testing
