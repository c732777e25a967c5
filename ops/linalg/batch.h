// What the shape and gradient functions of batched linear algebra share. A batch of matrices is a tensor of rank 2 or
// more whose last two axes are the matrices.
#pragma once

#include <utility>

#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"

namespace weir {

// Input i as a batch of matrices that are square, sizes merged: an error where they are known not to be.
Result<PartialShape> SquareMatrices(const ShapeContext& c, int i);
// The axes in front of the last `inner` of a shape; unknown rank stays so.
PartialShape BatchOf(const PartialShape& s, int inner = 2);
// `batch` followed by these axes; unknown rank where the batch's is.
PartialShape WithAxes(const PartialShape& batch, std::initializer_list<Dim> axes);

// factor · n³ for each matrix of input 0, n its number of columns.
int64_t CubeFlops(const ShapeContext& c, int64_t factor);

// The gradients gx and gy, whose batch axes are those of x and y broadcast, summed back to the shapes of x and y (an
// invalid one stays so). Inserts nothing where the batch axes are known to be equal.
std::pair<Output, Output> SumBatches(Output gx, Output gy, Output x, Output y);

// 1 / x, but 0 where x is 0: x / (x² + 1e-20), as TensorFlow's gradients have it.
Output SafeReciprocal(Output x);
// x […] as […,1,1], to multiply matrices by.
Output AsFactor(Output x);
// A complex x without its imaginary parts, of its dtype; a real one as it is.
Output RealPart(Output x);
// a[…, begin : begin + count] (axis -1) or a[…, begin : begin + count, :] (axis -2).
Output Part(Output a, int axis, int64_t begin, int64_t count);

}  // namespace weir
