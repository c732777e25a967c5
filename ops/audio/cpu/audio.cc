// Kernels of the ops on sound, by the ops' topics.
#include "weir/ops/kernels.h"

namespace weir {

void RegisterAudioWavKernels(KernelRegistry& r);  // wav.cc

void RegisterAudioKernels(KernelRegistry& r) { RegisterAudioWavKernels(r); }

}  // namespace weir
