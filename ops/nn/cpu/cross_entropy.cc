// Kernels of the two cross-entropies of softmax: row by row, shifted by the row's maximum.
//
// half and bfloat16 rows are widened into buffers of the part; each result is rounded once. Rows with NaN or +inf, or
// of nothing but -inf, become NaN. A row of SoftmaxCrossEntropyWithLogits may be broadcast.
#include <fmt/format.h>

#include <cmath>

#include "weir/ops/nn/cpu/row_source.h"
#include "weir/runtime/cpu/softmax_rows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

// A part's buffers: three rows.
template <class W>
struct RowBuffers {
  W *logits, *labels, *terms;
  RowBuffers(const RunArgs& a, int64_t n)
      : logits(a.own<W>()), labels(logits + n), terms(labels + n) {}
};

template <class W>
Status SetRowWorkspace(PrepareContext& c, int64_t n) {
  int64_t bytes;
  if (!CheckedMul(3 * int64_t(sizeof(W)), n, &bytes))
    return ResourceExhausted(fmt::format("has rows of {} elements", n));
  c.set_own_workspace(bytes);
  return {};
}

struct CrossEntropy {
  RowSource logits, labels;
  int64_t rows, n;
};

template <class T>
Status SetCrossEntropy(PrepareContext& c, const CrossEntropy& p) {
  using W = Wide<T>;
  WEIR_RETURN_IF_ERROR(SetRowWorkspace<W>(c, p.n));
  c.SetRun([p, f = BestRowFunctions<W>()](RunArgs& a) {
    RowBuffers<W> buffers(a, p.n);
    auto [begin, end] = a.Range();
    for (int64_t i = begin; i < end; ++i) {
      const W* x = p.logits.Row(a.in<T>(0), i, p.n, buffers.logits);
      const W* w = p.labels.Row(a.in<T>(1), i, p.n, buffers.labels);
      W shift = f.max(x, p.n);
      double sum = f.exp_sum(x, shift, buffers.terms, p.n);
      a.out<T>(0)[i] = T(W(f.cross(x, w, shift, W(std::log(sum)), p.n)));
      T* backprop = a.out<T>(1) + i * p.n;
      W scale = W(1 / sum);
      for (int64_t j = 0; j < p.n; ++j) backprop[j] = T(buffers.terms[j] * scale - w[j]);
    }
  });
  return {};
}

// The rows and columns of a matrix that broadcasts; a vector is one row, a scalar one element.
RowSource MatrixOf(const Shape& s) {
  int r = s.rank();
  return {r >= 2 ? s[r - 2] : 1, r >= 1 ? s[r - 1] : 1};
}

Status PrepareCrossEntropy(PrepareContext& c) {
  const Shape& out = c.output_shape(1);
  if (out.rank() != 2) return InvalidArgument("needs logits and labels that are or broadcast to matrices");
  CrossEntropy p{MatrixOf(c.input_shape(0)), MatrixOf(c.input_shape(1)), out[0], out[1]};
  c.ParallelOver(p.rows, double(p.n) * 2 * kRowElementNs + 50);
  Status status;
  WEIR_RETURN_IF_ERROR(
      c.ForType(FloatTypes{}, c.input_dtype(0), [&](auto t) { status = SetCrossEntropy<decltype(t)>(c, p); }));
  return status;
}

template <class T, class I>
Status SetSparseCrossEntropy(PrepareContext& c, int64_t rows, int64_t n) {
  using W = Wide<T>;
  WEIR_RETURN_IF_ERROR(SetRowWorkspace<W>(c, n));
  c.SetRun([rows, n, f = BestRowFunctions<W>()](RunArgs& a) {
    RowBuffers<W> buffers(a, n);
    auto [begin, end] = a.Range();
    for (int64_t i = begin; i < end; ++i) {
      int64_t label = a.in<I>(1)[i];
      if (label < 0 || label >= n) {
        a.Fail(InvalidArgument(
            fmt::format("has the label {} in row {}, which is outside the valid range [0, {})", label, i, n)));
        return;
      }
      const W* x = RowSource{rows, n}.Row(a.in<T>(0), i, n, buffers.logits);
      W shift = f.max(x, n);
      double sum = f.exp_sum(x, shift, buffers.terms, n);
      a.out<T>(0)[i] = T(W(std::log(sum)) - (x[label] - shift));
      T* backprop = a.out<T>(1) + i * n;
      W scale = W(1 / sum), at_label = buffers.terms[label] * scale - 1;
      for (int64_t j = 0; j < n; ++j) backprop[j] = T(buffers.terms[j] * scale);
      backprop[label] = T(at_label);
    }
  });
  return {};
}

Status PrepareSparseCrossEntropy(PrepareContext& c) {
  const Shape &x = c.input_shape(0), &labels = c.input_shape(1);
  if (x.rank() != 2 || labels.rank() != 1 || x[0] != labels[0] || x[1] == 0) {
    return InvalidArgument(
        fmt::format("needs logits [batch, classes], at least one class, and labels [batch]; has {} and {}",
                    x.ToString(), labels.ToString()));
  }
  c.ParallelOver(x[0], double(x[1]) * 1.5 * kRowElementNs + 50);
  Status status;
  auto with_labels = [&](auto t) {
    using T = decltype(t);
    Status s = c.ForType(IndexTypes{}, c.input_dtype(1),
                         [&](auto i) { status = SetSparseCrossEntropy<T, decltype(i)>(c, x[0], x[1]); });
    if (!s.ok()) status = s;
  };
  WEIR_RETURN_IF_ERROR(c.ForType(FloatTypes{}, c.input_dtype(0), with_labels));
  return status;
}

}  // namespace
}  // namespace kernels

void RegisterCrossEntropyKernels(KernelRegistry& r) {
  r.Add("SoftmaxCrossEntropyWithLogits", kernels::PrepareCrossEntropy);
  r.Add("SparseSoftmaxCrossEntropyWithLogits", kernels::PrepareSparseCrossEntropy);
}

}  // namespace weir
