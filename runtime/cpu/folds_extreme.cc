// Folds that do not add: Prod, Min, Max, All (Min of bool), Any (Max of bool). NaN wins in Min and Max.
#include <limits>
#include <type_traits>

#include "weir/runtime/cpu/fold_loops.h"

namespace weir::kernels {
namespace {

template <class T>
struct ProdFold {
  using In = T;
  using Acc = FoldAcc<T>;
  using Total = Acc;
  template <class A>
  static A Init() { return A(1); }
  static Acc Load(T v) { return Acc(v); }
  static Acc Combine(Acc a, Acc b) { return a * b; }
  static T Finish(Total t) { return T(t); }
};

template <class T, bool kMax>
struct ExtremeFold {
  using In = T;
  using Acc = std::conditional_t<std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>, float, T>;
  using Total = Acc;
  template <class A>
  static A Init() {
    using Limits = std::numeric_limits<A>;
    if constexpr (std::is_floating_point_v<A>) return kMax ? -Limits::infinity() : Limits::infinity();
    else return kMax ? Limits::lowest() : Limits::max();
  }
  static Acc Load(T v) { return Acc(v); }
  static Acc Combine(Acc a, Acc b) { return (kMax ? b > a : b < a) || b != b ? b : a; }
  static T Finish(Total t) { return T(t); }
};

}  // namespace

Status PrepareExtremes(PrepareContext& c, Fold fold, const ReducePlan& plan) {
  if (fold == Fold::kProd)
    return c.ForType(NumberTypes{}, c.input_dtype(0), [&](auto t) { SetFold(c, plan, ProdFold<decltype(t)>{}); });
  return c.ForType(RealAndBoolTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    if (fold == Fold::kMin) SetFold(c, plan, ExtremeFold<T, false>{});
    else SetFold(c, plan, ExtremeFold<T, true>{});
  });
}

}  // namespace weir::kernels
