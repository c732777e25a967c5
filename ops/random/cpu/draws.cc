// Kernels of the ops that draw numbers or an order. Each run first reserves its part of the op's stream; a group of
// outputs is then a function of the group's number alone, so parts share nothing.
//
// Every rule here (which words make which number, how far a run moves the stream on) is TensorFlow's, bit for bit.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/philox.h"

namespace weir {

namespace {

using Block = Philox::Block;

// A run counts as having used this many blocks for each output, whatever it really drew.
constexpr uint64_t kBlocksPerOutput = 256;

float UniformFloat(uint32_t w) { return std::bit_cast<float>(0x3f800000u | (w & 0x7fffffu)) - 1.0f; }
double UniformDouble(uint32_t w0, uint32_t w1) {
  uint64_t mantissa = (uint64_t{w0 & 0xfffffu} << 32) | w1;
  return std::bit_cast<double>((uint64_t{1023} << 52) | mantissa) - 1.0;
}

// Box and Muller: two uniform numbers make two normal ones. The zero that has no logarithm is moved up to 1e-7.
void NormalPair(uint32_t w0, uint32_t w1, float* out) {
  float radius = std::sqrt(-2.0f * std::log(std::max(UniformFloat(w0), 1.0e-7f)));
  float angle = static_cast<float>(2 * M_PI * UniformFloat(w1));
  float sine, cosine;
  sincosf(angle, &sine, &cosine);
  out[0] = radius * sine;
  out[1] = radius * cosine;
}
void NormalPair(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3, double* out) {
  double radius = std::sqrt(-2.0 * std::log(std::max(UniformDouble(w0, w1), 1.0e-7)));
  double sine, cosine;
  sincos(2 * M_PI * UniformDouble(w2, w3), &sine, &cosine);
  out[0] = radius * sine;
  out[1] = radius * cosine;
}

// How many outputs of type T one block makes.
template <class T>
constexpr int kGroup = sizeof(T) == 8 ? 2 : 4;

void FillUniform(const Block& w, float* out) {
  for (int i = 0; i < 4; ++i) out[i] = UniformFloat(w[i]);
}
void FillUniform(const Block& w, double* out) {
  for (int i = 0; i < 2; ++i) out[i] = UniformDouble(w[2 * i], w[2 * i + 1]);
}
void FillUniform(const Block& w, Half* out) {
  for (int i = 0; i < 4; ++i) out[i] = Half(Half::FromBits(uint16_t(0x3c00u | (w[i] & 0x3ffu))) - 1.0f);
}
void FillUniform(const Block& w, BFloat16* out) {
  for (int i = 0; i < 4; ++i) out[i] = BFloat16(BFloat16::FromBits(uint16_t(0x3f80u | (w[i] & 0x7fu))) - 1.0f);
}

void FillNormal(const Block& w, float* out) {
  NormalPair(w[0], w[1], out);
  NormalPair(w[2], w[3], out + 2);
}
void FillNormal(const Block& w, double* out) { NormalPair(w[0], w[1], w[2], w[3], out); }
template <class T>  // Half, BFloat16
void FillNormal(const Block& w, T* out) {
  float wide[4];
  FillNormal(w, wide);
  for (int i = 0; i < 4; ++i) out[i] = T(wide[i]);
}

void DrawPair(PhiloxWords& words, float* pair) {
  uint32_t w0 = words.Next(), w1 = words.Next();
  NormalPair(w0, w1, pair);
}
void DrawPair(PhiloxWords& words, double* pair) {
  uint32_t w[4];
  for (uint32_t& word : w) word = words.Next();
  NormalPair(w[0], w[1], w[2], w[3], pair);
}
template <class T>
void FillTruncated(PhiloxWords words, T* out) {
  using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
  for (int i = 0; i < kGroup<T>;) {
    Wide pair[2];
    DrawPair(words, pair);
    for (Wide x : pair) {
      if (std::abs(x) < Wide{2} && i < kGroup<T>) out[i++] = T(x);
    }
  }
}

void ReserveBefore(PrepareContext& c, uint64_t blocks) {
  int64_t seed = c.attr<int64_t>("seed"), seed2 = c.attr<int64_t>("seed2");
  c.set_workspace(sizeof(Philox));
  c.Before(1, 50, [=](RunArgs& a) { *a.workspace<Philox>() = ReservePhilox(*a.state, seed, seed2, blocks); });
}

// The main phase has n outputs of about `ns` nanoseconds each, by groups.
template <class T>
void ParallelOverGroups(PrepareContext& c, int64_t n, double ns) {
  c.ParallelOver((n + kGroup<T> - 1) / kGroup<T>, ns * kGroup<T>);
}

// Runs fill(group, T out[kGroup<T>]) over the groups of this part; the last group may be cut.
template <class T, class F>
void FillGroups(RunArgs& a, int64_t n, F&& fill) {
  constexpr int kSize = kGroup<T>;
  T* out = a.out<T>(0);
  auto [begin, end] = a.Range();
  for (int64_t g = begin; g < end; ++g) {
    int64_t rest = n - g * kSize;
    if (rest >= kSize) {
      fill(g, out + g * kSize);
      continue;
    }
    T group[kSize];
    fill(g, group);
    std::copy(group, group + rest, out + g * kSize);
  }
}

// One block a group, made into numbers by `fill`.
template <class F>
Status PrepareByBlock(PrepareContext& c, double ns, F fill) {
  int64_t n = c.output_shape(0).num_elements();
  ReserveBefore(c, uint64_t(n) * kBlocksPerOutput);
  return c.ForType(FloatTypes{}, c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    ParallelOverGroups<T>(c, n, ns);
    c.SetRun([=](RunArgs& a) {
      Philox generator = a.workspace<Philox>()->At(uint64_t(a.begin));
      FillGroups<T>(a, n, [&](int64_t, T* out) { fill(generator.Next(), out); });
    });
  });
}

Status PrepareUniform(PrepareContext& c) {
  return PrepareByBlock(c, 2, [](const Block& w, auto* out) { FillUniform(w, out); });
}
Status PrepareNormal(PrepareContext& c) {
  return PrepareByBlock(c, 10, [](const Block& w, auto* out) { FillNormal(w, out); });
}

Status PrepareTruncated(PrepareContext& c) {
  int64_t n = c.output_shape(0).num_elements();
  ReserveBefore(c, uint64_t(n) * kBlocksPerOutput);
  return c.ForType(FloatTypes{}, c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    ParallelOverGroups<T>(c, n, 15);
    c.SetRun([=](RunArgs& a) {
      // A group rejects as many numbers as it must without touching the words of the next.
      constexpr uint64_t kBlocksPerGroup = kGroup<T> * kBlocksPerOutput / 4;
      FillGroups<T>(a, n, [&](int64_t group, T* out) {
        FillTruncated(PhiloxWords(a.workspace<Philox>()->At(uint64_t(group) * kBlocksPerGroup)), out);
      });
    });
  });
}

// The bits of one integer from word `i` on.
uint32_t Bits(const Block& w, int i, int32_t) { return w[i]; }
uint64_t Bits(const Block& w, int i, int64_t) { return w[2 * i] | (uint64_t{w[2 * i + 1]} << 32); }

Status PrepareUniformInt(PrepareContext& c) {
  if (c.input_shape(1).rank() != 0 || c.input_shape(2).rank() != 0) {
    return InvalidArgument(fmt::format("needs scalars for minval and maxval, got {} and {}",
                                       c.input_shape(1).ToString(), c.input_shape(2).ToString()));
  }
  int64_t n = c.output_shape(0).num_elements();
  int64_t seed = c.attr<int64_t>("seed"), seed2 = c.attr<int64_t>("seed2");
  c.set_workspace(sizeof(Philox));
  return c.ForType(IndexTypes{}, c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    using U = std::make_unsigned_t<T>;
    ParallelOverGroups<T>(c, n, 3);
    c.Before(1, 50, [=](RunArgs& a) {
      T low = *a.in<T>(1), high = *a.in<T>(2);
      if (n > 0 && low >= high) {
        return a.Fail(InvalidArgument(fmt::format("needs minval < maxval, got {} >= {}", low, high)));
      }
      *a.workspace<Philox>() = ReservePhilox(*a.state, seed, seed2, uint64_t(n) * kBlocksPerOutput);
    });
    c.SetRun([=](RunArgs& a) {
      U low = U(*a.in<T>(1)), range = U(U(*a.in<T>(2)) - low);
      Philox generator = a.workspace<Philox>()->At(uint64_t(a.begin));
      FillGroups<T>(a, n, [&](int64_t, T* out) {
        Block w = generator.Next();
        for (int i = 0; i < kGroup<T>; ++i) out[i] = T(U(low + Bits(w, i, T{}) % range));
      });
    });
  });
}

Status PrepareShuffle(PrepareContext& c) {
  const Shape& shape = c.input_shape(0);
  int64_t rows = shape.rank() == 0 ? 1 : shape[0];
  int64_t row = kernels::ElementsOf(shape, std::min(1, shape.rank()), shape.rank());
  bool moves = rows > 1 && row > 0;  // otherwise nothing is drawn
  int64_t order_bytes = 0;
  if (!CheckedMul(moves ? rows : 0, sizeof(int64_t), &order_bytes)) {
    return ResourceExhausted("has too many slices to shuffle");
  }
  int64_t seed = c.attr<int64_t>("seed"), seed2 = c.attr<int64_t>("seed2");
  c.set_workspace(order_bytes);
  c.Before(1, 5 * double(rows), [=](RunArgs& a) {
    if (!moves) return;
    PhiloxWords words(ReservePhilox(*a.state, seed, seed2, uint64_t(rows - 1 + 3) / 4));
    int64_t* order = a.workspace<int64_t>();
    for (int64_t i = 0; i < rows; ++i) order[i] = i;
    for (int64_t i = 0; i + 1 < rows; ++i) std::swap(order[i], order[i + words.Next() % uint64_t(rows - i)]);
  });
  c.ParallelOver(row == 0 ? 0 : rows, double(row) * kernels::MoveCost(c.input_dtype(0)));
  return kernels::ForElement(c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([=](RunArgs& a) {
      const T* in = a.in<T>(0);
      T* out = a.out<T>(0);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        int64_t from = moves ? a.workspace<int64_t>()[i] : i;
        std::copy_n(in + from * row, row, out + i * row);
      }
    });
  });
}

}  // namespace

void RegisterRandomDrawKernels(KernelRegistry& r) {
  r.Add("RandomUniform", PrepareUniform).NeedsValue({0});
  r.Add("RandomStandardNormal", PrepareNormal).NeedsValue({0});
  r.Add("TruncatedNormal", PrepareTruncated).NeedsValue({0});
  r.Add("RandomUniformInt", PrepareUniformInt).NeedsValue({0});
  r.Add("RandomShuffle", PrepareShuffle);
}

}  // namespace weir
