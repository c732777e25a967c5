// Scattering: slices of updates that change a tensor seen as [place, slice], at places that an earlier phase has
// checked (runtime/cpu/rows.h, runtime/cpu/positions.h).
//
// Work is cut by columns: every part walks all updates in their order, so that those of one place come one after the
// other for any cut.
#pragma once

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/cpu/positions.h"
#include "weir/runtime/cpu/rows.h"
#include "weir/runtime/cpu/wide.h"

namespace weir::kernels {

// What becomes of a number and its update. ForType(t, f) calls f(T{}) for a type that computes as dtype `t` does.
struct Replace {
  template <class F> static Status ForType(DType t, F&& f) { return ForElement(t, f); }
  template <class T> T operator()(const T&, const T& update) const { return update; }
};

// Arithmetic: integers wrap, so that unsigned types serve signed ones.
struct OfNumbers {
  template <class F> static Status ForType(DType t, F&& f) {
    if (DispatchType(t, FloatTypes() + ComplexTypes(), f)) return {};
    if (!IsInteger(t)) return PrepareContext::NoKernelFor(t);
    return ForElement(t, [&](auto e) {
      if constexpr (std::is_integral_v<decltype(e)>) f(e);
    });
  }
};

// Sums; of bools whether either holds, or with kSubtract just one; of strings one behind the other.
template <bool kSubtract> struct Accumulate {
  template <class F> static Status ForType(DType t, F&& f) {
    if (DispatchType(t, Types<bool>(), f)) return {};
    if constexpr (!kSubtract) {
      if (DispatchType(t, ObjectTypes(), f)) return {};
    }
    return OfNumbers::ForType(t, f);
  }
  template <class T> T operator()(const T& sum, const T& update) const {
    if constexpr (std::is_same_v<T, bool>) return kSubtract ? sum != update : sum || update;
    else if constexpr (std::is_same_v<T, std::string>) return sum + update;
    else return kSubtract ? Minus(sum, update) : Plus(sum, update);
  }
};

struct Multiply : OfNumbers {
  template <class T> T operator()(T product, T update) const {
    // Why uint64_t: a product of promoted uint16 would overflow int.
    if constexpr (std::is_integral_v<T>) return T(uint64_t(product) * uint64_t(update));
    else if constexpr (sizeof(T) == 2) return T(float(product) * float(update));
    else return product * update;
  }
};

// NaN stays where it is, and is passed over where it comes.
template <bool kLargest> struct Extreme {
  template <class F> static Status ForType(DType t, F&& f) {
    return DispatchType(t, RealTypes(), f) ? Status() : PrepareContext::NoKernelFor(t);
  }
  template <class T> T operator()(T extreme, T update) const {
    return (kLargest ? extreme < update : update < extreme) ? update : extreme;
  }
};

// `rows` updates of `row` elements each, or one number for all. They change the variable that input 0 is, or output 0.
struct ScatterPlan {
  int64_t rows = 0, row = 0;
  int updates = 2;  // the input that has them
  bool scalar = false, output = false;
};

// The plan of updates, the input behind the positions, into a tensor of shape `whole`; positions are checked before
// anything is written. The error for updates of another shape says which would fit.
Result<ScatterPlan> PlanScatterNd(PrepareContext& c, const Shape& whole, int index_input);

// The kernel's main phase: output or variable = combine(what it was, update) where CheckedRows say; those below 0 are
// passed over.
template <class Combine> Status SetScatter(PrepareContext& c, const ScatterPlan& p) {
  constexpr int64_t kColumns = 16;  // parts of whole cache lines
  const double ns = std::is_same_v<Combine, Replace> ? MoveCost(c.input_dtype(p.updates)) : 0.5;
  c.ParallelOver(p.row, ns * double(p.rows), kColumns, kColumns);
  return Combine::ForType(c.input_dtype(p.updates), [&](auto type) {
    using T = decltype(type);
    c.SetRun([p](RunArgs& a) {
      const int64_t* rows = CheckedRows(a);
      T* whole = p.output ? a.out<T>(0) : a.var<T>(0);
      const T* updates = a.in<T>(p.updates);
      auto [begin, end] = a.Range();
      for (int64_t i = 0; i < p.rows; ++i) {
        if (rows[i] < 0) continue;
        T* to = whole + rows[i] * p.row;
        const T* from = updates + (p.scalar ? 0 : i * p.row);
        for (int64_t j = begin; j < end; ++j) to[j] = Combine()(to[j], from[p.scalar ? 0 : j]);
      }
    });
  });
}

}  // namespace weir::kernels
