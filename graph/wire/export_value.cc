#include "weir/graph/wire/export_value.h"

#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/proto/graph.pb.h"

namespace weir {

namespace {

void FuncToWire(const FuncRef& f, pb::NameAttrList* p) {
  p->set_name(f.name);
  for (const auto& [name, value] : f.attrs) AttrToWire(value, &(*p->mutable_attr())[name]);
}

void ListToWire(const AttrList& l, pb::AttrValue::ListValue* p) {
  for (const auto& s : l.s) p->add_s(s);
  for (int64_t i : l.i) p->add_i(i);
  for (float f : l.f) p->add_f(f);
  for (bool b : l.b) p->add_b(b);
  for (DType t : l.type) p->add_type(static_cast<pb::DataType>(t));
  for (const auto& s : l.shape) ShapeToWire(s, p->add_shape());
  for (const auto& t : l.tensor) TensorToWire(t, p->add_tensor());
  for (const auto& f : l.func) FuncToWire(f, p->add_func());
}

struct Writer {
  pb::AttrValue* p;
  void operator()(std::monostate) const {}
  void operator()(const std::string& s) const { p->set_s(s); }
  void operator()(int64_t i) const { p->set_i(i); }
  void operator()(float f) const { p->set_f(f); }
  void operator()(bool b) const { p->set_b(b); }
  void operator()(DType t) const { p->set_type(static_cast<pb::DataType>(t)); }
  void operator()(const PartialShape& s) const { ShapeToWire(s, p->mutable_shape()); }
  void operator()(const Tensor& t) const { TensorToWire(t, p->mutable_tensor()); }
  void operator()(const FuncRef& f) const { FuncToWire(f, p->mutable_func()); }
  void operator()(const AttrPlaceholder& a) const { p->set_placeholder(a.name); }
  void operator()(const CppFunctionRef&) const {}  // refused before: export.cc
  void operator()(const Program& program) const { p->set_s(program.ToString()); }
  void operator()(const AttrList& l) const { ListToWire(l, p->mutable_list()); }
};

}  // namespace

void AttrToWire(const AttrValue& v, pb::AttrValue* p) { std::visit(Writer{p}, v.variant()); }

}  // namespace weir
