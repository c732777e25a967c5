#include "weir/graph/wire/import_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/proto/graph.pb.h"

namespace weir {

namespace {

Result<AttrValue> ListFromWire(const pb::AttrValue::ListValue& p) {
  int kinds = !p.s().empty() + !p.i().empty() + !p.f().empty() + !p.b().empty() + !p.type().empty() +
              !p.shape().empty() + !p.tensor().empty() + !p.func().empty();
  if (kinds > 1) return InvalidArgument("is a list of several kinds of values");
  AttrList l;
  l.s.assign(p.s().begin(), p.s().end());
  l.i.assign(p.i().begin(), p.i().end());
  l.f.assign(p.f().begin(), p.f().end());
  l.b.assign(p.b().begin(), p.b().end());
  for (int t : p.type()) {
    l.type.push_back(DTypeFromWire(t));
    if (l.type.back() == DType::kInvalid && t != 0)
      return InvalidArgument(fmt::format("holds {}, which is no dtype", t));
  }
  for (const auto& s : p.shape()) {
    WEIR_ASSIGN_OR_RETURN(PartialShape shape, ShapeFromWire(s));
    l.shape.push_back(std::move(shape));
  }
  for (const auto& t : p.tensor()) {
    WEIR_ASSIGN_OR_RETURN(Tensor tensor, TensorFromWire(t));
    l.tensor.push_back(std::move(tensor));
  }
  for (const auto& f : p.func()) {
    FuncRef ref{f.name(), {}};
    for (const auto& [name, value] : f.attr()) {
      WEIR_ASSIGN_OR_RETURN(ref.attrs[name], AttrFromWire(value));
    }
    l.func.push_back(std::move(ref));
  }
  return AttrValue(std::move(l));
}

template <class M> bool HasUnknown(const M& m) { return !m.GetReflection()->GetUnknownFields(m).empty(); }

bool SaysMore(const pb::TensorShapeProto& p) {
  return HasUnknown(p) ||
         std::any_of(p.dim().begin(), p.dim().end(), [](const auto& d) { return !d.name().empty() || HasUnknown(d); });
}
bool SaysMore(const pb::TensorProto& p) {
  return HasUnknown(p) || p.version_number() != 0 || SaysMore(p.tensor_shape());
}
bool SaysMore(const pb::NameAttrList& p) {
  return HasUnknown(p) ||
         std::any_of(p.attr().begin(), p.attr().end(), [](const auto& a) { return weir::SaysMore(a.second); });
}
template <class Repeated> bool AnySaysMore(const Repeated& r) {
  return std::any_of(r.begin(), r.end(), [](const auto& m) { return SaysMore(m); });
}

}  // namespace

Result<AttrValue> AttrFromWire(const pb::AttrValue& p, const Contents& contents) {
  switch (p.value_case()) {
    case pb::AttrValue::kS: return AttrValue(p.s());
    case pb::AttrValue::kI: return AttrValue(int64_t{p.i()});
    case pb::AttrValue::kF: return AttrValue(p.f());
    case pb::AttrValue::kB: return AttrValue(p.b());
    case pb::AttrValue::kPlaceholder: return AttrValue(AttrPlaceholder{p.placeholder()});
    case pb::AttrValue::kList: return ListFromWire(p.list());
    case pb::AttrValue::kType: {
      DType t = DTypeFromWire(p.type());
      if (t == DType::kInvalid && p.type() != 0)
        return InvalidArgument(fmt::format("is {}, which is no dtype", static_cast<int>(p.type())));
      return AttrValue(t);
    }
    case pb::AttrValue::kShape: {
      WEIR_ASSIGN_OR_RETURN(PartialShape s, ShapeFromWire(p.shape()));
      return AttrValue(std::move(s));
    }
    case pb::AttrValue::kTensor: {
      WEIR_ASSIGN_OR_RETURN(Tensor t, TensorFromWire(p.tensor(), contents));
      return AttrValue(std::move(t));
    }
    case pb::AttrValue::kFunc: {
      FuncRef ref{p.func().name(), {}};
      for (const auto& [name, value] : p.func().attr()) {
        WEIR_ASSIGN_OR_RETURN(ref.attrs[name], AttrFromWire(value));
      }
      return AttrValue(std::move(ref));
    }
    default: return AttrValue();
  }
}

bool SaysMore(const pb::AttrValue& p) {
  if (HasUnknown(p)) return true;
  switch (p.value_case()) {
    case pb::AttrValue::kShape: return SaysMore(p.shape());
    case pb::AttrValue::kTensor: return SaysMore(p.tensor());
    case pb::AttrValue::kFunc: return SaysMore(p.func());
    case pb::AttrValue::kList:
      return HasUnknown(p.list()) || AnySaysMore(p.list().shape()) || AnySaysMore(p.list().tensor()) ||
             AnySaysMore(p.list().func());
    default: return false;
  }
}

}  // namespace weir
