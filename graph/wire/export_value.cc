#include "weir/graph/wire/export_value.h"

#include "weir/proto/graph.pb.h"

namespace weir {

namespace {

// Whether each element has the bytes of the first.
bool IsSplat(const Tensor& t) {
  return EqualElements(t.dtype(), t.raw(), ElementAt(t.dtype(), t.raw(), 1), t.num_elements() - 1);
}

void AddFirstValue(const Tensor& t, pb::TensorProto* p) {
  switch (t.dtype()) {
    case DType::kFloat: return p->add_float_val(t.data<float>()[0]);
    case DType::kDouble: return p->add_double_val(t.data<double>()[0]);
    case DType::kInt32: return p->add_int_val(t.data<int32_t>()[0]);
    case DType::kInt16: return p->add_int_val(t.data<int16_t>()[0]);
    case DType::kInt8: return p->add_int_val(t.data<int8_t>()[0]);
    case DType::kUint8: return p->add_int_val(t.data<uint8_t>()[0]);
    case DType::kUint16: return p->add_int_val(t.data<uint16_t>()[0]);
    case DType::kInt64: return p->add_int64_val(t.data<int64_t>()[0]);
    case DType::kUint32: return p->add_uint32_val(t.data<uint32_t>()[0]);
    case DType::kUint64: return p->add_uint64_val(t.data<uint64_t>()[0]);
    case DType::kBool: return p->add_bool_val(t.data<bool>()[0]);
    case DType::kComplex64:
      for (const float* part = static_cast<const float*>(t.raw()); int i : {0, 1}) p->add_scomplex_val(part[i]);
      return;
    case DType::kComplex128:
      for (const double* part = static_cast<const double*>(t.raw()); int i : {0, 1}) p->add_dcomplex_val(part[i]);
      return;
    case DType::kHalf:
    case DType::kBfloat16: return p->add_half_val(static_cast<const uint16_t*>(t.raw())[0]);
    default: p->set_tensor_content(t.raw(), static_cast<size_t>(t.bytes()));
  }
}

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

void ShapeToWire(const PartialShape& shape, pb::TensorShapeProto* p) {
  if (!shape.known_rank()) return p->set_unknown_rank(true);
  for (Dim d : shape.dims()) p->add_dim()->set_size(Known(d) ? d : -1);
}

void TensorToWire(const Tensor& t, pb::TensorProto* p) {
  if (t.opaque()) {  // the message itself
    if (p->ParseFromArray(t.raw(), static_cast<int>(t.bytes()))) return;
    p->Clear();
  }
  p->set_dtype(static_cast<pb::DataType>(t.dtype()));
  ShapeToWire(t.shape(), p->mutable_tensor_shape());
  int64_t n = t.num_elements();
  if (n == 0 || t.opaque()) return;
  if (t.dtype() == kString) {
    auto values = t.span<std::string>();
    while (n > 1 && values[n - 1] == values[n - 2]) --n;  // readers repeat the last
    for (const std::string& s : values.first(n)) p->add_string_val(s);
  } else if (n == 1 || IsSplat(t)) {
    AddFirstValue(t, p);
  } else {
    p->set_tensor_content(t.raw(), static_cast<size_t>(t.bytes()));
  }
}

void AttrToWire(const AttrValue& v, pb::AttrValue* p) { std::visit(Writer{p}, v.variant()); }

}  // namespace weir
