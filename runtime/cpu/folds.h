// Reductions over any set of axes, for the kernels whose result is a fold of many elements into one: Sum, Mean, Max, …,
// L2Loss, BiasAddGrad.
//
// Adjacent axes of one kind are merged, so that what is left is a walk over kept indices, a walk over reduced ones, and
// an innermost run that is either reduced (rows, contiguous) or kept (columns, accumulated side by side).
#pragma once

#include <string_view>
#include <vector>

#include "weir/runtime/kernel.h"

namespace weir::kernels {

// An index space over some merged axes; offsets are in elements of the input.
struct Walk {
  std::vector<int64_t> sizes, strides;
  int64_t count = 1;

  void Add(int64_t size, int64_t stride) { sizes.push_back(size), strides.push_back(stride), count *= size; }
  int64_t Offset(int64_t i) const {
    int64_t offset = 0;
    for (size_t a = sizes.size(); a-- > 1;)
      offset += (i % sizes[a]) * strides[a], i /= sizes[a];  // sizes > 1 where count > 0
    return sizes.empty() ? 0 : offset + i * strides[0];
  }
};

// Invariant: kept.count · (columns ? inner : 1) outputs, reduced.count · (columns ? 1 : inner) elements folded into
// each.
struct ReducePlan {
  Walk kept, reduced;
  int64_t inner = 1;     // length of the innermost run
  bool columns = false;  // the innermost run is kept
  int64_t outputs = 0, folded = 0;
  // How the work is cut: `units` sets of outputs (a row's output, or kTile columns), `parts` shares of each one's
  // elements. The parts depend on what is folded into one unit alone, so that a row of a batch has the same bits in any
  // batch; where units are too few for the work (`spread`), parts are items, and a second phase combines them.
  int64_t units = 0, parts = 1;
  bool spread = false;
  static constexpr int64_t kTile = 256;

  static ReducePlan Make(const Shape& in, const std::vector<bool>& reduced);
};

enum class Fold { kSum, kMean, kProd, kMin, kMax, kNorm, kHalfSquares };

// Which axes of a tensor of `rank` the axes name; errors for axes out of range or named twice.
Result<std::vector<bool>> ReducedAxes(const std::vector<int64_t>& axes, int rank);

// Output 0 is input 0 folded over the marked axes.
Status PrepareFold(PrepareContext& c, Fold fold, const std::vector<bool>& reduced);
// The two halves of PrepareFold, in files of their own for the sake of compile time.
Status PrepareSums(PrepareContext& c, Fold fold, const ReducePlan& plan);
Status PrepareExtremes(PrepareContext& c, Fold fold, const ReducePlan& plan);

}  // namespace weir::kernels
