// Kernels of TridiagonalMatMul and TridiagonalSolve: a matrix an item, in linear time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/numbers.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {


struct Size {
  int64_t count = 0, n = 0, k = 0;
};

// The output's size by the right sides […,n,k]; inputs [first, last) are their diagonals […,rows,n].
Result<Size> ReadSize(PrepareContext& c, int rhs, int first, int last, int64_t rows) {
  const Shape& x = c.input_shape(rhs);
  if (x.rank() < 2) return InvalidArgument(fmt::format("wants matrices, not shape {}", x.ToString()));
  Size s{1, x[x.rank() - 2], x[x.rank() - 1]};
  Dims want = linalg::BatchOf(x);
  for (int64_t d : want) s.count *= d;
  want.push_back(rows), want.push_back(s.n);
  for (int i = first; i < last; ++i) {
    if (c.input_shape(i).dims() != want)
      return InvalidArgument(
          fmt::format("cannot have the diagonals {} with {}", c.input_shape(i).ToString(), x.ToString()));
  }
  c.set_output_shape(0, x);
  if (s.n * s.k == 0) s.count = 0;
  return s;
}

template <class T>
void Multiply(const T* above, const T* main, const T* below, const T* x, int64_t n, int64_t k, T* out) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < k; ++j) {
      T sum = main[i] * x[i * k + j];
      if (i + 1 < n) sum += above[i] * x[(i + 1) * k + j];
      if (i > 0) sum += below[i] * x[(i - 1) * k + j];
      out[i * k + j] = sum;
    }
  }
}

Status PrepareMatMul(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Size s, ReadSize(c, 3, 0, 3, 1));
  c.ParallelOver(s.count, double(s.n * s.k) * 2);
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([s](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        const int64_t d = i * s.n, at = d * s.k;
        Multiply(a.in<T>(0) + d, a.in<T>(1) + d, a.in<T>(2) + d, a.in<T>(3) + at, s.n, s.k, a.out<T>(0) + at);
      }
    });
  });
}

// ---- elimination

struct Pivoting {
  bool rows = true;     // the larger of two rows is taken first
  bool perturb = false;
};

// The upper factor: the main diagonal and two above it.
template <class T>
struct Upper {
  T *main, *first, *second;
};

// What takes the place of a pivot that is zero.
template <class T>
PartOf<T> Replacement(const T* above, const T* main, const T* below, int64_t n) {
  using P = PartOf<T>;
  P largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    largest = std::max(largest, std::abs(main[i]));
    if (i + 1 < n) largest = std::max(largest, std::abs(above[i]));
    if (i > 0) largest = std::max(largest, std::abs(below[i]));
  }
  return std::max(std::numeric_limits<P>::epsilon() * largest, std::numeric_limits<P>::min());
}

// Row i + 1 of the equations less so much of row i that its first element goes; x [n,k] goes with them.
template <class T>
void Eliminate(const Upper<T>& u, T below, T main, T above, int64_t i, int64_t k, bool exchange, T* x) {
  T *here = x + i * k, *next = here + k;
  if (exchange) {  // the next row comes first
    std::swap_ranges(here, next, next);
    const T factor = u.main[i] / below, first = u.first[i];
    u.main[i] = below, u.first[i] = main, u.second[i] = above;
    u.main[i + 1] = first - factor * main, u.first[i + 1] = -factor * above;
    for (int64_t j = 0; j < k; ++j) next[j] -= factor * here[j];
    return;
  }
  const T factor = below / u.main[i];
  u.second[i] = 0;
  u.main[i + 1] = main - factor * u.first[i], u.first[i + 1] = above;
  for (int64_t j = 0; j < k; ++j) next[j] -= factor * here[j];
}

// x [n,k] becomes the solution; false where a pivot is zero.
template <class T>
bool Solve(const T* above, const T* main, const T* below, int64_t n, int64_t k, Pivoting p, const Upper<T>& u, T* x) {
  const PartOf<T> replacement = p.perturb ? Replacement(above, main, below, n) : 0;
  u.main[0] = main[0], u.first[0] = n > 1 ? above[0] : T(0), u.second[0] = 0;
  for (int64_t i = 0; i < n; ++i) {
    const bool last = i + 1 == n;
    const bool exchange = !last && p.rows && std::abs(below[i + 1]) > std::abs(u.main[i]);
    if (!exchange && std::abs(u.main[i]) < std::numeric_limits<PartOf<T>>::min()) {
      if (!p.perturb) return false;
      u.main[i] = std::copysign(replacement, linalg::RealOf(u.main[i]));
    }
    if (!last) Eliminate(u, below[i + 1], main[i + 1], i + 2 < n ? above[i + 1] : T(0), i, k, exchange, x);
  }
  for (int64_t i = n; i-- > 0;) {
    for (int64_t j = 0; j < k; ++j) {
      T sum = x[i * k + j];
      if (i + 1 < n) sum -= u.first[i] * x[(i + 1) * k + j];
      if (i + 2 < n) sum -= u.second[i] * x[(i + 2) * k + j];
      x[i * k + j] = sum / u.main[i];
    }
  }
  return true;
}

Status PrepareSolve(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Size s, ReadSize(c, 1, 0, 1, 3));
  const Pivoting p{c.attr<bool>("partial_pivoting"), c.attr<bool>("perturb_singular")};
  if (p.perturb && !p.rows) return InvalidArgument("has perturb_singular without partial_pivoting");
  return c.ForType(linalg::LinalgTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    linalg::Staging staging;
    const int main = staging.Add<T>(s.n), first = staging.Add<T>(s.n), second = staging.Add<T>(s.n);
    linalg::CutMatrices(c, s.count, 1, double(s.n) * (10 + 2 * double(s.k)), staging);
    c.SetRun([=](RunArgs& a) {
      const Upper<T> upper{staging.Get<T>(a, main), staging.Get<T>(a, first), staging.Get<T>(a, second)};
      auto [begin, end] = a.Range();
      for (int64_t i = begin; i < end; ++i) {
        const T* d = a.in<T>(0) + i * 3 * s.n;
        T* x = a.out<T>(0) + i * s.n * s.k;
        std::copy_n(a.in<T>(1) + i * s.n * s.k, s.n * s.k, x);
        if (!Solve(d, d + s.n, d + 2 * s.n, s.n, s.k, p, upper, x))
          std::fill_n(x, s.n * s.k, linalg::NanOf<T>());
      }
    });
  });
}

}  // namespace

void RegisterTridiagonalKernels(KernelRegistry& r) {
  r.Add("TridiagonalMatMul", PrepareMatMul);
  r.Add("TridiagonalSolve", PrepareSolve);
}

}  // namespace weir
