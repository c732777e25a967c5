// How a Move walks: row by row, or where it transposes by bands of rows, so that cache lines are read once.
#include "weir/runtime/cpu/moves.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::kernels {

namespace {

constexpr int64_t kBand = 16;             // rows a band, columns a block
constexpr int kMaxAxes = 2 * kMaxRank + 2;  // a tiling sees each axis as two

template <class T>
inline void MoveRow(const T* in, int64_t in_stride, T* out, int64_t out_stride, int64_t n) {
  if (in_stride == 1 && out_stride == 1) {
    std::copy_n(in, n, out);
  } else if (in_stride == 0 && out_stride == 1) {
    std::fill_n(out, n, *in);
  } else {
    for (int64_t i = 0; i < n; ++i) out[i * out_stride] = in[i * in_stride];
  }
}

}  // namespace

Dims RowMajorStrides(const Shape& shape) {
  Dims strides(shape.rank(), 0);
  if (shape.num_elements() == 0) return strides;
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

int64_t ElementsOf(const Shape& shape, int begin, int end) {
  if (shape.num_elements() == 0) return 0;
  int64_t n = 1;
  for (int i = begin; i < end; ++i) n *= shape[i];
  return n;
}

double MoveCost(DType t) { return IsPlain(t) ? 0.1 * double(SizeOf(t)) : 20; }

Move::Move(const Dims& dims, const Dims& in_strides, const Dims& out_strides, int64_t in_offset, int64_t out_offset)
    : in_offset_(in_offset), out_offset_(out_offset) {
  for (int64_t d : dims) {
    if (d == 0) elements_ = 0;
  }
  if (elements_ == 0) return;
  for (size_t i = 0; i < dims.size(); ++i) {
    elements_ *= dims[i];
    axes_.push_back({dims[i], in_strides[i], out_strides[i]});
  }
  Simplify();
  units_ = elements_;
  ChooseBands();
}

void Move::Simplify() {
  std::vector<Axis> merged;
  for (const Axis& a : axes_) {
    if (a.size == 1) continue;
    if (!merged.empty() && merged.back().in == a.in * a.size && merged.back().out == a.out * a.size) {
      merged.back() = {merged.back().size * a.size, a.in, a.out};
    } else {
      merged.push_back(a);
    }
  }
  if (merged.empty()) merged.push_back({1, 1, 1});
  axes_ = std::move(merged);
}

// Why: a transposition that walks its output in order reads each cache line as many times as it has elements.
void Move::ChooseBands() {
  size_t last = axes_.size() - 1;
  if (axes_.size() < 2 || axes_[last].out != 1 || axes_[last].in < 4 || axes_[last].size < 4) return;
  for (size_t k = 0; k < last; ++k) {
    if (axes_[k].in != 1 || axes_[k].size < 4) continue;
    Axis band = axes_[k];
    axes_.erase(axes_.begin() + int64_t(k));
    axes_.insert(axes_.end() - 1, band);
    banded_ = true;
    int64_t plane = band.size * axes_[last].size;
    units_ = elements_ / plane * ((band.size + kBand - 1) / kBand);
    return;
  }
}

template <class T>
void Move::Execute(const T* in, T* out, int64_t begin, int64_t end) const {
  if (begin >= end) return;
  banded_ ? ExecuteBands(in + in_offset_, out + out_offset_, begin, end)
          : ExecuteRows(in + in_offset_, out + out_offset_, begin, end);
}

template <class T>
void Move::ExecuteRows(const T* in, T* out, int64_t begin, int64_t end) const {
  int64_t index[kMaxAxes];
  int rank = static_cast<int>(axes_.size());
  int64_t rest = begin, in_at = 0, out_at = 0;
  for (int i = rank - 1; i >= 0; --i) {
    index[i] = rest % axes_[i].size;
    rest /= axes_[i].size;
    in_at += index[i] * axes_[i].in;
    out_at += index[i] * axes_[i].out;
  }
  const Axis& row = axes_[rank - 1];
  for (int64_t left = end - begin; left > 0;) {
    int64_t n = std::min(left, row.size - index[rank - 1]);
    MoveRow(in + in_at, row.in, out + out_at, row.out, n);
    left -= n;
    in_at -= index[rank - 1] * row.in;
    out_at -= index[rank - 1] * row.out;
    index[rank - 1] = 0;
    for (int i = rank - 2; i >= 0; --i) {
      in_at += axes_[i].in;
      out_at += axes_[i].out;
      if (++index[i] < axes_[i].size) break;
      in_at -= axes_[i].size * axes_[i].in;
      out_at -= axes_[i].size * axes_[i].out;
      index[i] = 0;
    }
  }
}

template <class T>
void Move::ExecuteBands(const T* in, T* out, int64_t begin, int64_t end) const {
  int rank = static_cast<int>(axes_.size());
  const Axis &band = axes_[rank - 2], &row = axes_[rank - 1];
  int64_t bands = (band.size + kBand - 1) / kBand;
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t rest = unit / bands, in_at = 0, out_at = 0, first = unit % bands * kBand;
    for (int i = rank - 3; i >= 0; --i) {
      in_at += rest % axes_[i].size * axes_[i].in;
      out_at += rest % axes_[i].size * axes_[i].out;
      rest /= axes_[i].size;
    }
    int64_t rows = std::min(kBand, band.size - first);
    const T* from = in + in_at + first;  // band.in is 1
    T* to = out + out_at + first * band.out;
    for (int64_t col = 0; col < row.size; col += kBand) {
      int64_t cols = std::min(kBand, row.size - col);
      for (int64_t r = 0; r < rows; ++r) {
        MoveRow(from + r + col * row.in, row.in, to + r * band.out + col, 1, cols);
      }
    }
  }
}

template void Move::Execute(const uint8_t*, uint8_t*, int64_t, int64_t) const;
template void Move::Execute(const uint16_t*, uint16_t*, int64_t, int64_t) const;
template void Move::Execute(const uint32_t*, uint32_t*, int64_t, int64_t) const;
template void Move::Execute(const uint64_t*, uint64_t*, int64_t, int64_t) const;
template void Move::Execute(const Complex128*, Complex128*, int64_t, int64_t) const;
template void Move::Execute(const std::string*, std::string*, int64_t, int64_t) const;

namespace {

template <class T>
bool IsInPlace(const OperandMove& m, const T* in, const T* out) {
  return in + m.move.in_offset() == out + m.move.out_offset();
}

void TellCopies(PrepareContext& c, DType t, const std::vector<OperandMove>& moves) {
  const int64_t size = static_cast<int64_t>(SizeOf(t));
  const bool plain = IsPlain(t);
  bool only = plain;
  for (const OperandMove& m : moves) {
    if (m.move.elements() == 0) continue;
    only &= m.move.contiguous();
    if (!plain || !m.move.contiguous()) continue;
    c.AddCopy({m.in, m.out, m.move.in_offset() * size, m.move.out_offset() * size, m.move.elements() * size});
  }
  c.set_only_copies(only);
}

}  // namespace

Status SetMoves(PrepareContext& c, DType t, std::vector<OperandMove> moves) {
  int64_t elements = 0, units = 0;
  for (const OperandMove& m : moves) {
    elements += m.move.elements();
    units += m.move.units();
  }
  c.ParallelOver(units, units == 0 ? 0 : double(elements) / double(units) * MoveCost(t));
  TellCopies(c, t, moves);
  return ForElement(t, [&](auto type) {
    using T = decltype(type);
    c.SetRun([moves = std::move(moves)](RunArgs& a) {
      auto [begin, end] = a.Range();
      int64_t first = 0;  // of this move's units among all
      for (const OperandMove& m : moves) {
        int64_t last = first + m.move.units();
        if (last > begin && first < end && !(m.move.contiguous() && IsInPlace(m, a.in<T>(m.in), a.out<T>(m.out)))) {
          m.move.Execute(a.in<T>(m.in), a.out<T>(m.out), std::max(begin, first) - first, std::min(end, last) - first);
        }
        first = last;
      }
    });
  });
}

Status FillBefore(PrepareContext& c, int out, int in) {
  const DType t = c.output_dtype(out);
  return ForElement(t, [&](auto type) {
    using T = decltype(type);
    c.Before(c.output_shape(out).num_elements(), MoveCost(t), [out, in](RunArgs& a) {
      const T value = in < 0 ? T() : *a.in<T>(in);
      std::fill(a.out<T>(out) + a.begin, a.out<T>(out) + a.end, value);
    });
  });
}

Status CopyBefore(PrepareContext& c, int in) {
  const DType t = c.output_dtype(0);
  return ForElement(t, [&](auto type) {
    using T = decltype(type);
    c.Before(c.output_shape(0).num_elements(), MoveCost(t), [in](RunArgs& a) {
      const T* from = a.in<T>(in);
      T* to = a.out<T>(0);
      if (from != to) std::copy(from + a.begin, from + a.end, to + a.begin);
    });
  });
}

std::string PositionText(const Shape& shape, int64_t i) {
  std::string text;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    int64_t size = std::max<int64_t>(shape[axis], 1);
    text = std::to_string(i % size) + (text.empty() ? "" : ",") + text;
    i /= size;
  }
  return "[" + text + "]";
}

Status SetViewDims(PrepareContext& c, const Dims& dims) {
  WEIR_RETURN_IF_ERROR(c.set_output_dims(0, dims));
  if (c.output_shape(0).num_elements() == c.input_shape(0).num_elements()) return {};
  return InvalidArgument(fmt::format("cannot give {} elements of shape {} the shape {}",
                                     c.input_shape(0).num_elements(), c.input_shape(0).ToString(),
                                     c.output_shape(0).ToString()));
}

Result<int> CheckedAxis(int64_t axis, int rank, const char* what) {
  if (auto a = NormalizeAxis(axis, rank)) return *a;
  return InvalidArgument(
      fmt::format("{} {} is outside [{}, {}) of a tensor of rank {}", what, axis, -rank, rank, rank));
}

}  // namespace weir::kernels
