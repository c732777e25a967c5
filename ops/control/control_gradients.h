// Gradients of branches, in files of their own.
#pragma once

#include "weir/graph/gradients.h"

namespace weir {

Status BranchGradient(GradContext& c);  // branch_gradient.cc

}  // namespace weir
