// Building functions of reductions, searches, scans and segment folds.
//
//   ReduceSum(x)                      over all axes: a scalar
//   ReduceMean(x, 1)                  over axis 1; negative axes count from the end
//   ReduceMax(x, {0, -1}, {.keepdims = true})
#pragma once

#include <optional>

#include "weir/graph/builder.h"

namespace weir::ops {

// The axes of a reduction: all when nothing is given, else one, several in braces, or an int32 or int64 Output.
class Axes {
 public:
  Axes() = default;
  Axes(std::initializer_list<Literal> axes, Loc loc = Loc::Current()) : value_(Input(axes, loc)) {}  // NOLINT
  template <class T>
    requires std::convertible_to<const T&, Input>
  Axes(const T& axes, Loc loc = Loc::Current()) : value_(Input(axes, loc)) {}  // NOLINT
  const std::optional<Input>& value() const { return value_; }

 private:
  std::optional<Input> value_;
};

struct ReduceOptions {
  bool keepdims = false;  // reduced axes stay, with size 1
  std::string name = {};
};

// `op` over `axes` of x. Errors: an axis out of range or named twice.
Output Reduce(std::string_view op, Input x, const Axes& axes, const ReduceOptions& options = {});

// Numbers. Nothing to reduce gives 0, NaN (integers: 0), 1, the lowest (-inf) and the highest (+inf) value. Integers
// wrap; the mean of integers is cut towards zero.
inline Output ReduceSum(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("Sum", x, axis, o);
}
inline Output ReduceMean(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("Mean", x, axis, o);
}
inline Output ReduceProd(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("Prod", x, axis, o);
}
inline Output ReduceMax(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("Max", x, axis, o);
}
inline Output ReduceMin(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("Min", x, axis, o);
}
// √Σx²
inline Output ReduceEuclideanNorm(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("EuclideanNorm", x, axis, o);
}
// bool: all, any element true.
inline Output ReduceAll(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("All", x, axis, o);
}
inline Output ReduceAny(Input x, const Axes& axis = {}, const ReduceOptions& o = {}) {
  return Reduce("Any", x, axis, o);
}

// log Σ exp(x), without overflow; -inf of nothing. Float.
Output ReduceLogSumExp(Input x, const Axes& axis = {}, const ReduceOptions& o = {});

struct ArgOptions {
  DType output_type = kInt64;  // int32 too; ArgMax also int16, uint16
  std::string name = {};
};

// Index of the largest (smallest) element along an axis, of the first among equal ones; NaN is never chosen.
inline Output ArgMax(Input x, Input axis = 0, const ArgOptions& o = {}) {
  return Make("ArgMax", {x, axis}, {{"output_type", o.output_type}}, {.name = o.name});
}
inline Output ArgMin(Input x, Input axis = 0, const ArgOptions& o = {}) {
  return Make("ArgMin", {x, axis}, {{"output_type", o.output_type}}, {.name = o.name});
}

struct ScanOptions {
  bool exclusive = false;  // element i is left out of result i
  bool reverse = false;    // from the end of the axis
  std::string name = {};
};

// Sums (products) of all elements up to each, along an axis: [a, a+b, a+b+c].
inline Output Cumsum(Input x, Input axis = 0, const ScanOptions& o = {}) {
  return Make("Cumsum", {x, axis}, {{"exclusive", o.exclusive}, {"reverse", o.reverse}}, {.name = o.name});
}
inline Output Cumprod(Input x, Input axis = 0, const ScanOptions& o = {}) {
  return Make("Cumprod", {x, axis}, {{"exclusive", o.exclusive}, {"reverse", o.reverse}}, {.name = o.name});
}

// Row i of the result is the sum of the rows of data with segment id i; ids must not decrease.
inline Output SegmentSum(Input data, Input segment_ids, const Name& name = {}) {
  return Make("SegmentSum", {data, segment_ids}, {}, name);
}
// The same for ids in any order, of data's leading shape; rows with negative ids are dropped.
inline Output UnsortedSegmentSum(Input data, Input segment_ids, Input num_segments, const Name& name = {}) {
  return Make("UnsortedSegmentSum", {data, segment_ids, num_segments}, {}, name);
}
// Products instead of sums; rows to which no id leads are ones.
inline Output SegmentProd(Input data, Input segment_ids, const Name& name = {}) {
  return Make("SegmentProd", {data, segment_ids}, {}, name);
}
inline Output UnsortedSegmentProd(Input data, Input segment_ids, Input num_segments, const Name& name = {}) {
  return Make("UnsortedSegmentProd", {data, segment_ids, num_segments}, {}, name);
}
// Means; rows to which no id leads are 0.
inline Output SegmentMean(Input data, Input segment_ids, const Name& name = {}) {
  return Make("SegmentMean", {data, segment_ids}, {}, name);
}
// The largest and the least. Rows to which no id leads are 0; of the unsorted ones they are the least or the largest
// number of the dtype.
inline Output SegmentMax(Input data, Input segment_ids, const Name& name = {}) {
  return Make("SegmentMax", {data, segment_ids}, {}, name);
}
inline Output SegmentMin(Input data, Input segment_ids, const Name& name = {}) {
  return Make("SegmentMin", {data, segment_ids}, {}, name);
}
inline Output UnsortedSegmentMax(Input data, Input segment_ids, Input num_segments, const Name& name = {}) {
  return Make("UnsortedSegmentMax", {data, segment_ids, num_segments}, {}, name);
}
inline Output UnsortedSegmentMin(Input data, Input segment_ids, Input num_segments, const Name& name = {}) {
  return Make("UnsortedSegmentMin", {data, segment_ids, num_segments}, {}, name);
}

// How often `arr` (int32) has each of the numbers below `size`, or the sums of their weights where there are any.
inline Output Bincount(Input arr, Input size, Input weights, const Name& name = {}) {
  return Make("Bincount", {arr, size, weights}, {}, name);
}
// How many values lie in each of nbins parts of value_range [2]; those outside count for the first or last.
inline Output HistogramFixedWidth(Input values, Input value_range, Input nbins, DType dtype = kInt32,
                                  const Name& name = {}) {
  return Make("HistogramFixedWidth", {values, value_range, nbins}, {{"dtype", dtype}}, name);
}

struct SparseSegmentOptions {
  std::optional<Input> num_segments = {};  // rows of the result; without it as many as the last id plus one
  bool sparse_gradient = false;            // the gradient by data is IndexedSlices
  std::string name = {};
};
// Row i of the result is the sum of the rows data[indices[j]] with segment_ids[j] = i, their mean, or their sum divided
// by the root of their number; ids must not decrease. Rows to which no id leads are 0.
Output SparseSegmentSum(Input data, Input indices, Input segment_ids, const SparseSegmentOptions& o = {});
Output SparseSegmentMean(Input data, Input indices, Input segment_ids, const SparseSegmentOptions& o = {});
Output SparseSegmentSqrtN(Input data, Input indices, Input segment_ids, const SparseSegmentOptions& o = {});

}  // namespace weir::ops
