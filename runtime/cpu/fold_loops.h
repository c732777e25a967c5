// The loops of reductions, over a Fold type that says how elements are combined. For folds_*.cc only.
//
// A fold `F` has: `In` (element), `Acc` (what runs of at most kRun elements are folded in, by lanes), `Total` (what the
// runs' results are folded in), static Init, Load, Combine on both, and a member Finish(Total).
//
// Order is fixed: lanes of a run, then runs pairwise (rows) or in sequence (columns), then parts in sequence. So bits
// do not depend on threads, and the rounding error grows with the logarithm of the length, or is that of double for
// float.
#pragma once

#include <algorithm>
#include <type_traits>

#include "weir/runtime/cpu/folds.h"

namespace weir::kernels {

inline constexpr int64_t kRun = 512, kLanes = 16, kColumnRun = 32;

template <class T>
inline constexpr bool kIsInt = std::is_integral_v<T>;
// What elements are added or multiplied in: integers modulo 2^64, half and bfloat16 in float.
template <class T>
using FoldAcc = std::conditional_t<kIsInt<T>, uint64_t,
                                   std::conditional_t<std::is_same_v<T, double> || kIsComplexType<T>, T, float>>;

// At most kRun contiguous elements.
template <class F>
typename F::Total FoldRun(const typename F::In* in, int64_t n) {
  using Acc = typename F::Acc;
  Acc lane[kLanes];
  std::fill(lane, lane + kLanes, F::template Init<Acc>());
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lane[l] = F::Combine(lane[l], F::Load(in[i + l]));
  }
  for (int64_t l = 0; i < n; ++i, ++l) lane[l] = F::Combine(lane[l], F::Load(in[i]));
  using Total = typename F::Total;
  Total total = Total(lane[0]);
  for (int64_t l = 1; l < kLanes; ++l) total = F::Combine(total, Total(lane[l]));
  return total;
}

// A short run: the lanes would cost more than the elements.
template <class F>
typename F::Total FoldShort(const typename F::In* in, int64_t n) {
  using Acc = typename F::Acc;
  Acc acc = F::template Init<Acc>();
  for (int64_t i = 0; i < n; ++i) acc = F::Combine(acc, F::Load(in[i]));
  return typename F::Total(acc);
}

// Contiguous elements, runs combined pairwise; recursion is as deep as the logarithm of n. Not inlined for the sake of
// compile time.
template <class F>
[[gnu::noinline]] typename F::Total FoldRow(const typename F::In* in, int64_t n) {
  if (n < 2 * kLanes) return FoldShort<F>(in, n);
  if (n <= kRun) return FoldRun<F>(in, n);
  int64_t half = (n / kRun + 1) / 2 * kRun;
  return F::Combine(FoldRow<F>(in, half), FoldRow<F>(in + half, n - half));
}

// Elements [begin, end) of those folded into output `o` of a rows plan.
template <class F>
typename F::Total FoldPart(const ReducePlan& p, const typename F::In* in, int64_t o, int64_t begin, int64_t end) {
  using Total = typename F::Total;
  Total total = F::template Init<Total>();
  if (begin >= end) return total;
  in += p.kept.Offset(o);
  for (int64_t row = begin / p.inner; begin < end; ++row) {
    int64_t stop = std::min(end, (row + 1) * p.inner);
    total = F::Combine(total, FoldRow<F>(in + p.reduced.Offset(row) + (begin - row * p.inner), stop - begin));
    begin = stop;
  }
  return total;
}

// Columns [first, first + n) of kept index o, rows [begin, end), n ≤ kTile.
template <class F> void FoldColumns(const ReducePlan& p, const typename F::In* in, int64_t o, int64_t first, int64_t n,
                                    int64_t begin, int64_t end, typename F::Total* total) {
  using Acc = typename F::Acc;
  using Total = typename F::Total;
  std::fill(total, total + n, F::template Init<Total>());
  in += p.kept.Offset(o) + first;
  Acc acc[ReducePlan::kTile];
  while (begin < end) {
    int64_t stop = std::min(end, begin + kColumnRun);
    std::fill(acc, acc + n, F::template Init<Acc>());
    for (; begin < stop; ++begin) {
      const typename F::In* row = in + p.reduced.Offset(begin);
      for (int64_t j = 0; j < n; ++j) acc[j] = F::Combine(acc[j], F::Load(row[j]));
    }
    for (int64_t j = 0; j < n; ++j) total[j] = F::Combine(total[j], Total(acc[j]));
  }
}

// Unit `u`'s outputs: the first, and how many.
inline std::pair<int64_t, int64_t> UnitOutputs(const ReducePlan& p, int64_t u) {
  if (!p.columns) return {u, 1};
  const int64_t tiles = (p.inner + ReducePlan::kTile - 1) / ReducePlan::kTile, first = u % tiles * ReducePlan::kTile;
  return {u / tiles * p.inner + first, std::min(ReducePlan::kTile, p.inner - first)};
}

// Share `part` of unit `u`.
template <class F>
void FoldShare(const ReducePlan& p, const typename F::In* in, int64_t u, int64_t part, typename F::Total* total) {
  const int64_t begin = p.folded / p.parts * part + std::min(part, p.folded % p.parts);
  const int64_t end = begin + p.folded / p.parts + (part < p.folded % p.parts);
  if (!p.columns) {
    total[0] = FoldPart<F>(p, in, u, begin, end);
    return;
  }
  auto [at, n] = UnitOutputs(p, u);
  FoldColumns<F>(p, in, at / p.inner, at % p.inner, n, begin, end, total);
}

// Units whole, their parts in sequence.
template <class F>
void FoldUnits(const ReducePlan& p, const F& f, RunArgs& a) {
  typename F::Total total[ReducePlan::kTile], share[ReducePlan::kTile];
  auto [begin, end] = a.Range();
  for (int64_t u = begin; u < end; ++u) {
    const auto [at, n] = UnitOutputs(p, u);
    FoldShare<F>(p, a.in<typename F::In>(0), u, 0, total);
    for (int64_t part = 1; part < p.parts; ++part) {
      FoldShare<F>(p, a.in<typename F::In>(0), u, part, share);
      for (int64_t j = 0; j < n; ++j) total[j] = F::Combine(total[j], share[j]);
    }
    for (int64_t j = 0; j < n; ++j) a.out<typename F::In>(0)[at + j] = f.Finish(total[j]);
  }
}

// Parts by themselves: each leaves its totals in the workspace, [part][output].
template <class F>
void FoldParts(const ReducePlan& p, RunArgs& a) {
  using Total = typename F::Total;
  Total total[ReducePlan::kTile];
  for (int64_t i = a.begin; i < a.end; ++i) {
    const auto [at, n] = UnitOutputs(p, i / p.parts);
    FoldShare<F>(p, a.in<typename F::In>(0), i / p.parts, i % p.parts, total);
    std::copy(total, total + n, a.workspace<Total>() + i % p.parts * p.outputs + at);
  }
}

// The parts' totals of each output, in order.
template <class F>
void CombineParts(const ReducePlan& p, const F& f, RunArgs& a) {
  const auto* partials = a.workspace<typename F::Total>();
  for (int64_t o = a.begin; o < a.end; ++o) {
    auto t = partials[o];
    for (int64_t part = 1; part < p.parts; ++part) t = F::Combine(t, partials[part * p.outputs + o]);
    a.out<typename F::In>(0)[o] = f.Finish(t);
  }
}

template <class F>
void SetFold(PrepareContext& c, const ReducePlan& p, F f) {
  if (!p.spread) return c.SetRun([p, f](RunArgs& a) { FoldUnits(p, f, a); });
  c.set_workspace(p.parts * p.outputs * int64_t(sizeof(typename F::Total)));
  c.SetRun([p](RunArgs& a) { FoldParts<F>(p, a); });
  c.After(p.outputs, double(p.parts), [p, f](RunArgs& a) { CombineParts(p, f, a); });
}

}  // namespace weir::kernels
