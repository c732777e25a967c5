// Rows of the array ops.
#include "weir/tests/ops/op_row.h"

namespace weir::testing {

const std::vector<OpRow>& ArrayRows() {
  static const std::vector<OpRow> rows = {
      {"Identity", {{2, 3}}}, {"IdentityN", {{2, 3}, {3}}}, {"Snapshot", {{2, 3}}}, ByConvention({0}, {"StopGradient", {{2, 3}}}),
      RefusesGradient({"PreventGradient", {{2, 3}}}), {"CheckNumerics", {{2, 3}}, {{"message", "checked"}}}, {"ZerosLike", {{2, 3}}}, {"OnesLike", {{2, 3}}},
      {"Const", {}, {{"value", Tensor(1.5)}, {"dtype", kDouble}}}, DataTellsShape({"PlaceholderWithDefault", {{2, 3}}, {{"shape", PartialShape({None, 3})}}}),
      {"Reshape", {{2, 3}, Ints({3, -1})}}, {"Reshape", {{2, 3}, Longs({6})}}, {"Shape", {{2, 3}}}, {"Shape", {{2, 3}}, {{"out_type", kInt64}}},
      {"ShapeN", {{2, 3}, {4}}}, {"Rank", {{2, 3}}}, {"Size", {{2, 3}}}, {"ExpandDims", {{2, 3}, Int(-2)}}, {"Squeeze", {{2, 1, 3, 1}}},
      {"Squeeze", {{2, 1, 3, 1}}, {{"squeeze_dims", List({-1})}}}, {"Transpose", {{2, 3, 4}, Ints({2, 0, 1})}},
      {"InvertPermutation", {Elements({4}, {2, 0, 3, 1})}}, {"Concat", {Int(1), {2, 3}, {2, 4}}}, {"ConcatV2", {{2, 3}, {2, 4}, Int(-1)}},
      {"ConcatV2", {{2, 3}, {1, 3}, {4, 3}, Int(0)}}, NeverEmpty({"ConcatOffset", {Int(1), Elements({2}, {2, 3}), Elements({2}, {2, 4})}}),
      {"Split", {Int(1), {2, 6}}, {{"num_split", 3}}}, {"SplitV", {{2, 6}, Ints({2, -1, 3}), Int(1)}, {{"num_split", 3}}},
      {"Pack", {{2, 3}, {2, 3}}, {{"axis", 1}}}, {"Unpack", {{2, 3}}, {{"num", 3}, {"axis", -1}}}, {"Slice", {{4, 3}, Ints({1, 0}), Ints({2, -1})}},
      {"StridedSlice", {{4, 5, 3}, Ints({1, 4, 0}), Ints({4, 0, 1}), Ints({2, -2, 1})}, {{"shrink_axis_mask", 4}, {"end_mask", 2}}},
      {"StridedSlice", {{4, 3}, Ints({0, 0, 1}), Ints({0, 0, 3}), Ints({1, 1, 1})}, {{"ellipsis_mask", 1}, {"new_axis_mask", 2}}},
      {"StridedSliceGrad", {Ints({4, 3}), Ints({1, 0}), Ints({3, 3}), Ints({1, 2}), {2, 2}}}, {"Tile", {{2, 3}, Ints({2, 3})}},
      {"Pad", {{2, 3}, IntMatrix({2, 2}, {1, 0, 0, 2})}}, {"PadV2", {{2, 3}, IntMatrix({2, 2}, {1, 0, 0, 2}), Elements({}, {2})}},
      {"MirrorPad", {{3, 4}, IntMatrix({2, 2}, {1, 2, 0, 3})}, {{"mode", "REFLECT"}}},
      {"MirrorPad", {{3, 4}, IntMatrix({2, 2}, {1, 3, 0, 2})}, {{"mode", "SYMMETRIC"}}},
      {"MirrorPadGrad", {{6, 7}, IntMatrix({2, 2}, {1, 2, 0, 3})}, {{"mode", "REFLECT"}}}, {"Fill", {Ints({2, 3}), Elements({}, {1.5})}},
      {"BroadcastTo", {{2, 1, 3}, Ints({2, 4, 3})}}, {"BroadcastArgs", {Elements({2}, {2, 1}), Elements({1}, {3})}},
      DataTellsShape({"BroadcastGradientArgs", {Elements({2}, {2, 1}), Elements({1}, {3})}}),
      {"OneHot", {Ints({1, 0, 3}), Int(3), Elements({}, {2}), Elements({}, {-1})}}, {"OneHot", {Ints({1, 0}), Int(3), Elements({}, {2}), Elements({}, {-1})}, {{"axis", 0}}},
      {"Reverse", {{2, 3}, Bools({2}, {true, false})}}, {"ReverseV2", {{2, 3}, Ints({-1})}},
      {"ReverseSequence", {{3, 4, 2}, Ints({1, 4, 2})}, {{"seq_dim", 1}, {"batch_dim", 0}}},
      {"SpaceToBatchND", {{2, 4, 3, 2}, Ints({2, 2}), IntMatrix({2, 2}, {0, 0, 1, 0})}}, {"BatchToSpaceND", {{8, 2, 2, 3}, Ints({2, 2}), IntMatrix({2, 2}, {0, 1, 1, 0})}},
      {"DepthToSpace", {{2, 3, 2, 8}}, {{"block_size", 2}}}, {"SpaceToDepth", {{2, 4, 6, 3}}, {{"block_size", 2}}},
      {"MatrixBandPart", {{2, 3, 4}, Int(1), Int(0)}},
      // of no elements
      {"Const", {}, {{"value", Tensor::Zeros(kDouble, {0, 3})}, {"dtype", kDouble}}}, {"BroadcastTo", {{1, 3}, Ints({0, 3})}},
      {"BroadcastArgs", {Ints({}), Ints({3})}}, DataTellsShape({"BroadcastGradientArgs", {Ints({}), Ints({})}}), NeverEmpty({"ConcatOffset", {Int(0), Ints({0}), Ints({2})}}),
      {"Fill", {Ints({0, 3}), Elements({}, {1})}}, {"MirrorPad", {{0, 4}, IntMatrix({2, 2}, {0, 0, 1, 1})}, {{"mode", "SYMMETRIC"}}},
      {"MirrorPadGrad", {{0, 6}, IntMatrix({2, 2}, {0, 0, 1, 1})}, {{"mode", "SYMMETRIC"}}}, {"OneHot", {Ints({}), Int(3), Elements({}, {2}), Elements({}, {-1})}},
      {"StridedSliceGrad", {Ints({4, 3}), Ints({1, 0}), Ints({1, 3}), Ints({1, 1}), {0, 3}}},
      {"Dequantize", {Tensor::FromBuffer(static_cast<DType>(12), {0}, Tensor::Vector(std::vector<uint8_t>{}).buffer()), Float(-1), Float(2)}},
      {"Dequantize", {Tensor::FromBuffer(static_cast<DType>(12), {3}, Tensor::Vector(std::vector<uint8_t>{0, 100, 255}).buffer()), Float(-1), Float(2)}},
  };
  return rows;
}

const std::vector<OpRow>& GatherRows() {
  static const std::vector<OpRow> rows = {
      {"Gather", {{4, 3}, Ints({2, 0, 2})}}, {"GatherV2", {{4, 3}, Ints({2, 0, 2}), Int(0)}},
      {"GatherV2", {{2, 3, 4}, IntMatrix({2, 2}, {1, 0, 2, 2}), Int(1)}, {{"batch_dims", 1}}}, {"GatherNd", {{4, 3}, IntMatrix({2, 2}, {2, 0, 3, 1})}},
      {"GatherNd", {{4, 3}, IntMatrix({3, 1}, {2, 0, 2})}}, {"ScatterNd", {IntMatrix({3, 1}, {2, 0, 2}), {3, 4}, Ints({5, 4})}},
      DataTellsShape({"Where", {{2, 3}}, {}}),
      ByConvention({2}, DataTellsShape({"DynamicStitch", {Ints({0, 2}), Ints({1, 3, 2}), {2, 3}, {3, 3}}, {}})),
      DataTellsShape({"ParallelDynamicStitch", {Ints({0, 2}), Ints({1, 3}), {2, 3}, {2, 3}}, {}}),
      {"ScatterNd", {IntMatrix({0, 1}, {}), {0, 4}, Ints({5, 4})}}, DataTellsShape({"DynamicStitch", {Ints({}), {0, 3}}}),
      DataTellsShape({"ParallelDynamicStitch", {Ints({}), {0, 3}}}),
      DataTellsShape({"DynamicPartition", {{4, 3}, Ints({1, 0, 1, 2})}, {{"num_partitions", 3}}}),
      DataTellsShape({"Unique", {Elements({5}, {2, 1, 2, 3, 1})}, {}}),
      DataTellsShape({"ListDiff", {Elements({5}, {2, 1, 4, 3, 1}), Elements({2}, {1, 4})}, {}}),
  };
  return rows;
}

}  // namespace weir::testing
