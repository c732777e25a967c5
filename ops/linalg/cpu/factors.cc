// Kernels of Qr and Lu. Qr goes by LAPACK for every size, half in float.
#include <type_traits>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using linalg::Matrices;

struct QrSize {
  int64_t count = 0, m = 0, n = 0, least = 0, inner = 0;
};

// One matrix: `a` has it by columns, then q; r and q are written by rows.
template <class T, class E>
void QrOfMatrix(const QrSize& s, T* a, T* tau, T* scratch, int64_t scratch_size, E* q, E* r) {
  linalg::QrFactor(a, s.m, s.n, tau, scratch, scratch_size);
  for (int64_t i = 0; i < s.inner; ++i) {
    for (int64_t j = 0; j < s.n; ++j) r[i * s.n + j] = j < i ? E(0) : E(a[j * s.m + i]);
  }
  linalg::QrExpand(a, s.m, s.inner, s.least, tau, scratch, scratch_size);
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.inner; ++j) q[i * s.inner + j] = E(a[j * s.m + i]);
  }
}

template <class E>
void SetQrRun(PrepareContext& c, const QrSize& s) {
  using T = std::conditional_t<sizeof(E) == 2, float, E>;
  const int64_t size = linalg::QrScratch<T>(s.m, s.n, s.inner);
  linalg::Staging staging;
  const int matrix = staging.Add<T>(s.m * std::max(s.n, s.inner)), tau = staging.Add<T>(s.least),
            scratch = staging.Add<T>(size);
  linalg::OnePart(c, s.count, staging);
  c.SetRun([=](RunArgs& args) {
    T* a = staging.Get<T>(args, matrix);
    for (int64_t i = args.begin; i < args.end && !args.cancelled(); ++i) {
      const E* in = args.in<E>(0) + i * s.m * s.n;
      for (int64_t row = 0; row < s.m; ++row) {
        for (int64_t j = 0; j < s.n; ++j) a[j * s.m + row] = T(in[row * s.n + j]);
      }
      QrOfMatrix(s, a, staging.Get<T>(args, tau), staging.Get<T>(args, scratch), size,
                 args.out<E>(0) + i * s.m * s.inner, args.out<E>(1) + i * s.inner * s.n);
    }
  });
}

Status PrepareQr(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Matrices x, linalg::MatricesOf(c.input_shape(0)));
  QrSize s{x.count, x.rows, x.cols, std::min(x.rows, x.cols)};
  s.inner = c.attr<bool>("full_matrices") ? s.m : s.least;
  Dims q = linalg::BatchOf(c.input_shape(0)), r = q;
  q.insert(q.end(), {s.m, s.inner}), r.insert(r.end(), {s.inner, s.n});
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, q));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, r));
  if (s.count == 0) return linalg::SetIdentity(c, {{0, s.m}});
  return c.ForType(linalg::LinalgAndHalfTypes{}, c.input_dtype(0), [&](auto t) { SetQrRun<decltype(t)>(c, s); });
}

// The rows' numbers after all exchanges.
template <class I>
void Permutation(const int32_t* pivots, int64_t n, I* p) {
  for (int64_t i = 0; i < n; ++i) p[i] = static_cast<I>(i);
  for (int64_t i = 0; i < n; ++i) std::swap(p[i], p[pivots[i]]);
}

Status PrepareLu(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(s));
  c.set_output_shape(0, s);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, Dims(s.dims().begin(), s.dims().end() - 1)));
  const int64_t n = m.rows;
  const bool wide = c.output_dtype(1) == kInt64;
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    linalg::Staging staging;
    const int factors = staging.Add<T>(n * n), pivots = staging.Add<int32_t>(n);
    linalg::CutMatrices(c, m.count, n, 30 + double(n * n * n) * 0.7, staging);
    c.SetRun([m, n, wide, staging, factors, pivots](RunArgs& a) {
      T* lu = staging.Get<T>(a, factors);
      int32_t* p = staging.Get<int32_t>(a, pivots);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        linalg::TransposeTo(a.in<T>(0) + i * n * n, n, n, lu);
        if (!linalg::LuInPlace(lu, n, p))
          return a.Fail(InvalidArgument("is given a matrix that has no inverse")
                            .Detail(linalg::WhichMatrix(i, m.count)));
        linalg::TransposeTo(lu, n, n, a.out<T>(0) + i * n * n);
        if (wide) Permutation(p, n, a.out<int64_t>(1) + i * n);
        else Permutation(p, n, a.out<int32_t>(1) + i * n);
      }
    });
  });
}

}  // namespace

void RegisterFactorKernels(KernelRegistry& r) {
  r.Add("Qr", PrepareQr);
  r.Add("Lu", PrepareLu);
}

}  // namespace weir
