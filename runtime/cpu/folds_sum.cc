// Folds that add: Sum, Mean, EuclideanNorm, L2Loss.
//
// Integers add modulo 2^64 and are cut to their type at the end, which is wrapping; Mean divides before it cuts, as
// TensorFlow does. Floats add in lanes of float, and runs in double, complex numbers likewise; the sum is rounded to
// the element type before it is divided.
#include <cmath>
#include <limits>
#include <type_traits>

#include "weir/runtime/cpu/fold_loops.h"

namespace weir::kernels {
namespace {

template <class T>
struct SumBase {
  using In = T;
  using Acc = FoldAcc<T>;
  using Total = std::conditional_t<kIsInt<T>, uint64_t, std::conditional_t<kIsComplexType<T>, Complex128, double>>;
  // What a total is rounded to before anything else happens to it: half and bfloat16 stay float until the end.
  using Rounded = std::conditional_t<kIsInt<T>, T, Acc>;
  template <class A>
  static A Init() { return A(0); }
  static Acc Load(T v) { return Acc(v); }
  template <class A>
  static A Combine(A a, A b) { return a + b; }
};

template <class T>
struct SumFold : SumBase<T> {
  int64_t count = 0;  // to divide by, for Mean
  bool mean = false;
  T Finish(typename SumBase<T>::Total t) const {
    if constexpr (kIsInt<T>) {
      if (!mean) return T(t);
      if (count == 0) return T(0);
      return std::is_signed_v<T> ? T(int64_t(t) / count) : T(t / uint64_t(count));
    } else {
      using R = typename SumBase<T>::Rounded;
      if constexpr (kIsComplexType<T>) return mean ? T(t) / static_cast<PartOf<T>>(count) : T(t);
      else return mean ? T(R(t) / R(count)) : T(R(t));
    }
  }
};

template <class T>
struct SquaresFold : SumBase<T> {
  bool root = true;  // √Σ|x|², else Σ|x|²/2
  static typename SumBase<T>::Acc Load(T v) {
    auto a = typename SumBase<T>::Acc(v);
    if constexpr (kIsComplexType<T>) return std::norm(a);
    else return a * a;
  }
  T Finish(typename SumBase<T>::Total t) const {
    if constexpr (kIsInt<T>) {
      T wrapped = T(t);
      if (std::is_signed_v<T> && wrapped < T(0)) {  // wrapped: what TensorFlow's conversion of NaN gives
        return sizeof(T) < 4 ? T(0) : std::numeric_limits<T>::min();
      }
      return T(std::sqrt(double(wrapped)));
    } else {
      using R = typename SumBase<T>::Rounded;
      if constexpr (kIsComplexType<T>) return T(std::sqrt(T(t).real()));
      else return root ? T(R(std::sqrt(R(t)))) : T(R(t) / 2);
    }
  }
};

}  // namespace

Status PrepareSums(PrepareContext& c, Fold fold, const ReducePlan& plan) {
  bool squares = fold == Fold::kNorm || fold == Fold::kHalfSquares;
  return c.ForType(NumberTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    if (squares) SetFold(c, plan, SquaresFold<T>{{}, fold == Fold::kNorm});
    else SetFold(c, plan, SumFold<T>{{}, plan.folded, fold == Fold::kMean});
  });
}

}  // namespace weir::kernels
