// Kernels of Svd, SelfAdjointEigV2 and MatrixSquareRoot, by LAPACK for every size.
#include <cmath>
#include <complex>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/ops/linalg/cpu/schur.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using linalg::Matrices;
using linalg::Staging;

// ---- singular values

struct SvdSize {
  int64_t count = 0, m = 0, n = 0, least = 0;
  int64_t u_columns = 0, v_columns = 0;
  bool vectors = true, full = false;
};

template <class T>
struct SvdMemory {
  T *a, *u, *vt;
  PartOf<T>* s;
  linalg::Scratch<T> scratch;
  linalg::ScratchSizes sizes;
};

// One matrix: s, u and v by rows. False when it does not converge.
template <class T>
bool SvdOfMatrix(const SvdSize& z, const SvdMemory<T>& w, const T* in, T* s, T* u, T* v) {
  if (!linalg::AllFinite(in, z.m * z.n)) {
    const T nan = linalg::NanOf<T>();
    std::fill_n(s, z.least, nan);
    if (z.vectors) std::fill_n(u, z.m * z.u_columns, nan), std::fill_n(v, z.n * z.v_columns, nan);
    return true;
  }
  linalg::TransposeTo(in, z.m, z.n, w.a);
  if (!linalg::SvdInPlace(w.a, z.m, z.n, z.vectors, z.full, w.s, w.u, w.vt, w.scratch, w.sizes)) return false;
  std::copy_n(w.s, z.least, s);
  if (!z.vectors) return true;
  linalg::TransposeTo(w.u, z.u_columns, z.m, u);
  std::copy_n(w.vt, z.n * z.v_columns, v);  // vᵀ by columns is v by rows, and vᴴ the conjugate of v
  linalg::ConjugateAll(v, z.n * z.v_columns);
  return true;
}

template <class T>
void SetSvdRun(PrepareContext& c, const SvdSize& z) {
  const linalg::ScratchSizes sizes = linalg::SvdScratch<T>(z.m, z.n, z.vectors, z.full);
  Staging staging;
  const int a = staging.Add<T>(z.m * z.n), s = staging.Add<PartOf<T>>(z.least),
            u = staging.Add<T>(z.m * z.u_columns), vt = staging.Add<T>(z.n * z.v_columns),
            scratch = linalg::AddScratch<T>(staging, sizes);
  linalg::OnePart(c, z.count, staging);
  c.SetRun([=](RunArgs& args) {
    const SvdMemory<T> memory{staging.Get<T>(args, a),
                              staging.Get<T>(args, u),
                              staging.Get<T>(args, vt),
                              staging.Get<PartOf<T>>(args, s),
                              linalg::GetScratch<T>(staging, args, scratch),
                              sizes};
    for (int64_t i = args.begin; i < args.end && !args.cancelled(); ++i) {
      T* su = args.out<T>(1) + (z.vectors ? i * z.m * z.u_columns : 0);
      T* sv = args.out<T>(2) + (z.vectors ? i * z.n * z.v_columns : 0);
      if (!SvdOfMatrix(z, memory, args.in<T>(0) + i * z.m * z.n, args.out<T>(0) + i * z.least, su, sv))
        return args.Fail(InvalidArgument("found no singular values: the iteration did not converge")
                             .Detail(linalg::WhichMatrix(i, z.count)));
    }
  });
}

Status PrepareSvd(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Matrices x, linalg::MatricesOf(c.input_shape(0)));
  SvdSize z{x.count, x.rows, x.cols, std::min(x.rows, x.cols)};
  z.vectors = c.attr<bool>("compute_uv"), z.full = c.attr<bool>("full_matrices");
  if (z.vectors) z.u_columns = z.full ? z.m : z.least, z.v_columns = z.full ? z.n : z.least;
  Dims s = linalg::BatchOf(c.input_shape(0)), u = s, v = s;
  s.push_back(z.least);
  u.insert(u.end(), {z.m, z.u_columns}), v.insert(v.end(), {z.n, z.v_columns});
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, s));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, z.vectors ? u : Dims{0}));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(2, z.vectors ? v : Dims{0}));
  if (z.count == 0) return linalg::SetIdentity(c, {{1, z.m}, {2, z.n}});
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) { SetSvdRun<decltype(t)>(c, z); });
}

// ---- eigenvalues

template <class T>
bool LowerFinite(const T* a, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (!linalg::AllFinite(a + i * n, i + 1)) return false;
  }
  return true;
}

Status PrepareEig(PrepareContext& c) {
  const Shape& s = c.input_shape(0);
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(s));
  const bool vectors = c.attr<bool>("compute_v");
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, Dims(s.dims().begin(), s.dims().end() - 1)));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(1, vectors ? s.dims() : Dims{0}));
  if (m.count == 0) return linalg::SetIdentity(c, {});
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    const int64_t n = m.rows;
    const linalg::ScratchSizes sizes = linalg::EigScratch<T>(n, vectors);
    Staging staging;
    const int matrix = staging.Add<T>(n * n), values = staging.Add<PartOf<T>>(n),
              scratch = linalg::AddScratch<T>(staging, sizes);
    linalg::OnePart(c, m.count, staging);
    c.SetRun([=](RunArgs& a) {
      T* work = staging.Get<T>(a, matrix);
      PartOf<T>* e = staging.Get<PartOf<T>>(a, values);
      for (int64_t i = a.begin; i < a.end && !a.cancelled(); ++i) {
        const T* in = a.in<T>(0) + i * n * n;
        std::copy_n(in, n * n, work);
        if (!LowerFinite(in, n) || !linalg::SelfAdjointEig(work, n, vectors, e,
                                                           linalg::GetScratch<T>(staging, a, scratch), sizes)) {
          return a.Fail(InvalidArgument("found no eigenvalues: the input may have an infinity or NaN")
                            .Detail(linalg::WhichMatrix(i, m.count)));
        }
        std::copy_n(e, n, a.out<T>(0) + i * n);
        if (vectors) linalg::TransposeTo(work, n, n, a.out<T>(1) + i * n * n);
      }
    });
  });
}

// ---- the square root

Status PrepareSquareRoot(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(c.input_shape(0)));
  c.set_output_shape(0, c.input_shape(0));
  if (m.count == 0) return linalg::SetIdentity(c, {});
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    const int64_t n = m.rows;
    Staging staging;
    const linalg::SchurRoom room(staging, n);
    linalg::OnePart(c, m.count, staging);
    c.SetRun([=](RunArgs& a) {
      const linalg::SchurForm schur = room.Get(staging, a);
      for (int64_t i = a.begin; i < a.end && !a.cancelled(); ++i) {
        const T* in = a.in<T>(0) + i * n * n;
        T* out = a.out<T>(0) + i * n * n;
        bool good = linalg::Factor(schur, in);
        if (good) {
          linalg::RootOfTriangle(schur.t, n);
          good = linalg::Join(schur, out);
        }
        if (!good) std::fill_n(out, n * n, linalg::NanOf<T>());
      }
    });
  });
}

}  // namespace

void RegisterSpectrumKernels(KernelRegistry& r) {
  r.Add("Svd", PrepareSvd);
  r.Add("SelfAdjointEigV2", PrepareEig);
  r.Add("MatrixSquareRoot", PrepareSquareRoot);
}

}  // namespace weir
