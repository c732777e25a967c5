// Printing of the text form: see text.h.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "weir/graph/base/complex_text.h"
#include "weir/graph/text/text.h"
#include "weir/graph/text/value.h"

namespace weir {

namespace text {

std::string Quote(std::string_view s) {
  std::string out = "\"";
  for (unsigned char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\', out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c >= 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + "\"";
}

std::string NameText(std::string_view s) {
  bool plain = !s.empty();
  for (size_t i = 0; plain && i < s.size(); ++i) plain = IsNameChar(s[i], i == 0);
  return plain ? std::string(s) : Quote(s);
}

std::string DTypeText(DType t) {
  return ParseDType(DTypeShortName(t)) == t ? DTypeShortName(t) : fmt::format("dtype({})", static_cast<int>(t));
}

namespace {

// Shortest digits that read back as the same bits.
template <class T> std::string NumberText(T v) {
  if constexpr (std::is_same_v<T, bool>) {
    return v ? "true" : "false";
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return std::isnan(float(v)) ? fmt::format("nan(0x{:x})", v.bits) : fmt::format("{}", float(v));
  } else if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    if (!std::isnan(v)) return fmt::format("{}", v);
    Bits bits = std::bit_cast<Bits>(v);
    return bits == std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN()) ? "nan" : fmt::format("nan(0x{:x})", bits);
  } else if constexpr (kIsComplexType<T>) {
    return JoinComplex(NumberText(v.real()), NumberText(v.imag()));
  } else {
    return fmt::format("{}", v);
  }
}

// As an attribute: a float never looks like an int.
std::string FloatText(float f) {
  std::string s = NumberText(f);
  return s.find_first_of(".einx") == s.npos ? s + ".0" : s;
}

std::string DimsText(const PartialShape& s, char open, char close) {
  std::string out(1, open);
  for (int i = 0; i < s.rank(); ++i) out += (i ? "," : "") + (Known(s[i]) ? std::to_string(s[i]) : "?");
  return out + close;
}

std::string ShapeText(const PartialShape& s, bool bracketed) {
  if (!s.known_rank()) return bracketed ? "?" : "<*>";
  return bracketed ? DimsText(s, '[', ']') : DimsText(s, '<', '>');
}

std::string ElementText(const Tensor& t, int64_t i) {
  if (t.dtype() == kString) return Quote(t.data<std::string>()[i]);
  std::string out;
  DispatchType(t.dtype(), NumberAndBoolTypes{}, [&](auto v) { out = NumberText(t.data<decltype(v)>()[i]); });
  return out;
}

bool AllSame(const Tensor& t) {
  return EqualElements(t.dtype(), t.raw(), ElementAt(t.dtype(), t.raw(), 1), t.num_elements() - 1);
}

std::string TensorText(const Tensor& t, int64_t limit) {
  std::string out = DTypeText(t.dtype()) + DimsText(t.shape(), '[', ']') + " ";
  if (!t.valid() || (t.dtype() == kVariant && !t.opaque())) return out + "none";
  if (!IsSupported(t.dtype())) {  // a quantised one has bytes, too
    std::string_view bytes(static_cast<const char*>(t.raw()), static_cast<size_t>(t.bytes()));
    return out + "opaque " + (limit >= 0 && static_cast<int64_t>(bytes.size()) > limit ? "…" : Quote(bytes));
  }
  int64_t n = t.num_elements();
  if (n == 0) return out + "[]";
  if (n > 4 && AllSame(t)) return out + "splat " + ElementText(t, 0);
  std::vector<int64_t> block(
      t.rank());  // elements between two brackets of an axis; iterative since the rank may be 254
  for (int64_t a = t.rank() - 1, size = 1; a >= 0; --a) block[a] = size *= t.shape()[static_cast<int>(a)];
  for (int64_t i = 0; i < n; ++i) {
    auto opens = static_cast<size_t>(std::count_if(block.begin(), block.end(), [&](int64_t b) { return i % b == 0; }));
    if (i) out += std::string(opens, ']') + ", ";
    out += std::string(opens, '[');
    if (i == limit) return out + "…" + std::string(t.rank(), ']');
    out += ElementText(t, i);
  }
  return out + std::string(t.rank(), ']');
}

std::string AttrsText(const AttrMap& attrs, const OpDef* def, const std::set<std::string, std::less<>>& omit,
                      int64_t limit) {
  std::string out;
  for (const auto& [name, value] : attrs) {
    if (omit.count(name)) continue;
    const AttrDef* d = def ? def->FindAttr(name) : nullptr;
    if (d && d->default_value && *d->default_value == value) continue;
    out +=
        (out.empty() ? "" : ", ") + NameText(name) + ": " + ValueText(value, d ? std::string_view(d->kind) : "", limit);
  }
  return out;
}

std::string FuncText(const FuncRef& f, int64_t limit) {
  return "func " + NameText(f.name) + (f.attrs.empty() ? "" : " {" + AttrsText(f.attrs, nullptr, {}, limit) + "}");
}

struct ListText {
  int64_t limit;
  std::string out;

  template <class V, class F> void Each(const V& items, F text) {
    for (size_t i = 0; i < items.size(); ++i) {
      if (limit >= 0 && static_cast<int64_t>(i) == limit) {
        out += ", …";
        return;
      }
      out += (i ? ", " : "") + text(items[i]);
    }
  }
};

std::string TextOf(const AttrList& l, int64_t limit) {
  ListText t{limit, "["};
  t.Each(l.s, Quote);
  t.Each(l.i, [](int64_t i) { return std::to_string(i); });
  t.Each(l.f, FloatText);
  t.Each(l.b, [](bool b) { return NumberText(b); });
  t.Each(l.type, DTypeText);
  t.Each(l.shape, [](const PartialShape& s) { return ShapeText(s, false); });
  t.Each(l.tensor, [&](const Tensor& x) { return TensorText(x, limit); });
  t.Each(l.func, [&](const FuncRef& f) { return FuncText(f, limit); });
  return t.out + "]";
}

struct ValuePrinter {
  std::string_view kind;
  int64_t limit;
  std::string operator()(std::monostate) const { return "nothing"; }
  std::string operator()(const std::string& s) const {
    return limit >= 0 && static_cast<int64_t>(s.size()) > 16 * limit ? "\"…\"" : Quote(s);
  }
  std::string operator()(int64_t i) const { return std::to_string(i); }
  std::string operator()(float f) const { return FloatText(f); }
  std::string operator()(bool b) const { return NumberText(b); }
  std::string operator()(DType t) const { return DTypeText(t); }
  std::string operator()(const PartialShape& s) const { return ShapeText(s, kind == "shape"); }
  std::string operator()(const Tensor& t) const { return TensorText(t, limit); }
  std::string operator()(const FuncRef& f) const { return FuncText(f, limit); }
  std::string operator()(const AttrPlaceholder& p) const { return "$" + NameText(p.name); }
  std::string operator()(const CppFunctionRef&) const { return "cpp_function"; }
  std::string operator()(const Program& p) const { return (*this)(p.ToString()); }
  std::string operator()(const AttrList& l) const { return TextOf(l, limit); }
};

// ---- nodes

// Attributes that ParseGraph finds again from the inputs printed before.
std::set<std::string, std::less<>> Implied(const Graph& g, const Node& n) {
  std::set<std::string, std::less<>> names;
  if (!n.def()) return names;
  if (n.Is("Const")) {
    const AttrValue *value = n.FindAttr("value"), *dtype = n.FindAttr("dtype");
    if (value && dtype && value->is<Tensor>() && dtype->is<DType>() &&
        value->get<Tensor>()->dtype() == *dtype->get<DType>())
      names.insert("dtype");
  }
  AttrMap rest = n.attrs();
  for (const ArgDef& a : n.def()->inputs()) rest.erase(a.type_attr), rest.erase(a.number_attr);
  std::vector<DType> inputs;
  for (Endpoint e : n.inputs()) inputs.push_back(e.node < n.id() ? g.type(e).dtype : DType::kInvalid);
  for (const auto& [name, value] : AttrsFromInputs(*n.def(), rest, inputs)) {
    auto it = n.attrs().find(name);
    if (it != n.attrs().end() && it->second == value) names.insert(name);
  }
  return names;
}

std::string TypeText(const OutputType& t) {
  if (t.dtype == DType::kInvalid) return "?";
  return DTypeText(t.dtype) + (t.shape.known_rank() ? DimsText(t.shape, '[', ']') : "<?>");
}

std::string TypesText(const Node& n) {
  bool known = std::any_of(n.outputs().begin(), n.outputs().end(),
                           [](const OutputType& t) { return t.dtype != DType::kInvalid; });
  std::string out;
  for (size_t i = 0; known && i < n.outputs().size(); ++i) out += (i ? ", " : " : ") + TypeText(n.outputs()[i]);
  return out;
}

std::string NodeText(const Graph& g, const Node& n, const GraphTextOptions& o) {
  std::string out = NameText(n.name()) + " = " + NameText(n.op()) + "(";
  bool first = true;
  auto separate = [&] { out += first ? "" : ", ", first = false; };
  for (Endpoint e : n.inputs()) {
    separate();
    out += NameText(g[e.node].name()) + (e.index ? ":" + std::to_string(e.index) : "");
  }
  for (NodeId c : n.control_inputs()) {
    separate();
    out += "^" + NameText(g[c].name());
  }
  out += ")";
  if (std::string attrs = AttrsText(n.attrs(), n.def(), Implied(g, n), o.max_elements); !attrs.empty())
    out += " {" + attrs + "}";
  if (o.types) out += TypesText(n);
  if (!n.device().empty()) out += " @" + Quote(n.device());
  if (!n.origins().empty()) {
    out += " from [";
    for (size_t i = 0; i < n.origins().size(); ++i) out += (i ? ", " : "") + NameText(n.origins()[i]);
    out += "]";
  }
  if (!n.unknown_fields().empty()) out += " unknown " + (o.max_elements < 0 ? Quote(n.unknown_fields()) : "\"…\"");
  if (o.locs && n.loc()) out += "  # " + n.loc().ToString();
  return out;
}

// ---- functions

std::string ArgsText(const std::vector<ArgDef>& args) {
  std::string out = "(";
  for (const ArgDef& a : args) {
    std::string type = a.type_attr.empty() ? DTypeText(a.type) : NameText(a.type_attr);
    if (a.is_list) type += "...";
    if (!a.number_attr.empty()) type = NameText(a.number_attr) + " * " + type;
    if (a.is_ref) type = "Ref(" + type + ")";
    out += (out.size() > 1 ? ", " : "") + NameText(a.name) + ": " + type;
  }
  return out + ")";
}

std::string AttrDefText(const AttrDef& d) {
  std::string out = "attr " + NameText(d.name) + ": " + NameText(d.kind);
  if (!d.allowed_types.empty()) out += " in " + TextOf(AttrList{.type = d.allowed_types}, -1);
  if (!d.allowed_strings.empty()) out += " in " + TextOf(AttrList{.s = d.allowed_strings}, -1);
  if (d.minimum) out += " >= " + std::to_string(*d.minimum);
  if (d.default_value) out += " = " + ValueText(*d.default_value, d.kind, -1);
  return out;
}

std::string FunctionText(const Function& f, const GraphTextOptions& o) {
  std::string out = "function " + NameText(f.name) + ArgsText(f.args) + " -> " + ArgsText(f.rets) + " {\n";
  for (const AttrDef& d : f.attr_defs) out += "  " + AttrDefText(d) + "\n";
  if (!f.attrs.empty()) out += "  set {" + AttrsText(f.attrs, nullptr, {}, o.max_elements) + "}\n";
  if (f.stateful) out += "  stateful\n";
  if (!f.gradient.empty()) out += "  gradient " + NameText(f.gradient) + "\n";
  if (!f.doc.empty()) out += "  doc " + Quote(f.doc) + "\n";
  for (const auto& [name, node] : f.control_ret)
    out += "  control_ret " + NameText(name) + ": " + NameText(node) + "\n";
  if (!f.unknown_fields.empty()) out += "  unknown " + (o.max_elements < 0 ? Quote(f.unknown_fields) : "\"…\"") + "\n";
  for (NodeId id : f.body.nodes()) out += "  " + NodeText(f.body, f.body[id], o) + "\n";
  return out + "}\n";
}

std::string FileText(const Graph::FileInfo& info) {
  AttrMap attrs{{"producer", info.producer}, {"min_consumer", info.min_consumer}};
  if (!info.bad_consumers.empty())
    attrs["bad_consumers"] = std::vector<int64_t>(info.bad_consumers.begin(), info.bad_consumers.end());
  if (!info.unknown_fields.empty()) attrs["unknown"] = info.unknown_fields;
  if (!info.library_unknown_fields.empty()) attrs["library_unknown"] = info.library_unknown_fields;
  return "file {" + AttrsText(attrs, nullptr, {}, -1) + "}\n";
}

}  // namespace

std::string ValueText(const AttrValue& v, std::string_view kind, int64_t max_elements) {
  return std::visit(ValuePrinter{kind, max_elements}, v.variant());
}

AttrMap AttrsFromInputs(const OpDef& def, const AttrMap& given, const std::vector<DType>& inputs) {
  AttrMap found;
  auto value = [&](const std::string& name) -> const AttrValue* {
    if (auto it = given.find(name); it != given.end()) return &it->second;
    auto it = found.find(name);
    return it == found.end() ? nullptr : &it->second;
  };
  // How many inputs an argument takes; -1 when an attribute that is not given tells.
  auto size = [&](const ArgDef& a) -> int64_t { return a.Count(value(a.counted_by())).value_or(-1); };
  auto total = static_cast<int64_t>(inputs.size());
  int64_t fixed = 0;
  int open = 0;
  for (const ArgDef& a : def.inputs()) size(a) < 0 ? ++open : fixed += size(a);
  int64_t begin = 0;
  for (const ArgDef& a : def.inputs()) {
    int64_t n = size(a);
    if (n < 0 && open > 1) break;  // two lists of unknown length: nothing after is told
    if (n < 0) n = total - fixed;
    if (n < 0 || begin + n > total) break;
    auto types = std::span(inputs).subspan(begin, n);
    bool known = std::find(types.begin(), types.end(), DType::kInvalid) == types.end();
    if (!a.number_attr.empty() && !value(a.number_attr)) found[a.number_attr] = n;
    if (a.is_list && !value(a.type_attr) && known) {
      std::vector<DType> list;
      for (DType t : types) list.push_back(BaseType(t));
      found[a.type_attr] = list;
    } else if (!a.is_list && !a.type_attr.empty() && !value(a.type_attr) && n > 0 && types[0] != DType::kInvalid) {
      found[a.type_attr] = BaseType(types[0]);
    }
    begin += n;
  }
  return found;
}

}  // namespace text

std::string PrintAttr(const AttrValue& v, int64_t max_elements) { return text::ValueText(v, "", max_elements); }

std::string PrintNode(const Graph& g, NodeId id, const GraphTextOptions& options) {
  return text::NodeText(g, g[id], options);
}

std::string PrintGraph(const Graph& g, const GraphTextOptions& options) {
  std::string out;
  if (g.file_info().from_file) out += text::FileText(g.file_info());
  if (options.functions) {
    for (const auto& [name, f] : g.functions()) out += text::FunctionText(*f, options);
  }
  for (NodeId id : g.nodes()) out += text::NodeText(g, g[id], options) + "\n";
  return out;
}

}  // namespace weir
