#include "weir/graph/base/attr.h"

namespace weir {

namespace {
bool Same(const Tensor& a, const Tensor& b) { return a.Identical(b); }
bool Same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].Identical(b[i])) return false;
  }
  return true;
}
}  // namespace

bool FuncRef::operator==(const FuncRef& o) const { return name == o.name && attrs == o.attrs; }

bool AttrList::operator==(const AttrList& o) const {
  return s == o.s && i == o.i && f == o.f && b == o.b && type == o.type && shape == o.shape && Same(tensor, o.tensor) && func == o.func;
}

size_t AttrList::size() const {
  return s.size() + i.size() + f.size() + b.size() + type.size() + shape.size() + tensor.size() + func.size();
}

bool AttrValue::operator==(const AttrValue& o) const {
  if (v_.index() != o.v_.index()) return false;
  if (auto* t = get<Tensor>()) return Same(*t, *o.get<Tensor>());
  if (auto* s = get<std::string>()) return *s == *o.get<std::string>();
  if (auto* l = get<AttrList>()) return *l == *o.get<AttrList>();
  if (auto* f = get<FuncRef>()) return *f == *o.get<FuncRef>();
  if (auto* p = get<PartialShape>()) return *p == *o.get<PartialShape>();
  if (auto* p = get<AttrPlaceholder>()) return *p == *o.get<AttrPlaceholder>();
  if (auto* i = get<int64_t>()) return *i == *o.get<int64_t>();
  if (auto* f = get<float>()) return *f == *o.get<float>() || (*f != *f && *o.get<float>() != *o.get<float>());
  if (auto* b = get<bool>()) return *b == *o.get<bool>();
  if (auto* t = get<DType>()) return *t == *o.get<DType>();
  return true;
}

std::string AttrValue::KindName() const {
  static constexpr const char* kNames[] = {"nothing", "string", "int", "float", "bool", "type", "shape", "tensor", "func", "placeholder"};
  if (v_.index() < std::size(kNames)) return kNames[v_.index()];
  const AttrList& l = *get<AttrList>();
  const char* element = !l.s.empty() ? "string" : !l.i.empty() ? "int" : !l.f.empty() ? "float" : !l.b.empty() ? "bool"
      : !l.type.empty() ? "type" : !l.shape.empty() ? "shape" : !l.tensor.empty() ? "tensor" : !l.func.empty() ? "func" : "";
  return std::string("list(") + element + ")";
}

}  // namespace weir
