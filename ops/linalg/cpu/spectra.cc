// Kernels of Svd, SelfAdjointEigV2 and MatrixSquareRoot, by LAPACK for every size.
#include <cmath>
#include <complex>
#include <limits>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using linalg::Matrices;
using linalg::Staging;
using Complex = std::complex<double>;

template <class T>
bool AllFinite(const T* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(x[i])) return false;
  }
  return true;
}

// ---- singular values

struct SvdSize {
  int64_t count = 0, m = 0, n = 0, least = 0;
  int64_t u_columns = 0, v_columns = 0;
  bool vectors = true, full = false;
};

template <class T>
struct SvdMemory {
  T *a, *s, *u, *vt, *scratch;
  int64_t scratch_size;
  int32_t* integers;
};

// One matrix: s, u and v by rows. False when it does not converge.
template <class T>
bool SvdOfMatrix(const SvdSize& z, const SvdMemory<T>& w, const T* in, T* s, T* u, T* v) {
  if (!AllFinite(in, z.m * z.n)) {
    constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
    std::fill_n(s, z.least, kNan);
    if (z.vectors) std::fill_n(u, z.m * z.u_columns, kNan), std::fill_n(v, z.n * z.v_columns, kNan);
    return true;
  }
  linalg::TransposeTo(in, z.m, z.n, w.a);
  if (!linalg::SvdInPlace(w.a, z.m, z.n, z.vectors, z.full, w.s, w.u, w.vt, w.scratch, w.scratch_size, w.integers))
    return false;
  std::copy_n(w.s, z.least, s);
  if (!z.vectors) return true;
  linalg::TransposeTo(w.u, z.u_columns, z.m, u);
  std::copy_n(w.vt, z.n * z.v_columns, v);  // vᵀ by columns is v by rows
  return true;
}

template <class T>
void SetSvdRun(PrepareContext& c, const SvdSize& z) {
  const int64_t size = linalg::SvdScratch<T>(z.m, z.n, z.vectors, z.full);
  Staging staging;
  const int a = staging.Add<T>(z.m * z.n), s = staging.Add<T>(z.least), u = staging.Add<T>(z.m * z.u_columns),
            vt = staging.Add<T>(z.n * z.v_columns), scratch = staging.Add<T>(size),
            integers = staging.Add<int32_t>(8 * z.least);
  linalg::OnePart(c, z.count, staging);
  c.SetRun([=](RunArgs& args) {
    const SvdMemory<T> memory{staging.Get<T>(args, a),
                              staging.Get<T>(args, s),
                              staging.Get<T>(args, u),
                              staging.Get<T>(args, vt),
                              staging.Get<T>(args, scratch),
                              size,
                              staging.Get<int32_t>(args, integers)};
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
  return c.ForType(Types<float, double>{}, c.input_dtype(0), [&](auto t) { SetSvdRun<decltype(t)>(c, z); });
}

// ---- eigenvalues

template <class T>
bool LowerFinite(const T* a, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (!AllFinite(a + i * n, i + 1)) return false;
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
  return c.ForType(Types<float, double>{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    const int64_t n = m.rows;
    const linalg::EigScratch sizes = linalg::EigScratchOf<T>(n, vectors);
    Staging staging;
    const int matrix = staging.Add<T>(n * n), values = staging.Add<T>(n), scratch = staging.Add<T>(sizes.numbers),
              integers = staging.Add<int32_t>(sizes.integers);
    linalg::OnePart(c, m.count, staging);
    c.SetRun([=](RunArgs& a) {
      T *work = staging.Get<T>(a, matrix), *e = staging.Get<T>(a, values);
      for (int64_t i = a.begin; i < a.end && !a.cancelled(); ++i) {
        const T* in = a.in<T>(0) + i * n * n;
        std::copy_n(in, n * n, work);
        if (!LowerFinite(in, n) || !linalg::SymmetricEig(work, n, vectors, e, staging.Get<T>(a, scratch),
                                                         staging.Get<int32_t>(a, integers), sizes)) {
          return a.Fail(InvalidArgument("found no eigenvalues: the input may have an infinity or NaN")
                            .Detail(linalg::WhichMatrix(i, m.count)));
        }
        std::copy_n(e, n, a.out<T>(0) + i * n);
        if (vectors) linalg::TransposeTo(work, n, n, a.out<T>(1) + i * n * n);
      }
    });
  });
}

// ---- the square root, by the complex Schur form (Björck and Hammarling, 1983)

struct RootMemory {
  Complex *t, *z, *values, *scratch;
  int64_t scratch_size;
  double* real;
};

// The root of the upper triangular t, by columns, in its place.
void RootOfTriangle(Complex* t, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    Complex* column = t + j * n;
    column[j] = std::sqrt(column[j]);
    for (int64_t i = j; i-- > 0;) {
      Complex sum = column[i];
      for (int64_t k = i + 1; k < j; ++k) sum -= t[k * n + i] * column[k];
      column[i] = sum / (t[i * n + i] + column[j]);
    }
  }
}

// z·r·zᴴ by columns, in the place of z and of `product`.
void Rotate(const Complex* r, const Complex* z, int64_t n, Complex* product, Complex* row, double* out, double* size,
            double* off) {
  for (int64_t j = 0; j < n; ++j) {  // product = z·r
    for (int64_t i = 0; i < n; ++i) product[j * n + i] = 0;
    for (int64_t k = 0; k <= j; ++k) {
      for (int64_t i = 0; i < n; ++i) product[j * n + i] += z[k * n + i] * r[j * n + k];
    }
  }
  for (int64_t j = 0; j < n; ++j) {
    std::fill_n(row, n, Complex(0));
    for (int64_t k = 0; k < n; ++k) {
      const Complex f = std::conj(z[k * n + j]);
      for (int64_t i = 0; i < n; ++i) row[i] += product[k * n + i] * f;
    }
    for (int64_t i = 0; i < n; ++i) {
      out[i * n + j] = row[i].real();
      *size = std::max(*size, std::abs(row[i]));
      *off = std::max(*off, std::abs(row[i].imag()));
    }
  }
}

Status PrepareSquareRoot(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(c.input_shape(0)));
  c.set_output_shape(0, c.input_shape(0));
  if (m.count == 0) return linalg::SetIdentity(c, {});
  return c.ForType(Types<float, double>{}, c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    const int64_t n = m.rows, size = linalg::SchurScratch(n);
    Staging staging;
    const int t = staging.Add<Complex>(n * n), z = staging.Add<Complex>(n * n), values = staging.Add<Complex>(n),
              product = staging.Add<Complex>(n * n), scratch = staging.Add<Complex>(size),
              real = staging.Add<double>(n), root = staging.Add<double>(n * n);
    linalg::OnePart(c, m.count, staging);
    c.SetRun([=](RunArgs& a) {
      Complex *schur = staging.Get<Complex>(a, t), *vectors = staging.Get<Complex>(a, z),
              *row = staging.Get<Complex>(a, values);
      double* r = staging.Get<double>(a, root);
      for (int64_t i = a.begin; i < a.end && !a.cancelled(); ++i) {
        const T* in = a.in<T>(0) + i * n * n;
        T* out = a.out<T>(0) + i * n * n;
        double largest = 0, off = 0;
        bool good = AllFinite(in, n * n);
        for (int64_t k = 0; k < n * n && good; ++k) schur[k % n * n + k / n] = in[k];
        good = good && linalg::Schur(schur, n, row, vectors, staging.Get<Complex>(a, scratch), size,
                                     staging.Get<double>(a, real));
        if (good) {
          RootOfTriangle(schur, n);
          Rotate(schur, vectors, n, staging.Get<Complex>(a, product), row, r, &largest, &off);
        }
        // A root that is not real has imaginary parts of its own size, not of rounding's.
        good = good && off <= 1e-6 * largest;
        for (int64_t k = 0; k < n * n; ++k) out[k] = good ? T(r[k]) : std::numeric_limits<T>::quiet_NaN();
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
