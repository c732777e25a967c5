// However a fuzzer's process ends, stderr says in which case.
#pragma once

namespace weir::fuzz {

extern char current[256];  // what is being done
extern bool ended;         // the fuzzer has, as it should

void SayCurrent();
// By a signal (an overflow of the stack, too), by a sanitizer, by an exit() that somebody called.
void SayCurrentAtAnyEnd();

}  // namespace weir::fuzz
