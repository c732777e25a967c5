// What a dataset gives, element after element.
#pragma once

#include "weir/graph/builder.h"
#include "weir/session/session.h"

namespace weir::testing {

// Whether the elements of a dataset of one component of this dtype, one after the other, have the elements of `want`:
// optimised and not.
bool StreamIs(Builder& b, const Output& dataset, DType dtype, const Feeds& feeds, const Tensor& want);

// All scalars that `next` gives until OutOfRange, as numbers; another error is a failure.
std::vector<double> All(Session& session, const Output& next, const RunConfig& config = {});

}  // namespace weir::testing
