// Variables as nodes of a graph, and what is kept beside the nodes: collections, and the variables of each scope.
//
// All of it is kept with the builder; nothing here holds a value.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "weir/ops/model/collections.h"
#include "weir/ops/model/variables_internal.h"

namespace weir {

namespace {

// One that a file brought; invalid when there is none.
Variable LoadedVariable(Builder& b, const std::string& name) {
  NodeId id = b.graph().Find(name);
  return id.valid() && id.value < b.num_loaded() ? KnownVariable(b, name) : Variable();
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

void Variable::BuildHandle(Builder& b, const std::string& full, const PartialShape& shape) {
  handle_ = b.Add("VarHandleOp", {}, {{"dtype", initial_value_.dtype()}, {"shape", shape}, {"shared_name", full}},
                  {.name = full + "/"});
  auto scope = b.NameScope(full + "/");
  is_initialized_ = b.Add("VarIsInitializedOp", {handle_}, {}, {.name = "IsInitialized/VarIsInitializedOp"});
  initializer_ = b.AddNode("AssignVariableOp", {handle_, initial_value_}, {}, {.name = "Assign"});
  snapshot_ = b.Add("ReadVariableOp", {handle_}, {{"dtype", initial_value_.dtype()}}, {.name = "Read/ReadVariableOp"});
}

void Variable::BuildReference(Builder& b, const std::string& full, const PartialShape& shape) {
  handle_ = b.Add("VariableV2", {}, {{"dtype", initial_value_.dtype()}, {"shape", shape}}, {.name = full + "/"});
  auto scope = b.NameScope(full + "/");
  initializer_ =
      b.AddNode("Assign", {handle_, initial_value_}, {{"validate_shape", shape.fully_known()}}, {.name = "Assign"});
  snapshot_ = b.Add("Identity", {handle_}, {}, {.name = "read"});
}

void Variable::Build(Builder& b, const std::string& full, const VariableOptions& options) {
  if (!initial_value_.valid()) return;
  PartialShape shape = options.shape.value_or(initial_value_.shape());
  // Symbols are of this graph only; a variable's declared shape outlives it.
  if (shape.known_rank()) {
    for (int i = 0; i < shape.rank(); ++i) shape[i] = Known(shape[i]) ? shape[i] : kUnknownDim;
  }
  options.reference ? BuildReference(b, full, shape) : BuildHandle(b, full, shape);
  trainable_ = options.trainable;
  if (!snapshot_.valid()) return;
  VariablesByNode(b)[handle_.endpoint().node] = *this;
  const auto& keys = options.collections;
  auto in = [&](const char* key) { return std::find(keys.begin(), keys.end(), key) != keys.end(); };
  bool global = keys.empty() || in(collection::kGlobalVariables);
  if (!global && in(collection::kLocalVariables)) b.mutable_graph().local_variables().insert(name());
  if (options.collections.empty()) GlobalVariables(b).push_back(*this);
  for (const std::string& key : options.collections) VariableCollection(b, key).push_back(*this);
  if (trainable_) TrainableVariables(b).push_back(*this);
}

DType Variable::dtype() const {
  return valid() ? handle_.node().type_attr("dtype") : DType::kInvalid;
}

const PartialShape& Variable::shape() const {
  static const PartialShape kUnknown = PartialShape::Unknown();
  if (!valid()) return kUnknown;
  const OutputType& type = builder()->graph().type(handle_.endpoint());
  return is_reference() ? type.shape : type.handle_shape;
}

Output Variable::Read(Loc loc) const {
  if (!valid()) return {};
  Builder& b = *Builder::Innermost(builder());
  if (is_reference()) {
    auto scope = b.NameScope(name() + "/");
    return b.Add("Identity", {handle_}, {}, {.name = "read"}, loc);
  }
  auto scope = b.NameScope(name() + "/Read/");
  return b.Add("ReadVariableOp", {handle_}, {{"dtype", dtype()}}, {.name = "ReadVariableOp"}, loc);
}

Output Variable::Gather(const Input& indices, const Name& name) const {
  if (!valid()) return {};
  if (is_reference())
    return Make("GatherV2", {Read(indices.loc()), indices, 0}, {}, name.name.empty() ? Name{"Gather"} : name);
  return Builder::Innermost(builder())->Add("ResourceGather", {handle_, indices}, {{"dtype", dtype()}}, name,
                                            indices.loc());
}

// ---- collections

std::vector<Variable>& VariableCollection(Builder& b, const std::string& key) {
  return CollectionsOf(b)[key].variables;
}
std::vector<Output>& OutputCollection(Builder& b, const std::string& key) { return CollectionsOf(b)[key].outputs; }
std::vector<Operation>& OperationCollection(Builder& b, const std::string& key) {
  return CollectionsOf(b)[key].operations;
}

Operation VariablesInitializer(At g, const std::vector<Variable>& variables, const Name& name) {
  std::vector<Operation> assigns;
  for (const Variable& v : variables) {
    if (!v.valid()) {
      g.builder->Fail(InvalidArgument("error[graph]: an invalid variable is to be initialised")
                          .Help("what made it failed, or a name was not found"));
    }
    if (v.initializer().valid()) assigns.push_back(v.initializer());  // a file may have none
  }
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

ScopeState& Scopes(Builder& b) { return b.Kept<ScopeState>(); }

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
  auto made = s.variables.find(full);
  Variable old = made != s.variables.end() ? made->second : LoadedVariable(b, full);
  if (old.valid()) {
    if (Status status = CheckShared(old, full, shape, o.dtype, s.reuse); !status.ok()) {
      const Loc here = b.PlaceOr(g.loc);
      b.Fail(std::move(status).Detail(here ? "at " + here.ToString() : ""));
      return {};
    }
    return old;
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

// A reference belongs to its graph alone: a body gets the value, which is not to be changed.
bool CanChange(const Variable& v) {
  if (!v.is_reference() || Builder::Innermost(v.builder()) == v.builder()) return true;
  v.builder()->Fail(
      Unimplemented(
          fmt::format("error[function]: '{}' is a reference variable (VariableV2), which no function, branch or "
                      "loop can change",
                      v.name()))
          .Help("change it outside, by what the function returns"));
  return false;
}

// By the op for handles, or by that for references.
Operation Change(const char* by_handle, const char* by_reference, const Variable& v, std::vector<Input> inputs,
                 const Name& name) {
  if (!v.valid() || !CanChange(v)) return {};
  Loc loc = inputs.back().loc();
  inputs.insert(inputs.begin(), Input(v.handle(), loc));
  AttrMap attrs;
  if (!v.is_reference()) attrs["dtype"] = v.dtype();
  const char* op = v.is_reference() ? by_reference : by_handle;
  return Builder::Innermost(v.builder())->AddNode(op, std::move(inputs), std::move(attrs), name, loc);
}

}  // namespace

Operation Assign(const Variable& v, const Input& value, const Name& name) {
  return Change("AssignVariableOp", "Assign", v, {value}, name);
}
Operation AssignAdd(const Variable& v, const Input& value, const Name& name) {
  return Change("AssignAddVariableOp", "AssignAdd", v, {value}, name);
}
Operation AssignSub(const Variable& v, const Input& value, const Name& name) {
  return Change("AssignSubVariableOp", "AssignSub", v, {value}, name);
}
Operation ScatterUpdate(const Variable& v, const Input& indices, const Input& updates, const Name& name) {
  return Change("ResourceScatterUpdate", "ScatterUpdate", v, {indices, updates}, name);
}
Operation ScatterAdd(const Variable& v, const Input& indices, const Input& updates, const Name& name) {
  return Change("ResourceScatterAdd", "ScatterAdd", v, {indices, updates}, name);
}
Operation ScatterSub(const Variable& v, const Input& indices, const Input& updates, const Name& name) {
  return Change("ResourceScatterSub", "ScatterSub", v, {indices, updates}, name);
}

Output IsVariableInitialized(const Variable& v) {
  if (!v.valid() || v.is_initialized().valid()) return v.is_initialized();
  return Make(v.is_reference() ? "IsVariableInitialized" : "VarIsInitializedOp", {v.handle()});
}

Operation ApplyRule(const Variable& v, const std::string& op, InputList inputs, AttrMap attrs, const Name& name) {
  if (!v.valid() || !CanChange(v)) return {};
  return MakeNode(v.is_reference() ? op : "Resource" + op, std::move(inputs), std::move(attrs), name);
}

}  // namespace ops
}  // namespace weir
