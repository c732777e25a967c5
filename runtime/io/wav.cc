#include "weir/runtime/io/wav.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "weir/graph/base/shape.h"
#include "weir/graph/base/coding.h"

namespace weir::io {

namespace {

constexpr int64_t kSampleBytes = 2;
constexpr uint32_t kHeaderBytes = 44, kFormatBytes = 16, kPcm = 1, kBits = 16;

uint32_t Fixed16At(const char* p) {
  uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
void PutFixed16(std::string* out, uint32_t v) { out->append(reinterpret_cast<const char*>(&v), 2); }

Status NoWav(const std::string& why) { return InvalidArgument("is given bytes that are no WAV file: " + why); }

// The format chunk, of 16 bytes or, with a size of nothing behind, 18.
Status ReadFormat(std::string_view chunk, WavHeader* header) {
  if (chunk.size() != kFormatBytes && chunk.size() != kFormatBytes + 2)
    return NoWav(fmt::format("the format takes {} bytes, not 16 or 18", chunk.size()));
  const char* p = chunk.data();
  if (Fixed16At(p) != kPcm || Fixed16At(p + 14) != kBits) {
    return NoWav(fmt::format("samples are of format {} and {} bits, not 16-bit PCM (format 1)", Fixed16At(p),
                             Fixed16At(p + 14)));
  }
  header->channels = Fixed16At(p + 2);
  header->sample_rate = Fixed32At(p + 4);
  const int64_t frame = Fixed16At(p + 12);
  if (header->channels == 0 || frame != header->channels * kSampleBytes ||
      Fixed32At(p + 8) != header->sample_rate * frame || header->sample_rate > INT32_MAX)
    return NoWav(fmt::format("{} channels at a rate of {} do not make frames of {} bytes and {} bytes a second",
                             header->channels, header->sample_rate, frame, Fixed32At(p + 8)));
  return {};
}

}  // namespace

Result<WavHeader> ReadWavHeader(std::string_view bytes) {
  if (bytes.size() < 12 || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WAVE")
    return NoWav("they do not begin as one");
  WavHeader header;
  bool has_data = false;
  for (size_t at = 12; at < bytes.size();) {
    if (bytes.size() - at < 8) return NoWav(fmt::format("a chunk is cut off at byte {}", at));
    const std::string_view name = bytes.substr(at, 4);
    const size_t size = Fixed32At(bytes.data() + at + 4);
    at += 8;
    if (size > bytes.size() - at) return NoWav(fmt::format("a chunk of {} bytes is cut off at byte {}", size, at));
    if (name == "fmt " && header.channels == 0) {
      WEIR_RETURN_IF_ERROR(ReadFormat(bytes.substr(at, size), &header));
    } else if (name == "data") {
      if (header.channels == 0 || has_data) return NoWav("the samples are there twice or before their format");
      const int64_t frame = header.channels * kSampleBytes;
      has_data = true;
      header.data = at, header.frames = static_cast<int64_t>(size) / frame;
    }
    at += size;
    if (size % 2 == 1 && at < bytes.size() && bytes[at] == '\0') ++at;  // chunks begin at even bytes, mostly
  }
  if (!has_data) return NoWav("there are no samples");
  return header;
}

float WavSample(const char* bytes) {
  int16_t v;
  std::memcpy(&v, bytes, sizeof v);
  return static_cast<float>(v) / 32768.0f;
}

Result<std::string> WavBytes(const float* samples, int64_t frames, int64_t channels, int64_t sample_rate) {
  if (channels <= 0 || channels > UINT16_MAX / kSampleBytes)
    return InvalidArgument(fmt::format("wants 1 to 32767 channels of sound, not {}", channels));
  const int64_t frame = channels * kSampleBytes;
  if (sample_rate <= 0 || sample_rate > UINT32_MAX / frame)
    return InvalidArgument(fmt::format("has the sample rate {}, which no WAV file of {} channels can have", sample_rate,
                                       channels));
  if (frames > (int64_t{UINT32_MAX} - kHeaderBytes) / frame)
    return InvalidArgument(fmt::format("has {} frames, more than a WAV file can hold", frames));
  const auto data = static_cast<uint32_t>(frames * frame), rate = static_cast<uint32_t>(sample_rate);
  std::string bytes = "RIFF";
  bytes.reserve(kHeaderBytes + data);
  PutFixed32(&bytes, kHeaderBytes - 8 + data);
  bytes += "WAVEfmt ";
  PutFixed32(&bytes, kFormatBytes);
  PutFixed16(&bytes, kPcm);
  PutFixed16(&bytes, static_cast<uint32_t>(channels));
  PutFixed32(&bytes, rate);
  PutFixed32(&bytes, rate * static_cast<uint32_t>(frame));
  PutFixed16(&bytes, static_cast<uint32_t>(frame));
  PutFixed16(&bytes, kBits);
  bytes += "data";
  PutFixed32(&bytes, data);
  for (int64_t i = 0; i < frames * channels; ++i) {
    const float v = std::isnan(samples[i]) ? 0 : std::clamp(std::round(samples[i] * 32768.0f), -32768.0f, 32767.0f);
    PutFixed16(&bytes, static_cast<uint16_t>(static_cast<int16_t>(v)));
  }
  return bytes;
}

}  // namespace weir::io
