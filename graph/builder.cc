#include "weir/graph/builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"

namespace weir {

namespace {
const std::string kNoName;
const PartialShape kNoShape = PartialShape::Unknown();
}  // namespace

const std::string& Operation::name() const { return valid() ? builder_->graph().node(id_).name() : kNoName; }
DType Output::dtype() const { return valid() ? builder_->graph().type(endpoint_).dtype : DType::kInvalid; }
const PartialShape& Output::shape() const { return valid() ? builder_->graph().type(endpoint_).shape : kNoShape; }
std::string Output::name() const { return valid() ? builder_->graph().EndpointName(endpoint_) : kNoName; }
const Node& Output::node() const { return builder_->graph().node(endpoint_.node); }

namespace {
thread_local Builder* traced = nullptr;  // the body being built, innermost
}  // namespace

At::At(Builder& b, Loc loc) : builder(Builder::Innermost(&b)), loc(loc) {}

Builder::Builder(Builder* parent, int first_capture)
    : graph_(&parent->graph().registry()), parent_(parent), first_capture_(first_capture) {
  graph_.ShareFunctions(parent->graph());
  loc_ = parent->loc_;
  seed_ = parent->seed_, entropy_ = parent->entropy_;
}

Builder::Guard Builder::Tracing() {
  Builder* before = std::exchange(traced, this);
  return Guard([before] { traced = before; });
}

Builder* Builder::Innermost(Builder* b) {
  for (Builder* t = traced; t; t = t->parent_) {
    for (Builder* up = t; up; up = up->parent_) {
      if (up == b) return t;
    }
  }
  return b;
}

bool Builder::Encloses(const Builder* outer, const Builder* inner) {
  for (; inner; inner = inner->parent_) {
    if (inner == outer) return true;
  }
  return false;
}

std::string Builder::UniqueFunctionName(std::string_view base) {
  Builder* outermost = this;
  while (outermost->parent_) outermost = outermost->parent_;
  std::string name(base);
  for (int i = 1; graph_.FindFunction(name) || !outermost->function_names_.insert(name).second; ++i)
    name = fmt::format("{}_{}", base, i);
  return name;
}

FuncRef Builder::AddFunction(std::string_view base, Graph body) {
  graph_.ShareFunctions(body);
  const std::string name = UniqueFunctionName(base);
  Fail(graph_.AddFunction(ToFunction(name, std::move(body))));
  return {name, {}};
}

Output Builder::Capture(const Output& o) {
  if (o.builder() == this || !parent_ || !o.valid()) return o;
  Output outer = parent_->Capture(o);
  if (!outer.valid() || outer.builder() != parent_) return outer;
  if (auto it = captured_.find(outer.endpoint()); it != captured_.end()) return it->second;
  OutputType type = parent_->graph().type(outer.endpoint());
  NodeSpec spec;
  spec.op = "_Arg";
  spec.name = graph_.UniqueName(fmt::format("arg{}", first_capture_ + captures_.size()));
  spec.attrs = {{"T", BaseType(type.dtype)}, {"index", static_cast<int64_t>(first_capture_ + captures_.size())}};
  auto id = graph_.AddNode(std::move(spec));
  if (!id.ok()) {
    Fail(id.status());
    return {};
  }
  type.dtype = BaseType(type.dtype);
  type.value.reset();
  if (Status s = graph_.SetOutputType(*id, 0, type); !s.ok()) {
    Fail(std::move(s));
    return {};
  }
  captures_.push_back(outer);
  return captured_[outer.endpoint()] = Output(this, {*id, 0});
}

Builder::Builder(const OpRegistry* registry) : graph_(registry) {}

Builder::Builder(Result<LoadedGraph> loaded, const OpRegistry* registry)
    : Builder(loaded.ok() ? std::move(loaded->graph) : Graph(registry)) {
  Fail(loaded.status());
}

Builder::Builder(Graph graph) : graph_(std::move(graph)), num_loaded_(graph_.num_ids()) {
  InferBestEffort(graph_);  // what stays unknown may be of no concern to what is built
}

void Builder::Fail(Status s) {
  if (status_.ok()) status_ = std::move(s);
}

Builder::Guard Builder::NameScope(std::string_view name) {
  std::string before = scope_;
  if (name.empty()) {
    scope_.clear();
  } else if (name.back() == '/') {
    scope_ = name;
  } else {
    scope_ = UniqueName(name) + "/";
  }
  return Guard([this, before] { scope_ = before; });
}

Builder::Guard Builder::ControlDependencies(std::vector<Operation> before) {
  auto saved = control_;
  for (const Operation& op : before) {
    if (!op.valid()) {
      Fail(InvalidArgument("error[graph]: an invalid operation is to be waited for")
               .Help("what made it failed, or a name was not found"));
    }
    if (op.valid() && std::find(control_.begin(), control_.end(), op.id()) == control_.end())
      control_.push_back(op.id());
  }
  return Guard([this, saved] { control_ = saved; });
}

Builder::Guard Builder::NoControlDependencies() {
  auto saved = std::exchange(control_, {});
  return Guard([this, saved] { control_ = saved; });
}

Builder::Guard Builder::Device(std::string_view device) {
  auto saved = std::exchange(device_, std::string(device));
  return Guard([this, saved] { device_ = saved; });
}

Builder::Guard Builder::At(Loc loc) {
  Loc saved = loc_;
  if (!loc_) loc_ = loc;
  return Guard([this, saved] { loc_ = saved; });
}

std::string Builder::UniqueName(std::string_view name) {
  std::string unique = NodeName(name);
  if (!name.ends_with('/')) taken_.emplace(unique, 1);
  return unique;
}

std::string Builder::NodeName(std::string_view name) {
  if (name.ends_with('/')) return std::string(name.substr(0, name.size() - 1));
  std::string full = scope_ + std::string(name);
  for (int& i = taken_[full];;) {
    std::string candidate = i == 0 ? full : fmt::format("{}_{}", full, i);
    ++i;
    if (!graph_.Find(candidate).valid() && (candidate == full || !taken_.count(candidate))) return candidate;
  }
}

namespace {

// Fills type and number attributes that the Outputs among `inputs` tell; returns the dtype asked of each input.
class AttrSolver {
 public:
  AttrSolver(const OpDef& def, AttrMap& attrs, const std::vector<Input>& inputs)
      : def_(def), attrs_(attrs), inputs_(inputs) {}

  Result<std::vector<DType>> Solve() {
    WEIR_RETURN_IF_ERROR(SolveNumbers());
    size_t at = 0;
    for (const ArgDef& a : def_.inputs()) {
      size_t n = Count(a);
      if (at + n > inputs_.size()) break;
      SolveTypes(a, at, n);
      at += n;
    }
    // Attributes that only literals tell take the literal's own look.
    at = 0;
    for (const ArgDef& a : def_.inputs()) {
      size_t n = Count(a);
      if (at + n > inputs_.size()) break;
      WEIR_RETURN_IF_ERROR(SolveLiterals(a, at, n));
      at += n;
    }
    return def_.InputTypes(attrs_);
  }

 private:
  bool IsSet(const std::string& attr) const { return attrs_.count(attr) > 0; }

  // The one list argument takes what the others leave.
  Status SolveNumbers() {
    size_t singles = 0, lists = 0;
    for (const ArgDef& a : def_.inputs()) (a.is_list || !a.number_attr.empty() ? lists : singles) += 1;
    if (lists == 0) return {};
    for (const ArgDef& a : def_.inputs()) {
      if (a.number_attr.empty() || IsSet(a.number_attr)) continue;
      if (inputs_.size() < singles)
        return InvalidArgument(fmt::format("takes at least {} inputs, not {}", singles, inputs_.size()));
      int64_t uses = std::count_if(def_.inputs().begin(), def_.inputs().end(),
                                   [&](const ArgDef& b) { return b.number_attr == a.number_attr; });
      attrs_[a.number_attr] = static_cast<int64_t>((inputs_.size() - singles) / uses);
    }
    return {};
  }

  size_t Count(const ArgDef& a) const {
    if (!a.number_attr.empty()) {
      const AttrValue* v = def_.Value(attrs_, a.number_attr);
      return v && v->is<int64_t>() && *v->get<int64_t>() >= 0 ? static_cast<size_t>(*v->get<int64_t>()) : 0;
    }
    if (!a.is_list) return 1;
    if (const AttrValue* v = def_.Value(attrs_, a.type_attr); v && v->is<AttrList>())
      return v->get<AttrList>()->type.size();
    size_t singles = 0;
    for (const ArgDef& b : def_.inputs()) singles += !b.is_list && b.number_attr.empty();
    return inputs_.size() < singles ? 0 : inputs_.size() - singles;
  }

  void SolveTypes(const ArgDef& a, size_t at, size_t n) {
    if (a.type_attr.empty() || IsSet(a.type_attr)) return;
    if (a.is_list) {
      std::vector<DType> types;
      for (size_t i = at; i < at + n; ++i) types.push_back(BaseType(inputs_[i].dtype()));
      if (std::find(types.begin(), types.end(), DType::kInvalid) == types.end()) attrs_[a.type_attr] = types;
      return;
    }
    for (size_t i = at; i < at + n; ++i) {
      if (inputs_[i].is_literal()) continue;
      attrs_[a.type_attr] = BaseType(inputs_[i].dtype());
      return;
    }
  }

  Status SolveLiterals(const ArgDef& a, size_t at, size_t n) {
    if (a.type_attr.empty() || IsSet(a.type_attr)) return {};
    std::vector<DType> types;
    for (size_t i = at; i < at + n; ++i) {
      if (!inputs_[i].is_literal()) {
        types.push_back(BaseType(inputs_[i].dtype()));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(Tensor t, inputs_[i].literal().ToTensor(DType::kInvalid));
      types.push_back(t.dtype());
    }
    if (a.is_list) {
      attrs_[a.type_attr] = types;
    } else if (!types.empty()) {
      const AttrDef* d = def_.FindAttr(a.type_attr);
      // An index written as numbers takes the op's default index type; a Tensor has its own, any other literal takes
      // its look.
      bool numbers = inputs_[at].is_literal() && !inputs_[at].literal().has_dtype();
      bool by_default = numbers && d && d->default_value && d->default_value->is<DType>() &&
                        IsInteger(*d->default_value->get<DType>()) && IsInteger(types[0]);
      attrs_[a.type_attr] = by_default ? *d->default_value->get<DType>() : types[0];
    }
    return {};
  }

  const OpDef& def_;
  AttrMap& attrs_;
  const std::vector<Input>& inputs_;
};

}  // namespace

Operation Builder::AddNode(std::string_view op, InputList inputs, AttrMap attrs, const Name& name, Loc loc) {
  if (!status_.ok()) return {};
  if (loc_) loc = loc_;
  const std::string_view wanted = name.name.empty() ? op : std::string_view(name.name);
  for (Input& in : inputs) {
    if (!in.is_literal() && in.builder() != this && parent_) in = Input(Capture(in.output()), in.loc());
    if (in.is_literal() || (in.output().valid() && in.builder() == this)) continue;
    Fail(InvalidArgument(fmt::format("error[graph]: {} '{}' was given {}", op, wanted,
                                     in.output().valid() ? "an output of another graph" : "an invalid output"))
             .Detail(loc ? "at " + loc.ToString() : ""));
    return {};
  }
  NodeSpec spec;
  spec.op = op;
  spec.loc = loc;
  spec.device = device_;
  spec.control_inputs = control_;
  const OpDef* def = graph_.registry().Find(op);
  std::vector<DType> types;
  if (def) {
    auto solved = AttrSolver(*def, attrs, inputs).Solve();
    if (!solved.ok()) {
      Fail(InvalidArgument(fmt::format("error[graph]: {} '{}' {}", op, wanted, solved.status().message()))
               .Detail(solved.status().details()).Detail(loc ? "created at " + loc.ToString() : ""));
      return {};
    }
    types = *solved;
  }
  spec.name = NodeName(wanted);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_literal()) {
      spec.inputs.push_back(inputs[i].output().endpoint());
      continue;
    }
    auto value = inputs[i].literal().ToTensor(i < types.size() ? BaseType(types[i]) : DType::kInvalid);
    if (!value.ok()) {
      std::string arg = def ? def->InputName(static_cast<int>(i), attrs) : std::to_string(i);
      Fail(InvalidArgument(
               fmt::format("error[graph]: {} '{}': input '{}': {}", op, spec.name, arg, value.status().message()))
               .Detail(loc ? "created at " + loc.ToString() : ""));
      return {};
    }
    auto inside = NameScope(spec.name + "/");
    Output c = Constant(*std::move(value), {.name = def && def->inputs().size() > i ? def->inputs()[i].name : ""}, loc);
    if (!c.valid()) return {};
    spec.inputs.push_back(c.endpoint());
  }
  spec.attrs = std::move(attrs);
  auto id = graph_.AddNode(std::move(spec));
  if (!id.ok()) {
    Fail(id.status());
    return {};
  }
  return {this, *id};
}

Output Builder::Add(std::string_view op, InputList inputs, AttrMap attrs, const Name& name, Loc loc) {
  return OutputOf(AddNode(op, std::move(inputs), std::move(attrs), name, loc));
}

Output Builder::Constant(Tensor value, const Name& name, Loc loc) {
  DType dtype = value.dtype();
  auto no_control = NoControlDependencies();
  return Add("Const", {}, {{"value", std::move(value)}, {"dtype", dtype}}, name, loc);
}

Output Builder::FindOutput(std::string_view name) {
  auto e = graph_.ParseEndpoint(name);
  if (e.ok()) return {this, *e};
  Fail(e.status());
  return {};
}

Builder* BuilderOf(const std::vector<Input>& inputs) {
  Builder* found = nullptr;
  for (const Input& in : inputs) {
    if (!in.builder()) continue;
    Builder* b = Builder::Innermost(in.builder());
    // Of a body and the graph around it, the body.
    if (!found || Builder::Encloses(found, b)) found = b;
  }
  return found;
}

Builder* BuilderOf(std::initializer_list<Input> inputs) { return BuilderOf(std::vector<Input>(inputs)); }

Operation MakeNode(std::string_view op, InputList inputs, AttrMap attrs, const Name& name) {
  Builder* b = BuilderOf(inputs);
  if (!b) return {};
  Loc loc = inputs.empty() ? Loc{} : inputs[0].loc();
  return b->AddNode(op, std::move(inputs), std::move(attrs), name, loc);
}

Output Make(std::string_view op, InputList inputs, AttrMap attrs, const Name& name) {
  Operation n = MakeNode(op, std::move(inputs), std::move(attrs), name);
  return n.valid() ? n.builder()->OutputOf(n) : Output();
}

OutputList OutputList::Invalid(int64_t count) {
  return OutputList(count > 0 && count <= (1 << 16) ? static_cast<size_t>(count) : 0);
}

const Output& OutputList::operator[](size_t i) const {
  static const Output none;
  return i < size() ? std::vector<Output>::operator[](i) : none;
}

Output& OutputList::operator[](size_t i) {
  static thread_local Output none;
  return i < size() ? std::vector<Output>::operator[](i) : none = Output();
}

OutputList MakeAll(std::string_view op, InputList inputs, AttrMap attrs, const Name& name, int64_t asked) {
  Operation n = MakeNode(op, std::move(inputs), std::move(attrs), name);
  if (!n.valid()) return OutputList::Invalid(asked);
  OutputList outputs;
  int count = static_cast<int>(n.builder()->graph().node(n.id()).outputs().size());
  for (int i = 0; i < count; ++i) outputs.push_back(n.builder()->OutputOf(n, i));
  return outputs;
}

}  // namespace weir
