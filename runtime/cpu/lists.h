// Lists of tensors: their items' memory, rows and corners of tensors, and arithmetic on whole lists.
#pragma once

#include "weir/graph/base/tensor_list.h"

namespace weir::kernels {

// Both shapes, when they agree.
Result<PartialShape> Agreed(const PartialShape& a, const PartialShape& b);
// A tensor of its own of elements that lie elsewhere; zeros where `elements` is null. What a list takes beside them
// counts in the memory budget, too.
Result<Tensor> MakeItem(DType dtype, const Shape& shape, const void* elements);
// Copies an item's elements to where as many objects or plain elements are; zeros where nobody has set it.
void CopyItem(const Tensor& item, DType dtype, int64_t elements, void* to);

// Row `r` of a tensor of one axis or more, as a tensor of its own.
Result<Tensor> RowOf(const Tensor& rows, int64_t r);
// Copies a tensor into the corner of a larger one of the same rank.
void CopyIntoCorner(const Tensor& from, const Shape& to_shape, void* to);

// A list of one item; of several tensors, a list of as many variants that are such lists. What optionals are.
Result<TensorList> OptionalOf(std::vector<Tensor> tensors);
// Tensor `i` of as many; an invalid one where the list is no such optional.
Tensor TensorOf(const TensorList& optional, size_t i, size_t count);

// As many items of the same shapes, all zeros.
Result<TensorList> ZerosLike(const TensorList& list);
// Item by item; no list is zeros. Error: lists of other lengths or dtypes, items of other shapes, or of a dtype without
// sums.
Result<TensorList> Sum(const TensorList& a, const TensorList& b);

}  // namespace weir::kernels
