// Kernels of MatrixTriangularSolve, MatrixSolve, MatrixInverse and MatrixSolveLs: a matrix an item.
#include <fmt/format.h>

#include <limits>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/ops/linalg/cpu/product.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using linalg::BatchIndex;
using linalg::BatchOf;
using linalg::Matrices;
using linalg::Staging;

Status CannotSolve(PrepareContext& c) {
  return InvalidArgument(
      fmt::format("cannot solve {} for {}", c.input_shape(0).ToString(), c.input_shape(1).ToString()));
}

Result<Dims> BroadcastBatch(PrepareContext& c) {
  const Dims a = BatchOf(c.input_shape(0)), b = BatchOf(c.input_shape(1));
  Dims out = a.size() > b.size() ? a : b;
  for (size_t i = 1; i <= std::min(a.size(), b.size()); ++i) {
    const int64_t x = a[a.size() - i], y = b[b.size() - i];
    if (x != y && x != 1 && y != 1) return CannotSolve(c);
    out[out.size() - i] = x == 1 ? y : x;
  }
  return out;
}

// What all solvers have: square matrices and right sides of as many rows, and the output's shape.
struct Equations {
  Matrices matrices;
  int64_t n = 0, k = 0, count = 0;
  std::vector<int64_t> a, b;  // by item: which matrix, which right side
};

Result<Equations> ReadEquations(PrepareContext& c, bool broadcast) {
  const Shape &x = c.input_shape(0), &y = c.input_shape(1);
  Equations e;
  WEIR_ASSIGN_OR_RETURN(e.matrices, linalg::SquareMatricesOf(x));
  if (y.rank() < 2 || y[y.rank() - 2] != e.matrices.rows) return CannotSolve(c);
  if (!broadcast && BatchOf(x) != BatchOf(y)) return CannotSolve(c);
  WEIR_ASSIGN_OR_RETURN(Dims batch, BroadcastBatch(c));
  e.n = e.matrices.rows, e.k = y[y.rank() - 1];
  if (e.k > std::numeric_limits<int32_t>::max()) return CannotSolve(c);
  Dims dims = batch;
  dims.push_back(e.n), dims.push_back(e.k);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  if (c.output_shape(0).num_elements() == 0) return e;
  e.a = BatchIndex(BatchOf(x), batch), e.b = BatchIndex(BatchOf(y), batch);
  e.count = static_cast<int64_t>(e.a.size());
  return e;
}

double SolveNs(const Equations& e) { return 30 + double(e.n * e.n) * double(e.k) * 0.7; }

Status PrepareTriangularSolve(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Equations e, ReadEquations(c, true));
  const bool adjoint = c.attr<bool>("adjoint");
  const linalg::Triangle triangle{.lower = c.attr<bool>("lower"), .transposed = adjoint, .conjugated = adjoint};
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    Staging staging;
    const int matrix = staging.Add<T>(e.n * e.n), x = staging.Add<T>(e.n * e.k);
    linalg::CutMatrices(c, e.count, e.n, SolveNs(e), staging);
    c.SetRun([e, triangle, staging, matrix, x](RunArgs& a) {
      const int64_t size = e.n * e.k;
      T *held = staging.Get<T>(a, matrix), *work = staging.Get<T>(a, x);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        std::copy_n(a.in<T>(0) + e.a[i] * e.n * e.n, e.n * e.n, held);
        std::copy_n(a.in<T>(1) + e.b[i] * size, size, work);
        linalg::SolveTriangular(held, e.n, triangle, work, e.k);
        std::copy_n(work, size, a.out<T>(0) + i * size);
      }
    });
  });
}

Status Singular(int64_t i, int64_t count) {
  return InvalidArgument("is given a matrix that has no inverse").Detail(linalg::WhichMatrix(i, count));
}

Status PrepareSolve(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Equations e, ReadEquations(c, false));
  const bool adjoint = c.attr<bool>("adjoint");
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    Staging staging;
    const int lu = staging.Add<T>(e.n * e.n), x = staging.Add<T>(e.n * e.k), pivots = staging.Add<int32_t>(e.n);
    linalg::CutMatrices(c, e.count, e.n, 2 * SolveNs(e) + double(e.n * e.n * e.n), staging);
    c.SetRun([e, adjoint, staging, lu, x, pivots](RunArgs& a) {
      const int64_t size = e.n * e.k;
      T *factors = staging.Get<T>(a, lu), *work = staging.Get<T>(a, x);
      int32_t* p = staging.Get<int32_t>(a, pivots);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        linalg::TransposeTo(a.in<T>(0) + i * e.n * e.n, e.n, e.n, factors);
        std::copy_n(a.in<T>(1) + i * size, size, work);
        if (!linalg::LuInPlace(factors, e.n, p)) return a.Fail(Singular(i, e.count));
        linalg::SolveByLu(factors, p, e.n, adjoint, work, e.k);
        std::copy_n(work, size, a.out<T>(0) + i * size);
      }
    });
  });
}

Status PrepareInverse(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(c.input_shape(0)));
  c.set_output_shape(0, c.input_shape(0));
  const bool adjoint = c.attr<bool>("adjoint");
  return c.ForType(linalg::LinalgAndHalfTypes{}, c.input_dtype(0), [&](auto t) {
    using E = decltype(t);
    using T = std::conditional_t<sizeof(E) == 2, float, E>;  // half computes in float
    const int64_t n = m.rows;
    Staging staging;
    const int lu = staging.Add<T>(n * n), x = staging.Add<T>(n * n), pivots = staging.Add<int32_t>(n);
    linalg::CutMatrices(c, m.count, n, 50 + double(n * n * n) * 2, staging);
    c.SetRun([m, n, adjoint, staging, lu, x, pivots](RunArgs& a) {
      T *factors = staging.Get<T>(a, lu), *work = staging.Get<T>(a, x);
      int32_t* p = staging.Get<int32_t>(a, pivots);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        const E* in = a.in<E>(0) + i * n * n;
        for (int64_t e = 0; e < n * n; ++e) work[e] = T(in[e]);
        linalg::TransposeTo(work, n, n, factors);
        if (!linalg::LuInPlace(factors, n, p)) return a.Fail(Singular(i, m.count));
        std::fill_n(work, n * n, T(0));
        for (int64_t d = 0; d < n; ++d) work[d * (n + 1)] = 1;
        linalg::SolveByLu(factors, p, n, adjoint, work, n);
        for (int64_t e = 0; e < n * n; ++e) a.out<E>(0)[i * n * n + e] = E(work[e]);
      }
    });
  });
}

// ---- least squares

struct LeastSquaresSize {
  Matrices matrices;
  int64_t m = 0, n = 0, k = 0, least = 0;
};

// Arrays of one part: a copy of the matrix, the Gramian, the right sides, what products want.
template <class T>
struct Normal {
  T *a, *gram, *x, *room;
};

// x = (aᴴa + λ)⁻¹aᴴb for m >= n, else aᴴ(aaᴴ + λ)⁻¹b.
template <class T>
bool SolveNormal(const LeastSquaresSize& s, const Normal<T>& w, const T* b, T lambda, T* out) {
  const bool tall = s.m >= s.n;
  const linalg::Triangle adjoint{.lower = true, .transposed = true, .conjugated = true};
  linalg::MatrixProduct(tall, !tall, s.least, s.least, std::max(s.m, s.n), w.a, w.a, w.room, w.gram);
  for (int64_t i = 0; i < s.least; ++i) w.gram[i * (s.least + 1)] += lambda;
  if (linalg::CholeskyInPlace(w.gram, s.least) != 0) return false;
  if (tall) linalg::MatrixProduct(true, false, s.n, s.k, s.m, w.a, b, w.room, w.x);
  else std::copy_n(b, s.m * s.k, w.x);
  linalg::SolveTriangular(w.gram, s.least, {.lower = true}, w.x, s.k);
  linalg::SolveTriangular(w.gram, s.least, adjoint, w.x, s.k);
  if (tall) std::copy_n(w.x, s.n * s.k, out);
  else linalg::MatrixProduct(true, false, s.n, s.k, s.m, w.a, w.x, w.room, out);
  return true;
}

template <class T>
void SetFastRun(PrepareContext& c, const LeastSquaresSize& s) {
  Staging staging;
  const int copy = staging.Add<T>(s.m * s.n), gram = staging.Add<T>(s.least * s.least),
            x = staging.Add<T>(s.least * s.k),
            room = staging.Add<T>(std::max(linalg::ProductRoom<T>(s.least, s.least, std::max(s.m, s.n)),
                                           linalg::ProductRoom<T>(s.n, s.k, s.m)));
  const double ns = 100 + double(s.m * s.n) * double(s.least + s.k);
  linalg::CutMatrices(c, s.matrices.count, s.least, ns, staging);
  c.SetRun([s, staging, copy, gram, x, room](RunArgs& a) {
    const double lambda = a.in<double>(2)[0];
    if (!(lambda >= 0)) return a.Fail(InvalidArgument(fmt::format("is given the l2_regularizer {}", lambda))
                                          .Detail("it is 0 or more"));
    const Normal<T> work{staging.Get<T>(a, copy), staging.Get<T>(a, gram), staging.Get<T>(a, x),
                         staging.Get<T>(a, room)};
    auto [begin, end] = a.Range();
    for (int64_t i = begin; i < end; ++i) {
      std::copy_n(a.in<T>(0) + i * s.m * s.n, s.m * s.n, work.a);
      const T added = T(PartOf<T>(lambda));
      if (!SolveNormal(s, work, a.in<T>(1) + i * s.m * s.k, added, a.out<T>(0) + i * s.n * s.k)) {
        return a.Fail(InvalidArgument("is given a matrix that is rank deficient or ill-conditioned")
                          .Detail(linalg::WhichMatrix(i, s.matrices.count))
                          .Help("fast=false, or a larger l2_regularizer"));
      }
    }
  });
}

template <class T>
void SetOrthogonalRun(PrepareContext& c, const LeastSquaresSize& s) {
  const int64_t rows = std::max(s.m, s.n);
  linalg::ScratchSizes sizes{1, 0, s.n};
  if (s.matrices.count * s.k > 0) sizes = linalg::LeastSquaresScratch<T>(s.m, s.n, s.k);
  Staging staging;
  const int copy = staging.Add<T>(s.m * s.n), x = staging.Add<T>(rows * s.k),
            scratch = linalg::AddScratch<T>(staging, sizes);
  linalg::OnePart(c, s.k > 0 ? s.matrices.count : 0, staging);
  c.SetRun([=](RunArgs& a) {
    T *work = staging.Get<T>(a, copy), *b = staging.Get<T>(a, x);
    for (int64_t i = a.begin; i < a.end && !a.cancelled(); ++i) {
      linalg::TransposeTo(a.in<T>(0) + i * s.m * s.n, s.m, s.n, work);
      for (int64_t j = 0; j < s.k; ++j) {
        for (int64_t row = 0; row < s.m; ++row) b[j * rows + row] = a.in<T>(1)[(i * s.m + row) * s.k + j];
      }
      using P = PartOf<T>;
      const P rcond = std::numeric_limits<P>::epsilon() * P(s.least);
      linalg::LeastSquares(work, s.m, s.n, b, s.k, rcond, linalg::GetScratch<T>(staging, a, scratch), sizes);
      for (int64_t j = 0; j < s.k; ++j) {
        for (int64_t row = 0; row < s.n; ++row) a.out<T>(0)[(i * s.n + row) * s.k + j] = b[j * rows + row];
      }
    }
  });
}

Status PrepareSolveLs(PrepareContext& c) {
  const Shape &x = c.input_shape(0), &y = c.input_shape(1);
  LeastSquaresSize s;
  WEIR_ASSIGN_OR_RETURN(s.matrices, linalg::MatricesOf(x));
  if (y.rank() != x.rank() || BatchOf(x) != BatchOf(y) || y[y.rank() - 2] != s.matrices.rows) return CannotSolve(c);
  if (c.input_shape(2).rank() != 0) return InvalidArgument("wants a scalar for l2_regularizer");
  s.m = s.matrices.rows, s.n = s.matrices.cols, s.k = y[y.rank() - 1], s.least = std::min(s.m, s.n);
  if (s.k > std::numeric_limits<int32_t>::max()) return CannotSolve(c);
  Dims dims = BatchOf(x);
  dims.push_back(s.n), dims.push_back(s.k);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    if (s.m == 0) {  // no equation: the least x
      const int64_t elements = c.output_shape(0).num_elements();
      c.SetRun([elements](RunArgs& a) { std::fill_n(a.out<T>(0), elements, T(0)); });
    } else if (c.attr<bool>("fast")) {
      SetFastRun<T>(c, s);
    } else {
      SetOrthogonalRun<T>(c, s);
    }
  });
}

}  // namespace

void RegisterSolveKernels(KernelRegistry& r) {
  r.Add("MatrixTriangularSolve", PrepareTriangularSolve);
  r.Add("MatrixSolve", PrepareSolve);
  r.Add("MatrixInverse", PrepareInverse);
  r.Add("MatrixSolveLs", PrepareSolveLs);
}

}  // namespace weir
