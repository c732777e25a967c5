#include "weir/tests/oracle/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace weir::testing {
namespace {

const std::set<std::string_view>& Accumulating() {
  static const std::set<std::string_view> ops = {"AddN",
                                                 "Sum",
                                                 "Mean",
                                                 "Prod",
                                                 "EuclideanNorm",
                                                 "Cumsum",
                                                 "Cumprod",
                                                 "MatMul",
                                                 "BatchMatMul",
                                                 "BatchMatMulV2",
                                                 "SegmentSum",
                                                 "SparseTensorDenseMatMul",
                                                 "UnsortedSegmentSum",
                                                 "L2Loss",
                                                 "Softmax",
                                                 "LogSoftmax",
                                                 "SoftmaxCrossEntropyWithLogits",
                                                 "SparseSoftmaxCrossEntropyWithLogits",
                                                 "BiasAddGrad",
                                                 "Conv2D",
                                                 "Conv2DBackpropInput",
                                                 "Conv2DBackpropFilter",
                                                 "DepthwiseConv2dNative",
                                                 "DepthwiseConv2dNativeBackpropInput",
                                                 "DepthwiseConv2dNativeBackpropFilter",
                                                 "AvgPool",
                                                 "AvgPoolGrad",
                                                 "Conv3D",
                                                 "Conv3DBackpropInput",
                                                 "Conv3DBackpropInputV2",
                                                 "Conv3DBackpropFilter",
                                                 "Conv3DBackpropFilterV2",
                                                 "AvgPool3D",
                                                 "AvgPool3DGrad",
                                                 "MaxPool3DGrad",
                                                 "MaxPoolGradV2",
                                                 "Dilation2DBackpropInput",
                                                 "Dilation2DBackpropFilter",
                                                 "FakeQuantWithMinMaxVarsGradient",
                                                 "FakeQuantWithMinMaxVarsPerChannelGradient",
                                                 "ResizeBilinearGrad",
                                                 "ResizeBicubicGrad",
                                                 "ResizeNearestNeighborGrad",
                                                 "CropAndResizeGradImage",
                                                 "CropAndResizeGradBoxes",
                                                 "MaxPoolGrad",
                                                 "FusedBatchNorm",
                                                 "FusedBatchNormV2",
                                                 "FusedBatchNormV3",
                                                 "FusedBatchNormGrad",
                                                 "FusedBatchNormGradV2",
                                                 "FusedBatchNormGradV3",
                                                 "CholeskyGrad",
                                                 "Cross",
                                                 "Einsum",
                                                 "MatrixInverse",
                                                 "MatrixSolve",
                                                 "Qr",
                                                 "TridiagonalMatMul",
                                                 "LRN",
                                                 "LRNGrad",
                                                 "ScatterNd",
                                                 "ScatterAdd",
                                                 "ScatterSub",
                                                 "ResourceScatterAdd",
                                                 "ResourceScatterSub",
                                                 "MirrorPadGrad"};
  return ops;
}

const std::set<std::string_view>& Moving() {
  static const std::set<std::string_view> ops = {"Const",
                                                 "Identity",
                                                 "IdentityN",
                                                 "Snapshot",
                                                 "StopGradient",
                                                 "PreventGradient",
                                                 "PlaceholderWithDefault",
                                                 "Reshape",
                                                 "ExpandDims",
                                                 "Squeeze",
                                                 "Transpose",
                                                 "Concat",
                                                 "ConcatV2",
                                                 "Split",
                                                 "SplitV",
                                                 "Pack",
                                                 "Unpack",
                                                 "Slice",
                                                 "StridedSlice",
                                                 "StridedSliceGrad",
                                                 "Tile",
                                                 "Pad",
                                                 "PadV2",
                                                 "MirrorPad",
                                                 "Fill",
                                                 "BroadcastTo",
                                                 "Gather",
                                                 "GatherV2",
                                                 "GatherNd",
                                                 "OneHot",
                                                 "DynamicStitch",
                                                 "ParallelDynamicStitch",
                                                 "DynamicPartition",
                                                 "Reverse",
                                                 "ReverseV2",
                                                 "ReverseSequence",
                                                 "SpaceToBatchND",
                                                 "BatchToSpaceND",
                                                 "SpaceToBatch",
                                                 "BatchToSpace",
                                                 "ResizeNearestNeighbor",
                                                 "ExtractImagePatches",
                                                 "DepthToSpace",
                                                 "SpaceToDepth",
                                                 "MatrixBandPart",
                                                 "MatrixDiag",
                                                 "MatrixDiagV2",
                                                 "MatrixDiagV3",
                                                 "MatrixDiagPart",
                                                 "MatrixDiagPartV2",
                                                 "MatrixDiagPartV3",
                                                 "MatrixSetDiag",
                                                 "MatrixSetDiagV2",
                                                 "MatrixSetDiagV3",
                                                 "Select",
                                                 "SelectV2",
                                                 "ReadVariableOp",
                                                 "AssignVariableOp",
                                                 "Assign",
                                                 "ResourceGather",
                                                 "RandomUniform",
                                                 "RandomStandardNormal",
                                                 "TruncatedNormal",
                                                 "RandomShuffle",
                                                 "Neg",
                                                 "Abs"};
  return ops;
}

// Distance in representable 16-bit values.
int UlpDistance(uint16_t a, uint16_t b) {
  auto order = [](uint16_t v) { return v & 0x8000 ? -int(v & 0x7fff) : int(v); };
  return std::abs(order(a) - order(b));
}

template <class T>
Difference CompareFloats(const Tensor& got, const Tensor& want, Closeness closeness) {
  const T* a = got.data<T>();
  const T* b = want.data<T>();
  constexpr bool kSmall = sizeof(T) == 2;
  constexpr bool kHalf = std::is_same_v<T, Half>;
  double largest = 0, least_normal = kHalf ? 6.2e-5 : std::is_same_v<T, double> ? 2.3e-308 : 1.2e-38;
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    if (std::isfinite(double(b[i]))) largest = std::max(largest, std::abs(double(b[i])));
  }
  Difference difference{{}, 0};
  double relative = kSmall ? (kHalf ? 5e-3 : 2e-2) : std::is_same_v<T, double> ? 1e-12 : 1e-5;
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    double x = double(a[i]), y = double(b[i]);
    bool ok;
    if (std::isnan(x) || std::isnan(y)) {
      ok = std::isnan(x) && std::isnan(y);
    } else if (closeness == Closeness::kIdentical) {
      ok = std::memcmp(&a[i], &b[i], sizeof(T)) == 0;
    } else if (std::isinf(x) || std::isinf(y)) {
      ok = x == y;
    } else if (std::abs(x) < least_normal && std::abs(y) < least_normal) {
      ok = true;
    } else {
      ok = std::abs(x - y) <= relative * largest;
      if constexpr (kSmall) {
        if (closeness == Closeness::kElementwise) ok = UlpDistance(a[i].bits, b[i].bits) <= 2;
      }
    }
    if (ok) continue;
    if (difference.empty())
      difference.text = fmt::format("element {} is {:.9g}, TensorFlow says {:.9g} (largest {:.4g})", i, x, y, largest);
    double off = std::abs(x - y) / std::max(1.0, largest);
    difference.off = std::max(difference.off, std::isfinite(off) ? off : std::numeric_limits<double>::infinity());
  }
  return difference;
}

}  // namespace

Closeness ClosenessOf(std::string_view op) {
  const bool draws = op.starts_with("StatelessRandom") || op.starts_with("StatelessTruncated") ||
                     op.starts_with("RandomPoisson") || op == "RandomGamma" || op == "ParameterizedTruncatedNormal";
  if (draws || Moving().count(op)) return Closeness::kIdentical;
  // A training op subtracts an update from a variable: what is left may be as small as the rounding of either.
  if (op.find("Apply") != std::string_view::npos) return Closeness::kAccumulated;
  return Accumulating().count(op) ? Closeness::kAccumulated : Closeness::kElementwise;
}

Difference Compare(const Tensor& got, const Tensor& want, Closeness closeness) {
  if (BaseType(got.dtype()) != want.dtype())
    return {"dtype " + DTypeName(got.dtype()) + ", TensorFlow says " + DTypeName(want.dtype())};
  if (got.shape() != want.shape())
    return {"shape " + got.shape().ToString() + ", TensorFlow says " + want.shape().ToString()};
  if (got.num_elements() == 0) return {};
  if (IsComplex(want.dtype())) {  // by their parts
    auto parts = [](const Tensor& t) {
      return Tensor::FromBuffer(PartType(t.dtype()), Shape({t.num_elements() * 2}), t.buffer());
    };
    return Compare(parts(got), parts(want), closeness);
  }
  Difference d;
  bool is_float =
      DispatchType(want.dtype(), FloatTypes{}, [&](auto t) { d = CompareFloats<decltype(t)>(got, want, closeness); });
  if (is_float || got.Identical(want)) return d;
  return {"is " + got.ToString(12) + ", TensorFlow says " + want.ToString(12)};
}

}  // namespace weir::testing
