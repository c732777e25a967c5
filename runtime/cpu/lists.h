// Lists of tensors: their items' memory, and arithmetic on whole lists.
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

// As many items of the same shapes, all zeros.
Result<TensorList> ZerosLike(const TensorList& list);
// Item by item; no list is zeros. Error: lists of other lengths or dtypes, items of other shapes, or of a dtype without
// sums.
Result<TensorList> Sum(const TensorList& a, const TensorList& b);

}  // namespace weir::kernels
