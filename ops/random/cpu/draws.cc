// Kernels of the ops that draw numbers or an order. Each run first takes its generator, of a stateful op from its part
// of the op's stream; a group of outputs is then a function of the group's number alone, so parts share nothing.
//
// Every rule here (which words make which number, how far a run moves the stream on) is TensorFlow's, bit for bit.
#include <fmt/format.h>

#include "weir/ops/random/cpu/distributions.h"
#include "weir/ops/random/cpu/generator.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

using Block = Philox::Block;

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

Status Start(PrepareContext& c, Source source) {
  c.set_workspace(kGeneratorBytes);
  return StartGenerator(c, source, static_cast<uint64_t>(c.output_shape(0).num_elements()) * kBlocksPerOutput);
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
template <class Ts, class F>
Status PrepareByBlock(PrepareContext& c, Source source, Ts types, double ns, F fill) {
  int64_t n = c.output_shape(0).num_elements();
  WEIR_RETURN_IF_ERROR(Start(c, source));
  return c.ForType(types, c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    ParallelOverGroups<T>(c, n, ns);
    c.SetRun([=](RunArgs& a) {
      Philox generator = a.workspace<Philox>()->At(uint64_t(a.begin));
      FillGroups<T>(a, n, [&](int64_t, T* out) { fill(generator.Next(), out); });
    });
  });
}

Status PrepareUniform(PrepareContext& c, Source source) {
  return PrepareByBlock(c, source, FloatTypes{}, 2, [](const Block& w, auto* out) { FillUniform(w, out); });
}
Status PrepareNormal(PrepareContext& c, Source source) {
  return PrepareByBlock(c, source, FloatTypes{}, 10, [](const Block& w, auto* out) { FillNormal(w, out); });
}

Status PrepareTruncated(PrepareContext& c, Source source) {
  int64_t n = c.output_shape(0).num_elements();
  WEIR_RETURN_IF_ERROR(Start(c, source));
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
uint32_t Bits(const Block& w, int i, uint32_t) { return w[i]; }
uint64_t Bits(const Block& w, int i, uint64_t) { return w[2 * i] | (uint64_t{w[2 * i + 1]} << 32); }

Status PrepareUniformInt(PrepareContext& c, Source source) {
  const int low_at = source.next(), high_at = low_at + 1;
  if (c.input_shape(low_at).rank() != 0 || c.input_shape(high_at).rank() != 0) {
    return InvalidArgument(fmt::format("needs scalars for minval and maxval, got {} and {}",
                                       c.input_shape(low_at).ToString(), c.input_shape(high_at).ToString()));
  }
  int64_t n = c.output_shape(0).num_elements();
  const Status made = c.ForType(IndexTypes{}, c.output_dtype(0), [&](auto t) {
    using T = decltype(t);
    using U = std::make_unsigned_t<T>;
    ParallelOverGroups<T>(c, n, 3);
    c.Before(1, 10, [=](RunArgs& a) {
      T low = *a.in<T>(low_at), high = *a.in<T>(high_at);
      if (n == 0 || low < high) return;
      a.Fail(InvalidArgument(fmt::format("needs minval < maxval, got {} >= {}", low, high)));
    });
    c.SetRun([=](RunArgs& a) {
      U low = U(*a.in<T>(low_at)), range = U(U(*a.in<T>(high_at)) - low);
      Philox generator = a.workspace<Philox>()->At(uint64_t(a.begin));
      FillGroups<T>(a, n, [&](int64_t, T* out) {
        Block w = generator.Next();
        for (int i = 0; i < kGroup<T>; ++i) out[i] = T(U(low + Bits(w, i, U{}) % range));
      });
    });
  });
  WEIR_RETURN_IF_ERROR(made);
  return Start(c, source);
}

Status PrepareFullInt(PrepareContext& c, Source source) {
  return PrepareByBlock(c, source, Types<int32_t, int64_t, uint32_t, uint64_t>{}, 1, [](const Block& w, auto* out) {
    using T = std::remove_reference_t<decltype(*out)>;
    for (int i = 0; i < kGroup<T>; ++i) out[i] = T(Bits(w, i, std::make_unsigned_t<T>{}));
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

using PrepareDraw = Status (*)(PrepareContext& c, Source source);

void AddDraw(KernelRegistry& r, const std::string& op, PrepareDraw prepare, Source::Form form) {
  r.Add(op, [prepare, form](PrepareContext& c) { return prepare(c, {form}); }).NeedsValue({0});
}

}  // namespace

void RegisterRandomDrawKernels(KernelRegistry& r) {
  AddDraw(r, "RandomUniform", PrepareUniform, Source::kState);
  AddDraw(r, "RandomStandardNormal", PrepareNormal, Source::kState);
  AddDraw(r, "TruncatedNormal", PrepareTruncated, Source::kState);
  AddDraw(r, "RandomUniformInt", PrepareUniformInt, Source::kState);
  r.Add("RandomShuffle", PrepareShuffle);
  for (const Source::Form form : {Source::kSeed, Source::kKey}) {
    auto add = [&](const char* op, PrepareDraw prepare) {
      AddDraw(r, std::string(op) + (form == Source::kKey ? "V2" : ""), prepare, form);
    };
    add("StatelessRandomUniform", PrepareUniform);
    add("StatelessRandomNormal", PrepareNormal);
    add("StatelessTruncatedNormal", PrepareTruncated);
    add("StatelessRandomUniformInt", PrepareUniformInt);
    add("StatelessRandomUniformFullInt", PrepareFullInt);
  }
}

}  // namespace weir
