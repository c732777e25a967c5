// Parsing of the spec strings of op declarations, and what follows from a schema and attributes.
#include "weir/graph/op_def.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weir {

namespace {

std::string_view Trim(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

bool Consume(std::string_view& s, std::string_view prefix) {
  if (s.substr(0, prefix.size()) != prefix) return false;
  s = Trim(s.substr(prefix.size()));
  return true;
}

std::vector<std::string_view> SplitComma(std::string_view s) {
  std::vector<std::string_view> parts;
  for (s = Trim(s); !s.empty();) {
    size_t comma = s.find(',');
    parts.push_back(Trim(s.substr(0, comma)));
    s = comma == s.npos ? std::string_view() : s.substr(comma + 1);
  }
  return parts;
}

std::string Unquote(std::string_view s) {
  s = Trim(s);
  return s.size() >= 2 && s.front() == '\'' ? std::string(s.substr(1, s.size() - 2)) : std::string(s);
}

template <class T>
std::optional<T> Number(std::string_view s) {
  T v{};
  s = Trim(s);
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return v;
}

// The default value in a spec, as the attribute's kind reads it; nullopt for a malformed one.
std::optional<AttrValue> ParseDefault(std::string_view kind, std::string_view text) {
  if (kind == "string") return AttrValue(Unquote(text));
  if (kind == "bool")
    return text == "true" || text == "false" ? std::optional<AttrValue>(text == "true") : std::nullopt;
  if (kind == "int") { auto n = Number<int64_t>(text); return n ? std::optional<AttrValue>(*n) : std::nullopt; }
  if (kind == "float") { auto n = Number<float>(text); return n ? std::optional<AttrValue>(*n) : std::nullopt; }
  if (kind == "type") {
    DType t = ParseDType(text);
    return t == DType::kInvalid ? std::nullopt : std::optional<AttrValue>(t);
  }
  bool list = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (kind == "shape" && text == "?") return AttrValue(PartialShape::Unknown());
  if (!list) return std::nullopt;
  AttrList values;
  Dims dims;
  for (std::string_view item : SplitComma(text.substr(1, text.size() - 2))) {
    auto v = kind == "shape" ? ParseDefault("int", item) : ParseDefault(kind.substr(5, kind.size() - 6), item);
    if (!v) return std::nullopt;
    if (auto* i = v->get<int64_t>()) values.i.push_back(*i), dims.push_back(*i);
    if (auto* f = v->get<float>()) values.f.push_back(*f);
    if (auto* b = v->get<bool>()) values.b.push_back(*b);
    if (auto* s = v->get<std::string>()) values.s.push_back(*s);
    if (auto* t = v->get<DType>()) values.type.push_back(*t);
  }
  return kind == "shape" ? AttrValue(PartialShape(dims)) : AttrValue(values);
}

// A dtype, or a list of them by TensorFlow's name for it; none when it is neither.
std::vector<DType> NamedTypes(std::string_view name) {
  using enum DType;
  if (name == "numbertype") {
    return {kFloat, kDouble, kInt32,  kUint8,    kInt16,  kInt8,    kComplex64, kInt64,      kQint8, kQuint8,
            kQint32, kBfloat16, kQint16, kQuint16, kUint16, kComplex128, kHalf,  kUint32, kUint64};
  }
  if (name == "realnumbertype") {
    return {kFloat, kDouble, kInt32, kUint8, kInt16, kInt8, kInt64, kBfloat16, kUint16, kHalf, kUint32, kUint64};
  }
  const DType t = ParseDType(name);
  return t == kInvalid ? std::vector<DType>() : std::vector{t};
}

bool KindMatches(const AttrDef& def, const AttrValue& v) {
  if (v.is<AttrPlaceholder>()) return true;
  std::string_view have = v.KindName();
  return have == def.kind || (have == "list()" && def.kind.starts_with("list("));
}

template <class T>
std::string Join(const std::vector<T>& items, auto&& text) {
  std::string out;
  for (const T& i : items) out += (out.empty() ? "" : ", ") + text(i);
  return out;
}

std::string AllowedText(const AttrDef& d) {
  if (!d.allowed_types.empty()) return Join(d.allowed_types, [](DType t) { return DTypeName(t); });
  return Join(d.allowed_strings, [](const std::string& s) { return "'" + s + "'"; });
}

Status CheckOne(const AttrDef& d, const AttrValue& v) {
  if (!KindMatches(d, v))
    return InvalidArgument(fmt::format("has attribute '{}' of kind {}, not {}", d.name, v.KindName(), d.kind));
  auto refuse = [&](const std::string& got) {
    return InvalidArgument(fmt::format("has attribute '{}' = {}, which is not allowed", d.name, got))
        .Detail("allowed: " + AllowedText(d));
  };
  auto check_type = [&](DType t) -> Status {
    bool ok = d.allowed_types.empty() ||
              std::find(d.allowed_types.begin(), d.allowed_types.end(), t) != d.allowed_types.end();
    return ok ? Status() : refuse(DTypeName(t));
  };
  auto check_string = [&](const std::string& s) -> Status {
    bool ok = d.allowed_strings.empty() ||
              std::find(d.allowed_strings.begin(), d.allowed_strings.end(), s) != d.allowed_strings.end();
    return ok ? Status() : refuse("'" + s + "'");
  };
  if (auto* t = v.get<DType>()) return check_type(*t);
  if (auto* s = v.get<std::string>()) return check_string(*s);
  auto* list = v.get<AttrList>();
  if (list) {
    for (DType t : list->type) {
      if (t == DType::kInvalid) return InvalidArgument(fmt::format("has no dtype in attribute '{}'", d.name));
      WEIR_RETURN_IF_ERROR(check_type(t));
    }
    for (const std::string& s : list->s) WEIR_RETURN_IF_ERROR(check_string(s));
  }
  if (d.minimum) {
    int64_t n = list ? static_cast<int64_t>(list->size()) : v.is<int64_t>() ? *v.get<int64_t>() : *d.minimum;
    if (n < *d.minimum) {
      return InvalidArgument(fmt::format("has attribute '{}' {} {}, below the minimum of {}", d.name,
                                         list ? "of length" : "=", n, *d.minimum));
    }
  }
  return {};
}

}  // namespace

namespace {
using OpsFn = const OpRegistry& (*)();
constinit OpsFn default_ops = nullptr;  // set while the library is loaded, perhaps before this file's objects
}  // namespace

const OpRegistry& DefaultOps() {
  static const OpRegistry none;
  return default_ops ? default_ops() : none;
}

void GiveDefaultOps(const OpRegistry& (*ops)()) { default_ops = ops; }

std::optional<int64_t> ArgDef::Count(const AttrValue* value) const {
  if (counted_by().empty()) return 1;
  if (!value) return std::nullopt;
  if (auto* number = value->get<int64_t>()) return *number;
  auto* list = value->get<AttrList>();
  return list ? std::optional(static_cast<int64_t>(list->size())) : std::nullopt;
}

ArgDef OpDef::ParseArg(std::string_view spec) {
  ArgDef arg;
  size_t colon = spec.find(':');
  if (colon == spec.npos) { error_ = fmt::format("argument '{}' has no type", spec); return arg; }
  arg.name = Trim(spec.substr(0, colon));
  std::string_view type = Trim(spec.substr(colon + 1));
  if (type.starts_with("Ref(") && type.back() == ')') {
    arg.is_ref = true;
    type = type.substr(4, type.size() - 5);
  }
  if (size_t star = type.find('*'); star != type.npos) {
    arg.number_attr = Trim(type.substr(0, star));
    type = Trim(type.substr(star + 1));
  }
  // Why by name: an attribute may be declared after the argument, and none is called like a dtype.
  if (DType t = ParseDType(type); t != DType::kInvalid) {
    arg.type = t;
  } else {
    arg.type_attr = type;
  }
  return arg;
}

OpDef& OpDef::Input(std::string_view spec) { inputs_.push_back(ParseArg(spec)); return *this; }
OpDef& OpDef::Output(std::string_view spec) { outputs_.push_back(ParseArg(spec)); return *this; }

OpDef& OpDef::Attr(std::string_view spec) {
  AttrDef d;
  std::string_view rest = spec;
  size_t colon = rest.find(':');
  if (colon == rest.npos) { error_ = fmt::format("attribute '{}' has no kind", spec); return *this; }
  d.name = Trim(rest.substr(0, colon));
  rest = Trim(rest.substr(colon + 1));
  bool in_list = Consume(rest, "list(");
  if (rest.starts_with("{")) {
    size_t close = rest.find('}');
    if (close == rest.npos) { error_ = fmt::format("attribute '{}': no '}}'", spec); return *this; }
    for (std::string_view item : SplitComma(rest.substr(1, close - 1))) {
      if (item.front() == '\'') {
        d.allowed_strings.push_back(Unquote(item));
      } else if (auto types = NamedTypes(item); !types.empty()) {
        d.allowed_types.insert(d.allowed_types.end(), types.begin(), types.end());
      } else {
        error_ = fmt::format("attribute '{}': unknown dtype {}", spec, item);
      }
    }
    d.kind = d.allowed_types.empty() ? "string" : "type";
    rest = Trim(rest.substr(close + 1));
  } else {
    size_t end = rest.find_first_of(" )=");
    d.kind = Trim(rest.substr(0, end));
    if (d.kind == "numbertype" || d.kind == "realnumbertype") d.allowed_types = NamedTypes(d.kind), d.kind = "type";
    rest = end == rest.npos ? std::string_view() : Trim(rest.substr(end));
  }
  if (in_list) {
    if (!Consume(rest, ")")) error_ = fmt::format("attribute '{}': no ')'", spec);
    d.kind = "list(" + d.kind + ")";
  }
  if (Consume(rest, ">=")) {
    size_t end = rest.find('=');
    d.minimum = Number<int64_t>(rest.substr(0, end));
    if (!d.minimum) error_ = fmt::format("attribute '{}': bad minimum", spec);
    rest = end == rest.npos ? std::string_view() : rest.substr(end);
  }
  if (Consume(rest, "=")) {
    d.default_value = ParseDefault(d.kind, rest);
    if (!d.default_value) error_ = fmt::format("attribute '{}': bad default", spec);
  } else if (!rest.empty()) {
    error_ = fmt::format("attribute '{}': unexpected '{}'", spec, rest);
  }
  attrs_.push_back(std::move(d));
  for (auto* args : {&inputs_, &outputs_}) {
    for (ArgDef& a : *args) a.is_list |= a.type_attr == attrs_.back().name && attrs_.back().kind == "list(type)";
  }
  return *this;
}

OpDef& OpDef::Attr(std::string_view spec, AttrValue default_value) {
  Attr(spec);
  attrs_.back().default_value = std::move(default_value);
  return *this;
}

OpDef& OpDef::Doc(std::string_view doc) { doc_ = doc; return *this; }
OpDef& OpDef::Shape(ShapeFn fn) { shape_ = std::move(fn); return *this; }
OpDef& OpDef::Gradient(GradFn fn) { gradient_ = std::move(fn); return *this; }
OpDef& OpDef::NoGradient(std::string_view reason, bool zero) {
  no_gradient_ = reason;
  gradient_is_zero_ = zero;
  return *this;
}
OpDef& OpDef::Composed(ExpandFn fn) { expansion_ = std::move(fn), compiled_away_ = true; return *this; }
OpDef& OpDef::Stateful() { stateful_ = true; return *this; }
OpDef& OpDef::Random() { stateful_ = random_ = keeps_state_ = true; return *this; }
OpDef& OpDef::KeepsState() { keeps_state_ = true; return *this; }
OpDef& OpDef::TellsItsName() { tells_its_name_ = true; return *this; }
OpDef& OpDef::Fed() { fed_ = true; return *this; }
OpDef& OpDef::MakesObject() { stateful_ = makes_handle_ = true; return *this; }
OpDef& OpDef::Waits() { waits_ = true; return *this; }
OpDef& OpDef::MakesHandle() { stateful_ = makes_handle_ = compiled_away_ = true; return *this; }
OpDef& OpDef::HandsOn() { hands_on_ = true; return *this; }
OpDef& OpDef::FeedsBack() { feeds_back_ = true; return *this; }
OpDef& OpDef::Calls(CallKind kind) { calls_ = kind, compiled_away_ = true; return *this; }
OpDef& OpDef::CompiledAway() { compiled_away_ = true; return *this; }
OpDef& OpDef::HandleForm(std::string op) { handle_form_ = std::move(op); return *this; }
OpDef& OpDef::Chooses() { chooses_ = true; return *this; }
OpDef& OpDef::SizedByFirst() { sized_by_first_ = true; return *this; }
OpDef& OpDef::HasPoles() { has_poles_ = true; return *this; }
OpDef& OpDef::Flops(FlopsFn fn) { flops_ = std::move(fn); return *this; }
OpDef& OpDef::NoFlops() { return Flops([](const ShapeContext&) { return int64_t{0}; }); }
OpDef& OpDef::Commutative() { commutative_ = true; return *this; }
OpDef& OpDef::ShapeOnly() { shape_only_ = true; return *this; }
OpDef& OpDef::Reads(std::vector<int> inputs) { reads_ = std::move(inputs); return *this; }
OpDef& OpDef::Writes(std::vector<int> inputs) { writes_ = std::move(inputs); return *this; }

const AttrDef* OpDef::FindAttr(std::string_view name) const {
  for (const AttrDef& a : attrs_) {
    if (a.name == name) return &a;
  }
  return nullptr;
}

const AttrValue* OpDef::Value(const AttrMap& attrs, std::string_view name) const {
  if (auto it = attrs.find(name); it != attrs.end()) return &it->second;
  const AttrDef* d = FindAttr(name);
  return d && d->default_value ? &*d->default_value : nullptr;
}

Status OpDef::CheckAttrs(const AttrMap& attrs) const {
  size_t given = 0;
  for (const auto& [name, value] : attrs) {
    const AttrDef* d = FindAttr(name);
    if (!d) continue;  // of a newer producer: see UnknownAttrs
    WEIR_RETURN_IF_ERROR(CheckOne(*d, value));
    ++given;
  }
  if (given == attrs_.size()) return {};
  for (const AttrDef& d : attrs_) {
    if (!d.default_value && attrs.find(d.name) == attrs.end()) {
      if (d.kind == "cpp_function") return InvalidArgument("calls a C++ function, which no file can hold");
      return InvalidArgument(fmt::format("lacks the attribute '{}' ({})", d.name, d.kind));
    }
  }
  return {};
}

Status OpDef::ReadPrograms(AttrMap& attrs) const {
  for (const AttrDef& d : attrs_) {
    if (d.kind != "program") continue;
    auto it = attrs.find(d.name);
    const std::string* print = it == attrs.end() ? nullptr : it->second.get<std::string>();
    if (!print) continue;
    WEIR_ASSIGN_OR_RETURN(it->second, Program::Parse(*print));
  }
  return {};
}

Result<std::vector<DType>> OpDef::ArgTypes(const std::vector<ArgDef>& args, const AttrMap& attrs) const {
  std::vector<DType> types;
  WEIR_RETURN_IF_ERROR(AppendArgTypes(args, attrs, types));
  return types;
}

Status OpDef::AppendArgTypes(const std::vector<ArgDef>& args, const AttrMap& attrs, std::vector<DType>& types) const {
  const AttrValue* v = nullptr;  // of the argument before, too, which mostly has its type by the same attribute
  const std::string* name = nullptr;
  for (const ArgDef& a : args) {
    int64_t n = 1;
    if (!a.number_attr.empty()) {
      const AttrValue* number = Value(attrs, a.number_attr);
      if (!number || !number->is<int64_t>())
        return InvalidArgument(fmt::format("lacks the attribute '{}' (int)", a.number_attr));
      n = *number->get<int64_t>();
      if (n < 0 || n > (1 << 24))
        return InvalidArgument(fmt::format("has attribute '{}' = {}, outside [0, 2^24]", a.number_attr, n));
    }
    if (a.type_attr.empty()) {
      types.insert(types.end(), n, a.is_ref ? MakeRef(a.type) : a.type);
      continue;
    }
    if (!name || *name != a.type_attr) name = &a.type_attr, v = Value(attrs, *name);
    if (v && a.is_list && v->is<AttrList>()) {
      const auto& list = v->get<AttrList>()->type;
      types.insert(types.end(), list.begin(), list.end());
    } else if (v && !a.is_list && v->is<DType>()) {
      const DType type = a.is_ref ? MakeRef(*v->get<DType>()) : *v->get<DType>();
      if (n == 1) types.push_back(type);
      else types.insert(types.end(), n, type);
    } else if (v && v->is<AttrPlaceholder>()) {
      types.insert(types.end(), n, DType::kInvalid);  // a polymorphic body: any
    } else {
      return InvalidArgument(
          fmt::format("lacks the attribute '{}' ({})", a.type_attr, a.is_list ? "list(type)" : "type"));
    }
  }
  return {};
}

Result<std::pair<int, int>> OpDef::InputRange(std::string_view arg, const AttrMap& attrs) const {
  int begin = 0;
  for (const ArgDef& a : inputs_) {
    WEIR_ASSIGN_OR_RETURN(auto types, ArgTypes({a}, attrs));
    if (a.name == arg) return std::pair(begin, begin + static_cast<int>(types.size()));
    begin += static_cast<int>(types.size());
  }
  return NotFound(fmt::format("has no input '{}'", arg));
}

std::string OpDef::InputName(int flat, const AttrMap& attrs) const {
  int begin = 0;
  for (const ArgDef& a : inputs_) {
    auto types = ArgTypes({a}, attrs);
    int n = types.ok() ? static_cast<int>(types->size()) : 1;
    if (flat < begin + n) {
      bool many = a.is_list || !a.number_attr.empty();
      return many ? fmt::format("{}[{}]", a.name, flat - begin) : a.name;
    }
    begin += n;
  }
  return fmt::format("input {}", flat);
}

std::string OpDef::Signature() const {
  auto arg = [](const ArgDef& a) {
    std::string type = a.type_attr.empty() ? DTypeName(a.type) : a.type_attr;
    if (a.is_ref) type = "Ref(" + type + ")";
    return a.name + ": " + (a.number_attr.empty() ? "" : a.number_attr + " * ") + type;
  };
  auto attr = [](const AttrDef& d) {
    std::string allowed = AllowedText(d);
    return d.name + ": " +
           (allowed.empty() ? d.kind : (d.kind.starts_with("list") ? "list({" + allowed + "})" : "{" + allowed + "}"));
  };
  std::string s = fmt::format("{}({}) -> ({})", name_, Join(inputs_, arg), Join(outputs_, arg));
  return attrs_.empty() ? s : s + " {" + Join(attrs_, attr) + "}";
}

OpDef& OpRegistry::Add(std::string name) {
  auto& [key, op] = *ops_.insert_or_assign(name, OpDef(name)).first;
  by_name_[key] = &op;
  return op;
}

const OpDef* OpRegistry::Find(std::string_view name) const {
  auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

std::vector<std::string> OpRegistry::Nearest(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [n, def] : ops_) names.push_back(n);
  return NearestNames(name, names);
}

namespace {

int EditDistance(std::string_view a, std::string_view b, int limit) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0], best = row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      bool same = std::tolower(a[i - 1]) == std::tolower(b[j - 1]);
      int d = std::min({row[j] + 1, row[j - 1] + 1, diagonal + !same});
      diagonal = row[j], row[j] = d;
      best = std::min(best, d);
    }
    if (best > limit) return best;
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> NearestNames(std::string_view name, std::span<const std::string> names) {
  if (name.size() > 256) return {};
  int limit = std::max(2, static_cast<int>(name.size()) / 3);
  std::vector<std::pair<int, std::string>> near;
  for (const std::string& n : names) {
    if (n.size() > name.size() + limit || n.size() + limit < name.size()) continue;
    if (int d = EditDistance(name, n, limit); d <= limit) near.push_back({d, n});
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> result;
  for (size_t i = 0; i < near.size() && i < 3; ++i) result.push_back(near[i].second);
  return result;
}

}  // namespace weir
