// What softmax and the cross-entropies share: softmax's gradient, and the way to another axis than the last. Not a
// public header.
#pragma once

#include <optional>
#include <vector>

#include "weir/graph/builder.h"

namespace weir::nn {

// The gradient g of softmax(x) = s by x: (g - Σ g·s) · s.
Output ThroughSoftmax(Output g, Output s);
// Σ x along the last axis, which stays with size 1.
Output SumLast(Output x);

// `axis` counted from the front, or -1 when it is the last. Fails for an axis that is none, or that an unknown rank
// hides.
std::optional<int> InnerAxis(Builder* b, const Output& x, int axis, const char* op);
// Axis i of the result is axis perm[i] of x.
Output Permute(Output x, std::vector<int32_t> perm);
// 0, 1, …, n - 1
std::vector<int32_t> Iota(int n);

}  // namespace weir::nn
