// AdjustHue, AdjustSaturation, RGBToHSV and HSVToRGB, a pixel at a time, in float (double for double).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "weir/runtime/cpu/wide.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

template <class A>
struct Color {
  A c[3];
};

// The output's pixels are f(pixel) of the input's, f being F<A>(arguments).
template <class T, class F>
void SetPixels(PrepareContext& c, double pixel_ns, F make) {
  using A = Wide<T>;
  c.ParallelOver(c.input_shape(0).num_elements() / 3, pixel_ns);
  c.SetRun([make](RunArgs& a) {
    const auto f = make(a);
    const T* in = a.in<T>(0) + a.begin * 3;
    T* out = a.out<T>(0) + a.begin * 3;
    for (int64_t i = a.begin; i < a.end; ++i, in += 3, out += 3) {
      const Color<A> y = f(Color<A>{A(in[0]), A(in[1]), A(in[2])});
      for (int k = 0; k < 3; ++k) out[k] = T(y.c[k]);
    }
  });
}

Status CheckChannels(const PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  if (s.rank() > 0 && s[s.rank() - 1] == 3) return {};
  return InvalidArgument(fmt::format("needs 3 channels, but has images {}", s.ToString()));
}

// ---- by ops

template <class A>
Color<A> RgbToHsv(const Color<A>& rgb) {
  const A r = rgb.c[0], g = rgb.c[1], b = rgb.c[2];
  const A value = std::max(std::max(r, g), b), range = value - std::min(std::min(r, g), b);
  const A saturation = value > 0 ? range / value : A(0), norm = (1 / range) * (A(1) / A(6));
  A hue = r == value ? norm * (g - b) : g == value ? norm * (b - r) + A(2) / A(6) : norm * (r - g) + A(4) / A(6);
  hue = range > 0 ? hue : A(0);
  return {{hue < 0 ? hue + 1 : hue, saturation, value}};
}

template <class A>
Color<A> HsvToRgb(const Color<A>& hsv) {
  const A turn = hsv.c[0] * 6, saturation = hsv.c[1], rest = 1 - saturation, value = hsv.c[2];
  auto channel = [&](A share) { return (rest + saturation * std::min(std::max(share, A(0)), A(1))) * value; };
  return {{channel(std::abs(turn - 3) - 1), channel(2 - std::abs(turn - 2)), channel(2 - std::abs(turn - 4))}};
}

template <class Convert>
Status PrepareConversion(PrepareContext& c, Convert convert) {
  WEIR_RETURN_IF_ERROR(CheckChannels(c));
  return c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) {
    SetPixels<decltype(t)>(c, 10, [convert](RunArgs&) { return convert; });
  });
}

// ---- adjustments, whose conversions TensorFlow computes in other ways

// Hue in [0, 6), and the range of the channels.
struct HueRange {
  float hue, low, high;
};

HueRange HueRangeOf(const Color<float>& rgb) {
  // Channels from the largest to the smallest; which sixth of the turn that is, and whether the middle one rises in it.
  const float r = rgb.c[0], g = rgb.c[1], b = rgb.c[2];
  float middle;
  HueRange h;
  int sixth;
  if (r < g) {
    if (b < r) h.high = g, middle = r, h.low = b, sixth = 1;
    else if (b > g) h.high = b, middle = g, h.low = r, sixth = 3;
    else h.high = g, middle = b, h.low = r, sixth = 2;
  } else {
    if (b < g) h.high = r, middle = g, h.low = b, sixth = 0;
    else if (b > r) h.high = b, middle = r, h.low = g, sixth = 4;
    else h.high = r, middle = b, h.low = g, sixth = 5;
  }
  const float part = (middle - h.low) / (h.high - h.low);
  h.hue = h.high == h.low ? 0 : float(sixth) + (sixth % 2 == 0 ? part : 1 - part);
  return h;
}

Color<float> ColorOf(const HueRange& h) {
  const int sixth = h.hue >= 0 && h.hue < 6 ? static_cast<int>(h.hue) : 5;
  float part = h.hue - float(sixth);
  if (sixth % 2 != 0) part = 1 - part;
  const float middle = h.low + part * (h.high - h.low);
  switch (sixth) {
    case 0: return {{h.high, middle, h.low}};
    case 1: return {{middle, h.high, h.low}};
    case 2: return {{h.low, h.high, middle}};
    case 3: return {{h.low, middle, h.high}};
    case 4: return {{middle, h.low, h.high}};
    default: return {{h.high, h.low, middle}};
  }
}

// `hue` within [0, 6).
float WithinTurn(float hue) {
  if (!(hue >= -6 && hue < 12)) hue = std::fmod(hue, 6.0f);  // which is slow
  if (hue < 0) hue += 6;
  return hue >= 6 ? hue - 6 : hue;
}

Color<float> WithHueTurned(const Color<float>& rgb, float delta) {
  HueRange h = HueRangeOf(rgb);
  h.hue = WithinTurn(h.hue + delta * 6);
  return ColorOf(h);
}

Color<float> HsvOf(const Color<float>& rgb) {
  const float r = rgb.c[0], g = rgb.c[1], b = rgb.c[2];
  const float value = std::max(r, std::max(g, b)), range = value - std::min(r, std::min(g, b));
  const float norm = 1.0f / (6.0f * range);
  float hue = r == value   ? norm * (g - b)
              : g == value ? float(norm * (b - r) + 2.0 / 6.0)
                           : float(norm * (r - g) + 4.0 / 6.0);
  if (range <= 0) hue = 0;
  return {{hue < 0 ? hue + 1 : hue, value > 0 ? range / value : 0, value}};
}

Color<float> RgbOf(const Color<float>& hsv) {
  const float chroma = hsv.c[1] * hsv.c[2], least = hsv.c[2] - chroma, turn = hsv.c[0] * 6;
  const int sixth = turn >= 0 && turn < 6 ? static_cast<int>(turn) : 6;
  const float within = turn - 2 * std::floor(turn / 2);  // [0, 2)
  const float other = chroma * (1 - std::abs(within - 1));
  constexpr int kFirst[] = {0, 1, 1, 2, 2, 0, 0}, kOther[] = {1, 0, 2, 1, 0, 2, 1};
  Color<float> rgb{{least, least, least}};
  if (sixth == 6) return rgb;
  rgb.c[kFirst[sixth]] = chroma + least, rgb.c[kOther[sixth]] = other + least;
  return rgb;
}

Color<float> WithSaturation(const Color<float>& rgb, float scale) {
  Color<float> hsv = HsvOf(rgb);
  hsv.c[1] = std::min(1.0f, std::max(0.0f, hsv.c[1] * scale));
  return RgbOf(hsv);
}

template <class Adjust>
Status PrepareAdjustment(PrepareContext& c, Adjust adjust) {
  WEIR_RETURN_IF_ERROR(CheckChannels(c));
  if (c.input_shape(0).rank() < 3)
    return InvalidArgument(fmt::format("needs images of rank 3 at least, not {}", c.input_shape(0).ToString()));
  if (c.input_shape(1).num_elements() != 1) return InvalidArgument("needs a scalar to adjust by");
  return c.ForType(Types<float, Half>{}, c.input_dtype(0), [&](auto t) {
    SetPixels<decltype(t)>(c, 15, [adjust](RunArgs& a) {
      return [adjust, by = *a.in<float>(1)](const Color<float>& rgb) { return adjust(rgb, by); };
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterColorKernels(KernelRegistry& r) {
  using namespace kernels;
  r.Add("AdjustHue", [](PrepareContext& c) { return PrepareAdjustment(c, WithHueTurned); });
  r.Add("AdjustSaturation", [](PrepareContext& c) { return PrepareAdjustment(c, WithSaturation); });
  r.Add("RGBToHSV", [](PrepareContext& c) {
    return PrepareConversion(c, [](const auto& rgb) { return RgbToHsv(rgb); });
  });
  r.Add("HSVToRGB", [](PrepareContext& c) {
    return PrepareConversion(c, [](const auto& hsv) { return HsvToRgb(hsv); });
  });
}

}  // namespace weir
