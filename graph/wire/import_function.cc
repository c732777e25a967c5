#include "weir/graph/wire/import_function.h"

#include <fmt/format.h>

#include <charconv>

#include "weir/graph/base/wire/tensor_proto.h"
#include "weir/graph/wire/import_value.h"
#include "weir/proto/graph.pb.h"

namespace weir {

namespace {

ArgDef ArgFromWire(const pb::OpDef::ArgDef& p) {
  ArgDef a;
  a.name = p.name();
  a.type = DTypeFromWire(p.type());
  a.type_attr = p.type_list_attr().empty() ? p.type_attr() : p.type_list_attr();
  a.number_attr = p.number_attr();
  a.is_list = !p.type_list_attr().empty();
  a.is_ref = p.is_ref();
  return a;
}

Result<AttrDef> AttrDefFromWire(const pb::OpDef::AttrDef& p) {
  AttrDef d;
  d.name = p.name();
  d.kind = p.type();
  if (p.has_default_value()) {
    WEIR_ASSIGN_OR_RETURN(d.default_value, AttrFromWire(p.default_value()));
  }
  for (int t : p.allowed_values().list().type()) d.allowed_types.push_back(DTypeFromWire(t));
  for (const auto& s : p.allowed_values().list().s()) d.allowed_strings.push_back(s);
  if (p.has_minimum()) d.minimum = p.minimum();
  return d;
}

// One output argument of an op: its name, and how many tensors it is; -1 when an attribute of the enclosing function
// tells.
struct OutputGroup {
  std::string name;
  int64_t size = 1;
};

// Turns "node:output:k" into endpoints while a body is made.
class Body {
 public:
  Body(const pb::FunctionDef& p, Function* f, const OpRegistry* registry, const Signatures& library)
      : p_(p), f_(f), registry_(registry), library_(library) {}

  Status Make() {
    WEIR_RETURN_IF_ERROR(AddArgs());
    for (const auto& n : p_.node_def()) {
      WEIR_ASSIGN_OR_RETURN(NodeSpec spec, NodeFromWire(n));
      WEIR_RETURN_IF_ERROR(AddNode(n, std::move(spec)));
    }
    for (const auto& n : p_.node_def()) WEIR_RETURN_IF_ERROR(Connect(n));
    WEIR_RETURN_IF_ERROR(AddResults());
    WEIR_RETURN_IF_ERROR(NameUnknownOutputs());
    return {};
  }

 private:
  Status Fail(Code code, const std::string& what) const {
    return Status(code, fmt::format("error[function]: function '{}' {}", f_->name, what));
  }

  Status AddArgs() {
    for (size_t i = 0; i < f_->args.size(); ++i) {
      const ArgDef& a = f_->args[i];
      if (a.is_list || !a.number_attr.empty()) return Fail(Code::kUnimplemented, "takes a list");
      NodeSpec spec{.op = "_Arg", .name = a.name};
      spec.attrs["T"] = a.type_attr.empty() ? AttrValue(a.type) : AttrValue(AttrPlaceholder{a.type_attr});
      spec.attrs["index"] = static_cast<int64_t>(i);
      WEIR_RETURN_IF_ERROR(f_->body.AddRaw(std::move(spec), 1).status());
    }
    return {};
  }

  Status AddNode(const pb::NodeDef& n, NodeSpec spec) {
    WEIR_ASSIGN_OR_RETURN(auto groups, Groups(n, spec.attrs));
    int64_t outputs = 0;
    for (const OutputGroup& g : groups) {
      if (g.size < 0)
        return Fail(Code::kUnimplemented,
                    fmt::format("has the node '{}' whose outputs depend on an attribute", n.name()));
      outputs += g.size;
    }
    auto id = f_->body.AddRaw(std::move(spec), static_cast<int>(std::min<int64_t>(outputs, 1 << 16)));
    if (!id.ok()) return Status(id.status()).Detail(fmt::format("in function '{}'", f_->name));
    if (auto call = library_.find(n.op()); call != library_.end()) {
      if (auto types = CallTypes(*call->second); types && types->size() == f_->body[*id].outputs().size()) {
        for (size_t i = 0; i < types->size(); ++i)
          WEIR_RETURN_IF_ERROR(f_->body.SetOutputType(*id, static_cast<int>(i), {.dtype = (*types)[i]}));
      }
    }
    if (!groups.empty()) groups_[id->value] = std::move(groups);
    return {};
  }

  Result<std::vector<OutputGroup>> Groups(const pb::NodeDef& n, const AttrMap& attrs) const {
    std::vector<OutputGroup> groups;
    if (const OpDef* def = registry_->Find(n.op())) {
      for (const ArgDef& a : def->outputs()) {
        groups.push_back({a.name, 1});
        const AttrValue* v = !a.number_attr.empty() ? def->Value(attrs, a.number_attr)
                             : a.is_list            ? def->Value(attrs, a.type_attr)
                                                    : nullptr;
        if (!v) continue;  // one tensor, or an attribute that lacks: AddRaw says so
        if (v->is<AttrPlaceholder>()) groups.back().size = -1;
        if (auto* i = v->get<int64_t>()) groups.back().size = std::max<int64_t>(*i, 0);
        if (auto* l = v->get<AttrList>()) groups.back().size = static_cast<int64_t>(l->size());
      }
    } else if (auto call = library_.find(n.op()); call != library_.end()) {
      for (const auto& a : call->second->output_arg()) {
        bool list = !a.number_attr().empty() || !a.type_list_attr().empty();
        groups.push_back({a.name(), list ? -1 : 1});
      }
    }
    return groups;
  }

  // The place among an unknown op's outputs of the one of this name.
  int32_t OutputNamed(NodeId id, const std::string& name) {
    auto& places = unknown_[id];
    return places.emplace(name, static_cast<int32_t>(places.size())).first->second;
  }

  Status NameUnknownOutputs() {
    for (const auto& [id, places] : unknown_) {
      AttrList names;
      names.s.resize(places.size());
      for (const auto& [name, place] : places) names.s[place] = name;
      WEIR_RETURN_IF_ERROR(f_->body.SetAttr(id, kOutputNames, std::move(names)));
    }
    return {};
  }

  Result<Endpoint> Find(const std::string& ref, const std::string& reader) {
    size_t colon = ref.find(':'), second = colon == ref.npos ? ref.npos : ref.find(':', colon + 1);
    std::string node = ref.substr(0, colon);
    std::string output =
        colon == ref.npos ? "" : ref.substr(colon + 1, second == ref.npos ? ref.npos : second - colon - 1);
    std::string number = second == ref.npos ? "" : ref.substr(second + 1);
    NodeId id = f_->body.Find(node);
    if (!id.valid())
      return Fail(Code::kInvalidArgument, fmt::format("has no node '{}', which '{}' reads", node, reader));
    bool numeric_output = !output.empty() && output.find_first_not_of("0123456789") == output.npos;
    if (numeric_output) std::swap(output, number);
    int64_t k = 0;
    if (!number.empty()) {
      auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), k);
      if (error != std::errc() || end != number.data() + number.size() || k < 0) {
        return Fail(Code::kInvalidArgument, fmt::format("has a malformed input '{}' of '{}'", ref, reader));
      }
    }
    auto groups = groups_.find(id.value);
    if (groups == groups_.end()) {
      const Node& n = f_->body[id];
      if (n.op() != "_Arg" && !n.def() && !library_.count(n.op()))
        return Endpoint{id, OutputNamed(id, fmt::format("{}:{}", output, k))};
      return CheckedEndpoint(id, k, ref, reader);
    }
    int64_t first = 0;
    for (const OutputGroup& g : groups->second) {
      if (output.empty() || g.name == output) {
        if (!output.empty() && k >= g.size) break;
        return CheckedEndpoint(id, first + k, ref, reader);
      }
      first += g.size;
    }
    return Fail(Code::kInvalidArgument, fmt::format("has no output '{}', which '{}' reads", ref, reader));
  }

  Result<Endpoint> CheckedEndpoint(NodeId id, int64_t k, const std::string& ref, const std::string& reader) const {
    if (k < static_cast<int64_t>(f_->body[id].outputs().size())) return Endpoint{id, static_cast<int32_t>(k)};
    return Fail(Code::kInvalidArgument, fmt::format("has no output '{}', which '{}' reads: '{}' has {}", ref, reader,
                                                    f_->body[id].name(), f_->body[id].outputs().size()));
  }

  Status Connect(const pb::NodeDef& n) {
    std::vector<Endpoint> inputs;
    std::vector<NodeId> controls;
    for (const std::string& ref : n.input()) {
      if (ref.starts_with("^")) {
        controls.push_back(f_->body.Find(std::string_view(ref).substr(1)));
        if (!controls.back().valid())
          return Fail(Code::kInvalidArgument,
                      fmt::format("has no node '{}', which '{}' waits for", ref.substr(1), n.name()));
        continue;
      }
      if (!controls.empty())
        return Fail(Code::kInvalidArgument,
                    fmt::format("has the node '{}' with the data input '{}' after control inputs", n.name(), ref));
      WEIR_ASSIGN_OR_RETURN(Endpoint e, Find(ref, n.name()));
      inputs.push_back(e);
    }
    return f_->body.SetInputs(f_->body.Find(n.name()), std::move(inputs), std::move(controls));
  }

  Status AddResults() {
    for (size_t i = 0; i < f_->rets.size(); ++i) {
      const ArgDef& r = f_->rets[i];
      if (r.is_list || !r.number_attr.empty()) return Fail(Code::kUnimplemented, "returns a list");
      auto ref = p_.ret().find(r.name);
      if (ref == p_.ret().end())
        return Fail(Code::kInvalidArgument, fmt::format("does not say what it returns as '{}'", r.name));
      NodeSpec spec{.op = "_Retval", .name = f_->body.UniqueName(r.name)};
      WEIR_ASSIGN_OR_RETURN(Endpoint e, Find(ref->second, "the result " + r.name));
      spec.inputs = {e};
      spec.attrs["T"] = r.type_attr.empty() ? AttrValue(r.type) : AttrValue(AttrPlaceholder{r.type_attr});
      spec.attrs["index"] = static_cast<int64_t>(i);
      WEIR_RETURN_IF_ERROR(f_->body.AddRaw(std::move(spec)).status());
    }
    return {};
  }

  const pb::FunctionDef& p_;
  Function* f_;
  const OpRegistry* registry_;
  const Signatures& library_;
  std::map<int32_t, std::vector<OutputGroup>> groups_;
  std::map<NodeId, std::map<std::string, int32_t>> unknown_;  // the outputs of unknown ops
};

}  // namespace

std::optional<std::vector<DType>> CallTypes(const pb::OpDef& signature) {
  std::vector<DType> types;
  for (const auto& a : signature.output_arg()) {
    if (!a.number_attr().empty() || !a.type_list_attr().empty()) return std::nullopt;
    types.push_back(a.type_attr().empty() ? DTypeFromWire(a.type()) : DType::kInvalid);
  }
  return types;
}

Status SignatureFromWire(const pb::OpDef& p, Function* f) {
  f->name = p.name();
  if (f->name.empty()) return InvalidArgument("error[function]: there is a function without a name");
  for (const auto& a : p.input_arg()) f->args.push_back(ArgFromWire(a));
  for (const auto& a : p.output_arg()) f->rets.push_back(ArgFromWire(a));
  for (const auto* args : {&f->args, &f->rets}) {
    for (const ArgDef& a : *args) {
      if (a.type_attr.empty() && a.type == DType::kInvalid)
        return InvalidArgument(
            fmt::format("error[function]: function '{}' has the argument '{}' without a type", f->name, a.name));
    }
  }
  for (const auto& a : p.attr()) {
    auto d = AttrDefFromWire(a);
    if (!d.ok())
      return InvalidArgument(fmt::format("error[function]: function '{}' has an attribute '{}' that {}", f->name,
                                         a.name(), d.status().message()));
    f->attr_defs.push_back(std::move(*d));
  }
  f->stateful = p.is_stateful();
  f->doc = p.description();
  return {};
}

Result<Function> FunctionFromWire(const pb::FunctionDef& p, const OpRegistry* registry, const Signatures& library) {
  Function f(registry);
  WEIR_RETURN_IF_ERROR(SignatureFromWire(p.signature(), &f));
  pb::FunctionDef rest;  // what Function has no place for
  rest.CopyFrom(p);
  rest.clear_node_def(), rest.clear_ret(), rest.clear_attr(), rest.clear_control_ret();
  for (const auto& [name, value] : p.attr()) {
    auto v = AttrFromWire(value);
    if (!v.ok())
      return InvalidArgument(fmt::format("error[function]: function '{}' has an attribute '{}' that {}", f.name, name,
                                         v.status().message()));
    f.attrs[name] = std::move(*v);
    if (SaysMore(value)) (*rest.mutable_attr())[name] = value;
  }
  for (const auto& [name, node] : p.control_ret()) f.control_ret[name] = node;
  Status made = Body(p, &f, registry, library).Make();
  if (made.code() == Code::kUnimplemented) {
    f.body = Graph(registry);
    f.unknown_fields = p.SerializeAsString();
    return f;
  }
  WEIR_RETURN_IF_ERROR(made);
  for (const auto& [name, node] : f.control_ret) {
    if (f.body.Find(node).valid()) continue;
    return InvalidArgument(fmt::format(
        "error[function]: function '{}' has no node '{}', which its control output '{}' names", f.name, node, name));
  }
  f.unknown_fields = rest.SerializeAsString();
  return f;
}

Result<NodeSpec> NodeFromWire(const pb::NodeDef& p, const Contents& contents) {
  if (p.op().empty()) return InvalidArgument(fmt::format("error[graph]: node '{:.100}' has no op", p.name()));
  NodeSpec spec{.op = p.op(), .name = p.name()};
  pb::NodeDef rest;  // what Node has no place for
  bool more = !p.GetReflection()->GetUnknownFields(p).empty() || p.has_experimental_type() ||
              p.experimental_debug_info().original_func_names_size();
  if (more) {
    rest.CopyFrom(p);
    rest.clear_name(), rest.clear_op(), rest.clear_input(), rest.clear_device(), rest.clear_attr();
    rest.mutable_experimental_debug_info()->clear_original_node_names();
    if (rest.experimental_debug_info().original_func_names_size() == 0) rest.clear_experimental_debug_info();
  }
  for (const auto& [name, value] : p.attr()) {
    auto v = AttrFromWire(value, contents);
    if (!v.ok()) {
      return Status(v.status())
          .Decorated(fmt::format("error[attr]: {} '{:.100}' has an attribute '{:.100}' that {}", p.op(), p.name(), name,
                                 v.status().message()));
    }
    spec.attrs.emplace(name, std::move(*v));
    if (!SaysMore(value)) continue;
    pb::AttrValue& kept = (*rest.mutable_attr())[name] = value;
    if (kept.has_tensor()) RestoreContent(contents, kept.mutable_tensor());
    more = true;
  }
  spec.device = p.device();
  const auto& origins = p.experimental_debug_info().original_node_names();
  spec.origins.assign(origins.begin(), origins.end());
  if (more) spec.unknown_fields = rest.SerializeAsString();
  return spec;
}

}  // namespace weir
