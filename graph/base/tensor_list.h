// TensorList: what an element of a variant tensor is: tensors of one dtype, in order, as a value. Copies share what
// they hold; changing one changes no other. In place of a list an element may refer to an object that never changes (a
// dataset, whose class only the kernels of its family know).
#pragma once

#include <memory>

#include "weir/graph/base/persistent_vector.h"
#include "weir/graph/base/tensor.h"

namespace weir {

class VariantObject {
 public:
  virtual ~VariantObject() = default;
};

class TensorList {
 public:
  TensorList() = default;  // no list: what a variant is before anybody has written it
  // `max_size`: items that it may hold at most; -1: any number.
  TensorList(DType dtype, PartialShape element_shape, int64_t max_size = -1)
      : dtype_(dtype), element_shape_(std::move(element_shape)), max_size_(max_size) {}
  explicit TensorList(std::shared_ptr<const VariantObject> object) : object_(std::move(object)) {}

  // What it refers to, which then is no list; null for others.
  const std::shared_ptr<const VariantObject>& object() const { return object_; }
  bool valid() const { return dtype_ != DType::kInvalid; }
  DType dtype() const { return dtype_; }
  // What all items' shapes agree with.
  const PartialShape& element_shape() const { return element_shape_; }
  void set_element_shape(PartialShape s) { element_shape_ = std::move(s); }
  int64_t max_size() const { return max_size_; }

  int64_t size() const { return static_cast<int64_t>(items_.size()); }
  // An invalid tensor where nothing was set, which stands for zeros.
  const Tensor& operator[](int64_t i) const { return items_[static_cast<size_t>(i)]; }
  void Set(int64_t i, Tensor item) { items_.Set(static_cast<size_t>(i), std::move(item)); }
  void push_back(Tensor item) { items_.push_back(std::move(item)); }
  void pop_back() { items_.pop_back(); }
  void Resize(int64_t size) { items_.Resize(static_cast<size_t>(size)); }
  // Calls fn(i, item) for the items that were set.
  template <class Fn>
  void ForEachSet(Fn fn) const {
    items_.ForEachSet([&](size_t i, const Tensor& item) {
      if (item.valid()) fn(static_cast<int64_t>(i), item);
    });
  }

  // Whether both are one list between whose copies nothing has changed.
  bool operator==(const TensorList& o) const {
    return dtype_ == o.dtype_ && object_ == o.object_ && items_.SameAs(o.items_);
  }

 private:
  DType dtype_ = DType::kInvalid;
  PartialShape element_shape_ = PartialShape::Unknown();
  int64_t max_size_ = -1;
  PersistentVector<Tensor> items_;
  std::shared_ptr<const VariantObject> object_;
};

template <> struct DTypeOfT<TensorList> { static constexpr DType value = kVariant; };

}  // namespace weir
