// The memory of branches and loops: where nested plans work, and how a loop's variables go from one iteration to the
// next.
#pragma once

#include "weir/runtime/plan/plan.h"

namespace weir {

// Sets what of `info` tells the executor where the nested plans of a step find their memory: `direct`, `loop`. The
// step's operands are set. Returns the bytes of its workspace: an arena for whichever nested plan runs, behind it the
// buffers of a direct loop.
int64_t LayOutNested(const Plan& plan, const Step& step, StepInfo* info);

}  // namespace weir
