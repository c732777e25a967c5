// Nested brace literals to tensors.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "weir/graph/builder.h"

namespace weir {

namespace {

constexpr int kMaxLiteralDepth = 32;

template <class T>
bool Fits(double number, int64_t integer, bool is_integer) {
  if constexpr (std::is_same_v<T, bool>) return is_integer && (integer == 0 || integer == 1);
  if constexpr (!std::is_integral_v<T>) {
    return true;
  } else {
    if (!is_integer && number != std::trunc(number)) return false;
    if (is_integer) {
      if constexpr (std::is_unsigned_v<T>) return integer >= 0 && uint64_t(integer) <= std::numeric_limits<T>::max();
      return integer >= int64_t(std::numeric_limits<T>::min()) && integer <= int64_t(std::numeric_limits<T>::max());
    }
    return number >= double(std::numeric_limits<T>::min()) && number < double(std::numeric_limits<T>::max()) + 1.0;
  }
}

}  // namespace

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
  bool floats = false, texts = false, bools = !level.empty();
  for (const Literal* l : level) {
    if (l->kind_ == kListLit || l->kind_ == kTensorLit) return InvalidArgument("a literal mixes numbers and lists");
    floats |= l->kind_ == kFloatLit;
    texts |= l->kind_ == kTextLit;
    bools &= l->kind_ == kBoolLit;
  }
  if (dtype == DType::kInvalid) dtype = texts ? kString : bools ? kBool : floats || level.empty() ? kFloat : kInt32;
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
      if (!Fits<T>(l.number_, l.integer_, l.kind_ != kFloatLit)) {
        status = InvalidArgument(fmt::format(
            "{} is no value of dtype {}",
            l.kind_ == kFloatLit ? fmt::format("{}", l.number_) : fmt::format("{}", l.integer_), DTypeName(dtype)));
        return;
      }
      if constexpr (std::is_integral_v<T>) {
        t.mutable_data<T>()[i] = l.kind_ == kFloatLit ? T(l.number_) : T(l.integer_);
      } else {
        using Real = std::conditional_t<std::is_same_v<T, Complex64>, float, double>;
        t.mutable_data<T>()[i] = T(static_cast<Real>(l.number_));
      }
    }
  };
  if (!DispatchType(dtype, NumberAndBoolTypes{}, fill))
    return Unimplemented("literals of dtype " + DTypeName(dtype) + " cannot be made");
  WEIR_RETURN_IF_ERROR(status);
  return t;
}

}  // namespace weir
