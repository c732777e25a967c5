// Bad input to ops, from the list of what broke others (reference/hostile-input.md, A1.1; its row numbers stand first).
// Fed, constant and of unknown shape: an error that names the node, or the defined result; never a signal or unbounded
// memory.

#include <gtest/gtest.h>

#include <climits>
#include <cmath>

#include "weir/graph/base/memory.h"
#include "weir/tests/ops/op_row.h"

namespace weir::testing {
namespace {

enum Outcome { kRefused, kWorks };

struct HostileRow {
  int number;
  Outcome outcome;
  OpRow row;
};

AttrMap Conv(std::vector<int64_t> strides, std::vector<int64_t> dilations = {1, 1, 1, 1}) {
  return {{"strides", std::move(strides)}, {"dilations", std::move(dilations)}, {"padding", "VALID"}};
}
AttrMap Pool(std::vector<int64_t> size, std::vector<int64_t> strides) {
  return {{"ksize", std::move(size)}, {"strides", std::move(strides)}, {"padding", "VALID"}};
}

In Words(const std::vector<uint64_t>& v) { return Tensor::Vector(v); }

const std::vector<HostileRow>& Rows() {
  static const std::vector<HostileRow> rows = {
      {12, kRefused, {"Fill", {Longs({int64_t{1} << 40, int64_t{1} << 40}), Float(1)}}},
      {12, kRefused, {"Reshape", {{2, 3}, Ints(std::vector<int32_t>(300, 1))}}},
      {12, kWorks, {"Fill", {Longs({0, int64_t{1} << 40}), Float(1)}}},
      {13, kRefused, OfType(kInt8, {"AddV2", {{70000, 1}, {1, 70000}}})},
      {14, kRefused, {"Range", {Long(0), Long(INT64_MAX), Long(1)}}},
      {14, kRefused, {"Range", {Int(0), Int(5), Int(0)}}},
      {14, kRefused, {"Range", {Int(0), Int(5), Int(-1)}}},
      {14, kRefused, {"Range", {Float(0), Float(NAN), Float(1)}}},
      {14, kRefused, {"Range", {Float(0), Float(INFINITY), Float(1)}}},
      {15, kRefused, {"Tile", {{2, 3}, Longs({int64_t{1} << 40, int64_t{1} << 40})}}},
      {15, kRefused, {"Tile", {{2, 3}, Ints({-1, 2})}}},
      {15, kRefused, {"BroadcastTo", {{1}, Longs({int64_t{1} << 50})}}},
      {15, kRefused, {"Pad", {{2}, IntMatrix({1, 2}, {INT_MAX, INT_MAX})}}},
      {15, kRefused, {"Pad", {{2}, IntMatrix({1, 2}, {-1, 0})}}},
      {16, kRefused, {"Fill", {Ints(std::vector<int32_t>(100000, 7)), Float(1)}}},
      {17, kRefused, {"Transpose", {{2, 3}, Ints({0, 0})}}},
      {17, kRefused, {"Transpose", {{2, 3}, Ints({0, 2})}}},
      {17, kRefused, {"Transpose", {{2, 3}, Ints({-3, 1})}}},
      {17, kRefused, {"InvertPermutation", {Ints({0, 2, 2})}}},
      {17, kRefused, {"InvertPermutation", {Ints({0, -1, 1})}}},
      {19, kRefused, {"ConcatV2", {{2, 3}, {2, 3}, Long(INT64_MIN)}}},
      {19, kRefused, {"ConcatV2", {{2, 3}, {2, 3}, Long((int64_t{1} << 32) + 1)}}},
      {19, kRefused, {"ConcatV2", {{2, 3}, {3}, Int(0)}}},
      {19, kRefused, {"ConcatV2", {{2, 3}, {2, 4}, Int(0)}}},
      {20, kRefused, {"SplitV", {{4}, Ints({-1, -1}), Int(0)}, {{"num_split", 2}}}},
      {20, kRefused, {"SplitV", {{4}, Ints({5, -2}), Int(0)}, {{"num_split", 2}}}},
      {20, kRefused, {"SplitV", {{4}, Ints({1, 2}), Int(0)}, {{"num_split", 2}}}},
      {20, kRefused, {"Split", {Int(0), {4}}, {{"num_split", 3}}}},
      {20, kRefused, {"Split", {Int(7), {4}}, {{"num_split", 2}}}},
      {21, kWorks, {"ReverseV2", {{0, 3}, Ints({0})}}},
      {21, kRefused, {"ReverseV2", {{2, 3}, Ints({0, -2})}}},
      {21, kRefused, {"ReverseSequence", {{2, 3}, Ints({1, 2})}, {{"seq_dim", -1}, {"batch_dim", 0}}}},
      {21, kRefused, {"ReverseSequence", {{2, 3}, Ints({1, 2})}, {{"seq_dim", 1}, {"batch_dim", -7}}}},
      {21, kRefused, {"ReverseSequence", {{2, 3}, Ints({1, 9})}, {{"seq_dim", 1}}}},
      {22, kRefused, {"Gather", {{4, 3}, Ints({-1})}}},
      {22, kRefused, {"GatherV2", {{4, 3}, Ints({4}), Int(0)}}},
      {22, kRefused, {"GatherV2", {{0, 3}, Ints({0}), Int(0)}}},
      {22, kRefused, {"GatherV2", {{4, 3}, Ints({1}), Int(5)}}},
      {22, kRefused, {"GatherNd", {{4, 3}, IntMatrix({1, 2}, {1, 3})}}},
      {22, kRefused, {"GatherNd", {{4, 3}, IntMatrix({1, 3}, {1, 1, 1})}}},
      {22, kRefused, {"ScatterNd", {IntMatrix({1, 1}, {5}), {1, 3}, Ints({4, 3})}}},
      {22, kRefused, {"ScatterNd", {IntMatrix({1, 1}, {1}), {1, 2}, Ints({4, 3})}}},
      {22, kRefused, {"ScatterNd", {IntMatrix({1, 1}, {1}), {1, 3}, Ints({-4, 3})}}},
      {22, kRefused, {"ScatterUpdate", {Reference({4, 3}), Ints({4}), {1, 3}}}},
      {22, kRefused, {"ResourceScatterAdd", {Handle({4, 3}), Ints({-1}), {1, 3}}}},
      {22, kRefused, {"ResourceScatterUpdate", {Handle({4, 3}), Ints({1}), {1, 2}}}},
      {22, kRefused, {"ResourceGather", {Handle({4, 3}), Ints({4})}, {{"dtype", kDouble}}}},
      {22, kRefused, {"DynamicStitch", {Ints({-1, 0}), {2, 3}}}},
      {22, kRefused, {"DynamicStitch", {Ints({INT_MAX}), {1, 1000}}}},
      {22, kRefused, {"DynamicPartition", {{3}, Ints({0, 2, 0})}, {{"num_partitions", 2}}}},
      {24, kRefused, {"TanhGrad", {{2, 3}, {3}}}},
      {24, kRefused, {"ReluGrad", {{2, 3}, {2, 2}}}},
      {24, kRefused, {"AddN", {{2, 3}, {3, 2}}}},
      {24, kRefused, {"AddV2", {{2, 3}, {2, 2}}}},
      {25, kWorks, {"TruncateDiv", {Int(INT_MIN), Int(-1)}}},
      {25, kWorks, {"FloorDiv", {Long(INT64_MIN), Long(-1)}}},
      {25, kWorks, {"FloorMod", {Int(INT_MIN), Int(-1)}}},
      {25, kRefused, {"FloorDiv", {Ints({1, 2}), Ints({1, 0})}}},
      {25, kRefused, {"Mod", {Int(1), Int(0)}}},
      {25, kRefused, {"TruncateDiv", {Int(1), Int(0)}}},
      {26, kRefused, {"Pow", {Int(2), Int(-1)}}},
      {27, kRefused, {"Conv2D", {{1, 4, 4, 2}, {2, 2, 2, 3}}, Conv({1, 0, 1, 1})}},
      {27, kRefused, {"Conv2D", {{1, 4, 4, 2}, {2, 2, 2, 3}}, Conv({1, -1, 1, 1})}},
      {27, kRefused, {"Conv2D", {{1, 4, 4, 2}, {2, 2, 2, 3}}, Conv({1, 1, 1})}},
      {27, kRefused, {"Conv2D", {{1, 4, 4, 2}, {2, 2, 2, 3}}, Conv({1, 1, 1, 1}, {1, 0, 1, 1})}},
      {27, kRefused, {"Conv2D", {{1, 4, 4, 3}, {2, 2, 2, 3}}, Conv({1, 1, 1, 1})}},
      {27, kRefused, {"Conv2D", {{1, 4, 4, 2}, {2, 2, 0, 3}}, Conv({1, 1, 1, 1})}},
      {27, kRefused, {"Conv2DBackpropInput", {Ints({1, 4, 4, 3}), {2, 2, 2, 3}, {1, 3, 3, 3}}, Conv({1, 1, 1, 1})}},
      {27, kRefused, {"Conv2DBackpropInput", {Ints({1, -4, 4, 2}), {2, 2, 2, 3}, {1, 3, 3, 3}}, Conv({1, 1, 1, 1})}},
      {27, kRefused, {"Conv2DBackpropInput", {Ints({1, 9, 4, 2}), {2, 2, 2, 3}, {1, 3, 3, 3}}, Conv({1, 1, 1, 1})}},
      {27, kRefused, {"Conv2DBackpropFilter", {{1, 4, 4, 2}, Ints({9, 2, 2, 3}), {1, 3, 3, 3}}, Conv({1, 1, 1, 1})}},
      {27, kRefused, {"Conv2DBackpropFilter", {{1, 4, 4, 2}, Ints({2, 2, 0, 3}), {1, 3, 3, 3}}, Conv({1, 1, 1, 1})}},
      {27, kRefused, {"DepthwiseConv2dNative", {{1, 4, 4, 2}, {2, 2, 3, 1}}, Conv({1, 1, 1, 1})}},
      {28, kRefused, {"MaxPool", {{1, 4, 4, 2}}, Pool({1, 0, 2, 1}, {1, 1, 1, 1})}},
      {28, kRefused, {"MaxPool", {{1, 4, 4, 2}}, Pool({1, 2, 2, 1}, {1, 0, 1, 1})}},
      {28, kRefused, {"AvgPool", {{1, 4, 4, 2}}, Pool({1, -2, 2, 1}, {1, 1, 1, 1})}},
      {28, kRefused, {"AvgPool", {{1, 4, 4, 2}}, Pool({1, 9, 9, 1}, {1, 1, 1, 1})}},
      {28, kRefused, {"MaxPoolGrad", {{1, 4, 4, 2}, {1, 3, 3, 2}, {1, 2, 3, 2}}, Pool({1, 2, 2, 1}, {1, 1, 1, 1})}},
      {28, kRefused, {"MaxPoolGrad", {{1, 4, 4, 2}, {1, 2, 2, 2}, {1, 2, 2, 2}}, Pool({1, 2, 2, 1}, {1, 1, 1, 1})}},
      {28, kRefused, {"MaxPoolGradGrad", {{1, 4, 4, 2}, {1, 3, 3, 2}, {1, 3, 3, 2}}, Pool({1, 2, 2, 1}, {1, 1, 1, 1})}},
      {28, kRefused, {"AvgPoolGrad", {Ints({1, 4, 4, -2}), {1, 3, 3, 2}}, Pool({1, 2, 2, 1}, {1, 1, 1, 1})}},
      {29, kRefused, {"FusedBatchNorm", {{1, 2, 2, 3}, {2}, {3}, {3}, {3}}, {{"is_training", false}}}},
      {29, kRefused, {"FusedBatchNorm", {{1, 2, 2, 3}, {3}, {3}, {0}, {0}}, {{"is_training", false}}}},
      {29, kWorks, {"FusedBatchNorm", {{1, 2, 2, 0}, {0}, {0}, {0}, {0}}, {{"is_training", true}}}},
      {30, kRefused, {"BiasAdd", {{2, 3}, {0}}}},
      {30, kRefused, {"BiasAdd", {{2, 3}, {2}}}},
      {31, kWorks, {"MatMul", {{2, 0}, {0, 3}}}},
      {31, kWorks, {"MatMul", {{0, 2}, {2, 3}}}},
      {31, kRefused, {"MatMul", {{2, 3}, {2, 3}}}},
      {32, kRefused, {"SegmentSum", {{3}, Ints({0, 2, 1})}}},
      {32, kRefused, {"SegmentSum", {{2}, Ints({-1, 0})}}},
      {32, kRefused, {"SegmentSum", {{1, 1000}, Longs({int64_t{1} << 60})}}},
      {32, kRefused, {"UnsortedSegmentSum", {{2}, Ints({0, 3}), Int(3)}}},
      {32, kRefused, {"UnsortedSegmentProd", {{2}, Ints({0, 3}), Int(3)}}},
      {32, kRefused, {"UnsortedSegmentSum", {{2}, Ints({0, 1}), Int(-3)}}},
      {32, kRefused, {"UnsortedSegmentSum", {{2, 5}, Ints({0, 1}), Long(int64_t{1} << 61)}}},
      {33, kRefused, {"SpaceToDepth", {{1, 2, 2, 1}}, {{"block_size", 0}}}},
      {33, kRefused, {"DepthToSpace", {{1, 2, 2, 3}}, {{"block_size", 2}}}},
      {33, kRefused, {"SpaceToBatchND", {{1, 4}, Ints({0}), IntMatrix({1, 2}, {0, 0})}}},
      {33, kRefused, {"BatchToSpaceND", {{3, 4}, Ints({2}), IntMatrix({1, 2}, {0, 0})}}},
      {33, kRefused, {"BatchToSpaceND", {{2, 4}, Ints({2}), IntMatrix({1, 2}, {5, 6})}}},
      {33, kRefused, {"OneHot", {Ints({1, 0}), Int(-1), Float(1), Float(0)}}},
      {33, kRefused, {"OneHot", {Ints({1, 0}), Int(INT_MAX), Float(1), Float(0)}}},
      {33, kRefused, {"ExpandDims", {{2, 3}, Int(-100000)}}},
      {33, kRefused, {"Squeeze", {{2, 3}}, {{"squeeze_dims", List({0})}}}},
      {33, kRefused, {"Slice", {{4}, Ints({3}), Ints({2})}}},
      {33, kRefused, {"Slice", {{4}, Ints({-1}), Ints({2})}}},
      {33, kRefused, {"StridedSlice", {{4}, Ints({0}), Ints({2}), Ints({0})}}},
      {33, kRefused, {"StridedSlice", {{4}, Ints({9}), Ints({10}), Ints({1})}, {{"shrink_axis_mask", 1}}}},
      {33, kRefused, {"MatrixBandPart", {{2, 3}, Int(5), Int(0)}}},
      {33, kRefused, {"TopKV2", {{2, 3}, Int(4)}}},
      {33, kRefused, {"TopKV2", {{2, 3}, Int(-1)}}},
      {33, kRefused, {"SparseSoftmaxCrossEntropyWithLogits", {{2, 3}, Ints({0, 3})}}},
      {34, kRefused, {"ArgMax", {{2, 3}, Int(2)}}},
      {34, kRefused, {"ArgMin", {{2, 0}, Int(1)}}},
      {34, kRefused, {"Sum", {{2, 3}, Ints({5})}}},
      {34, kRefused, {"Cumsum", {{2, 3}, Int(2)}}},
      {36, kRefused, {"RandomUniformInt", {Ints({3}), Int(5), Int(5)}}},
      {36, kRefused, {"RandomUniform", {Ints({-3})}, {{"dtype", kFloat}}}},
      {36, kRefused, {"TruncatedNormal", {Longs({int64_t{1} << 40})}, {{"dtype", kFloat}}}},
      {36, kRefused, {"Multinomial", {{2, 3}, Int(-1)}}},
      {36, kRefused, {"Multinomial", {{2, 0}, Int(3)}}},
      {36, kRefused, {"RandomGamma", {Longs({int64_t{1} << 40, int64_t{1} << 40}), {2}}}},
      {36, kRefused, {"StatelessRandomUniform", {Ints({-3}), Longs({1, 2})}}},
      {36, kRefused, {"StatelessRandomUniform", {Ints({3}), Longs({1})}}},
      {36, kRefused, {"StatelessRandomUniformV2", {Ints({3}), Words({1}), Words({1, 2}), Int(2)}}},
      {36, kRefused, {"StatelessRandomUniformV2", {Ints({3}), Words({1, 2}), Words({1, 2}), Int(1)}}},
      {36, kRefused, {"StatelessRandomUniformV2", {Ints({3}), Words({1}), Words({1}), Int(1)}}},
      {36, kRefused, {"StatelessRandomUniformInt", {Ints({3}), Longs({1, 2}), Int(5), Int(5)}}},
      {36, kRefused, {"StatelessRandomGammaV2", {Ints({2, 3}), Longs({1, 2}), {2}}}},
      {36, kRefused, {"StatelessRandomBinomial", {Ints({2, 3}), Longs({1, 2}), {2}, {3}}}},
      {36, kRefused, {"ParameterizedTruncatedNormal", {Ints({4}), Float(0), Float(0), Float(-1), Float(1)}}},
      {36, kRefused, {"ParameterizedTruncatedNormal", {Ints({4}), Float(0), Float(1), Float(1), Float(-1)}}},
      {36, kRefused, {"ParameterizedTruncatedNormal", {Ints({4}), Float(NAN), Float(1), Float(-1), Float(1)}}},
      {37, kRefused, {"Assign", {Reference({2, 3}), {3, 2}}}},
      {37, kRefused, {"AssignAddVariableOp", {Handle({2, 3}), {3, 2}}}},
      {37, kRefused, {"ApplyMomentum", {Reference({2}), Reference({3}), Elements({}, {1}), {2}, Elements({}, {1})}}},
      {37,
       kRefused,
       {"ResourceApplyAdam",
        {Handle({2}),
         Handle({2}),
         Handle({2}),
         {1},
         Elements({}, {1}),
         Elements({}, {1}),
         Elements({}, {1}),
         Elements({}, {1}),
         Elements({}, {1}),
         {2}}}},
      {37,
       kRefused,
       {"ResourceSparseApplyAdagrad", {Handle({2, 3}), Handle({2, 3}), Elements({}, {1}), {1, 3}, Ints({2})}}},
      {52, kRefused, {"AsString", {{2}}, {{"fill", "%n%s"}, {"width", 5}}}},
      {52, kRefused, {"StringToNumber", {Text("%n")}}},
      {52,
       kRefused,
       {"StringJoin",
        {Tensor::Vector(std::vector<std::string>{"a"}), Tensor::Vector(std::vector<std::string>{"a", "b"})}}},
      {0, kRefused, {"RegexFullMatch", {Text("a"), Text("(")}}},
      {0, kRefused, {"RegexReplace", {Text("a"), Text("a{1000}{1000}"), Text("")}}},
      {0, kRefused, {"RegexReplace", {Text("a"), Text("a"), Tensor::Vector(std::vector<std::string>{"a", "b"})}}},
      {0, kRefused, {"StaticRegexFullMatch", {Text("a")}, {{"pattern", "a**"}}}},
      {0, kRefused, {"StaticRegexReplace", {Text("a")}, {{"pattern", "["}, {"rewrite", ""}}}},
      {0, kRefused, {"Assert", {Bool(false), {2}}}},
      {0, kRefused, {"CheckNumerics", {Elements({1}, {NAN})}, {{"message", "here"}}}},
  };
  return rows;
}

TEST(Hostile, EveryRowEndsInAnErrorThatNamesTheNodeOrInTheDefinedResult) {
  memory::set_budget(int64_t{1} << 30);
  for (const HostileRow& h : Rows()) {
    DType dtype = PreferredDType(h.row);
    std::vector<Tensor> values = ValuesOf(h.row, dtype);
    for (Feeding f :
         {Feeding::kFed, Feeding::kConstant, Feeding::kUnknownDims, Feeding::kUnknownRank, Feeding::kDynamic}) {
      for (bool optimize : {true, false}) {
        RowResult r = RunRow(RowGraph(h.row, dtype, values, f), optimize, 2);
        EXPECT_EQ(r.status.ok(), h.outcome == kWorks)
            << h.number << " " << h.row.op << ", feeding " << int(f) << ": " << r.status.ToString();
        bool named = r.status.ok() || r.status.ToString().find("'op'") != std::string::npos;
        EXPECT_TRUE(named) << h.number << " " << h.row.op << " does not name the node: " << r.status.ToString();
      }
    }
  }
}

}  // namespace
}  // namespace weir::testing
