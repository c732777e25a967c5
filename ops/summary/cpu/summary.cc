// Kernels of summaries: the messages are runtime/io's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weir/ops/kernels.h"
#include "weir/runtime/io/image_file.h"
#include "weir/runtime/io/summary.h"
#include "weir/runtime/io/wav.h"

namespace weir {

namespace {

// Runs `make`, which gives the bytes of output 0.
template <class Make>
void GiveBytes(PrepareContext& c, Make make) {
  c.set_output_shape(0, Shape());
  c.SetRun([make](RunArgs& a) {
    Result<std::string> bytes = make(a);
    if (bytes.ok()) *a.out<std::string>(0) = std::move(*bytes);
    else a.Fail(bytes.status());
  });
}

Status PrepareScalarSummary(PrepareContext& c) {
  const Shape &tags = c.input_shape(0), &values = c.input_shape(1);
  const int64_t n = values.num_elements();
  if (!(tags == values) && !(tags.num_elements() == 1 && n == 1)) {
    return InvalidArgument(
        fmt::format("wants a tag for each value, not {} and {}", tags.ToString(), values.ToString()));
  }
  return c.ForType(RealTypes{}, c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    GiveBytes(c, [n](RunArgs& a) {
      std::vector<io::SummaryValue> all;
      for (int64_t i = 0; i < n; ++i) all.push_back({a.in<std::string>(0)[i], static_cast<float>(a.in<T>(1)[i])});
      return io::SummaryBytes(all);
    });
  });
}

Status PrepareHistogramSummary(PrepareContext& c) {
  if (c.input_shape(0).num_elements() != 1)
    return InvalidArgument(fmt::format("wants one tag, not {}", c.input_shape(0).ToString()));
  return c.ForType(RealTypes{}, c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    GiveBytes(c, [n = c.input_shape(1).num_elements()](RunArgs& a) -> Result<std::string> {
      const std::string& tag = *a.in<std::string>(0);
      io::Histogram histogram;
      for (int64_t i = 0; i < n; ++i) {
        const auto v = static_cast<double>(a.in<T>(1)[i]);
        if (!std::isfinite(v))
          return InvalidArgument(fmt::format("{} in the histogram '{:.100}'", std::isnan(v) ? "NaN" : "Infinity", tag));
        histogram.Add(v);
      }
      return io::SummaryBytes({{tag, histogram.Counts()}});
    });
  });
}

Status PrepareMergeSummary(PrepareContext& c) {
  std::vector<int64_t> counts;
  for (int i = 0; i < c.num_inputs(); ++i) counts.push_back(c.input_shape(i).num_elements());
  GiveBytes(c, [counts](RunArgs& a) {
    std::vector<std::string> all;
    for (size_t i = 0; i < counts.size(); ++i) {
      const std::string* summaries = a.in<std::string>(static_cast<int>(i));
      all.insert(all.end(), summaries, summaries + counts[i]);
    }
    return io::MergeSummaries(all);
  });
  return {};
}

// ---- images

// Scales the values of one image, of finite pixels, to bytes. As TensorFlow does, in the tensor's own arithmetic.
template <class T>
void ToBytes(const T* values, int64_t pixels, int channels, const uint8_t* bad_color, uint8_t* bytes) {
  using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
  constexpr float kLeast = 1e-6f;
  auto finite = [&](int64_t i) {
    return std::all_of(values + i * channels, values + (i + 1) * channels,
                       [](T v) { return std::isfinite(static_cast<float>(v)); });
  };
  float low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < pixels; ++i) {
    if (!finite(i)) continue;
    for (int k = 0; k < channels; ++k) {
      const auto v = static_cast<float>(values[i * channels + k]);
      low = std::min(low, v), high = std::max(high, v);
    }
  }
  const bool centred = low < 0;
  const float largest = centred ? std::max(std::abs(low), std::abs(high)) : high;
  const T scale(largest < kLeast ? 0.0f : (centred ? 127.0f : 255.0f) / largest), offset(centred ? 128.0f : 0.0f);
  for (int64_t i = 0; i < pixels; ++i) {
    const bool good = finite(i);
    for (int k = 0; k < channels; ++k) {
      const T v = good ? T(T(values[i * channels + k] * scale) + offset) : T(0.0f);
      bytes[i * channels + k] = good ? static_cast<uint8_t>(static_cast<Wide>(v)) : bad_color[k];
    }
  }
}
template <>
void ToBytes(const uint8_t* values, int64_t pixels, int channels, const uint8_t*, uint8_t* bytes) {
  std::copy_n(values, pixels * channels, bytes);
}

Status PrepareImageSummary(PrepareContext& c) {
  const Shape& images = c.input_shape(1);
  const int channels = images.rank() == 4 ? static_cast<int>(images[3]) : 0;
  if (channels != 1 && channels != 3 && channels != 4)
    return InvalidArgument(fmt::format("wants images [N,height,width,1, 3 or 4], not {}", images.ToString()));
  constexpr int64_t kMost = 1 << 24;  // TensorFlow's limit as well: pixels must be countable
  if (images[1] >= kMost || images[2] >= kMost || images[1] * images[2] >= (int64_t{1} << 29))
    return InvalidArgument(fmt::format("has images too large for PNG, {}", images.ToString()));
  const Tensor bad = c.attr<Tensor>("bad_color");
  if (bad.dtype() != kUint8 || bad.shape().rank() != 1 || bad.num_elements() < channels) {
    return InvalidArgument(fmt::format("wants a bad_color of {} uint8, not {} {}", channels, DTypeName(bad.dtype()),
                                       bad.shape().ToString()));
  }
  const int64_t most = c.attr<int64_t>("max_images"), count = std::min(most, images[0]);
  return c.ForType(Types<uint8_t, float, Half, double>{}, c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    GiveBytes(c, [images, channels, bad, most, count](RunArgs& a) -> Result<std::string> {
      const int height = static_cast<int>(images[1]), width = static_cast<int>(images[2]);
      const int64_t pixels = images[1] * images[2];
      std::vector<uint8_t> bytes(static_cast<size_t>(pixels * channels));
      std::vector<io::SummaryValue> all;
      for (int64_t i = 0; i < count; ++i) {
        ToBytes<T>(a.in<T>(1) + i * pixels * channels, pixels, channels, bad.data<uint8_t>(), bytes.data());
        WEIR_ASSIGN_OR_RETURN(std::string png, io::EncodePng(bytes.data(), {height, width, channels}));
        const std::string& tag = *a.in<std::string>(0);
        all.push_back({most > 1 ? fmt::format("{}/image/{}", tag, i) : tag + "/image",
                       io::SummaryImage{height, width, channels, std::move(png)}});
      }
      return io::SummaryBytes(all);
    });
  });
}

// ---- sounds

struct Sounds {
  int64_t count, frames, channels, most;
};

Result<std::string> AudioBytes(const RunArgs& a, const Sounds& s, float sample_rate) {
  if (!(sample_rate > 0) || sample_rate > static_cast<float>(UINT32_MAX))
    return InvalidArgument(fmt::format("has the sample rate {}", sample_rate));
  std::vector<io::SummaryValue> all;
  for (int64_t i = 0; i < s.count; ++i) {
    const float* samples = a.in<float>(1) + i * s.frames * s.channels;
    WEIR_ASSIGN_OR_RETURN(std::string wav, io::WavBytes(samples, s.frames, s.channels, std::lrint(sample_rate)));
    const std::string& tag = *a.in<std::string>(0);
    all.push_back({s.most > 1 ? fmt::format("{}/audio/{}", tag, i) : tag + "/audio",
                   io::SummaryAudio{sample_rate, s.channels, s.frames, std::move(wav)}});
  }
  return io::SummaryBytes(all);
}

Status PrepareAudioSummary(PrepareContext& c) {
  const Shape& sound = c.input_shape(1);
  if (c.input_shape(0).num_elements() != 1 || (sound.rank() != 2 && sound.rank() != 3)) {
    return InvalidArgument(fmt::format("wants one tag of sound [N,frames] or [N,frames,channels], not {} of {}",
                                       c.input_shape(0).ToString(), sound.ToString()));
  }
  const bool fed = c.num_inputs() == 3;
  if (fed && c.input_shape(2).num_elements() != 1)
    return InvalidArgument(fmt::format("wants one sample rate, not {}", c.input_shape(2).ToString()));
  const int64_t most = c.attr<int64_t>("max_outputs");
  const Sounds sounds{std::min(most, sound[0]), sound[1], sound.rank() == 3 ? sound[2] : 1, most};
  GiveBytes(c, [sounds, fed, rate = c.attr<float>("sample_rate")](RunArgs& a) {
    return AudioBytes(a, sounds, fed ? *a.in<float>(2) : rate);
  });
  return {};
}

// ---- tensors

using SummaryTypes = decltype(NumberTypes() + Types<bool, std::string>());

// The tensor that input `i` is, as the tensor of a summary.
template <class T>
Result<Tensor> TensorOf(const RunArgs& a, int i, DType dtype, const Shape& shape) {
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(dtype, shape));
  std::copy_n(a.in<T>(i), shape.num_elements(), t.mutable_data<T>());
  return t;
}

Status PrepareTensorSummary(PrepareContext& c) {
  return c.ForType(SummaryTypes{}, c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    const auto name = c.attr<std::string>(kNodeName);
    auto make = [name, dtype = c.input_dtype(0), shape = c.input_shape(0)](RunArgs& a) -> Result<std::string> {
      WEIR_ASSIGN_OR_RETURN(Tensor t, TensorOf<T>(a, 0, dtype, shape));
      return io::SummaryBytes({{"", std::move(t), {}, name}});
    };
    GiveBytes(c, std::move(make));
  });
}

Status PrepareTensorSummaryV2(PrepareContext& c) {
  for (int i : {0, 2}) {
    if (c.input_shape(i).num_elements() == 1) continue;
    return InvalidArgument(fmt::format("wants one {}, not {}", i == 0 ? "tag" : "metadata message",
                                       c.input_shape(i).ToString()));
  }
  return c.ForType(SummaryTypes{}, c.input_dtype(1), [&](auto type) {
    using T = decltype(type);
    GiveBytes(c, [dtype = c.input_dtype(1), shape = c.input_shape(1)](RunArgs& a) -> Result<std::string> {
      WEIR_ASSIGN_OR_RETURN(Tensor t, TensorOf<T>(a, 1, dtype, shape));
      return io::SummaryBytes({{*a.in<std::string>(0), std::move(t), *a.in<std::string>(2)}});
    });
  });
}

}  // namespace

void RegisterSummaryKernels(KernelRegistry& r) {
  r.Add("ImageSummary", PrepareImageSummary);
  r.Add("AudioSummary", PrepareAudioSummary);
  r.Add("AudioSummaryV2", PrepareAudioSummary);
  r.Add("TensorSummary", PrepareTensorSummary);
  r.Add("TensorSummaryV2", PrepareTensorSummaryV2);
  r.Add("ScalarSummary", PrepareScalarSummary);
  r.Add("HistogramSummary", PrepareHistogramSummary);
  r.Add("MergeSummary", PrepareMergeSummary);
}

}  // namespace weir
