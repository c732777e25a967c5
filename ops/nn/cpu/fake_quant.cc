// FakeQuantWithMinMax…: rounding to the values of a range, and its gradients. Channels lie along the last axis; a range
// for all elements is that of one channel.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

// A range moved so that 0 is one of its values, `scale` apart.
struct NudgedRange {
  float low, high, scale, inverse, zero;
  bool nothing;  // min and max are 0: all becomes 0, and the gradient passes

  float Round(float x) const {
    if (nothing) return 0;
    const float shifted = std::max(std::min(x, high), low) - low;
    return std::floor(shifted * inverse - zero + 0.5f) * scale;
  }
  bool Inside(float x) const { return nothing || (x >= low && x <= high); }
  bool Below(float x) const { return !nothing && x < low; }
  bool Above(float x) const { return !nothing && x > high; }
};

struct Steps {
  float least, most;  // the quantised numbers

  explicit Steps(const PrepareContext& c)
      : least(c.attr<bool>("narrow_range") ? 1.0f : 0.0f), most(float((1 << c.attr<int64_t>("num_bits")) - 1)) {}
  NudgedRange Nudge(float min, float max) const {
    const float scale = (max - min) / (most - least), from_min = least - min / scale;
    const float zero = from_min < least ? least : from_min > most ? most : std::round(from_min);
    NudgedRange r{(least - zero) * scale, (most - zero) * scale, scale, 1.0f / scale, 0, min == 0 && max == 0};
    r.zero = std::floor(-r.low * r.inverse + 0.5f);
    return r;
  }
};

// The elements as rows of channels, and what gives a channel's range.
struct Quantised {
  int64_t rows = 0, channels = 1;
  int x = 0;      // the input that is rounded
  int range = 0;  // the input with the least numbers, before that with the largest; 0: `fixed`
  NudgedRange fixed = {};
};

Result<Quantised> MakeQuantised(const PrepareContext& c, bool per_channel, int x) {
  const Shape& s = c.input_shape(x);
  Quantised q{.x = x};
  if (per_channel && s.rank() == 0) return InvalidArgument("needs channels, but has a scalar");
  q.channels = per_channel ? s[s.rank() - 1] : 1;
  q.rows = q.channels == 0 ? 0 : s.num_elements() / q.channels;
  if (x == 1 && c.input_shape(0) != s) return InvalidArgument("needs gradients of the inputs' shape");
  if (c.num_inputs() == x + 1) {
    q.fixed = Steps(c).Nudge(c.attr<float>("min"), c.attr<float>("max"));
    return q;
  }
  q.range = x + 1;
  for (int i : {q.range, q.range + 1}) {
    const Shape& r = c.input_shape(i);
    if (r.rank() != per_channel || r.num_elements() != q.channels) {
      return InvalidArgument(
          fmt::format("has {} in a range for {}{}", r.ToString(), s.ToString(), per_channel ? " by channels" : ""));
    }
  }
  return q;
}

// A phase before the main one that leaves the channels' ranges at the workspace's beginning.
void NudgeBefore(PrepareContext& c, const Quantised& q) {
  c.Before(q.channels, 10, [q, steps = Steps(c)](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end; ++i) {
      a.workspace<NudgedRange>()[i] =
          q.range == 0 ? q.fixed : steps.Nudge(a.in<float>(q.range)[i], a.in<float>(q.range + 1)[i]);
    }
  });
}

// f(element, range) for the elements of rows [begin, end).
template <class F>
void ForRows(const Quantised& q, const NudgedRange* ranges, int64_t begin, int64_t end, F&& f) {
  if (q.channels == 1) {
    const NudgedRange range = ranges[0];
    for (int64_t i = begin; i < end; ++i) f(i, range);
    return;
  }
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t k = 0; k < q.channels; ++k) f(row * q.channels + k, ranges[k]);
  }
}

Status PrepareFakeQuant(PrepareContext& c, bool per_channel) {
  WEIR_ASSIGN_OR_RETURN(const Quantised q, MakeQuantised(c, per_channel, 0));
  if (q.rows == 0) return c.Nothing();
  WorkspaceLayout layout;
  layout.Add(q.channels, sizeof(NudgedRange));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  NudgeBefore(c, q);
  c.ParallelOver(q.rows, 1.0 * double(q.channels));
  c.SetRun([q](RunArgs& a) {
    const float* x = a.in<float>(0);
    float* y = a.out<float>(0);
    ForRows(q, a.workspace<NudgedRange>(), a.begin, a.end,
            [=](int64_t i, const NudgedRange& r) { y[i] = r.Round(x[i]); });
  });
  return {};
}

// ---- gradients

void PassInside(const Quantised& q, const NudgedRange* ranges, Span rows, RunArgs& a) {
  const float *g = a.in<float>(0), *x = a.in<float>(1);
  float* y = a.out<float>(0);
  ForRows(q, ranges, rows.begin, rows.end,
          [=](int64_t i, const NudgedRange& r) { y[i] = r.Inside(x[i]) ? g[i] : 0.0f; });
}

// The gradients of elements below and above their ranges, summed channel by channel into sums[0] and sums[1].
void SumOutside(const Quantised& q, const NudgedRange* ranges, Span rows, const RunArgs& a, double* sums) {
  std::fill_n(sums, 2 * q.channels, 0.0);
  const float *g = a.in<float>(0), *x = a.in<float>(1);
  for (int64_t row = rows.begin; row < rows.end; ++row) {
    for (int64_t k = 0; k < q.channels; ++k) {
      const int64_t i = row * q.channels + k;
      sums[k] += ranges[k].Below(x[i]) ? double(g[i]) : 0.0;
      sums[q.channels + k] += ranges[k].Above(x[i]) ? double(g[i]) : 0.0;
    }
  }
}

Status PrepareArgsGradient(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(const Quantised q, MakeQuantised(c, false, 1));
  c.ParallelOver(q.rows, 0.5);
  c.SetRun([q](RunArgs& a) { PassInside(q, &q.fixed, {a.begin, a.end}, a); });
  return {};
}

Status PrepareVarsGradient(PrepareContext& c, bool per_channel) {
  WEIR_ASSIGN_OR_RETURN(const Quantised q, MakeQuantised(c, per_channel, 1));
  const int64_t n = q.channels, parts = std::max<int64_t>(c.PartsWorth(q.rows, 2.0 * double(n)), 1);
  WorkspaceLayout layout;
  layout.Add(n, sizeof(NudgedRange));
  const int64_t sums_at = layout.Add(parts * 2 * n, sizeof(double));
  WEIR_RETURN_IF_ERROR(layout.Set(c));
  NudgeBefore(c, q);
  auto sums_of = [sums_at](const RunArgs& a) { return reinterpret_cast<double*>(a.workspace<char>() + sums_at); };
  c.ParallelOver(parts, 2.0 * double(q.rows * n) / double(parts));
  c.SetRun([=](RunArgs& a) {
    for (int64_t part = a.begin; part < a.end; ++part) {
      const Span rows = Share(q.rows, parts, part);
      PassInside(q, a.workspace<NudgedRange>(), rows, a);
      SumOutside(q, a.workspace<NudgedRange>(), rows, a, sums_of(a) + part * 2 * n);
    }
  });
  c.After(2 * n, 0.5 * double(parts), [=](RunArgs& a) {
    for (int64_t k = a.begin; k < a.end; ++k) {
      double sum = 0;
      for (int64_t part = 0; part < parts; ++part) sum += sums_of(a)[part * 2 * n + k];
      a.out<float>(k < n ? 1 : 2)[k % n] = float(sum);
    }
  });
  return {};
}

}  // namespace
}  // namespace kernels

void RegisterFakeQuantKernels(KernelRegistry& r) {
  using namespace kernels;
  r.Add("FakeQuantWithMinMaxArgs", [](PrepareContext& c) { return PrepareFakeQuant(c, false); });
  r.Add("FakeQuantWithMinMaxArgsGradient", PrepareArgsGradient);
  for (bool per_channel : {false, true}) {
    const std::string name = per_channel ? "FakeQuantWithMinMaxVarsPerChannel" : "FakeQuantWithMinMaxVars";
    r.Add(name, [=](PrepareContext& c) { return PrepareFakeQuant(c, per_channel); });
    r.Add(name + "Gradient", [=](PrepareContext& c) { return PrepareVarsGradient(c, per_channel); });
  }
}

}  // namespace weir
