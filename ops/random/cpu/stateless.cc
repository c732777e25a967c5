// Kernels of the ops that tell what generator a seed starts.
#include <fmt/format.h>

#include "weir/ops/random/cpu/generator.h"

namespace weir {

namespace {

Status PrepareKeyCounter(PrepareContext& c) {
  if (c.input_shape(0) != Shape({2})) {
    return InvalidArgument(fmt::format("needs a seed of two numbers, [2], got {}", c.input_shape(0).ToString()));
  }
  c.SetRun([dtype = c.input_dtype(0), algorithm = c.num_outputs() == 3](RunArgs& a) {
    const Philox generator = GeneratorOfSeed(dtype, a.in<char>(0));
    *a.out<uint64_t>(0) = generator.key();
    a.out<uint64_t>(1)[0] = generator.counter_lo();
    a.out<uint64_t>(1)[1] = generator.counter_hi();
    if (algorithm) *a.out<int32_t>(2) = kPhilox;
  });
  return {};
}

Status PrepareAlgorithm(PrepareContext& c) {
  c.SetRun([](RunArgs& a) { *a.out<int32_t>(0) = kPhilox; });
  return {};
}

}  // namespace

void RegisterRandomStatelessKernels(KernelRegistry& r) {
  r.Add("StatelessRandomGetKeyCounter", PrepareKeyCounter);
  r.Add("StatelessRandomGetKeyCounterAlg", PrepareKeyCounter);
  r.Add("StatelessRandomGetAlg", PrepareAlgorithm);
}

}  // namespace weir
