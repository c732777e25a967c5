// What the kernels that move elements have in common: dispatch by element size, strides, and Move, a copy between two
// strided views of one index space. Transpositions, slices, joins, tilings, paddings, reversals … are all Moves.
//
// Invariant: a Move touches exactly the elements its dims and strides name; whoever makes one has proved that they lie
// inside both tensors, and that no two indices write one element. No size arithmetic is done on empty index spaces.
#pragma once

#include <bit>
#include <string>
#include <tuple>
#include <vector>

#include "weir/runtime/kernel.h"

namespace weir::kernels {

// The type as which elements of so many bytes are moved.
template <size_t kBytes>
using BytesT = std::tuple_element_t<std::countr_zero(kBytes),
                                    std::tuple<uint8_t, uint16_t, uint32_t, uint64_t, Complex128>>;

// f(T{}) for a type with as many bytes as an element of `t` has: what is only moved needs no more.
template <class F>
Status ForPlainElement(DType t, F&& f) {
  if (!IsSupported(t) || !IsPlain(t)) return PrepareContext::NoKernelFor(t);
  switch (SizeOf(t)) {
    case 1: return f(uint8_t{}), Status();
    case 2: return f(uint16_t{}), Status();
    case 4: return f(uint32_t{}), Status();
    case 8: return f(uint64_t{}), Status();
    default: return f(Complex128{}), Status();
  }
}
// The same, and f(T{}) for the type itself where elements are objects.
template <class F>
Status ForElement(DType t, F&& f) {
  return DispatchType(t, ObjectTypes{}, f) ? Status() : ForPlainElement(t, f);
}

// Elements between neighbours along each axis of a row-major tensor; zeros when it has no elements.
Dims RowMajorStrides(const Shape& shape);
// Product of the sizes of axes [begin, end); 0 when any axis of the whole shape is empty, so that it cannot overflow.
int64_t ElementsOf(const Shape& shape, int begin, int end);
// Nanoseconds that moving one element of `t` takes about; for ParallelOver.
double MoveCost(DType t);

// For every index i of `dims`: out[out_offset + i·out_strides] = in[in_offset + i·in_strides].
class Move {
 public:
  Move(const Dims& dims, const Dims& in_strides, const Dims& out_strides, int64_t in_offset = 0,
       int64_t out_offset = 0);
  // A run of n elements.
  static Move Run(int64_t n, int64_t in_offset = 0, int64_t out_offset = 0) {
    return Move({n}, {1}, {1}, in_offset, out_offset);
  }

  int64_t elements() const { return elements_; }
  // Whether the elements lie side by side on either side, from these offsets on.
  bool contiguous() const { return axes_.size() == 1 && axes_[0].in == 1 && axes_[0].out == 1; }
  int64_t in_offset() const { return in_offset_; }
  int64_t out_offset() const { return out_offset_; }
  // The work is cut by units: elements, or bands of a transposition.
  int64_t units() const { return units_; }
  // Moves units [begin, end). T is one of ForElement's types.
  template <class T>
  void Execute(const T* in, T* out, int64_t begin, int64_t end) const;

 private:
  struct Axis { int64_t size, in, out; };
  void Simplify();
  void ChooseBands();
  template <class T>
  void ExecuteRows(const T* in, T* out, int64_t begin, int64_t end) const;
  template <class T>
  void ExecuteBands(const T* in, T* out, int64_t begin, int64_t end) const;

  std::vector<Axis> axes_;  // simplified: no size 1, neighbours merged; at least one
  int64_t in_offset_, out_offset_, elements_ = 1, units_ = 0;
  bool banded_ = false;  // the last two axes are transposed by blocks
};

// A Move from input `in` to output `out`.
struct OperandMove {
  int in, out;
  Move move;
};

// The kernel's work is these moves, none of which write the same element; inputs and outputs have element type `t`.
Status SetMoves(PrepareContext& c, DType t, std::vector<OperandMove> moves);
inline Status SetMove(PrepareContext& c, Move move, int in = 0, int out = 0) {
  return SetMoves(c, c.output_dtype(out), {{in, out, std::move(move)}});
}
// A phase before the main one (so that moves are not all of the work): fills output `out` with zeros (empty objects),
// or with the only element of input `in`.
Status FillBefore(PrepareContext& c, int out, int in = -1);
// A phase before the main one: copies input `in` to output 0, of one dtype and shape; nothing where they are one.
Status CopyBefore(PrepareContext& c, int in = 0);

// Element i of an integer tensor of dtype `t` (int8, uint8, int16, uint16, int32 or int64).
inline int64_t IntegerAt(const void* data, DType t, int64_t i) {
  switch (t) {
    case DType::kInt8: return static_cast<const int8_t*>(data)[i];
    case DType::kUint8: return static_cast<const uint8_t*>(data)[i];
    case DType::kInt16: return static_cast<const int16_t*>(data)[i];
    case DType::kUint16: return static_cast<const uint16_t*>(data)[i];
    case DType::kInt32: return static_cast<const int32_t*>(data)[i];
    default: return static_cast<const int64_t*>(data)[i];
  }
}
// "[1,2]": the position of linear element i, for errors.
std::string PositionText(const Shape& shape, int64_t i);

// A view: output 0 has input 0's elements in `dims`; error when their numbers differ.
Status SetViewDims(PrepareContext& c, const Dims& dims);

// Axis from one that may count from the end; the error names it.
Result<int> CheckedAxis(int64_t axis, int rank, const char* what = "axis");

}  // namespace weir::kernels
