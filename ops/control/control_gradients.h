// Gradients of branches and loops, in files of their own.
#pragma once

#include "weir/graph/gradients.h"

namespace weir {

Status BranchGradient(GradContext& c);  // branch_gradient.cc
Status LoopGradient(GradContext& c);    // loop_gradient.cc

}  // namespace weir
