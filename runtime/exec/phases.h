// Runs what a kernel prepared: its phases one after the other, each cut into parts for the threads at hand. Items of a
// phase are independent, so no cut changes a bit.
#pragma once

#include "weir/runtime/exec/thread_pool.h"
#include "weir/runtime/kernel.h"

namespace weir {

// Decides how many parts each phase has. Returns the bytes of workspace that all of them need: what is shared, behind
// it each part's own. Errors: more bytes than there can be.
Result<int64_t> Cut(Prepared& prepared, int threads);

// Where part `part` has its own workspace: RunArgs::own_lines.
uint32_t OwnLines(const Prepared& prepared, int64_t part);

// Runs the phases, on the caller alone where there is no team, until one fails or the run is cancelled. `args` has
// operands, workspace and error, which has the run's cancel; items and own workspace are set here.
void RunPhases(const Prepared& prepared, RunArgs& args, ThreadPool::Team* team);

// From now on Cut makes `parts` parts wherever there are as many items, whatever they cost and however large they want
// a part to be, of equal or (`unequal`) growing sizes, so that tests on few elements exercise every cut; 0: as before.
// For the whole process, and for what is prepared from now on.
void ForceCutsForTesting(int64_t parts, bool unequal = false);

}  // namespace weir
