// Variables as nodes of a graph, and what is kept beside the nodes: collections, and the variables of each scope.
//
// All of it lives in the builder's extensions; nothing here holds a value.
#include "weir/ops/variables.h"

#include <fmt/format.h>

#include <map>

namespace weir {

namespace {

// The object kept under `key`, made on first use.
template <class T>
T& Extension(Builder& b, const std::string& key) {
  std::shared_ptr<void>& kept = b.extension(key);
  if (!kept) kept = std::make_shared<T>();
  return *static_cast<T*>(kept.get());
}

}  // namespace

// ---- Variable

Variable::Variable(Output initial_value, VariableOptions options, Loc loc) {
  if (!initial_value.valid()) return;
  *this = Variable(*initial_value.builder(), Input(initial_value, loc), std::move(options), loc);
}

Variable::Variable(Builder& b, const Input& initial_value, VariableOptions options, Loc loc) {
  auto at = b.At(loc);
  auto free = b.NoControlDependencies();
  std::string full = b.UniqueName(options.name);
  if (initial_value.is_literal()) {
    auto tensor = initial_value.literal().ToTensor(options.dtype);
    if (!tensor.ok()) {
      b.Fail(InvalidArgument(
          fmt::format("error[graph]: initial value of variable '{}': {}", full, tensor.status().message())));
      return;
    }
    auto scope = b.NameScope(full + "/Initializer/");
    initial_value_ = b.Constant(*std::move(tensor), {.name = "initial_value"});
  } else {
    initial_value_ = initial_value.output();
  }
  Build(b, full, options);
}

Variable::Variable(Builder& b, const Shape& shape, DType dtype, const Initializer& initializer, VariableOptions options,
                   Loc loc) {
  auto at = b.At(loc);
  auto free = b.NoControlDependencies();
  std::string full = b.UniqueName(options.name);
  {
    auto scope = b.NameScope(full + "/Initializer/");
    initial_value_ = initializer(b, shape, dtype);
  }
  if (!options.shape) options.shape = PartialShape(shape);
  Build(b, full, options);
}

void Variable::Build(Builder& b, const std::string& full, const VariableOptions& options) {
  if (!initial_value_.valid()) return;
  PartialShape shape = options.shape.value_or(initial_value_.shape());
  // Symbols are of this graph only; a variable's declared shape outlives it.
  if (shape.known_rank()) {
    for (int i = 0; i < shape.rank(); ++i) shape[i] = Known(shape[i]) ? shape[i] : kUnknownDim;
  }
  handle_ = b.Add("VarHandleOp", {}, {{"dtype", initial_value_.dtype()}, {"shape", shape}, {"shared_name", full}},
                  {.name = full + "/"});
  auto scope = b.NameScope(full + "/");
  is_initialized_ = b.Add("VarIsInitializedOp", {handle_}, {}, {.name = "IsInitialized/VarIsInitializedOp"});
  initializer_ = b.AddNode("AssignVariableOp", {handle_, initial_value_}, {}, {.name = "Assign"});
  snapshot_ = b.Add("ReadVariableOp", {handle_}, {{"dtype", initial_value_.dtype()}}, {.name = "Read/ReadVariableOp"});
  trainable_ = options.trainable;
  if (!snapshot_.valid()) return;
  if (options.collections.empty()) GlobalVariables(b).push_back(*this);
  for (const std::string& key : options.collections) VariableCollection(b, key).push_back(*this);
  if (trainable_) TrainableVariables(b).push_back(*this);
}

DType Variable::dtype() const {
  return valid() ? builder()->graph().type(handle_.endpoint()).handle_dtype : DType::kInvalid;
}

const PartialShape& Variable::shape() const {
  static const PartialShape kUnknown = PartialShape::Unknown();
  return valid() ? builder()->graph().type(handle_.endpoint()).handle_shape : kUnknown;
}

Output Variable::Read(Loc loc) const {
  if (!valid()) return {};
  Builder& b = *Builder::Innermost(builder());
  auto scope = b.NameScope(name() + "/Read/");
  return b.Add("ReadVariableOp", {handle_}, {{"dtype", dtype()}}, {.name = "ReadVariableOp"}, loc);
}

Output Variable::Gather(const Input& indices, const Name& name) const {
  if (!valid()) return {};
  return Builder::Innermost(builder())->Add("ResourceGather", {handle_, indices}, {{"dtype", dtype()}}, name,
                                            indices.loc());
}

// ---- collections

std::vector<Variable>& VariableCollection(Builder& b, const std::string& key) {
  return Extension<std::vector<Variable>>(b, "variables/" + key);
}
std::vector<Output>& OutputCollection(Builder& b, const std::string& key) {
  return Extension<std::vector<Output>>(b, "outputs/" + key);
}
std::vector<Operation>& OperationCollection(Builder& b, const std::string& key) {
  return Extension<std::vector<Operation>>(b, "operations/" + key);
}

Operation Group(At g, const std::vector<Operation>& operations, const Name& name) {
  auto free = g.builder->NoControlDependencies();
  auto after = g.builder->ControlDependencies(operations);
  return g.builder->AddNode("NoOp", {}, {}, name, g.loc);
}

Operation VariablesInitializer(At g, const std::vector<Variable>& variables, const Name& name) {
  std::vector<Operation> assigns;
  for (const Variable& v : variables) assigns.push_back(v.initializer());
  return Group(g, assigns, name);
}

// ---- scopes and sharing

namespace {

struct ScopeState {
  std::string prefix;
  Reuse reuse = Reuse::kNew;
  Initializer initializer;
  std::map<std::string, Variable> variables;  // by full name
  std::map<std::string, int> scopes;          // how often each was opened, since the one around it was
};

ScopeState& Scopes(Builder& b) { return Extension<ScopeState>(b, "variable_scope"); }

Status CheckShared(const Variable& v, const std::string& full, const Shape& shape, DType dtype, Reuse reuse) {
  const Node& node = v.handle().node();
  std::string where = node.loc() ? " at " + node.loc().ToString() : "";
  if (reuse == Reuse::kNew) {
    return AlreadyExists(fmt::format("error[graph]: variable '{}' exists already, created{}", full, where))
        .Help("open its scope with .reuse = Reuse::kExisting or kAuto to share it");
  }
  if (v.dtype() != dtype || !v.shape().Admits(shape)) {
    return InvalidArgument(fmt::format("error[shape]: variable '{}' is {}{}, created{}, but {}{} is asked for", full,
                                       DTypeShortName(v.dtype()), v.shape().ToString(), where, DTypeShortName(dtype),
                                       shape.ToString()));
  }
  return {};
}

Initializer DefaultInitializer(DType dtype) {
  return IsFloating(dtype) ? ops::GlorotUniformInitializer() : ops::ZerosInitializer();
}

}  // namespace

Builder::Guard VariableScope(Builder& b, const std::string& name, VariableScopeOptions options) {
  ScopeState& s = Scopes(b);
  std::string prefix = s.prefix, full = s.prefix + name;
  Reuse reuse = s.reuse;
  Initializer initializer = s.initializer;
  if (options.unique && s.scopes[full] > 0) {
    int i = 1;
    while (s.scopes[fmt::format("{}_{}", full, i)] > 0) ++i;
    full = fmt::format("{}_{}", full, i);
  }
  ++s.scopes[full];
  s.prefix = full + "/";
  if (options.reuse != Reuse::kInherit) s.reuse = options.reuse;
  if (options.initializer) s.initializer = options.initializer;
  auto names = std::make_shared<Builder::Guard>(b.NameScope(full.substr(prefix.size())));
  return Builder::Guard([&b, prefix, reuse, initializer, names]() mutable {
    ScopeState& state = Scopes(b);
    // Opened again, a scope counts anew: what is built in it by the same code shares what the first time made.
    std::erase_if(state.scopes, [&](const auto& inner) { return inner.first.starts_with(state.prefix); });
    state.prefix = prefix;
    state.reuse = reuse;
    state.initializer = initializer;
    names.reset();
  });
}

Variable GetVariable(At g, const std::string& name, const Shape& shape, GetVariableOptions o) {
  Builder& b = *g.builder;
  ScopeState& s = Scopes(b);
  std::string full = s.prefix + name;
  if (auto it = s.variables.find(full); it != s.variables.end()) {
    if (Status status = CheckShared(it->second, full, shape, o.dtype, s.reuse); !status.ok()) {
      b.Fail(std::move(status).Detail(g.loc ? "at " + g.loc.ToString() : ""));
      return {};
    }
    return it->second;
  }
  if (s.reuse == Reuse::kExisting) {
    b.Fail(NotFound(
        fmt::format("error[graph]: variable '{}' does not exist, and its scope asks for existing ones", full)));
    return {};
  }
  Initializer initializer = o.initializer ? o.initializer : s.initializer ? s.initializer : DefaultInitializer(o.dtype);
  auto top = b.NameScope("");
  Variable v(b, shape, o.dtype, initializer, {.name = full, .trainable = o.trainable}, g.loc);
  if (!v.valid()) return {};
  s.variables.emplace(full, v);
  if (o.regularizer) {
    auto scope = b.NameScope(full + "/Regularizer/");
    Output loss = o.regularizer(v.Read(g.loc));
    if (loss.valid()) OutputCollection(b, collection::kRegularizationLosses).push_back(loss);
  }
  return v;
}

// ---- changing a variable

namespace ops {

namespace {

Operation Change(const char* op, const Variable& v, std::vector<Input> inputs, const Name& name) {
  if (!v.valid()) return {};
  Loc loc = inputs.back().loc();
  inputs.insert(inputs.begin(), Input(v.handle(), loc));
  return Builder::Innermost(v.builder())->AddNode(op, std::move(inputs), {{"dtype", v.dtype()}}, name, loc);
}

}  // namespace

Operation Assign(const Variable& v, const Input& value, const Name& name) {
  return Change("AssignVariableOp", v, {value}, name);
}
Operation AssignAdd(const Variable& v, const Input& value, const Name& name) {
  return Change("AssignAddVariableOp", v, {value}, name);
}
Operation AssignSub(const Variable& v, const Input& value, const Name& name) {
  return Change("AssignSubVariableOp", v, {value}, name);
}
Operation ScatterUpdate(const Variable& v, const Input& indices, const Input& updates, const Name& name) {
  return Change("ResourceScatterUpdate", v, {indices, updates}, name);
}
Operation ScatterAdd(const Variable& v, const Input& indices, const Input& updates, const Name& name) {
  return Change("ResourceScatterAdd", v, {indices, updates}, name);
}
Operation ScatterSub(const Variable& v, const Input& indices, const Input& updates, const Name& name) {
  return Change("ResourceScatterSub", v, {indices, updates}, name);
}

}  // namespace ops
}  // namespace weir
