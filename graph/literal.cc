// Nested brace literals to tensors.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "weir/graph/base/complex_text.h"
#include "weir/graph/builder.h"

namespace weir {

namespace {

constexpr int kMaxLiteralDepth = 32;

}  // namespace

std::string Literal::NumberText() const {
  if (kind_ == kComplexLit) return JoinComplex(fmt::format("{}", number_), fmt::format("{}", imag_));
  return kind_ == kFloatLit ? fmt::format("{}", number_) : fmt::format("{}", integer_);
}

// Whether the number is one of T, or is rounded to one; not to an infinity.
template <class T>
bool Literal::Fits() const {
  if constexpr (kIsComplexType<T>) {
    return std::isfinite(static_cast<PartOf<T>>(number_)) == std::isfinite(number_) &&
           std::isfinite(static_cast<PartOf<T>>(imag_)) == std::isfinite(imag_);
  } else if constexpr (std::is_same_v<T, bool>) {
    return is_integer() && (integer_ == 0 || integer_ == 1);
  } else if constexpr (!std::is_integral_v<T>) {
    using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const auto rounded = static_cast<Wide>(T(static_cast<Wide>(number_)));
    return kind_ != kComplexLit && std::isfinite(rounded) == std::isfinite(number_);
  } else if (is_integer()) {
    if constexpr (std::is_unsigned_v<T>) return integer_ >= 0 && uint64_t(integer_) <= std::numeric_limits<T>::max();
    return integer_ >= int64_t(std::numeric_limits<T>::min()) && integer_ <= int64_t(std::numeric_limits<T>::max());
  } else {
    return kind_ != kComplexLit && number_ == std::trunc(number_) &&
           number_ >= double(std::numeric_limits<T>::min()) && number_ < double(std::numeric_limits<T>::max()) + 1.0;
  }
}

Result<Tensor> Literal::ToTensor(DType dtype) const {
  if (kind_ == kTensorLit) {
    if (dtype != DType::kInvalid && tensor_.dtype() != dtype) {
      return InvalidArgument(fmt::format("a tensor of dtype {} was given where {} is wanted",
                                         DTypeName(tensor_.dtype()), DTypeName(dtype)));
    }
    return tensor_;
  }
  // The shape, by the first item of each level; the leaves in order.
  Dims dims;
  std::vector<const Literal*> level{this}, next;
  while (!level.empty() && level[0]->kind_ == kListLit) {
    if (dims.size() == kMaxLiteralDepth) return InvalidArgument("a literal is nested too deeply");
    size_t size = level[0]->items_.size();
    next.clear();
    for (const Literal* l : level) {
      if (l->kind_ != kListLit || l->items_.size() != size)
        return InvalidArgument("a literal is ragged: its lists have different lengths");
      for (const Literal& item : l->items_) next.push_back(&item);
    }
    dims.push_back(static_cast<int64_t>(size));
    level.swap(next);
  }
  bool floats = false, complex = false, texts = false, bools = !level.empty();
  for (const Literal* l : level) {
    if (l->kind_ == kListLit || l->kind_ == kTensorLit) return InvalidArgument("a literal mixes numbers and lists");
    floats |= l->kind_ == kFloatLit;
    complex |= l->kind_ == kComplexLit;
    texts |= l->kind_ == kTextLit;
    bools &= l->kind_ == kBoolLit;
  }
  if (dtype == DType::kInvalid) {
    dtype = texts ? kString : bools ? kBool : complex ? kComplex64 : floats || level.empty() ? kFloat : kInt32;
  }
  WEIR_ASSIGN_OR_RETURN(Shape shape, Shape::Make(dims));
  WEIR_ASSIGN_OR_RETURN(Tensor t, Tensor::Allocate(dtype, shape));
  if (texts != (dtype == kString) && !level.empty())
    return InvalidArgument(
        fmt::format("a literal {} text where {} is wanted", texts ? "holds" : "holds no", DTypeName(dtype)));
  if (dtype == kString) {
    for (size_t i = 0; i < level.size(); ++i) t.mutable_data<std::string>()[i] = level[i]->text_;
    return t;
  }
  Status status;
  auto fill = [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < level.size(); ++i) {
      const Literal& l = *level[i];
      if (!l.Fits<T>()) {
        status = InvalidArgument(fmt::format("{} is no value of dtype {}", l.NumberText(), DTypeName(dtype)));
        return;
      }
      if constexpr (std::is_integral_v<T>) {
        t.mutable_data<T>()[i] = l.is_integer() ? T(l.integer_) : T(l.number_);
      } else if constexpr (kIsComplexType<T>) {
        t.mutable_data<T>()[i] = T(Complex128(l.number_, l.imag_));
      } else {
        using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
        t.mutable_data<T>()[i] = T(static_cast<Wide>(l.number_));
      }
    }
  };
  if (!DispatchType(dtype, NumberAndBoolTypes{}, fill))
    return Unimplemented("literals of dtype " + DTypeName(dtype) + " cannot be made");
  WEIR_RETURN_IF_ERROR(status);
  return t;
}

}  // namespace weir
