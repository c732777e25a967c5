// Kernels of Cholesky and CholeskyGrad (of real matrices, as TensorFlow's): a matrix an item.
#include <fmt/format.h>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/runtime/cpu/gemm.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using linalg::Matrices;

Status PrepareCholesky(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(c.input_shape(0)));
  c.set_output_shape(0, c.input_shape(0));
  const int64_t n = m.rows;
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    linalg::Staging staging;
    const int at = staging.Add<T>(m.size());
    linalg::CutMatrices(c, m.count, n, 30 + double(n * n * n) * 0.5, staging);
    c.SetRun([m, n, staging, at](RunArgs& a) {
      T* work = staging.Get<T>(a, at);
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        std::copy_n(a.in<T>(0) + i * n * n, n * n, work);
        if (int64_t minor = linalg::CholeskyInPlace(work, n)) {
          return a.Fail(InvalidArgument("is given a matrix that is not positive definite")
                            .Detail(fmt::format("{}{}leading minor {}", linalg::WhichMatrix(i, m.count),
                                                m.count > 1 ? ", " : "", minor)));
        }
        T* out = a.out<T>(0) + i * n * n;
        for (int64_t row = 0; row < n; ++row) {
          std::copy_n(work + row * n, row + 1, out + row * n);
          std::fill_n(out + row * n + row + 1, n - row - 1, T(0));
        }
      }
    });
  });
}

// Φ: the lower triangle, its diagonal halved.
template <class T>
void HalveDiagonal(T* a, int64_t n) {
  for (int64_t row = 0; row < n; ++row) {
    a[row * n + row] /= 2;
    std::fill_n(a + row * n + row + 1, n - row - 1, T(0));
  }
}

// s = l⁻ᵀ·Φ(lᵀ·tril(grad))·l⁻¹, out = (s + sᵀ) / 2; x and y are scratch.
template <class T>
void GradOfMatrix(const T* l, const T* grad, int64_t n, T* x, T* y, T* out) {
  for (int64_t row = 0; row < n; ++row) {
    std::copy_n(grad + row * n, row + 1, x + row * n);
    std::fill_n(x + row * n + row + 1, n - row - 1, T(0));
  }
  Gemm(true, false, n, n, n, l, n, x, n, false, y, n);
  HalveDiagonal(y, n);
  linalg::SolveTriangular(l, n, {.lower = true, .transposed = true}, y, n);
  linalg::TransposeTo(y, n, n, x);
  linalg::SolveTriangular(l, n, {.lower = true, .transposed = true}, x, n);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) out[i * n + j] = (x[i * n + j] + x[j * n + i]) / 2;
  }
}

Status PrepareCholeskyGrad(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Matrices m, linalg::SquareMatricesOf(c.input_shape(0)));
  if (c.input_shape(0) != c.input_shape(1))
    return InvalidArgument(fmt::format("is given a factor {} and a gradient {}", c.input_shape(0).ToString(),
                                       c.input_shape(1).ToString()));
  c.set_output_shape(0, c.input_shape(0));
  const int64_t n = m.rows;
  return c.ForType(Types<float, double>{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    linalg::Staging staging;
    const int factor = staging.Add<T>(m.size()), x = staging.Add<T>(m.size()), y = staging.Add<T>(m.size());
    linalg::CutMatrices(c, m.count, n, 100 + double(n * n * n) * 2, staging);
    c.SetRun([m, n, staging, factor, x, y](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        T* l = staging.Get<T>(a, factor);
        std::copy_n(a.in<T>(0) + i * n * n, n * n, l);
        GradOfMatrix(l, a.in<T>(1) + i * n * n, n, staging.Get<T>(a, x), staging.Get<T>(a, y),
                     a.out<T>(0) + i * n * n);
      }
    });
  });
}

}  // namespace

void RegisterCholeskyKernels(KernelRegistry& r) {
  r.Add("Cholesky", PrepareCholesky);
  r.Add("CholeskyGrad", PrepareCholeskyGrad);
}

}  // namespace weir
