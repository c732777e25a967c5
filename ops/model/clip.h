// Clipping of values and gradients by their norms, by TF1's names. (ClipByValue is in math.h.)
//
//   auto grads = optimizer.ComputeGradients(loss);
//   Output norm = ops::ClipGradientsByGlobalNorm(grads, 5.0);
//   Operation train = optimizer.ApplyGradients(grads);
#pragma once

#include <vector>

#include "weir/ops/model/optimizers.h"
#include "weir/ops/reduce/reduce.h"

namespace weir::ops {

// t · clip_norm / max(‖t‖₂, clip_norm), the norm over `axes` (all when none are given). A zero tensor stays, and
// gradients pass it unchanged.
Output ClipByNorm(Input t, Input clip_norm, const Axes& axes = {}, const Name& name = {});
// The same by ‖t‖₂ / number of elements.
Output ClipByAverageNorm(Input t, Input clip_norm, const Name& name = {});
// √Σ‖t‖² over all tensors; sparse gradients count by their values.
Output GlobalNorm(const std::vector<Grad>& tensors, const Name& name = {});
Output GlobalNorm(const std::vector<Output>& tensors, const Name& name = {});

struct ClippedTensors {
  OutputList tensors;
  Output global_norm;
};
// Each t · clip_norm / max(global norm, clip_norm); all NaN when the norm is not finite.
ClippedTensors ClipByGlobalNorm(const std::vector<Output>& tensors, Input clip_norm, const Name& name = {});
// The same on gradients in place, sparse ones staying sparse; returns the norm before. Invalid gradients are left out.
Output ClipGradientsByGlobalNorm(std::vector<GradAndVar>& grads, Input clip_norm, const Name& name = {});

}  // namespace weir::ops
