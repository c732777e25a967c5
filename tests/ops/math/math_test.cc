// Rows of the element-wise and matrix ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

const std::vector<OpRow>& MathRows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> r = {
        {"Abs", {{2, 3}}}, {"Neg", {{2, 3}}}, {"Sign", {{2, 3}}}, {"Square", {{2, 3}}}, {"Sqrt", {In({2, 3}, 0.5, 2)}},
        {"Rsqrt", {In({2, 3}, 0.5, 2)}}, {"Reciprocal", {In({2, 3}, 0.5, 2)}}, {"Inv", {In({2, 3}, 0.5, 2)}}, {"Exp", {{2, 3}}},
        {"Expm1", {{2, 3}}}, {"Log", {In({2, 3}, 0.5, 2)}}, {"Log1p", {In({2, 3}, -0.5, 2)}}, {"Sin", {{2, 3}}}, {"Cos", {{2, 3}}},
        {"Tan", {In({2, 3}, -1, 1)}}, {"Asin", {In({2, 3}, -0.7, 0.7)}}, {"Acos", {In({2, 3}, -0.7, 0.7)}}, {"Atan", {{2, 3}}},
        {"Asinh", {{2, 3}}}, {"Acosh", {In({2, 3}, 1.5, 3)}}, {"Atanh", {In({2, 3}, -0.7, 0.7)}}, {"Sinh", {{2, 3}}}, {"Cosh", {{2, 3}}},
        {"Tanh", {{2, 3}}}, {"Sigmoid", {{2, 3}}}, {"Erf", {{2, 3}}}, {"Erfc", {{2, 3}}}, {"Erfinv", {In({2, 3}, -0.8, 0.8)}}, {"Floor", {{2, 3}}}, {"Ceil", {{2, 3}}},
        {"Round", {{2, 3}}}, {"Rint", {{2, 3}}}, {"IsNan", {{2, 3}}}, {"IsInf", {{2, 3}}}, {"IsFinite", {{2, 3}}},
        OfType(kBool, {"LogicalNot", {{2, 3}}}), {"Relu", {{2, 3}}}, {"Relu6", {In({2, 3}, -3, 9)}}, {"LeakyRelu", {{2, 3}}, {{"alpha", 0.3f}}},
        {"Elu", {{2, 3}}}, {"Selu", {{2, 3}}}, {"Softplus", {{2, 3}}}, {"Softsign", {{2, 3}}},
        {"Pow", {In({2, 3}, 0.5, 2), In({3}, 0.4, 2)}}, {"Atan2", {{2, 3}, In({3}, 0.5, 2)}}, {"Xlogy", {{2, 3}, In({3}, 0.5, 2)}},
        {"Xdivy", {{2, 3}, In({3}, 0.5, 2)}}, {"DivNoNan", {{2, 3}, In({3}, 0.5, 2)}}, {"MulNoNan", {{2, 3}, In({3}, 0.5, 2)}},
        OfType(kBool, {"LogicalAnd", {{2, 3}, {3}}}), OfType(kBool, {"LogicalOr", {{2, 3}, {3}}}),
        {"ApproximateEqual", {{2, 3}, {2, 3}}, {{"tolerance", 1.0f}}},
        {"AddN", {{2, 3}, {2, 3}, {2, 3}}}, {"AddN", {{2, 3}}},
        {"Select", {Bools({2, 3}, {true, false, true, true, false, false}), {2, 3}, {2, 3}}}, {"Select", {Bools({2}, {true, false}), {2, 3}, {2, 3}}},
        {"SelectV2", {Bools({2, 1}, {true, false}), {2, 3}, {3}}},
        ByConvention({1, 2}, {"ClipByValue", {{2, 3}, Elements({}, {-1}), Elements({}, {1})}}),
        Rough(1e4, {"Cast", {{2, 3}}, {{"DstT", kFloat}}}), Swept("DstT", {"Cast", {Ints({1, 0, 3})}}),
        {"Range", {Elements({}, {1}), Elements({}, {9}), Elements({}, {2})}}, NeverEmpty({"LinSpace", {Elements({}, {-1}), Elements({}, {2}), Int(5)}}),
        {"Range", {Elements({}, {3}), Elements({}, {3}), Elements({}, {2})}},
        {"MatMul", {{2, 3}, {3, 4}}}, {"MatMul", {{3, 2}, {4, 3}}, {{"transpose_a", true}, {"transpose_b", true}}},
        {"BatchMatMul", {{2, 3, 4}, {2, 4, 5}}}, {"BatchMatMul", {{2, 4, 3}, {2, 5, 4}}, {{"adj_x", true}, {"adj_y", true}}},
        {"BatchMatMulV2", {{2, 1, 3, 4}, {5, 4, 3}}}, {"BatchMatMulV2", {{4, 3}, {2, 5, 4}}, {{"adj_x", true}, {"adj_y", true}}},
        {"SqrtGrad", {In({2, 3}, 0.5, 2), {2, 3}}}, {"RsqrtGrad", {In({2, 3}, 0.5, 2), {2, 3}}}, {"ReciprocalGrad", {{2, 3}, {2, 3}}},
        {"InvGrad", {{2, 3}, {2, 3}}}, {"TanhGrad", {{2, 3}, {2, 3}}}, {"SigmoidGrad", {{2, 3}, {2, 3}}}, {"ReluGrad", {{2, 3}, {2, 3}}},
        {"Relu6Grad", {{2, 3}, In({2, 3}, -3, 9)}}, {"LeakyReluGrad", {{2, 3}, {2, 3}}, {{"alpha", 0.3f}}}, {"SoftplusGrad", {{2, 3}, {2, 3}}},
        {"SoftsignGrad", {{2, 3}, {2, 3}}}, {"EluGrad", {{2, 3}, In({2, 3}, -0.9, 2)}}, {"SeluGrad", {{2, 3}, In({2, 3}, -0.9, 2)}},
    };
    for (const char* op : {"Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "Less", "LessEqual", "Greater",
                           "GreaterEqual", "Equal", "NotEqual"}) {
      r.push_back({op, {{2, 3}, {3}}});
      r.push_back({op, {{2, 1, 3}, {4, 1}}});
    }
    for (const char* op : {"Div", "RealDiv", "FloorDiv", "TruncateDiv", "Mod", "FloorMod", "TruncateMod"}) r.push_back({op, {In({2, 3}, 2, 7), In({3}, 1.2, 2)}});
    return r;
  }();
  return rows;
}

}  // namespace weir::testing
