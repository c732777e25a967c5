// Building functions for lists of tensors. A list is a scalar of dtype variant, and a value: an op that changes one
// gives another. Its items have one dtype and shapes that agree with its element shape.
//
//   Output list = ops::EmptyTensorList(g, kFloat, {3});
//   list = ops::TensorListPushBack(list, x);                        // x [3]
//   Output rows = ops::TensorListStack(list, kFloat);               // [1, 3]
#pragma once

#include "weir/graph/builder.h"

namespace weir::ops {

// A shape as these functions take it for `element_shape`.
Tensor ElementShapeTensor(const PartialShape& s);

// A list without items, that may hold `max_num_elements` (-1: any number). `element_shape`: a vector of sizes, -1 for
// unknown ones; the scalar -1 is an unknown rank.
Output EmptyTensorList(At g, DType element_dtype, const Input& element_shape = -1, const Input& max_num_elements = -1,
                       const Name& name = {});
// A list of `num_elements` items that nobody has set: zeros.
Output TensorListReserve(const Input& element_shape, const Input& num_elements, DType element_dtype,
                         const Name& name = {});
// The list with an item behind the others.
inline Output TensorListPushBack(Output list, Input tensor, const Name& name = {}) {
  return Make("TensorListPushBack", {list, std::move(tensor)}, {}, name);
}
// {the list without its last item, that item}.
OutputList TensorListPopBack(Output list, DType element_dtype, const Input& element_shape = -1, const Name& name = {});
inline Output TensorListLength(Output list, const Name& name = {}) {
  return Make("TensorListLength", {list}, {}, name);
}
// As a vector of sizes; the scalar -1 for an unknown rank.
inline Output TensorListElementShape(Output list, DType shape_type = kInt32, const Name& name = {}) {
  return Make("TensorListElementShape", {list}, {{"shape_type", shape_type}}, name);
}
// Item `index`, a scalar.
Output TensorListGetItem(Output list, const Input& index, DType element_dtype, const Input& element_shape = -1,
                         const Name& name = {});
// The list with another item at `index`; longer, where `resize` is set and the index is behind its end.
Output TensorListSetItem(Output list, const Input& index, const Input& item, bool resize = false,
                         const Name& name = {});
// The list cut off, or longer by items that nobody has set.
inline Output TensorListResize(Output list, Input size, const Name& name = {}) {
  return Make("TensorListResize", {list, std::move(size)}, {}, name);
}
// The items of both, one list after the other.
inline Output TensorListConcatLists(Output a, Output b, DType element_dtype, const Name& name = {}) {
  return Make("TensorListConcatLists", {a, b}, {{"element_dtype", element_dtype}}, name);
}

// ---- all items at once
// [size, item shape]. The items have one shape; an empty list needs an `element_shape` that is known.
Output TensorListStack(Output list, DType element_dtype, const Input& element_shape = -1, int64_t num_elements = -1,
                       const Name& name = {});
// The list of a tensor's rows.
Output TensorListFromTensor(const Input& tensor, const Input& element_shape = -1, const Name& name = {});
// [indices' number, item shape].
Output TensorListGather(Output list, const Input& indices, DType element_dtype, const Input& element_shape = -1,
                        const Name& name = {});
// The list whose item indices[i] is row i; as long as `num_elements`, or as the largest index asks for if that is -1.
Output TensorListScatter(const Input& tensor, const Input& indices, const Input& element_shape = -1,
                         const Input& num_elements = -1, const Name& name = {});
// The same in a list that is there.
inline Output TensorListScatterIntoExistingList(Output list, Input tensor, Input indices, const Name& name = {}) {
  return Make("TensorListScatterIntoExistingList", {list, std::move(tensor), std::move(indices)}, {}, name);
}
// {the items along axis 0, how long each is there}.
OutputList TensorListConcat(Output list, DType element_dtype, const Input& element_shape = -1, const Name& name = {});
// The list whose item i is the next lengths[i] rows.
Output TensorListSplit(const Input& tensor, const Input& lengths, const Input& element_shape = -1,
                       const Name& name = {});

}  // namespace weir::ops
