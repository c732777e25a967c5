// Batches of matrices as kernels see them: the last two axes of a shape are matrices, those in front how many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/ops/linalg/cpu/lapack.h"
#include "weir/runtime/kernel.h"

namespace weir::linalg {

struct Matrices {
  int64_t count = 1, rows = 0, cols = 0;
  int64_t size() const { return rows * cols; }
  int64_t order() const { return std::max(rows, cols); }
};
// Errors: a rank below 2, a matrix beyond kMaxOrder.
Result<Matrices> MatricesOf(const Shape& s);
// The same, square.
Result<Matrices> SquareMatricesOf(const Shape& s);

// Scratch of one part, cut into arrays that are aligned to 64 bytes. Sizes are declared in Prepare, in elements, and
// the arrays taken in Run in the same order.
class Staging {
 public:
  template <class T>
  int Add(int64_t elements) {
    offsets_.push_back(bytes_);
    bytes_ += memory::Aligned(elements * static_cast<int64_t>(sizeof(T)));
    return static_cast<int>(offsets_.size()) - 1;
  }
  template <class T>
  T* Get(const RunArgs& a, int i) const {
    return reinterpret_cast<T*>(a.own<char>() + offsets_[static_cast<size_t>(i)]);
  }
  int64_t bytes() const { return bytes_; }

 private:
  std::vector<int64_t> offsets_;
  int64_t bytes_ = 0;
};

// LAPACK's scratch in the staging: three arrays, of which the number of the first is given.
template <class T>
int AddScratch(Staging& staging, const ScratchSizes& sizes) {
  const int first = staging.Add<T>(sizes.numbers);
  staging.Add<PartOf<T>>(sizes.parts), staging.Add<int32_t>(sizes.integers);
  return first;
}
template <class T>
Scratch<T> GetScratch(const Staging& staging, const RunArgs& a, int first) {
  return {staging.Get<T>(a, first), staging.Get<PartOf<T>>(a, first + 1), staging.Get<int32_t>(a, first + 2)};
}

// The main phase has `count` matrices of this order as items, each of which takes `ns`, and each part the staging.
// Those that go through the lock are one part: others would wait for it.
void CutMatrices(PrepareContext& c, int64_t count, int64_t order, double ns, const Staging& staging);
void OnePart(PrepareContext& c, int64_t count, const Staging& staging);

// For each matrix of a broadcast batch `out` in order: which one it is of an operand with these batch axes.
std::vector<int64_t> BatchIndex(const Dims& operand, const Dims& out);
// The axes in front.
inline Dims BatchOf(const Shape& s) { return Dims(s.dims().begin(), s.dims().end() - 2); }

// For matrices without elements: each of these outputs, square matrices of the order beside it, becomes identities. Its
// dtype is input 0's.
struct Square {
  int output;
  int64_t order;
};
Status SetIdentity(PrepareContext& c, const std::vector<Square>& outputs);

// "matrix 3 of the batch"; nothing where there is one only.
std::string WhichMatrix(int64_t i, int64_t count);

}  // namespace weir::linalg
