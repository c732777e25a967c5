// Kernels of DecodeWav and EncodeWav. The format is runtime/io's.
#include "weir/runtime/io/wav.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/kernel.h"

namespace weir {

namespace {

// Why the header is read in Prepare: only it tells the sound's shape.
Status PrepareDecodeWav(PrepareContext& c) {
  if (c.input_shape(0).rank() != 0)
    return InvalidArgument(fmt::format("wants the bytes of one file, not {}", c.input_shape(0).ToString()));
  WEIR_ASSIGN_OR_RETURN(io::WavHeader header, io::ReadWavHeader(*c.input_value(0)->data<std::string>()));
  const auto wanted_channels = c.attr<int64_t>("desired_channels"), wanted = c.attr<int64_t>("desired_samples");
  const int64_t channels = wanted_channels >= 0 ? wanted_channels : header.channels;
  const int64_t samples = wanted >= 0 ? wanted : header.frames;
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, {samples, channels}));
  c.set_output_shape(1, Shape());
  c.Before(1, 1, [rate = header.sample_rate](RunArgs& a) { *a.out<int32_t>(1) = static_cast<int32_t>(rate); });
  c.ParallelOver(samples, 1.0 * static_cast<double>(channels));
  c.SetRun([header, channels](RunArgs& a) {
    const char* data = a.in<std::string>(0)->data() + header.data;
    for (int64_t i = a.begin; i < a.end; ++i) {
      for (int64_t k = 0; k < channels; ++k) {
        const int64_t from = std::min(k, header.channels - 1);
        a.out<float>(0)[i * channels + k] =
            i < header.frames ? io::WavSample(data + (i * header.channels + from) * 2) : 0.0f;
      }
    }
  });
  return {};
}

Status PrepareEncodeWav(PrepareContext& c) {
  const Shape& audio = c.input_shape(0);
  if (audio.rank() != 2 || c.input_shape(1).rank() != 0) {
    return InvalidArgument(fmt::format("wants sound [samples, channels] and a scalar rate, not {} and {}",
                                       audio.ToString(), c.input_shape(1).ToString()));
  }
  c.set_output_shape(0, Shape());
  c.SetRun([samples = audio[0], channels = audio[1]](RunArgs& a) {
    auto bytes = io::WavBytes(a.in<float>(0), samples, channels, *a.in<int32_t>(1));
    if (bytes.ok()) *a.out<std::string>(0) = std::move(*bytes);
    else a.Fail(bytes.status());
  });
  return {};
}

}  // namespace

void RegisterAudioWavKernels(KernelRegistry& r) {
  r.Add("DecodeWav", PrepareDecodeWav).NeedsValue({0});
  r.Add("EncodeWav", PrepareEncodeWav);
}

}  // namespace weir
