#include "weir/runtime/cpu/lists.h"

#include <fmt/format.h>

#include <cstring>

namespace weir::kernels {

Result<PartialShape> Agreed(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank()) return b;
  if (!b.known_rank()) return a;
  PartialShape both = a;
  bool agree = a.rank() == b.rank();
  for (int i = 0; agree && i < a.rank(); ++i) {
    agree = !Known(a[i]) || !Known(b[i]) || a[i] == b[i];
    if (Known(b[i])) both[i] = b[i];
  }
  if (agree) return both;
  return InvalidArgument(
      fmt::format("has items of shape {}, which does not agree with {}", a.ToString(), b.ToString()));
}

Result<Tensor> MakeItem(DType dtype, const Shape& shape, const void* elements) {
  constexpr int64_t kBeside = 256;  // bytes: the tensor, its buffer, its place in the list
  Tensor item;
  if (IsPlain(dtype)) {
    const int64_t bytes = shape.num_elements() * static_cast<int64_t>(SizeOf(dtype));
    WEIR_ASSIGN_OR_RETURN(auto buffer, Buffer::Allocate(bytes + kBeside, "an item of a list"));
    item = Tensor::FromBuffer(dtype, shape, std::move(buffer));
  } else {
    WEIR_ASSIGN_OR_RETURN(item, Tensor::Allocate(dtype, shape));
  }
  if (elements) CopyElements(dtype, elements, item.mutable_raw(), shape.num_elements());
  else CopyItem(Tensor(), dtype, shape.num_elements(), item.mutable_raw());
  return item;
}

void CopyItem(const Tensor& item, DType dtype, int64_t elements, void* to) {
  if (item.valid()) return CopyElements(dtype, item.raw(), to, elements);
  if (const ObjectOps* object = InfoOf(dtype).object) {
    object->destroy(to, elements);
    object->construct(to, elements);
  } else if (elements > 0) {
    std::memset(to, 0, static_cast<size_t>(elements) * SizeOf(dtype));
  }
}

Result<TensorList> OptionalOf(std::vector<Tensor> tensors) {
  const bool one = tensors.size() == 1;
  TensorList list(one ? tensors[0].dtype() : kVariant, one ? PartialShape(tensors[0].shape()) : PartialShape::Scalar());
  for (Tensor& t : tensors) {
    if (!one) {
      WEIR_ASSIGN_OR_RETURN(Tensor variant, Tensor::Allocate(kVariant, Shape()));
      WEIR_ASSIGN_OR_RETURN(*variant.mutable_data<TensorList>(), OptionalOf({std::move(t)}));
      t = std::move(variant);
    }
    list.push_back(std::move(t));
  }
  return list;
}

Tensor TensorOf(const TensorList& optional, size_t i, size_t count) {
  if (optional.size() != static_cast<int64_t>(count)) return {};
  const Tensor& item = optional[static_cast<int64_t>(i)];
  if (count == 1) return item;
  const bool variant = item.valid() && item.dtype() == kVariant && item.rank() == 0;
  return variant ? TensorOf(*item.data<TensorList>(), 0, 1) : Tensor();
}

Result<Tensor> RowOf(const Tensor& rows, int64_t r) {
  WEIR_ASSIGN_OR_RETURN(const Shape shape,
                        Shape::Make(Dims(rows.shape().dims().begin() + 1, rows.shape().dims().end())));
  return MakeItem(rows.dtype(), shape, ElementAt(rows.dtype(), rows.raw(), r * shape.num_elements()));
}

void CopyIntoCorner(const Tensor& from, const Shape& to_shape, void* to) {
  const int rank = from.rank();
  const int64_t row = rank == 0 ? 1 : from.shape()[rank - 1];
  const int64_t rows = row == 0 ? 0 : from.num_elements() / row;
  for (int64_t r = 0; r < rows; ++r) {
    int64_t offset = 0, rest = r, stride = rank == 0 ? 1 : to_shape[rank - 1];
    for (int axis = rank - 2; axis >= 0; --axis) {
      offset += rest % from.shape()[axis] * stride;
      rest /= from.shape()[axis];
      stride *= to_shape[axis];
    }
    CopyElements(from.dtype(), ElementAt(from.dtype(), from.raw(), r * row), ElementAt(from.dtype(), to, offset), row);
  }
}

namespace {

Result<Tensor> ZeroItem(const Tensor& item) {
  WEIR_ASSIGN_OR_RETURN(Tensor zero, MakeItem(item.dtype(), item.shape(), nullptr));
  if (item.dtype() != kVariant) return zero;
  const TensorList* lists = item.data<TensorList>();
  TensorList* to = static_cast<TensorList*>(zero.mutable_raw());
  for (int64_t i = 0, n = item.num_elements(); i < n; ++i) {
    WEIR_ASSIGN_OR_RETURN(to[i], ZerosLike(lists[i]));
  }
  return zero;
}

}  // namespace

Result<TensorList> ZerosLike(const TensorList& list) {
  TensorList zeros(list.dtype(), list.element_shape(), list.max_size());
  zeros.Resize(list.size());
  Status status;
  list.ForEachSet([&](int64_t i, const Tensor& item) {
    auto zero = status.ok() ? ZeroItem(item) : Result<Tensor>(status);
    if (zero.ok()) zeros.Set(i, std::move(*zero));
    else status = zero.status();
  });
  if (!status.ok()) return status;
  return zeros;
}

namespace {

Result<Tensor> SumOf(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape())) {
    return InvalidArgument(
        fmt::format("adds items of shapes {} and {}", a.shape().ToString(), b.shape().ToString()));
  }
  WEIR_ASSIGN_OR_RETURN(Tensor sum, MakeItem(a.dtype(), a.shape(), a.raw()));
  if (a.dtype() == kVariant) {
    TensorList* to = static_cast<TensorList*>(sum.mutable_raw());
    const TensorList* more = b.data<TensorList>();
    for (int64_t i = 0, n = a.num_elements(); i < n; ++i) {
      WEIR_ASSIGN_OR_RETURN(to[i], Sum(to[i], more[i]));
    }
    return sum;
  }
  const bool added = DispatchType(a.dtype(), NumberTypes{}, [&](auto zero) {
    using T = decltype(zero);
    T* to = static_cast<T*>(sum.mutable_raw());
    const T* more = static_cast<const T*>(b.raw());
    for (int64_t i = 0, n = a.num_elements(); i < n; ++i) to[i] = static_cast<T>(to[i] + more[i]);
  });
  if (added) return sum;
  return InvalidArgument(fmt::format("adds lists of {}", DTypeName(a.dtype())));
}

}  // namespace

Result<TensorList> Sum(const TensorList& a, const TensorList& b) {
  if (!a.valid()) return b;
  if (!b.valid()) return a;
  if (a.size() != b.size() || a.dtype() != b.dtype()) {
    return InvalidArgument(fmt::format("adds a list of {} items of {} to one of {} of {}", b.size(),
                                       DTypeName(b.dtype()), a.size(), DTypeName(a.dtype())));
  }
  TensorList sum = a;
  auto element = Agreed(a.element_shape(), b.element_shape());
  if (element.ok()) sum.set_element_shape(std::move(*element));
  Status status;
  b.ForEachSet([&](int64_t i, const Tensor& item) {
    if (!status.ok()) return;
    auto both = a[i].valid() ? SumOf(a[i], item) : Result<Tensor>(item);
    if (both.ok()) sum.Set(i, std::move(*both));
    else status = both.status();
  });
  if (!status.ok()) return status;
  return sum;
}

}  // namespace weir::kernels
