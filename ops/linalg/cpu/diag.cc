// Kernels of MatrixDiag, MatrixDiagPart and MatrixSetDiag in all versions: moves by element size.
#include <fmt/format.h>

#include <algorithm>

#include "weir/runtime/cpu/moves.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

using kernels::ForPlainElement;
using kernels::MoveCost;

// A band of diagonals of a batch of matrices, and how it is packed.
struct Band {
  int64_t lower = 0, upper = 0;
  int64_t rows = 0, cols = 0;
  bool left_above = true, left_below = true;  // where shorter diagonals lie

  int64_t diagonals() const { return upper - lower + 1; }
  int64_t longest() const { return std::min(rows + std::min<int64_t>(upper, 0), cols - std::max<int64_t>(lower, 0)); }
  int64_t packed() const { return diagonals() * longest(); }
  int64_t Length(int64_t k) const {
    return std::min(rows + std::min<int64_t>(k, 0), cols - std::max<int64_t>(k, 0));
  }
  // Where diagonal k begins in its packed row. The main one is never shorter than another one of the band, but where
  // the band is on one side of it.
  int64_t Offset(int64_t k) const {
    const bool left = (k >= 0 && left_above) || (k <= 0 && left_below);
    return left ? 0 : longest() - Length(k);
  }
  // The columns [first, last) of row i that are in the band.
  int64_t First(int64_t i) const { return std::clamp<int64_t>(i + lower, 0, cols); }
  int64_t Last(int64_t i) const { return std::clamp<int64_t>(i + upper + 1, 0, cols); }
  // Where element (i, j) is packed.
  int64_t At(int64_t i, int64_t j) const {
    const int64_t k = j - i;
    return (upper - k) * longest() + Offset(k) + j - std::max<int64_t>(k, 0);
  }
};

// What input i (-1: version 1) and `align` say of the band.
Result<Band> ReadBand(PrepareContext& c, int i) {
  Band b;
  if (i < 0) return b;
  const std::vector<int64_t> k = c.ints(i);
  if (c.input_shape(i).rank() > 1 || k.empty() || k.size() > 2)
    return InvalidArgument("wants one or two numbers of diagonals in k");
  b.lower = k.front(), b.upper = k.back();
  if (b.lower > b.upper) return InvalidArgument(fmt::format("has a band from diagonal {} to {}", b.lower, b.upper));
  const std::string align = c.attr<std::string>("align");
  b.left_above = align.empty() || align.starts_with("LEFT");
  b.left_below = align.empty() || align.ends_with("LEFT");
  return b;
}

// Sets the matrices' size, which must have the band.
Status Within(Band* b, const Shape& s) {
  if (s.rank() < 2) return InvalidArgument(fmt::format("wants matrices, not shape {}", s.ToString()));
  b->rows = s[s.rank() - 2], b->cols = s[s.rank() - 1];
  for (int64_t k : {b->lower, b->upper}) {
    if (k != 0 && (k <= -b->rows || k >= b->cols))
      return InvalidArgument(fmt::format("has diagonal {} of matrices of {} x {}", k, b->rows, b->cols));
  }
  return {};
}

int64_t BatchSize(const Shape& s) {
  int64_t batch = 1;
  for (int axis = 0; axis + 2 < s.rank(); ++axis) batch *= s[axis];
  return batch;
}

Dims PackedDims(const Shape& matrices, const Band& b) {
  Dims dims(matrices.dims().begin(), matrices.dims().end() - 2);
  if (b.lower != b.upper) dims.push_back(b.diagonals());
  dims.push_back(b.longest());
  return dims;
}

Status RequirePadding(PrepareContext& c, int i) {
  if (c.num_inputs() > i && c.input_shape(i).rank() != 0) return InvalidArgument("wants a scalar for padding_value");
  return {};
}

// The size of the matrices that hold `b`, whose diagonals have up to `length` elements.
Status ChooseSize(PrepareContext& c, int64_t length, Band* b) {
  const int64_t rows = length - std::min<int64_t>(b->upper, 0), cols = length + std::max<int64_t>(b->lower, 0);
  const bool sized = c.num_inputs() > 3;
  if (sized && (c.input_shape(2).rank() != 0 || c.input_shape(3).rank() != 0))
    return InvalidArgument("wants scalars for num_rows and num_cols");
  const int64_t m = sized ? c.ints(2)[0] : -1, n = sized ? c.ints(3)[0] : -1;
  b->rows = m != -1 ? m : n != -1 ? rows : std::max(rows, cols);
  b->cols = n != -1 ? n : m != -1 ? cols : std::max(rows, cols);
  if (b->rows < rows || b->cols < cols || (b->rows != rows && b->cols != cols)) {
    return InvalidArgument(fmt::format("cannot make matrices of {} x {} of diagonals {} to {} of up to {} elements",
                                       b->rows, b->cols, b->lower, b->upper, length));
  }
  return {};
}

Status PrepareMatrixDiag(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Band b, ReadBand(c, c.num_inputs() > 1 ? 1 : -1));
  WEIR_RETURN_IF_ERROR(RequirePadding(c, 4));
  const Shape& d = c.input_shape(0);
  const int axes = b.lower == b.upper ? 1 : 2;
  if (d.rank() < axes || (axes == 2 && d[d.rank() - 2] != b.diagonals())) {
    return InvalidArgument(fmt::format("has diagonals {} for a band from {} to {}", d.ToString(), b.lower, b.upper));
  }
  WEIR_RETURN_IF_ERROR(ChooseSize(c, d[d.rank() - 1], &b));
  Dims dims(d.dims().begin(), d.dims().end() - axes);
  dims.push_back(b.rows), dims.push_back(b.cols);
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  const int64_t rows = b.cols == 0 ? 0 : c.output_shape(0).num_elements() / b.cols;
  const bool padded = c.num_inputs() > 4;
  c.ParallelOver(rows, double(b.cols) * MoveCost(c.input_dtype(0)));
  return ForPlainElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([b, padded](RunArgs& a) {
      const T padding = padded ? a.in<T>(4)[0] : T();
      auto [begin, end] = a.Range();
      for (int64_t row = begin; row < end; ++row) {
        const int64_t i = row % b.rows;
        const T* packed = a.in<T>(0) + row / b.rows * b.packed();
        T* out = a.out<T>(0) + row * b.cols;
        std::fill_n(out, b.cols, padding);
        for (int64_t j = b.First(i); j < b.Last(i); ++j) out[j] = packed[b.At(i, j)];
      }
    });
  });
}

Status PrepareMatrixDiagPart(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Band b, ReadBand(c, c.num_inputs() > 1 ? 1 : -1));
  WEIR_RETURN_IF_ERROR(RequirePadding(c, 2));
  const Shape& s = c.input_shape(0);
  WEIR_RETURN_IF_ERROR(Within(&b, s));
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, PackedDims(s, b)));
  const int64_t lines = b.longest() == 0 ? 0 : BatchSize(s) * b.diagonals();
  const bool padded = c.num_inputs() > 2;
  c.ParallelOver(lines, double(b.longest()));
  return ForPlainElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([b, padded](RunArgs& a) {
      const T padding = padded ? a.in<T>(2)[0] : T();
      auto [begin, end] = a.Range();
      for (int64_t line = begin; line < end; ++line) {
        const int64_t k = b.upper - line % b.diagonals(), length = b.Length(k), offset = b.Offset(k);
        const T* matrix = a.in<T>(0) + line / b.diagonals() * b.rows * b.cols;
        const T* from = matrix + std::max<int64_t>(-k, 0) * b.cols + std::max<int64_t>(k, 0);
        T* out = a.out<T>(0) + line * b.longest();
        std::fill_n(out, b.longest(), padding);
        for (int64_t n = 0; n < length; ++n) out[offset + n] = from[n * (b.cols + 1)];
      }
    });
  });
}

Status PrepareMatrixSetDiag(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(Band b, ReadBand(c, c.num_inputs() > 2 ? 2 : -1));
  const Shape& s = c.input_shape(0);
  WEIR_RETURN_IF_ERROR(Within(&b, s));
  if (c.input_shape(1).dims() != PackedDims(s, b)) {
    return InvalidArgument(fmt::format("cannot set diagonals {} to {} of {} to {}", b.lower, b.upper, s.ToString(),
                                       c.input_shape(1).ToString()));
  }
  c.set_output_shape(0, s);
  const int64_t rows = b.cols == 0 ? 0 : s.num_elements() / b.cols;
  c.ParallelOver(rows, double(b.cols) * MoveCost(c.input_dtype(0)));
  return ForPlainElement(c.input_dtype(0), [&](auto type) {
    using T = decltype(type);
    c.SetRun([b](RunArgs& a) {
      auto [begin, end] = a.Range();
      for (int64_t row = begin; row < end; ++row) {
        const int64_t i = row % b.rows;
        const T* in = a.in<T>(0) + row * b.cols;
        const T* packed = a.in<T>(1) + row / b.rows * b.packed();
        T* out = a.out<T>(0) + row * b.cols;
        if (in != out) std::copy_n(in, b.cols, out);
        for (int64_t j = b.First(i); j < b.Last(i); ++j) out[j] = packed[b.At(i, j)];
      }
    });
  });
}

}  // namespace

void RegisterMatrixDiagKernels(KernelRegistry& r) {
  r.Add("MatrixDiag", PrepareMatrixDiag);
  r.Add("MatrixDiagPart", PrepareMatrixDiagPart);
  r.Add("MatrixSetDiag", PrepareMatrixSetDiag).InPlace(0, 0);
  for (const char* version : {"V2", "V3"}) {
    r.Add(std::string("MatrixDiag") + version, PrepareMatrixDiag).NeedsValue({1, 2, 3});
    r.Add(std::string("MatrixDiagPart") + version, PrepareMatrixDiagPart).NeedsValue({1});
    r.Add(std::string("MatrixSetDiag") + version, PrepareMatrixSetDiag).NeedsValue({2}).InPlace(0, 0);
  }
}

}  // namespace weir
