// Building functions of the ops on sound.
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

struct DecodeWavOutputs {
  Output audio;        // float [samples, channels], in [-1, 1)
  Output sample_rate;  // int32, samples a second
};
// The sound of a WAV file's bytes, a scalar string of 16-bit PCM. Cut, or filled up with zeros, to desired_samples, and
// with its last channel to desired_channels; -1: as many as there are. An error for other bytes.
DecodeWavOutputs DecodeWav(Input contents, int64_t desired_channels = -1, int64_t desired_samples = -1,
                           const Name& name = {});

// A WAV file's bytes, 16-bit PCM, of sound [samples, channels]; what is outside of [-1, 1] is cut to it.
inline Output EncodeWav(Input audio, Input sample_rate, const Name& name = {}) {
  return Make("EncodeWav", {audio, sample_rate}, {}, name);
}

}  // namespace weir::ops
