#include "weir/session/plan_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "weir/graph/functions.h"
#include "weir/ops/kernels/registry.h"
#include "weir/runtime/executor.h"
#include "weir/runtime/memory_planner.h"
#include "weir/session/pipeline.h"

namespace weir {

namespace {

constexpr int kForever = 1 << 30;  // last use of what outlives the run

// How one node runs.
enum class Role { kNothing, kConstant, kFeed, kFetch, kHandle, kRead, kAssign, kIsInitialized, kControl, kView, kKernel, kDynamic };

// The memory that one or several tensors share.
struct Memory {
  Storage storage = Storage::kArena;
  int64_t bytes = 0;
  int first = 0, last = 0;  // positions in the order
  int32_t index = -1;       // constant, feed, variable, output, dynamic
  std::vector<int32_t> slots;
};

class PlanBuilder {
 public:
  PlanBuilder(const Graph& g, const CompileEnv& env, const BoundVariables& bound) : g_(g), env_(env), bound_(bound), plan_(std::make_shared<Plan>()) {}

  Result<std::shared_ptr<const Plan>> Build() {
    WEIR_ASSIGN_OR_RETURN(order_, TopologicalOrder(g_));
    position_.resize(g_.num_ids());
    for (size_t i = 0; i < order_.size(); ++i) position_[order_[i].value] = static_cast<int>(i);
    plan_->num_nodes = g_.num_nodes();
    plan_->services = env_.options.services;
    roles_.resize(g_.num_ids());
    for (NodeId id : order_) {
      auto role = RoleOf(g_.node(id));
      if (!role.ok()) return NodeError(g_.node(id), "graph", role.status());
      roles_[id.value] = *role;
    }
    FindLastUses();
    NumberFeedsAndFetches();
    for (NodeId id : order_) {
      if (Status s = Emit(id); !s.ok()) return NodeError(g_.node(id), "graph", std::move(s));
    }
    for (Step& step : plan_->steps) {
      std::sort(step.writes.begin(), step.writes.end());
      step.writes.erase(std::unique(step.writes.begin(), step.writes.end()), step.writes.end());
    }
    for (size_t v = 0; v < plan_->variables.size(); ++v) {
      if (plan_->variables[v].written) plan_->written.push_back(static_cast<int32_t>(v));
    }
    // By address, which is the same for every plan: two runs that lock in one order cannot wait for each other.
    std::sort(plan_->written.begin(), plan_->written.end(), [&](int32_t a, int32_t b) { return plan_->variables[a].variable < plan_->variables[b].variable; });
    LayOut();
    return std::shared_ptr<const Plan>(plan_);
  }

 private:
  // ---- classification

  bool Static(Endpoint e) const {
    if (dynamic_.count(e)) return false;
    const OutputType& t = g_.type(e);
    return SizeOf(t.dtype) > 0 && t.shape.fully_known();
  }

  bool AllStatic(const Node& n) const {
    for (Endpoint e : n.inputs()) {
      if (!IsHandle(e) && !Static(e)) return false;
      if (IsHandle(e) && !VariableShapeKnown(e)) return false;
    }
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      if (!Static({n.id(), static_cast<int>(i)})) return false;
    }
    return true;
  }

  bool IsHandle(Endpoint e) const { return BaseType(g_.type(e).dtype) == kResource; }

  // Shapes are exact in elements; here their bytes, and sums of them, must be so too.
  static Status CheckSizes(const Node& n) {
    constexpr int64_t kMost = int64_t{1} << 45;
    for (const OutputType& t : n.outputs()) {
      int64_t bytes = 0;
      if (!t.shape.fully_known() || SizeOf(BaseType(t.dtype)) == 0) continue;
      auto elements = t.shape.num_elements();
      if (elements && CheckedMul(*elements, static_cast<int64_t>(SizeOf(BaseType(t.dtype))), &bytes) && bytes <= kMost) continue;
      return ResourceExhausted(fmt::format("gives {}, more than memory can hold", t.ToString()));
    }
    return {};
  }

  Result<Role> RoleOf(const Node& n) {
    WEIR_RETURN_IF_ERROR(CheckSizes(n));
    if (n.Is("Const")) return Role::kConstant;
    if (n.Is("_Arg")) return IsHandle({n.id(), 0}) ? Role::kHandle : Role::kFeed;
    if (n.Is("_Retval")) return Role::kFetch;
    if (n.Is("NoOp") || n.Is("ControlTrigger")) return Role::kNothing;
    if (n.Is("VarHandleOp") || (!n.outputs().empty() && IsHandle({n.id(), 0}) && n.Is("Identity"))) return Role::kHandle;
    if (n.Is("ReadVariableOp")) return Role::kRead;
    if (n.Is("AssignVariableOp")) return Role::kAssign;
    if (n.Is("VarIsInitializedOp")) return Role::kIsInitialized;
    if (FunctionAttrs(n).size() == 2) return Role::kControl;
    if (n.Is("Placeholder") || n.Is("PlaceholderV2")) return FailedPrecondition("must be fed").Help(fmt::format("feed '{}' a value of {}", n.name(), g_.type({n.id(), 0}).ToString()));
    const KernelDef* kernel = AllKernels().Find(n.op());
    if (!kernel) return Unimplemented("has no kernel");
    for (const OutputType& t : n.outputs()) {
      if (!IsCarried(BaseType(t.dtype))) return Unimplemented(fmt::format("gives {}, a dtype that Weir does not compute with", DTypeName(t.dtype)));
    }
    bool values_known = true;
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      if (kernel->NeedsValueOf(static_cast<int>(i), static_cast<int>(n.inputs().size()))) values_known &= ConstantValue(g_, n.input(static_cast<int>(i))) != nullptr;
    }
    if (AllStatic(n) && values_known) return kernel->has_views() ? Role::kView : Role::kKernel;
    // Outputs whose shapes are known stay static even when the parameters come while running.
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      Endpoint e{n.id(), static_cast<int>(i)};
      if (!Static(e) || kernel->has_views()) dynamic_.insert(e);
    }
    return Role::kDynamic;
  }

  // ---- liveness

  // What `e` is a view of, itself if of nothing.
  Endpoint RootOf(Endpoint e) const {
    while (true) {
      const Node& n = g_.node(e.node);
      Role role = roles_[n.id().value];
      if (role != Role::kView && role != Role::kDynamic) return e;
      int view = AllKernels().Find(n.op())->ViewOf(e.index);
      if (view < 0) return e;
      e = n.input(view);
    }
  }

  void FindLastUses() {
    for (NodeId id : order_) {
      const Node& n = g_.node(id);
      for (Endpoint e : n.inputs()) {
        int& last = last_use_[RootOf(e)];
        last = std::max(last, roles_[id.value] == Role::kFetch ? kForever : position_[id.value]);
      }
    }
  }

  int LastUse(Endpoint root) const {
    auto it = last_use_.find(root);
    return it == last_use_.end() ? position_[root.node.value] : it->second;
  }

  // Positions at which a variable changes.
  bool WrittenBetween(int32_t variable, int after, int up_to) {
    if (!writes_found_) {
      for (NodeId id : order_) {
        for (int32_t v : WrittenBy(g_.node(id))) write_positions_[v].push_back(position_[id.value]);
      }
      writes_found_ = true;
    }
    for (int p : write_positions_[variable]) {
      if (p > after && p <= up_to) return true;
    }
    return false;
  }

  std::vector<int32_t> WrittenBy(const Node& n) {
    std::vector<int32_t> written;
    bool call = FunctionAttrs(n).size() == 2;
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      if (!IsHandle(n.input(static_cast<int>(i)))) continue;
      bool writes = call || (n.def() && std::find(n.def()->writes().begin(), n.def()->writes().end(), static_cast<int>(i)) != n.def()->writes().end());
      auto v = writes ? VariableOf(n.input(static_cast<int>(i))) : Result<int32_t>(-1);
      if (v.ok() && *v >= 0) written.push_back(*v);
    }
    return written;
  }

  // ---- variables

  Result<int32_t> VariableOf(Endpoint e) {
    while (g_.node(e.node).Is("Identity") || g_.node(e.node).Is("While") || g_.node(e.node).Is("StatelessWhile")) e = g_.node(e.node).input(e.index);
    const Node& n = g_.node(e.node);
    VariableRef ref;
    if (n.Is("_Arg")) {
      int64_t index = n.attr<int64_t>("index");
      if (index < 0 || index >= static_cast<int64_t>(bound_.size()) || !bound_[index]) return FailedPrecondition("is a resource argument that nothing is bound to");
      ref = bound_[index];
    } else if (n.Is("VarHandleOp")) {
      std::string shared = n.attr<std::string>("shared_name");
      WEIR_ASSIGN_OR_RETURN(ref, env_.variables->FindOrCreate(n.attr<std::string>("container"), shared.empty() ? n.name() : shared, n.type_attr("dtype"), n.attr<PartialShape>("shape")));
    } else {
      return Unimplemented(fmt::format("takes a resource made by {} '{}'; only variables are known", n.op(), n.name()));
    }
    for (size_t i = 0; i < plan_->variables.size(); ++i) {
      if (plan_->variables[i].variable == ref) return static_cast<int32_t>(i);
    }
    PlanVariable v;
    v.variable = ref;
    if (auto shape = g_.type({n.id(), 0}).handle_shape.ToShape()) {
      v.has_shape = true, v.shape = *shape;
    }
    plan_->variables.push_back(std::move(v));
    return static_cast<int32_t>(plan_->variables.size() - 1);
  }

  bool VariableShapeKnown(Endpoint e) const { return g_.type(e).handle_shape.fully_known(); }

  void NoteRead(int32_t v, const Node& n) {
    PlanVariable& pv = plan_->variables[v];
    if (assigned_.count(v) || pv.read_first) return;
    pv.read_first = true;
    pv.first_reader = n.name();
  }

  // ---- slots

  int32_t AddSlot(Endpoint e, int32_t memory) {
    Slot s;
    s.storage = memories_[memory].storage;
    s.dtype = BaseType(g_.type(e).dtype);
    if (auto shape = g_.type(e).shape.ToShape()) s.shape = *shape;
    s.index = memories_[memory].index;
    int32_t slot = static_cast<int32_t>(plan_->slots.size());
    plan_->slots.push_back(std::move(s));
    memories_[memory].slots.push_back(slot);
    slot_of_[e] = slot;
    memory_of_[e] = memory;
    return slot;
  }

  int32_t AddMemory(Memory m) {
    memories_.push_back(std::move(m));
    return static_cast<int32_t>(memories_.size() - 1);
  }

  int64_t BytesOf(Endpoint e) const { return *g_.type(e).shape.num_elements() * static_cast<int64_t>(SizeOf(BaseType(g_.type(e).dtype))); }

  // Fresh memory for an output: the arena, a fetch's buffer, or dynamic.
  Result<int32_t> NewOutputSlot(Endpoint e, int position) {
    Memory m;
    m.first = position;
    if (!Static(e)) {
      m.storage = Storage::kDynamic;
      m.index = plan_->num_dynamic++;
      return AddSlot(e, AddMemory(std::move(m)));
    }
    WEIR_RETURN_IF_ERROR(Shape::Make(g_.type(e).shape.dims()).status());
    m.bytes = BytesOf(e);
    m.last = LastUse(e);
    if (m.last == kForever) {
      m.storage = Storage::kOutput;
      m.index = static_cast<int32_t>(plan_->output_bytes.size());
      plan_->output_bytes.push_back(m.bytes);
      plan_->outputs.emplace_back();
    }
    return AddSlot(e, AddMemory(std::move(m)));
  }

  void NumberFeedsAndFetches() {
    size_t feeds = ArgNodes(g_).size(), fetches = RetNodes(g_).size();
    plan_->feeds.resize(feeds);
    plan_->fetches.resize(fetches);
  }

  // ---- steps

  std::shared_ptr<StepInfo> InfoOf(const Node& n) const {
    auto info = std::make_shared<StepInfo>();
    info->op = n.op(), info->name = n.name(), info->loc = n.loc().ToString(), info->origins = n.origins();
    return info;
  }

  // Slots of the inputs (a variable's for handles) and outputs.
  Status AddOperands(const Node& n, Step* step) {
    step->first_operand = static_cast<int32_t>(plan_->operands.size());
    step->num_inputs = static_cast<int16_t>(n.inputs().size());
    step->num_outputs = static_cast<int16_t>(n.outputs().size());
    if (n.inputs().size() > INT16_MAX || n.outputs().size() > INT16_MAX) return Unimplemented("has more than 32,767 inputs or outputs");
    std::vector<int32_t> operands;
    for (Endpoint e : n.inputs()) {
      if (!IsHandle(e)) {
        operands.push_back(slot_of_.at(e));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(int32_t v, VariableOf(e));
      operands.push_back(VariableSlot(v, e));
    }
    for (size_t i = 0; i < n.outputs().size(); ++i) operands.push_back(slot_of_.at({n.id(), static_cast<int>(i)}));
    plan_->operands.insert(plan_->operands.end(), operands.begin(), operands.end());
    return {};
  }

  int32_t VariableSlot(int32_t v, Endpoint handle) {
    auto it = variable_slots_.find(v);
    if (it != variable_slots_.end()) return it->second;
    const PlanVariable& pv = plan_->variables[v];
    Slot s;
    s.storage = Storage::kVariable;
    s.dtype = pv.variable->dtype;
    s.index = v;
    if (auto shape = g_.type(handle).handle_shape.ToShape()) s.shape = *shape;
    int32_t slot = static_cast<int32_t>(plan_->slots.size());
    plan_->slots.push_back(std::move(s));
    plan_->variables[v].slots.push_back(slot);
    return variable_slots_[v] = slot;
  }

  Status Emit(NodeId id) {
    const Node& n = g_.node(id);
    switch (roles_[id.value]) {
      case Role::kNothing:
      case Role::kHandle: return {};
      case Role::kConstant: return EmitConstant(n);
      case Role::kFeed: return EmitFeed(n);
      case Role::kFetch: return EmitFetch(n);
      case Role::kRead: return EmitRead(n);
      case Role::kAssign: return EmitAssign(n);
      case Role::kIsInitialized: return EmitIsInitialized(n);
      case Role::kControl: return EmitControl(n);
      case Role::kView: return EmitView(n);
      case Role::kKernel: return EmitKernel(n);
      case Role::kDynamic: return EmitDynamic(n);
    }
    return Internal("has no role");
  }

  Status EmitConstant(const Node& n) {
    const Tensor* value = n.FindAttr("value") ? n.FindAttr("value")->get<Tensor>() : nullptr;
    if (!value || !value->valid()) return InvalidArgument("has no value");
    if (!IsCarried(value->dtype())) return Unimplemented(fmt::format("holds {}, a dtype that Weir does not compute with", DTypeName(value->dtype())));
    Memory m;
    bool text = value->dtype() == kString;
    m.storage = Storage::kConstant;
    m.index = static_cast<int32_t>(plan_->constants.size());
    plan_->constants.push_back(*value);
    m.last = kForever;
    int32_t slot = AddSlot({n.id(), 0}, AddMemory(std::move(m)));
    plan_->slots[slot].shape = value->shape();
    if (text) dynamic_.insert({n.id(), 0});
    return {};
  }

  Status EmitFeed(const Node& n) {
    int64_t index = n.attr<int64_t>("index");
    PlanFeed& feed = plan_->feeds[index];
    Endpoint e{n.id(), 0};
    feed.name = n.name(), feed.dtype = BaseType(g_.type(e).dtype), feed.shape = g_.type(e).shape;
    if (!IsCarried(feed.dtype)) return Unimplemented(fmt::format("is fed {}, a dtype that Weir does not compute with", DTypeName(feed.dtype)));
    Memory m;
    m.last = kForever;
    if (Static(e)) {
      m.storage = Storage::kFeed;
      m.index = static_cast<int32_t>(index);
    } else {
      m.storage = Storage::kDynamic;
      m.index = feed.dynamic = plan_->num_dynamic++;
    }
    AddSlot(e, AddMemory(std::move(m)));
    return {};
  }

  Status EmitFetch(const Node& n) {
    int64_t index = n.attr<int64_t>("index");
    if (index < 0 || index >= static_cast<int64_t>(plan_->fetches.size())) return InvalidArgument("has an index out of range");
    PlanFetch& fetch = plan_->fetches[index];
    if (IsHandle(n.input(0))) return {};  // a loop body hands its handles on; there is no value
    fetch.name = g_.EndpointName(n.input(0));
    fetch.slot = slot_of_.at(n.input(0));
    if (plan_->slots[fetch.slot].storage == Storage::kOutput) fetch.output = plan_->slots[fetch.slot].index;
    return {};
  }

  Status EmitRead(const Node& n) {
    WEIR_ASSIGN_OR_RETURN(int32_t v, VariableOf(n.input(0)));
    NoteRead(v, n);
    Endpoint e{n.id(), 0};
    int here = position_[n.id().value], last = LastUse(e);
    Step step;
    step.info = InfoOf(n);
    if (!Static(e) || !plan_->variables[v].has_shape) {
      dynamic_.insert(e);
      WEIR_RETURN_IF_ERROR(NewOutputSlot(e, here).status());
      step.kind = StepKind::kReadVariable;
      WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
      plan_->steps.push_back(std::move(step));
      return {};
    }
    if (!WrittenBetween(v, here, last)) {
      Memory m;
      m.storage = Storage::kVariable;
      m.index = v;
      m.last = kForever;
      int32_t slot = AddSlot(e, AddMemory(std::move(m)));
      plan_->variables[v].slots.push_back(slot);
      return {};
    }
    // The variable changes while this value is still wanted: a copy.
    WEIR_RETURN_IF_ERROR(NewOutputSlot(e, here).status());
    auto info = std::make_shared<StepInfo>(*step.info);
    info->note = "copied: the variable changes before the last use";
    step.info = info;
    int64_t bytes = BytesOf(e);
    auto copy = [bytes](RunArgs& a) { if (bytes) std::memcpy(a.out<char>(0), a.in<char>(0), bytes); };
    auto closure = std::make_shared<const decltype(copy)>(copy);
    step.run = {[](const void* c, RunArgs& a) { (*static_cast<const decltype(copy)*>(c))(a); }, closure};
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    plan_->steps.push_back(std::move(step));
    return {};
  }

  Status EmitAssign(const Node& n) {
    WEIR_ASSIGN_OR_RETURN(int32_t v, VariableOf(n.input(0)));
    Step step;
    step.kind = StepKind::kAssign;
    step.info = InfoOf(n);
    step.first_operand = static_cast<int32_t>(plan_->operands.size());
    step.num_inputs = 1;
    plan_->operands.push_back(slot_of_.at(n.input(1)));
    step.writes = {v};
    plan_->variables[v].written = true;
    assigned_.insert(v);
    plan_->steps.push_back(std::move(step));
    return {};
  }

  Status EmitIsInitialized(const Node& n) {
    Step step;
    step.kind = StepKind::kIsInitialized;
    step.info = InfoOf(n);
    WEIR_RETURN_IF_ERROR(NewOutputSlot({n.id(), 0}, position_[n.id().value]).status());
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    plan_->steps.push_back(std::move(step));
    return {};
  }

  Status EmitView(const Node& n) {
    // Prepare checks the contract even though there is nothing to run.
    WEIR_RETURN_IF_ERROR(Prepare(n).status());
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      int view = AllKernels().Find(n.op())->ViewOf(static_cast<int>(i));
      if (view < 0) return Internal("is a view of some outputs only");
      Endpoint from = n.input(view);
      int32_t slot = AddSlot({n.id(), static_cast<int>(i)}, memory_of_.at(from));
      if (plan_->slots[slot].storage == Storage::kVariable) plan_->variables[plan_->slots[slot].index].slots.push_back(slot);
    }
    return {};
  }

  Result<PrepareContext> Prepare(const Node& n) {
    std::vector<PrepareContext::Operand> in, out;
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      Endpoint e = n.input(static_cast<int>(i));
      const OutputType& t = g_.type(e);
      if (IsHandle(e)) {
        in.push_back({t.handle_dtype, *t.handle_shape.ToShape(), nullptr, true});
      } else {
        auto shape = t.shape.ToShape();
        if (!shape) return InvalidArgument(fmt::format("has an input of impossible shape {}", t.shape.ToString()));
        in.push_back({BaseType(t.dtype), *shape, ConstantValue(g_, e), true});
      }
    }
    for (const OutputType& t : n.outputs()) {
      auto shape = t.shape.ToShape();
      if (!shape) return ResourceExhausted(fmt::format("has an output of impossible shape {}", t.shape.ToString()));
      out.push_back({BaseType(t.dtype), *shape, nullptr, true});
    }
    PrepareContext c(&n.attrs(), std::move(in), std::move(out), &plan_->services);
    WEIR_RETURN_IF_ERROR(AllKernels().Find(n.op())->prepare()(c));
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      if (!(PartialShape(c.output_shape(static_cast<int>(i))) == n.output(static_cast<int>(i)).shape)) {
        return Internal(fmt::format("was inferred to give {} but its kernel gives {}", n.output(static_cast<int>(i)).shape.ToString(), c.output_shape(static_cast<int>(i)).ToString()));
      }
    }
    return c;
  }

  // The memory of input `in` when this node is its last user and it is ours to overwrite; -1 otherwise.
  int32_t Reusable(const Node& n, int out, int in) const {
    Endpoint from = n.input(in), to{n.id(), out};
    // Elements of the same size and as many: element i of the output then lies where element i of the input did.
    if (IsHandle(from) || SizeOf(BaseType(g_.type(from).dtype)) != SizeOf(BaseType(g_.type(to).dtype)) || BytesOf(from) != BytesOf(to)) return -1;
    int32_t m = memory_of_.at(from);
    const Memory& memory = memories_[m];
    if (memory.storage != Storage::kArena || memory.last != position_[n.id().value] || memory.bytes != BytesOf(to)) return -1;
    if (LastUse(to) == kForever) return -1;  // a fetch has a buffer of its own
    // Another input may view the same memory at other elements.
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      Endpoint other = n.input(static_cast<int>(i));
      if (static_cast<int>(i) == in || IsHandle(other) || memory_of_.at(other) != m) continue;
      if (!(other == from)) return -1;
      bool also = false;
      for (auto [o, k] : AllKernels().Find(n.op())->in_place()) also |= o == out && k == static_cast<int>(i);
      if (!also) return -1;
    }
    return m;
  }

  Status EmitKernel(const Node& n) {
    const KernelDef* kernel = AllKernels().Find(n.op());
    WEIR_ASSIGN_OR_RETURN(PrepareContext c, Prepare(n));
    Step step;
    auto info = InfoOf(n);
    int here = position_[n.id().value];
    std::set<int32_t> taken;
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      Endpoint e{n.id(), static_cast<int>(i)};
      int32_t reuse = -1;
      for (auto [out, in] : kernel->in_place()) {
        if (out != static_cast<int>(i) || in >= static_cast<int>(n.inputs().size()) || reuse >= 0) continue;
        int32_t m = Reusable(n, out, in);
        if (m >= 0 && !taken.count(m)) reuse = m;
      }
      if (reuse < 0) {
        WEIR_RETURN_IF_ERROR(NewOutputSlot(e, here).status());
        continue;
      }
      taken.insert(reuse);
      memories_[reuse].last = LastUse(e);
      AddSlot(e, reuse);
      info->note = "in place";
    }
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    for (int i : kernel->mutates()) {
      WEIR_ASSIGN_OR_RETURN(int32_t v, VariableOf(n.input(i)));
      step.writes.push_back(v);
      plan_->variables[v].written = true;
      NoteRead(v, n);
    }
    NoteHandleReads(n);
    Prepared& p = c.prepared();
    step.run = p.run, step.begin = p.begin, step.chunks = p.chunks;
    if (p.workspace_bytes > 0) {
      Memory m;
      m.bytes = p.workspace_bytes;
      m.first = m.last = here;
      workspaces_[plan_->steps.size()] = AddMemory(std::move(m));
    }
    if (kernel->random()) step.random = env_.variables->random_state(n.name());
    step.info = std::move(info);
    if (step.run.call) plan_->steps.push_back(std::move(step));
    return {};
  }

  void NoteHandleReads(const Node& n) {
    for (Endpoint e : n.inputs()) {
      if (!IsHandle(e)) continue;
      if (auto v = VariableOf(e); v.ok()) NoteRead(*v, n);
    }
  }

  Status EmitDynamic(const Node& n) {
    const KernelDef* kernel = AllKernels().Find(n.op());
    Step step;
    step.kind = StepKind::kDynamic;
    auto info = InfoOf(n);
    info->kernel = kernel;
    info->attrs = n.attrs();
    info->infer = InferFunctionOf(n);
    int num_inputs = static_cast<int>(n.inputs().size());
    for (int i = 0; i < num_inputs; ++i) info->needs_value.push_back(kernel->NeedsValueOf(i, num_inputs));
    info->note = "shapes or parameters are known only while running";
    for (size_t i = 0; i < n.outputs().size(); ++i) WEIR_RETURN_IF_ERROR(NewOutputSlot({n.id(), static_cast<int>(i)}, position_[n.id().value]).status());
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    for (int i : kernel->mutates()) {
      WEIR_ASSIGN_OR_RETURN(int32_t v, VariableOf(n.input(i)));
      step.writes.push_back(v);
      plan_->variables[v].written = true;
    }
    NoteHandleReads(n);
    if (kernel->random()) step.random = env_.variables->random_state(n.name());
    step.info = std::move(info);
    plan_->steps.push_back(std::move(step));
    return {};
  }

  Status EmitControl(const Node& n) {
    bool branch = FunctionAttrs(n)[0] == "then_branch";
    std::vector<OutputType> args;
    BoundVariables bound;
    std::vector<int> feed_inputs;
    for (size_t i = branch ? 1 : 0; i < n.inputs().size(); ++i) {
      Endpoint e = n.input(static_cast<int>(i));
      OutputType t = g_.type(e);
      t.value.reset();
      VariableRef variable;
      if (IsHandle(e)) {
        WEIR_ASSIGN_OR_RETURN(int32_t v, VariableOf(e));
        variable = plan_->variables[v].variable;
        NoteRead(v, n);
      } else if (!Static(e)) {
        t.shape = PartialShape::Unknown();
      }
      // A loop variable keeps only what the loop keeps of its shape.
      if (!branch && !IsHandle(e)) t.shape = g_.type({n.id(), static_cast<int>(i)}).shape;
      args.push_back(std::move(t));
      bound.push_back(variable);
      feed_inputs.push_back(static_cast<int>(i));
    }
    auto info = InfoOf(n);
    for (std::string_view attr : FunctionAttrs(n)) {
      WEIR_ASSIGN_OR_RETURN(auto nested, CompileBody(g_, *n.FindAttr(attr)->get<FuncRef>(), args, env_, bound));
      for (const PlanVariable& v : nested->variables) {
        for (PlanVariable& mine : plan_->variables) mine.written |= mine.variable == v.variable && v.written;
      }
      info->nested.push_back(nested);
      info->nested_feeds.push_back(feed_inputs);
    }
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      Endpoint e{n.id(), static_cast<int>(i)};
      if (IsHandle(e)) {
        slot_of_[e] = EmptySlot();
        continue;
      }
      WEIR_RETURN_IF_ERROR(NewOutputSlot(e, position_[n.id().value]).status());
    }
    Step step;
    step.kind = branch ? StepKind::kIf : StepKind::kWhile;
    step.info = std::move(info);
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    plan_->steps.push_back(std::move(step));
    return {};
  }

  int32_t EmptySlot() {
    plan_->slots.emplace_back();
    return static_cast<int32_t>(plan_->slots.size() - 1);
  }

  // ---- memory

  void LayOut() {
    std::vector<Interval> intervals;
    std::vector<int32_t> which;
    for (size_t i = 0; i < memories_.size(); ++i) {
      const Memory& m = memories_[i];
      if (m.storage != Storage::kArena) continue;
      intervals.push_back({m.bytes, m.first, std::max(m.first, m.last)});
      which.push_back(static_cast<int32_t>(i));
      plan_->arena_sum += (m.bytes + 63) / 64 * 64;
    }
    plan_->arena_lower_bound = MemoryLowerBound(intervals);
    plan_->arena_bytes = PlanMemory(intervals);
    std::map<int32_t, int64_t> offsets;
    for (size_t i = 0; i < which.size(); ++i) offsets[which[i]] = intervals[i].offset;
    for (size_t i = 0; i < memories_.size(); ++i) {
      for (int32_t slot : memories_[i].slots) {
        Slot& s = plan_->slots[slot];
        if (s.storage == Storage::kArena) s.offset = offsets[static_cast<int32_t>(i)];
        if (s.storage == Storage::kFeed) plan_->feeds[s.index].slots.push_back(slot);
        if (s.storage == Storage::kOutput) plan_->outputs[s.index].push_back(slot);
      }
    }
    for (const auto& [step, memory] : workspaces_) {
      if (step < plan_->steps.size()) plan_->steps[step].workspace_offset = offsets[memory];
    }
  }

  const Graph& g_;
  const CompileEnv& env_;
  const BoundVariables& bound_;
  std::shared_ptr<Plan> plan_;
  std::vector<NodeId> order_;
  std::vector<int> position_;
  std::vector<Role> roles_;
  std::set<Endpoint> dynamic_;
  std::unordered_map<Endpoint, int, EndpointHash> last_use_;
  std::unordered_map<Endpoint, int32_t, EndpointHash> slot_of_, memory_of_;
  std::vector<Memory> memories_;
  std::map<size_t, int32_t> workspaces_;
  std::map<int32_t, int32_t> variable_slots_;
  std::map<int32_t, std::vector<int>> write_positions_;
  bool writes_found_ = false;
  std::set<int32_t> assigned_;
};

}  // namespace

Result<std::shared_ptr<const Plan>> BuildPlan(const Graph& g, const CompileEnv& env, const BoundVariables& bound) {
  return PlanBuilder(g, env, bound).Build();
}

}  // namespace weir
