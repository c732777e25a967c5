// Random ops. One file a topic; how building functions choose seeds is in seeds.cc.
#include "weir/ops/registry.h"

namespace weir {

void RegisterRandomDrawOps(OpRegistry& r);         // draws.cc: RandomUniform, TruncatedNormal, RandomShuffle …
void RegisterRandomStatelessOps(OpRegistry& r);    // stateless.cc: the same as functions of a seed
void RegisterRandomSamplingOps(OpRegistry& r);     // sampling.cc: gamma, Poisson, binomial
void RegisterRandomTruncatedOps(OpRegistry& r);    // truncated.cc: ParameterizedTruncatedNormal
void RegisterRandomMultinomialOps(OpRegistry& r);  // multinomial.cc
void RegisterRandomCandidateOps(OpRegistry& r);    // candidates.cc: the candidate samplers

void RegisterRandomOps(OpRegistry& r) {
  RegisterRandomDrawOps(r);
  RegisterRandomStatelessOps(r);
  RegisterRandomSamplingOps(r);
  RegisterRandomTruncatedOps(r);
  RegisterRandomMultinomialOps(r);
  RegisterRandomCandidateOps(r);
}

}  // namespace weir
