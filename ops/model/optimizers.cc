// What all optimizers share: the gradients, the slots, and the order of reads and updates.
#include "weir/ops/model/optimizers.h"

#include <fmt/format.h>

#include <set>
#include <unordered_set>

namespace weir {

namespace {

// The variable whose reference the tensor is the value of; null for other tensors. TensorFlow hands a reference's
// memory on through such ops without a copy: whoever reads the tensor reads the variable.
const Resource* ReferencedBy(const Graph& g, Endpoint e) {
  static const std::set<std::string_view> kPassing = {"Identity", "Reshape", "ExpandDims", "Squeeze", "StopGradient"};
  for (int hops = 0; hops < 64 && !IsRef(g.type(e).dtype); ++hops) {
    const Node& n = g.node(e.node);
    if (!kPassing.count(n.op()) || n.inputs().empty()) return nullptr;
    e = n.input(0);
  }
  return IsRef(g.type(e).dtype) ? g.type(e).resource.get() : nullptr;
}

// The variables that a node reads (or writes), as handles and references tell.
std::vector<Resource> Touched(const Graph& g, const Node& n, const std::vector<int>& inputs) {
  std::vector<Resource> touched;
  for (int i : inputs) {
    if (i >= static_cast<int>(n.inputs().size())) continue;
    if (const Resource* variable = g.type(n.input(i)).resource.get()) touched.push_back(*variable);
  }
  return touched;
}

// The nodes that read variables among `roots` and all that leads to them.
std::map<Resource, std::vector<NodeId>> ReadsBefore(const Graph& g, std::vector<NodeId> roots) {
  std::map<Resource, std::vector<NodeId>> reads;
  std::unordered_set<int32_t> seen;
  while (!roots.empty()) {
    NodeId id = roots.back();
    roots.pop_back();
    if (!seen.insert(id.value).second) continue;
    const Node& n = g.node(id);
    if (n.def()) {
      for (const Resource& variable : Touched(g, n, n.def()->reads())) reads[variable].push_back(id);
    }
    for (Endpoint e : n.inputs()) {
      if (const Resource* variable = ReferencedBy(g, e)) reads[*variable].push_back(id);
      roots.push_back(e.node);
    }
    for (NodeId c : n.control_inputs()) roots.push_back(c);
  }
  return reads;
}

// Every node from id `first` on that writes a variable runs after its reads.
Status OrderWritesAfter(Graph& g, int first, const std::map<Resource, std::vector<NodeId>>& reads) {
  for (int i = first; i < g.num_ids(); ++i) {
    NodeId id{i};
    if (!g.alive(id) || !g.node(id).def()) continue;
    for (const Resource& variable : Touched(g, g.node(id), g.node(id).def()->writes())) {
      auto it = reads.find(variable);
      if (it == reads.end()) continue;
      for (NodeId read : it->second) WEIR_RETURN_IF_ERROR(g.AddControlInput(id, read).status());
    }
  }
  return {};
}

std::vector<NodeId> NodesOf(const std::vector<GradAndVar>& grads) {
  std::vector<NodeId> nodes;
  for (const GradAndVar& g : grads) {
    if (!g.grad.valid()) continue;
    if (!g.grad.is_slices()) {
      nodes.push_back(g.grad.dense().endpoint().node);
      continue;
    }
    nodes.push_back(g.grad.slices().values.endpoint().node);
    nodes.push_back(g.grad.slices().indices.endpoint().node);
  }
  return nodes;
}

// Values of equal indices added up.
IndexedSlices SumDuplicates(const IndexedSlices& s) {
  OutputList unique = MakeAll("Unique", {s.indices});
  if (unique.size() < 2) return {};
  return {Make("UnsortedSegmentSum", {s.values, unique[1], Make("Size", {unique[0]})}), unique[0], s.dense_shape};
}

// The variables without a gradient.
std::vector<GradAndVar> PairsOf(const std::vector<Variable>& vars) {
  std::vector<GradAndVar> pairs;
  for (const Variable& v : vars) pairs.push_back({{}, v});
  return pairs;
}

}  // namespace

std::vector<GradAndVar> Optimizer::ComputeGradients(const Output& loss, const MinimizeOptions& options) {
  if (!loss.valid()) return PairsOf(options.var_list);
  Builder& b = *loss.builder();
  std::vector<Variable> vars = options.var_list.empty() ? TrainableVariables(b) : options.var_list;
  std::vector<GradAndVar> result = PairsOf(vars);
  if (vars.empty()) {
    b.Fail(InvalidArgument(fmt::format("error[graph]: {} has no variables to optimize", name_))
               .Help("make a Variable first"));
    return result;
  }
  std::vector<Output> handles;
  for (const Variable& v : vars) {
    handles.push_back(v.handle());
    if (v.valid() && !IsComplex(v.dtype())) continue;
    b.Fail(v.valid() ? Unimplemented(fmt::format("error[graph]: {} cannot train '{}', which is {}", name_, v.name(),
                                                 DTypeName(v.dtype())))
                           .Help("optimizers train real variables; ops::Complex makes complex numbers of two")
                     : InvalidArgument(fmt::format("error[graph]: {} is given an invalid variable to train", name_))
                           .Help("what made it failed, or a name was not found"));
    return result;
  }
  GradientOptions gradient_options;
  if (options.grad_loss.valid()) gradient_options.grad_ys = {options.grad_loss};
  auto grads = GradientsOf(b, {loss}, handles, gradient_options);
  if (!grads.ok()) {
    b.Fail(grads.status());
    return result;
  }
  for (size_t i = 0; i < vars.size(); ++i) result[i].grad = (*grads)[i];
  return result;
}

Operation Optimizer::Minimize(const Output& loss, const MinimizeOptions& options, Loc loc) {
  if (!loss.valid()) return {};
  Builder& b = *loss.builder();
  auto at = b.At(loc);
  std::vector<GradAndVar> grads = ComputeGradients(loss, options);
  if (!b.status().ok()) return {};
  int first = b.graph().num_ids();
  Operation train = ApplyGradients(grads, options, loc);
  // The loss may read what no gradient needs; fetched beside the update it is the loss before it.
  if (train.valid()) b.Fail(OrderWritesAfter(b.mutable_graph(), first, ReadsBefore(b.graph(), {loss.endpoint().node})));
  return train;
}

Operation Optimizer::ApplyGradients(const std::vector<GradAndVar>& grads, const MinimizeOptions& options, Loc loc) {
  std::vector<Variable> vars;
  for (const GradAndVar& g : grads) {
    if (g.grad.valid() && g.var.valid()) vars.push_back(g.var);
  }
  if (vars.empty()) {
    if (!grads.empty() && grads[0].var.valid()) {
      grads[0].var.builder()->Fail(
          InvalidArgument(fmt::format("error[graph]: {} was given no gradient for any variable", name_))
              .Help("the loss depends on none of them"));
    }
    return {};
  }
  Builder& b = *vars[0].builder();
  auto at = b.At(loc);
  int first = b.graph().num_ids();
  auto reads = ReadsBefore(b.graph(), NodesOf(grads));
  {
    auto free = b.NoControlDependencies();
    CreateSlots(b, vars);
  }
  auto scope = b.NameScope(options.name.empty() ? name_ : options.name);
  Prepare(b);
  std::vector<Operation> updates;
  for (const GradAndVar& g : grads) {
    if (g.grad.valid() && g.var.valid()) updates.push_back(ApplyOne(g));
  }
  Finish(b, updates);
  if (!b.status().ok()) return {};
  Operation train;
  if (options.global_step.valid()) {
    Operation done = Group(b, updates, {.name = "update"});
    auto after = b.ControlDependencies({done});
    train = ops::AssignAdd(options.global_step, int64_t{1}, {.name = b.scope()});
  } else {
    train = Group(b, updates, {.name = b.scope()});
  }
  if (train.valid()) OperationCollection(b, collection::kTrainOp).push_back(train);
  b.Fail(OrderWritesAfter(b.mutable_graph(), first, reads));
  return train;
}

Operation Optimizer::ApplyOne(const GradAndVar& g) {
  auto scope = g.var.builder()->NameScope("update_" + g.var.name());
  if (!g.grad.is_slices()) return ApplyDense(g.grad.dense(), g.var);
  IndexedSlices s = TakesDuplicates() ? g.grad.slices() : SumDuplicates(g.grad.slices());
  return ApplySparse(s.values, s.indices, g.var);
}

Variable Optimizer::GetSlot(const Variable& v, const std::string& slot) const {
  auto it = slots_.find({slot, v.handle().endpoint().node});
  return it == slots_.end() ? Variable() : it->second;
}

std::vector<std::string> Optimizer::GetSlotNames() const {
  std::set<std::string> names;
  for (const auto& [key, slot] : slots_) names.insert(key.first);
  return {names.begin(), names.end()};
}

Variable Optimizer::Slot(const Variable& v, const std::string& slot, double value, const std::string& name) {
  Variable& kept = slots_[{slot, v.handle().endpoint().node}];
  if (kept.valid()) return kept;
  Builder& b = *v.builder();
  auto top = b.NameScope("");
  VariableOptions options{
      .name = v.name() + "/" + (name.empty() ? name_ : name), .trainable = false, .reference = v.is_reference()};
  if (auto shape = v.shape().ToShape()) {
    Initializer initializer = value == 0   ? ops::ZerosInitializer()
                              : value == 1 ? ops::OnesInitializer()
                                           : ops::ConstantInitializer(value);
    kept = Variable(b, *shape, v.dtype(), initializer, options);
  } else {
    // As large as the variable will be.
    Output like = Make("ZerosLike", {v.initial_value().valid() ? v.initial_value() : v.Read()});
    options.shape = v.shape();
    kept = Variable(value == 0 ? like : Make("Add", {like, value}), options);
  }
  variables_.push_back(kept);
  return kept;
}

Variable Optimizer::Own(Builder& b, const Input& initial_value, const std::string& name) {
  Variable v(b, initial_value, {.name = name, .trainable = false});
  variables_.push_back(v);
  return v;
}

Output Optimizer::Hyper(Builder& b, const Input& value, const char* name) {
  if (!value.is_literal()) return value.output();
  auto tensor = value.literal().ToTensor(kFloat);
  if (tensor.ok() && tensor->rank() == 0) return b.Constant(*tensor, {.name = name});
  b.Fail(InvalidArgument(fmt::format("error[graph]: '{}{}' must be one number", b.scope(), name)));
  return {};
}

Input Optimizer::As(const Output& hyper, const Variable& v) {
  if (!hyper.valid() || hyper.dtype() == v.dtype()) return hyper;
  return Make("Cast", {hyper}, {{"DstT", v.dtype()}});
}

Variable GetOrCreateGlobalStep(At g) {
  for (const Variable& v : GlobalVariables(*g.builder)) {
    if (v.name() == "global_step") return v;
  }
  auto top = g.builder->NameScope("");
  Variable step(*g.builder, Shape(), kInt64, ops::ZerosInitializer(), {.name = "global_step", .trainable = false},
                g.loc);
  if (step.valid()) VariableCollection(*g.builder, collection::kGlobalStep).push_back(step);
  return step;
}

}  // namespace weir
