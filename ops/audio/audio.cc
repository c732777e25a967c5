// Ops on sound. One file a topic.
#include "weir/ops/registry.h"

namespace weir {

void RegisterAudioWavOps(OpRegistry& r);  // wav.cc: DecodeWav, EncodeWav

void RegisterAudioOps(OpRegistry& r) { RegisterAudioWavOps(r); }

}  // namespace weir
