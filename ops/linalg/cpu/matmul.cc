// Kernels of MatMul, BatchMatMul and BatchMatMulV2: one product of a batch of matrices for all three.
//
// Floats go slice by slice through Gemm, complex numbers as floats do once an operand is expanded (product.h); half and
// bfloat16 are widened to float, accumulate there and round once; integers wrap as two's complement. Slices, the items,
// are cut by the problem's size (CutGemm).
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/ops/linalg/cpu/batches.h"
#include "weir/ops/linalg/cpu/product.h"
#include "weir/runtime/cpu/gemm.h"
#include "weir/runtime/cpu/wide.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Product i is of the matrices x[i] and y[i] of the operands.
struct Batch {
  bool tx = false, ty = false;
  int64_t m = 0, n = 0, k = 0;
  int64_t matrices_x = 1, matrices_y = 1;
  std::vector<int64_t> x{0}, y{0};
  int64_t size() const { return static_cast<int64_t>(x.size()); }
};

Status MakeBatch(PrepareContext& c, bool tx, bool ty, Batch* b) {
  const Shape &x = c.input_shape(0), &y = c.input_shape(1), &out = c.output_shape(0);
  int rx = x.rank(), ry = y.rank(), r = out.rank();
  if (rx < 2 || ry < 2 || r < std::max(rx, ry)) return InvalidArgument("needs operands of rank 2 at least");
  b->tx = tx, b->ty = ty;
  b->m = x[tx ? rx - 1 : rx - 2], b->k = x[tx ? rx - 2 : rx - 1], b->n = y[ty ? ry - 2 : ry - 1];
  if (y[ty ? ry - 1 : ry - 2] != b->k)
    return InvalidArgument(fmt::format("cannot multiply {} by {}", x.ToString(), y.ToString()));
  Dims bx = linalg::BatchOf(x), by = linalg::BatchOf(y), bo = linalg::BatchOf(out);
  if (out.num_elements() == 0) {
    b->x.clear(), b->y.clear();
    return {};
  }
  // Of a product with elements: no more matrices than it has.
  for (int64_t d : bx) b->matrices_x *= d;
  for (int64_t d : by) b->matrices_y *= d;
  if (b->matrices_y == 1 && !tx) {
    b->m *= b->matrices_x;  // one matrix y for all: the rows of x follow one another
    b->matrices_x = 1;
  } else {
    b->x = linalg::BatchIndex(bx, bo), b->y = linalg::BatchIndex(by, bo);
  }
  return {};
}

// Rows or columns [begin, end) of product i: slices that stand side by side.
struct Slices {
  int64_t i, begin, end;
};

// f(slices) of each product that items [begin, end) are slices of. Why together: each call of Gemm packs an operand.
template <class F>
void ForSlices(const Batch& b, const GemmCut& cut, int64_t begin, int64_t end, F&& f) {
  const int64_t n = cut.by_rows ? b.m : b.n;
  while (begin < end) {
    const int64_t i = begin / cut.slices, first = begin % cut.slices, last = std::min(cut.slices, first + end - begin);
    f(Slices{i, cut.Begin(first, n), cut.Begin(last, n)});
    begin += last - first;
  }
}

template <class T>
void GemmSlices(const Batch& b, const GemmCut& cut, const Slices& s, const T* x, const T* y, T* out) {
  x += b.x[s.i] * b.m * b.k, y += b.y[s.i] * b.k * b.n, out += s.i * b.m * b.n;
  const int64_t ldx = b.tx ? b.m : b.k, ldy = b.ty ? b.k : b.n, n = s.end - s.begin;
  if (cut.by_rows) {
    Gemm(b.tx, b.ty, n, b.n, b.k, x + s.begin * (b.tx ? 1 : ldx), ldx, y, ldy, false, out + s.begin * b.n, b.n);
  } else {
    Gemm(b.tx, b.ty, b.m, n, b.k, x, ldx, y + s.begin * (b.ty ? ldy : 1), ldy, false, out + s.begin, b.n);
  }
}

GemmCut CutBatch(PrepareContext& c, const Batch& b) {
  GemmCut cut = CutGemm(b.m, b.n, b.k);
  c.ParallelOver(b.size() * cut.slices, GemmNs(b.m, b.n, b.k) / double(cut.slices));
  return cut;
}

// Whether y is there packed, as what it is computed in: one matrix for all products that stays.
template <class T>
bool KeepPacked(PrepareContext& c, const Batch& b) {
  using F = kernels::Wide<T>;
  if (b.matrices_y != 1 || b.n < kGemmColumns || b.k < 1 || b.size() == 0) return false;
  const int64_t n = b.n, k = b.k, ldy = b.ty ? b.k : b.n;
  return c.Keep(1, {.kind = fmt::format("packed {} {}x{}{}", DTypeShortName(DTypeOf<T>), k, n, b.ty ? " t" : ""),
                    .bytes = PackedBytes<F>(n, k),
                    .make = [ty = b.ty, n, k, ldy](const void* y, void* packed) {
                      if constexpr (std::is_same_v<T, F>) {
                        PackRight(ty, n, k, static_cast<const T*>(y), ldy, static_cast<F*>(packed));
                      } else {
                        const T* narrow = static_cast<const T*>(y);
                        const std::vector<F> wide(narrow, narrow + n * k);
                        PackRight(ty, n, k, wide.data(), ldy, static_cast<F*>(packed));
                      }
                    }});
}

// The same as GemmSlices, by y packed.
template <class T>
void PackedSlices(const Batch& b, const GemmCut& cut, const Slices& s, const T* x, const T* y, T* out) {
  x += b.x[s.i] * b.m * b.k, out += s.i * b.m * b.n;
  const int64_t ldx = b.tx ? b.m : b.k, n = s.end - s.begin;
  if (cut.by_rows) {
    GemmPacked(b.tx, n, b.k, x + s.begin * (b.tx ? 1 : ldx), ldx, y, {b.n, 0, b.n}, false, out + s.begin * b.n, b.n);
  } else {
    GemmPacked(b.tx, b.m, b.k, x, ldx, y, {b.n, s.begin, n}, false, out + s.begin, b.n);
  }
}

template <class T>
void SetFloatRun(PrepareContext& c, const Batch& b) {
  GemmCut cut = CutBatch(c, b);
  if (KeepPacked<T>(c, b)) {
    return c.SetRun([b, cut](RunArgs& a) {
      ForSlices(b, cut, a.begin, a.end,
                [&](const Slices& s) { PackedSlices(b, cut, s, a.in<T>(0), a.in<T>(1), a.out<T>(0)); });
    });
  }
  c.SetRun([b, cut](RunArgs& a) {
    ForSlices(b, cut, a.begin, a.end,
              [&](const Slices& s) { GemmSlices(b, cut, s, a.in<T>(0), a.in<T>(1), a.out<T>(0)); });
  });
}

// half, bfloat16: workspace holds the operands and the product as floats.
template <class T>
void SetNarrowRun(PrepareContext& c, const Batch& b) {
  GemmCut cut = CutBatch(c, b);
  const bool packed = KeepPacked<T>(c, b);
  int64_t nx = c.input_shape(0).num_elements(), ny = packed ? 0 : c.input_shape(1).num_elements();
  c.set_workspace((nx + ny + c.output_shape(0).num_elements()) * int64_t(sizeof(float)));
  auto widen = [&](int input, int64_t n, int64_t at) {
    c.Before(n, 0.5, [=](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) a.workspace<float>()[at + i] = a.in<T>(input)[i];
    });
  };
  widen(0, nx, 0), widen(1, ny, nx);
  c.SetRun([b, cut, nx, ny, packed](RunArgs& a) {
    const float *x = a.workspace<float>(), *y = packed ? a.in<float>(1) : x + nx;
    float* product = a.workspace<float>() + nx + ny;
    ForSlices(b, cut, a.begin, a.end, [&](const Slices& s) {
      if (packed) PackedSlices(b, cut, s, x, y, product);
      else GemmSlices(b, cut, s, x, y, product);
      int64_t row0 = cut.by_rows ? s.begin : 0, row1 = cut.by_rows ? s.end : b.m;
      int64_t col0 = cut.by_rows ? 0 : s.begin, col1 = cut.by_rows ? b.n : s.end;
      for (int64_t row = row0; row < row1; ++row) {
        int64_t at = (s.i * b.m + row) * b.n;
        for (int64_t j = col0; j < col1; ++j) a.out<T>(0)[at + j] = T(product[at + j]);
      }
    });
  });
}

// Complex numbers of parts P: workspace holds the expanded y and, where x is taken transposed, x as it is taken. Then
// it is a product of real matrices, n and k twice as large. `adjoint`: what is transposed is conjugated, too.
template <class P>
void SetComplexRun(PrepareContext& c, const Batch& b, bool adjoint) {
  using T = std::complex<P>;
  Batch parts = b;
  parts.tx = parts.ty = false, parts.n *= 2, parts.k *= 2;
  const GemmCut cut = CutBatch(c, parts);
  const bool none = b.size() == 0;
  const int64_t ny = none ? 0 : 4 * c.input_shape(1).num_elements(),
                nx = none || !b.tx ? 0 : 2 * c.input_shape(0).num_elements();
  c.set_workspace((ny + nx) * int64_t(sizeof(P)));
  if (ny > 0) {
    c.Before(b.matrices_y * b.k, 2 * double(b.n), [b, adjoint](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) {
        linalg::ExpandRow({b.ty, b.ty && adjoint}, b.k, b.n, i % b.k, a.in<T>(1) + i / b.k * b.k * b.n,
                          a.workspace<P>() + i * 4 * b.n);
      }
    });
  }
  if (nx > 0) {
    c.Before(b.matrices_x * b.m, 2 * double(b.k), [b, adjoint, ny](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) {
        linalg::TakeRow({true, adjoint}, b.m, b.k, i % b.m, a.in<T>(0) + i / b.m * b.m * b.k,
                        reinterpret_cast<T*>(a.workspace<P>() + ny) + i * b.k);
      }
    });
  }
  c.SetRun([parts, cut, ny, nx](RunArgs& a) {
    const P *y = a.workspace<P>(), *x = nx > 0 ? y + ny : a.in<P>(0);
    ForSlices(parts, cut, a.begin, a.end, [&](const Slices& s) { GemmSlices(parts, cut, s, x, y, a.out<P>(0)); });
  });
}

// Row `row` of product i, in unsigned arithmetic wide enough not to be promoted to a signed type.
template <class T>
void IntRow(const Batch& b, int64_t i, int64_t row, const T* x, const T* y, T* out) {
  using U = std::common_type_t<unsigned, std::make_unsigned_t<T>>;
  x += b.x[i] * b.m * b.k, y += b.y[i] * b.k * b.n, out += (i * b.m + row) * b.n;
  auto x_at = [&](int64_t p) { return U(b.tx ? x[p * b.m + row] : x[row * b.k + p]); };
  if (b.ty) {
    for (int64_t j = 0; j < b.n; ++j) {
      U sum = 0;
      for (int64_t p = 0; p < b.k; ++p) sum += x_at(p) * U(y[j * b.k + p]);
      out[j] = T(sum);
    }
    return;
  }
  for (int64_t j = 0; j < b.n; ++j) out[j] = 0;
  for (int64_t p = 0; p < b.k; ++p) {
    U f = x_at(p);
    for (int64_t j = 0; j < b.n; ++j) out[j] = T(U(out[j]) + f * U(y[p * b.n + j]));
  }
}

template <class T>
void SetIntRun(PrepareContext& c, const Batch& b) {
  c.ParallelOver(b.size() * b.m, double(b.n) * double(b.k) * 0.5);
  c.SetRun([b](RunArgs& a) {
    auto [begin, end] = a.Range();
    for (int64_t r = begin; r < end; ++r) IntRow(b, r / b.m, r % b.m, a.in<T>(0), a.in<T>(1), a.out<T>(0));
  });
}

using ProductTypes = decltype(Types<float, double, Half, BFloat16, int16_t, int32_t, int64_t>() + ComplexTypes());

// `adjoint`: of complex matrices the flags mean that.
Status PrepareProduct(PrepareContext& c, const char* flag_x, const char* flag_y, bool adjoint) {
  Batch b;
  WEIR_RETURN_IF_ERROR(MakeBatch(c, c.attr<bool>(flag_x), c.attr<bool>(flag_y), &b));
  return c.ForType(ProductTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    if constexpr (std::is_floating_point_v<T>) SetFloatRun<T>(c, b);
    else if constexpr (kIsComplexType<T>) SetComplexRun<PartOf<T>>(c, b, adjoint);
    else if constexpr (std::is_integral_v<T>) SetIntRun<T>(c, b);
    else SetNarrowRun<T>(c, b);
  });
}

}  // namespace

void RegisterMatMulKernels(KernelRegistry& r) {
  r.Add("MatMul", [](PrepareContext& c) { return PrepareProduct(c, "transpose_a", "transpose_b", false); });
  r.Add("BatchMatMul", [](PrepareContext& c) { return PrepareProduct(c, "adj_x", "adj_y", true); });
  r.Add("BatchMatMulV2", [](PrepareContext& c) { return PrepareProduct(c, "adj_x", "adj_y", true); });
}

}  // namespace weir
