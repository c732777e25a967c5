// Tensor: a value. An element type, a shape, and a shared buffer of elements in row-major order.
//
// Copying a Tensor shares its buffer. Whoever writes through mutable_data() must be the only holder, or mean it.
// Strings are std::string objects (arbitrary bytes). The buffer of a constant whose dtype is not carried (dtype.h) has
// the bytes of the file that it came in.
//
//   Tensor t(std::vector<std::vector<float>>{{1, 2, 3}, {4, 5, 6}});      // f32[2,3]
//   t.at<float>(1, 2) = 7;
//   double sum = t(0, 0) + t(1, 2);                                       // any numeric dtype, as double
//   std::vector<float> flat = t.ToVector<float>();
#pragma once

#include <concepts>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "weir/graph/base/dtype.h"
#include "weir/graph/base/memory.h"
#include "weir/graph/base/shape.h"

namespace weir {

// The element type of a vector of vectors of … of elements, and how many levels there are.
template <class T>
struct LeafOfT {
  using type = T;
  static constexpr size_t kDepth = 0;
};
template <class T>
struct LeafOfT<std::vector<T>> : LeafOfT<T> {
  static constexpr size_t kDepth = LeafOfT<T>::kDepth + 1;
};

class Tensor {
 public:
  Tensor() = default;  // no value: dtype() is kInvalid

  // A scalar of T's dtype: Tensor(1.5f), Tensor(int64_t{3}), Tensor("text").
  template <class T>
    requires requires { DTypeOfT<T>::value; }
  Tensor(T value) : Tensor(Of<T>({}, std::span<const T>(&value, 1))) {}  // NOLINT: literals read well
  Tensor(const char* text) : Tensor(std::string(text)) {}               // NOLINT
  // A vector, or nested vectors, an axis a level. Throws Error for rows of different lengths.
  template <class T>
    requires requires { DTypeOfT<typename LeafOfT<T>::type>::value; }
  Tensor(const std::vector<T>& rows);  // NOLINT

  // Uninitialised elements (objects: empty), or zeros. Errors: a dtype without values, the memory budget.
  static Result<Tensor> Allocate(DType dtype, const Shape& shape);
  static Result<Tensor> AllocateZeros(DType dtype, const Shape& shape);
  // For tensors that code names; both throw Error where Allocate tells one. Of copies `values`, and throws when they
  // are not as many as the shape has elements.
  static Tensor Zeros(DType dtype, const Shape& shape) { return AllocateZeros(dtype, shape).value(); }
  template <class T>
  static Tensor Of(const Shape& shape, std::span<const T> values);
  template <class T>
  static Tensor Of(const Shape& shape, std::initializer_list<T> values) {
    return Of<T>(shape, std::span<const T>(values.begin(), values.size()));
  }
  template <class T>
  static Tensor Vector(const std::vector<T>& values) { return Tensor(values); }
  // User memory without a copy: `data` holds shape.num_elements() elements and outlives the Tensor, or until `release`.
  static Tensor Wrap(DType dtype, const Shape& shape, void* data, std::function<void()> release = {});
  // What a file has of a dtype whose values it does not hold in a form that Weir reads: the bytes of its message. It is
  // kept to be written again; no node computes with it.
  static Tensor Opaque(DType dtype, const Shape& shape, std::shared_ptr<Buffer> message);
  // A tensor over a buffer that is large enough for it.
  static Tensor FromBuffer(DType dtype, const Shape& shape, std::shared_ptr<Buffer> buffer);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t num_elements() const { return dtype_ == DType::kInvalid ? 0 : shape_.num_elements(); }
  // Of the elements, where these are objects without what they hold; of an opaque one, its message.
  int64_t bytes() const;
  bool opaque() const { return opaque_; }
  bool valid() const { return dtype_ != DType::kInvalid; }
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }

  const void* raw() const { return buffer_ ? buffer_->data() : nullptr; }
  void* mutable_raw() { return buffer_ ? buffer_->data() : nullptr; }
  // T must be the dtype's type; throws Error otherwise.
  template <class T>
  const T* data() const { CheckType(DTypeOf<T>); return static_cast<const T*>(raw()); }
  template <class T>
  T* mutable_data() { CheckType(DTypeOf<T>); return static_cast<T*>(mutable_raw()); }
  template <class T>
  std::span<const T> span() const { return {data<T>(), size_t(num_elements())}; }
  // All elements, row by row. T must be the dtype's type; throws Error otherwise.
  template <class T>
  std::vector<T> ToVector() const { return std::vector<T>(data<T>(), data<T>() + num_elements()); }
  // The element at an index, one number an axis. Throws Error for another type, another rank, an index out of range.
  template <class T, std::integral... I>
  const T& at(I... index) const { return data<T>()[Offset({static_cast<int64_t>(index)...})]; }
  template <class T, std::integral... I>
  T& at(I... index) { return mutable_data<T>()[Offset({static_cast<int64_t>(index)...})]; }
  // The same as a number, whatever the real dtype; throws Error for complex numbers, strings and the like.
  template <std::integral... I>
  double operator()(I... index) const { return Number(Offset({static_cast<int64_t>(index)...})); }
  // The only element of a tensor of one element; throws Error otherwise.
  template <class T>
  T scalar() const;

  // The same elements in another shape of as many elements.
  Result<Tensor> Reshaped(const Shape& shape) const;
  Result<Tensor> Clone() const;
  // Copies the elements to where as many are.
  void CopyTo(void* elements) const { CopyElements(dtype_, raw(), elements, num_elements()); }
  // Elements as int64; nullopt unless the dtype is an integer or bool.
  std::optional<std::vector<int64_t>> ToInts() const;
  // Same dtype, shape and bytes or objects (so NaN equals the same NaN, and 0.0 differs from -0.0).
  bool Identical(const Tensor& other) const;
  // "[[1, 2], [3, 4]]", at most `limit` elements, then "…".
  std::string ToString(int64_t limit = 1000) const;

 private:
  void CheckType(DType want) const;
  int64_t Offset(std::initializer_list<int64_t> index) const;
  double Number(int64_t offset) const;
  [[noreturn]] static void ThrowRagged(size_t rows, int64_t others);

  template <class T>
  static void Measure(const T&, Dims*, size_t) {}
  template <class T>
  static void Measure(const std::vector<T>& rows, Dims* dims, size_t level) {
    if ((*dims)[level] < 0) (*dims)[level] = static_cast<int64_t>(rows.size());
    if (static_cast<int64_t>(rows.size()) != (*dims)[level]) ThrowRagged(rows.size(), (*dims)[level]);
    if constexpr (!std::is_same_v<typename LeafOfT<T>::type, T>) {
      for (const T& row : rows) Measure(row, dims, level + 1);
      if (rows.empty()) Measure(T(), dims, level + 1);
    }
  }
  template <class T, class Leaf>
  static void Flatten(const T& element, Leaf*& out) { *out++ = element; }
  template <class T, class Leaf>
  static void Flatten(const std::vector<T>& rows, Leaf*& out) {
    for (const auto& row : rows) Flatten(static_cast<const T&>(row), out);
  }

  DType dtype_ = DType::kInvalid;
  bool opaque_ = false;
  Shape shape_;
  std::shared_ptr<Buffer> buffer_;
};

std::ostream& operator<<(std::ostream& out, const Tensor& t);

template <class T>
  requires requires { DTypeOfT<typename LeafOfT<T>::type>::value; }
Tensor::Tensor(const std::vector<T>& rows) {
  using Leaf = typename LeafOfT<T>::type;
  Dims dims(LeafOfT<std::vector<T>>::kDepth, -1);  // a size that is not known yet
  Measure(rows, &dims, 0);
  *this = Allocate(DTypeOf<Leaf>, Shape::Make(dims).value()).value();
  Leaf* out = static_cast<Leaf*>(mutable_raw());
  Flatten(rows, out);
}

template <class T>
Tensor Tensor::Of(const Shape& shape, std::span<const T> values) {
  if (int64_t(values.size()) != shape.num_elements()) {
    throw Error(Code::kInvalidArgument,
                std::to_string(values.size()) + " values do not fill a tensor of shape " + shape.ToString());
  }
  Tensor t = Allocate(DTypeOf<T>, shape).value();
  std::copy(values.begin(), values.end(), static_cast<T*>(t.mutable_raw()));
  return t;
}

template <class T>
T Tensor::scalar() const {
  if (num_elements() != 1) throw Error(Code::kInvalidArgument, "scalar() of a tensor of shape " + shape_.ToString());
  return data<T>()[0];
}

}  // namespace weir
