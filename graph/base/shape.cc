#include "weir/graph/base/shape.h"

namespace weir {

namespace {
std::string Join(const Dims& dims) {
  std::string s = "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i) s += ',';
    s += dims[i] < 0 ? "?" : std::to_string(dims[i]);
  }
  return s + "]";
}
}  // namespace

Shape::Shape(std::initializer_list<int64_t> dims) { *this = Make(std::span(dims.begin(), dims.size())).value(); }

Result<Shape> Shape::Make(std::span<const int64_t> dims) {
  if (dims.size() > kMaxRank) {
    return InvalidArgument("a shape of rank " + std::to_string(dims.size()) + " exceeds the limit of " +
                           std::to_string(kMaxRank));
  }
  // Why the product leaves zeros out: strides over the other axes must fit too, whatever the order of multiplication.
  int64_t product = 1;
  bool empty = false;
  for (int64_t d : dims) {
    if (d < 0) return InvalidArgument("a shape has the negative size " + std::to_string(d));
    if (d == 0) { empty = true; continue; }
    if (!CheckedMul(product, d, &product)) {
      if (empty) continue;
      bool zero = false;
      for (int64_t e : dims) zero |= e == 0;
      if (!zero)
        return InvalidArgument("shape " + Join(Dims(dims.begin(), dims.end())) +
                               " has more elements than a 64-bit number can count");
      break;
    }
  }
  for (int64_t d : dims) empty |= d == 0;
  Shape s;
  s.dims_.assign(dims.begin(), dims.end());
  s.num_elements_ = empty ? 0 : product;
  return s;
}

std::string Shape::ToString() const { return Join(dims_); }

bool PartialShape::fully_known() const {
  if (!known_) return false;
  for (Dim d : dims_) {
    if (!Known(d)) return false;
  }
  return true;
}

std::optional<Shape> PartialShape::ToShape() const {
  if (!fully_known()) return std::nullopt;
  auto s = Shape::Make(dims_);
  if (!s.ok()) return std::nullopt;
  return *s;
}

std::optional<int64_t> PartialShape::num_elements() const {
  auto s = ToShape();
  if (!s) return std::nullopt;
  return s->num_elements();
}

bool PartialShape::Admits(const Shape& s) const {
  if (!known_) return true;
  if (rank() != s.rank()) return false;
  for (int i = 0; i < s.rank(); ++i) {
    if (Known(dims_[i]) && dims_[i] != s[i]) return false;
  }
  return true;
}

std::string PartialShape::ToString() const { return known_ ? Join(dims_) : "<unknown>"; }

std::optional<int> NormalizeAxis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) return std::nullopt;
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace weir
