// Random ops. One file a topic; how building functions choose seeds is in seeds.cc.
#include "weir/ops/registry.h"

namespace weir {

void RegisterRandomDrawOps(OpRegistry& r);       // draws.cc: RandomUniform, TruncatedNormal, RandomShuffle …
void RegisterRandomCandidateOps(OpRegistry& r);  // candidates.cc: the candidate samplers

void RegisterRandomOps(OpRegistry& r) {
  RegisterRandomDrawOps(r);
  RegisterRandomCandidateOps(r);
}

}  // namespace weir
