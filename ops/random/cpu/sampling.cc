// Kernels of the ops whose numbers follow distributions with parameters: gamma, Poisson, binomial. For each of the
// parameters (their shape ends the output's) they draw equally many numbers, each from a generator of its own, so that
// parts share nothing.
#include <fmt/format.h>

#include <limits>

#include "weir/ops/random/cpu/distributions.h"
#include "weir/ops/random/cpu/generator.h"
#include "weir/ops/random/cpu/laws.h"
#include "weir/runtime/cpu/lanes.h"
#include "weir/runtime/cpu/moves.h"

namespace weir {

namespace {

// Elements of a tensor of any real dtype as doubles, and the other way round, one at a time.
struct Converter {
  const LaneFn* lane;
  int64_t size;  // of a tensor's element

  static Converter From(DType t) { return {FindCastLane(t, kDouble, false), static_cast<int64_t>(SizeOf(t))}; }
  static Converter To(DType t) { return {FindCastLane(kDouble, t, false), static_cast<int64_t>(SizeOf(t))}; }
  double Read(const char* tensor, int64_t i) const {
    double value;
    const void* in = tensor + i * size;
    lane->Run(&in, &value, 1, {});
    return value;
  }
  void Write(char* tensor, int64_t i, double value) const {
    const void* in = &value;
    lane->Run(&in, tensor + i * size, 1, {});
  }
};

// How many sets of parameters there are: the elements of `ending`, with which the output's shape must end.
Result<int64_t> CountOfParameters(const PrepareContext& c, const Shape& ending) {
  const Dims &out = c.output_shape(0).dims(), &end = ending.dims();
  if (end.size() > out.size() || !std::equal(end.rbegin(), end.rend(), out.rbegin())) {
    return InvalidArgument(fmt::format("needs a shape that ends like that of the parameters, {}, got {}",
                                       ending.ToString(), c.output_shape(0).ToString()));
  }
  return ending.num_elements();
}

// Draws by the law that law(args, p) gives of the parameters p. Number s of p is output s * count + p; its generator is
// number p * per + s.
template <class F>
Status DrawEach(PrepareContext& c, Source source, int64_t count, double ns, F law) {
  const int64_t n = c.output_shape(0).num_elements(), per = count == 0 ? 0 : n / count;
  c.set_workspace(kGeneratorBytes);
  WEIR_RETURN_IF_ERROR(StartGenerator(c, source, static_cast<uint64_t>(n) * kBlocksPerOutput));
  c.ParallelOver(n, ns);
  c.SetRun([=, to = Converter::To(c.output_dtype(0))](RunArgs& a) {
    for (int64_t i = a.begin; i < a.end;) {
      const int64_t p = i / per, end = std::min(a.end, (p + 1) * per);
      const auto drawn = law(a, p);
      for (; i < end && !a.cancelled(); ++i) {
        const Philox generator = a.workspace<Philox>()->At(static_cast<uint64_t>(i) * drawn.blocks());
        to.Write(a.out<char>(0), (i - p * per) * count + p, drawn.Draw(generator));
      }
      if (a.cancelled()) return;
    }
  });
  return {};
}

Status PrepareGamma(PrepareContext& c, Source source) {
  const int alpha = source.next();
  WEIR_ASSIGN_OR_RETURN(const int64_t count, CountOfParameters(c, c.input_shape(alpha)));
  return DrawEach(c, source, count, 100, [alpha, from = Converter::From(c.input_dtype(alpha))](RunArgs& a, int64_t p) {
    return GammaLaw(from.Read(a.in<char>(alpha), p));
  });
}

double HighestOf(DType t) {
  double highest = 65504;  // of half
  DispatchType(t, Types<float, double, int32_t, int64_t>{},
               [&](auto zero) { highest = static_cast<double>(std::numeric_limits<decltype(zero)>::max()); });
  return highest;
}

Status PreparePoisson(PrepareContext& c, Source source) {
  const int rate = source.next();
  WEIR_ASSIGN_OR_RETURN(const int64_t count, CountOfParameters(c, c.input_shape(rate)));
  const DType out = c.output_dtype(0);
  // The cast of what no integer is would be the least one.
  return DrawEach(c, source, count, 100,
                  [rate, whole = IsInteger(out), highest = HighestOf(out),
                   from = Converter::From(c.input_dtype(rate))](RunArgs& a, int64_t p) {
                    const double value = from.Read(a.in<char>(rate), p);
                    return PoissonLaw(whole && !std::isfinite(value) ? 0 : value, highest);
                  });
}

// Of counts and probabilities that broadcast, where each set of parameters has them.
struct Broadcast {
  Dims sizes, of_counts, of_probs;

  std::pair<int64_t, int64_t> At(int64_t p) const {
    int64_t i = 0, j = 0;
    for (size_t k = sizes.size(); k-- > 0; p /= sizes[k]) {
      i += p % sizes[k] * of_counts[k];
      j += p % sizes[k] * of_probs[k];
    }
    return {i, j};
  }
};

// The steps of a tensor along the axes of what it is broadcast to, which are these; those it lacks or repeats have 0.
Result<Dims> StepsAlong(const Shape& s, const Dims& sizes) {
  const Dims strides = kernels::RowMajorStrides(s);
  const size_t lacks = sizes.size() - static_cast<size_t>(s.rank());
  Dims steps(sizes.size(), 0);
  for (size_t k = lacks; k < sizes.size(); ++k) {
    const int64_t size = s[static_cast<int>(k - lacks)];
    if (size != 1 && size != sizes[k]) {
      return InvalidArgument(fmt::format("needs counts and probs that broadcast, got {}", s.ToString()));
    }
    steps[k] = size == 1 ? 0 : strides[k - lacks];
  }
  return steps;
}

Status PrepareBinomial(PrepareContext& c, Source source) {
  const int at = source.next();
  const Shape &counts = c.input_shape(at), &probs = c.input_shape(at + 1);
  Dims sizes(static_cast<size_t>(std::max(counts.rank(), probs.rank())), 1);
  for (const Shape* s : {&counts, &probs}) {
    const size_t lacks = sizes.size() - static_cast<size_t>(s->rank());
    for (size_t k = lacks; k < sizes.size(); ++k) {
      if (sizes[k] == 1) sizes[k] = (*s)[static_cast<int>(k - lacks)];
    }
  }
  WEIR_ASSIGN_OR_RETURN(Dims of_counts, StepsAlong(counts, sizes));
  WEIR_ASSIGN_OR_RETURN(Dims of_probs, StepsAlong(probs, sizes));
  WEIR_ASSIGN_OR_RETURN(const Shape whole, Shape::Make(sizes));
  WEIR_ASSIGN_OR_RETURN(const int64_t sets, CountOfParameters(c, whole));
  const DType t = c.input_dtype(at);
  return DrawEach(c, source, sets, 150,
                  [at, places = Broadcast{sizes, of_counts, of_probs}, from = Converter::From(t), to = Converter::To(t),
                   none_is_zero = IsInteger(c.output_dtype(0))](RunArgs& a, int64_t p) {
                    const auto [i, j] = places.At(p);
                    double count = from.Read(a.in<char>(at), i), prob = from.Read(a.in<char>(at + 1), j);
                    // The cast of NaN would be the least integer.
                    if (none_is_zero && (std::isnan(count) || std::isnan(prob))) count = 0;
                    char rounded[sizeof(double)];  // as TensorFlow computes it
                    to.Write(rounded, 0, count * std::min(prob, 1 - prob));
                    return BinomialLaw(count, prob, from.Read(rounded, 0) >= 10);
                  });
}

}  // namespace

void RegisterRandomSamplingKernels(KernelRegistry& r) {
  auto add = [&](const char* op, Status (*prepare)(PrepareContext&, Source), Source::Form form) {
    r.Add(op, [prepare, form](PrepareContext& c) { return prepare(c, {form}); }).NeedsValue({0});
  };
  add("RandomGamma", PrepareGamma, Source::kState);
  add("RandomPoisson", PreparePoisson, Source::kState);
  add("RandomPoissonV2", PreparePoisson, Source::kState);
  add("StatelessRandomGammaV2", PrepareGamma, Source::kSeed);
  add("StatelessRandomGammaV3", PrepareGamma, Source::kKey);
  add("StatelessRandomPoisson", PreparePoisson, Source::kSeed);
  add("StatelessRandomBinomial", PrepareBinomial, Source::kSeed);
}

}  // namespace weir
