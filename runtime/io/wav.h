// WAV files as bytes: sound as 16-bit PCM, frames of a sample for each channel.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/graph/base/status.h"

namespace weir::io {

struct WavHeader {
  int64_t sample_rate = 0, channels = 0, frames = 0;
  size_t data = 0;  // where the samples begin
};

// Errors go on after the node's name: bytes that are no such file.
Result<WavHeader> ReadWavHeader(std::string_view bytes);
// A sample of 16 bits as a number in [-1, 1).
float WavSample(const char* bytes);

// The file of frames * channels samples; those outside of [-1, 1] are cut to it. Errors: a rate or a number of channels
// that the format has no place for, more than 4 GiB.
Result<std::string> WavBytes(const float* samples, int64_t frames, int64_t channels, int64_t sample_rate);

}  // namespace weir::io
