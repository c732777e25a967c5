// Rows of ops about shapes.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

std::vector<OpRow> ShapeRows() {
  return {
      {"Reshape", {{2, 3}, Ints({3, -1})}},
      {"Reshape", {{2, 3}, Longs({6})}},
      {"Shape", {{2, 3}}},
      {"Shape", {{2, 3}}, {{"out_type", kInt64}}},
      {"ShapeN", {{2, 3}, {4}}},
      {"Rank", {{2, 3}}},
      {"Size", {{2, 3}}},
      {"ExpandDims", {{2, 3}, Int(-2)}},
      {"Squeeze", {{2, 1, 3, 1}}},
      {"Squeeze", {{2, 1, 3, 1}}, {{"squeeze_dims", List({-1})}}},
      {"EnsureShape", {{2, 3}}, {{"shape", PartialShape({kUnknownDim, 3})}}},
      {"EnsureShape", {{2, 3}}, {{"shape", PartialShape::Unknown()}}},
      {"InvertPermutation", {Elements({4}, {2, 0, 3, 1})}},
      NeverEmpty({"ConcatOffset", {Int(1), Elements({2}, {2, 3}), Elements({2}, {2, 4})}}),
      {"BroadcastArgs", {Elements({2}, {2, 1}), Elements({1}, {3})}},
      DataTellsShape({"BroadcastGradientArgs", {Elements({2}, {2, 1}), Elements({1}, {3})}}),
      // of no elements
      {"BroadcastArgs", {Ints({}), Ints({3})}},
      DataTellsShape({"BroadcastGradientArgs", {Ints({}), Ints({})}}),
      NeverEmpty({"ConcatOffset", {Int(0), Ints({0}), Ints({2})}}),
  };
}

}  // namespace weir::testing
