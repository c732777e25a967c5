#include "weir/session/compile/plan_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "weir/graph/functions.h"
#include "weir/ops/kernels.h"
#include "weir/runtime/exec/phases.h"
#include "weir/session/compile/pipeline.h"
#include "weir/session/compile/plan_copies.h"
#include "weir/session/compile/plan_held.h"
#include "weir/session/compile/plan_nested.h"

namespace weir {

namespace {

class PlanBuilder {
 public:
  PlanBuilder(const Graph& g, const CompileEnv& env, Order order, Roles roles)
      : g_(g), env_(env), plan_(std::make_shared<Plan>()), order_(std::move(order)), roles_(std::move(roles)),
        slots_(g, order_, roles_, *plan_), variables_(g, order_, *env.resources, *plan_),
        copies_(g, order_, roles_, slots_, variables_, [this](const Node& n) -> Result<Prepared> {
          return PrepareWithForms(n);
        }) {}

  Result<std::shared_ptr<Plan>> Build() {
    plan_->num_nodes = g_.num_nodes();
    plan_->services = env_.options.services;
    plan_->feeds.resize(ArgNodes(g_).size());
    plan_->fetches.resize(RetNodes(g_).size());
    for (NodeId id : order_.nodes) {
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
    std::sort(plan_->written.begin(), plan_->written.end(),
              [&](int32_t a, int32_t b) { return plan_->variables[a].variable < plan_->variables[b].variable; });
    slots_.LayOut();
    return plan_;
  }

 private:
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
    if (n.inputs().size() > INT16_MAX || n.outputs().size() > INT16_MAX)
      return Unimplemented("has more than 32,767 inputs or outputs");
    std::vector<int32_t> operands;
    for (Endpoint e : n.inputs()) {
      if (!IsHandle(g_, e) || IsObject(g_, e)) {
        operands.push_back(SlotOf(e));
        continue;
      }
      if (n.def()->holds_functions()) {  // which know their variables; the step itself has nothing of them
        operands.push_back(static_cast<int32_t>(plan_->slots.size()));
        plan_->slots.push_back({Storage::kNone, kResource, Shape(), 0, -1});
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(int32_t v, variables_.Of(e));
      operands.push_back(variables_.SlotOf(v));
    }
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      const Endpoint e{n.id(), static_cast<int>(i)};
      operands.push_back(n.def()->makes_handle() ? SlotOf(e) : slots_.SlotOf(e));
    }
    plan_->operands.insert(plan_->operands.end(), operands.begin(), operands.end());
    return {};
  }

  // A tensor's slot, or that of the table, queue or reader whose handle `e` is.
  int32_t SlotOf(Endpoint e) {
    if (!IsObject(g_, e)) return slots_.SlotOf(e);
    const int32_t number = ObjectOf(e);
    auto [it, fresh] = object_slots_.emplace(number, static_cast<int32_t>(plan_->slots.size()));
    if (fresh) plan_->slots.push_back({Storage::kObject, kResource, Shape(), 0, number});
    return it->second;
  }

  // Its number in the plan.
  int32_t ObjectOf(Endpoint handle) {
    auto cell = env_.resources->Object(*g_.type(handle).resource);
    auto& objects = plan_->objects;
    auto it = std::find(objects.begin(), objects.end(), cell);
    if (it == objects.end()) it = objects.insert(it, std::move(cell));
    return static_cast<int32_t>(it - objects.begin());
  }

  // The variables that a kernel writes.
  Status AddWrites(const Node& n, Step* step) {
    for (int i : n.def()->writes()) {
      if (IsObject(g_, n.input(i))) continue;
      WEIR_ASSIGN_OR_RETURN(int32_t v, variables_.Of(n.input(i)));
      step->writes.push_back(v);
      plan_->variables[v].written = true;
    }
    if (!n.def()->holds_functions()) variables_.NoteHandleReads(n);
    return {};
  }

  void AddStep(const Node& n, Step step) {
    step.waits = order_.waits[static_cast<size_t>(n.id().value)];
    plan_->steps.push_back(std::move(step));
  }

  Status Emit(NodeId id) {
    const Node& n = g_.node(id);
    switch (roles_[id]) {
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
    if (value->opaque())
      return Unimplemented(fmt::format("holds {}, a dtype that Weir does not compute with", DTypeName(value->dtype())));
    Memory m;
    m.storage = Storage::kConstant;
    m.index = static_cast<int32_t>(plan_->constants.size());
    plan_->constants.push_back(*value);
    m.last = Memory::kForever;
    int32_t slot = slots_.Add({n.id(), 0}, slots_.AddMemory(std::move(m)));
    plan_->slots[slot].shape = value->shape();
    return {};
  }

  Status EmitFeed(const Node& n) {
    int64_t index = n.attr<int64_t>("index");
    if (index < 0 || index >= static_cast<int64_t>(plan_->feeds.size()))
      return InvalidArgument("has an index out of range");
    PlanFeed& feed = plan_->feeds[index];
    Endpoint e{n.id(), 0};
    feed.name = n.name(), feed.dtype = BaseType(g_.type(e).dtype), feed.shape = g_.type(e).shape;
    if (!IsCarried(feed.dtype))
      return Unimplemented(fmt::format("is fed {}, a dtype that Weir does not compute with", DTypeName(feed.dtype)));
    Memory m;
    m.last = Memory::kForever;
    if (roles_.Static(e)) {
      m.storage = Storage::kFeed;
      m.index = static_cast<int32_t>(index);
    } else {
      m.storage = Storage::kDynamic;
      m.index = feed.dynamic = plan_->num_dynamic++;
    }
    slots_.Add(e, slots_.AddMemory(std::move(m)));
    return {};
  }

  Status EmitFetch(const Node& n) {
    int64_t index = n.attr<int64_t>("index");
    if (index < 0 || index >= static_cast<int64_t>(plan_->fetches.size()))
      return InvalidArgument("has an index out of range");
    PlanFetch& fetch = plan_->fetches[index];
    if (IsObject(g_, n.input(0))) {
      fetch.object = ObjectOf(n.input(0));
      return {};
    }
    if (IsHandle(g_, n.input(0))) {  // a loop body hands its handles on; there is no value
      WEIR_ASSIGN_OR_RETURN(fetch.variable, variables_.Of(n.input(0)));
      return {};
    }
    fetch.name = g_.EndpointName(n.input(0));
    fetch.slot = slots_.SlotOf(n.input(0));
    if (plan_->slots[fetch.slot].storage == Storage::kOutput) fetch.output = plan_->slots[fetch.slot].index;
    return {};
  }

  Status EmitRead(const Node& n) {
    WEIR_ASSIGN_OR_RETURN(int32_t v, variables_.Of(n.input(0)));
    variables_.NoteRead(v, n);
    Endpoint e{n.id(), 0};
    int here = order_[n.id()], last = slots_.LastUse(e);
    Step step;
    step.info = InfoOf(n);
    if (!roles_.Static(e) || !plan_->variables[v].has_shape) {
      roles_.MakeDynamic(e);
      WEIR_RETURN_IF_ERROR(slots_.AddOutput(e).status());
      step.kind = StepKind::kReadVariable;
      WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
      plan_->steps.push_back(std::move(step));
      return {};
    }
    if (!variables_.WrittenBetween(v, here, last)) {
      Memory m;
      m.storage = Storage::kVariable;
      m.index = v;
      m.last = Memory::kForever;
      int32_t slot = slots_.Add(e, slots_.AddMemory(std::move(m)));
      plan_->variables[v].slots.push_back(slot);
      return {};
    }
    // The variable changes while this value is still wanted: a copy.
    WEIR_RETURN_IF_ERROR(slots_.AddOutput(e).status());
    auto info = std::make_shared<StepInfo>(*step.info);
    info->note = "copied: the variable changes before the last use";
    step.info = info;
    int64_t bytes = slots_.BytesOf(e);
    step.prepared.phases.push_back(
        {RunFunction::Of([bytes](RunArgs& a) { if (bytes) std::memcpy(a.out<char>(0), a.in<char>(0), bytes); })});
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    plan_->steps.push_back(std::move(step));
    return {};
  }

  Status EmitAssign(const Node& n) {
    WEIR_ASSIGN_OR_RETURN(int32_t v, variables_.Of(n.input(0)));
    Step step;
    step.kind = StepKind::kAssign;
    step.info = InfoOf(n);
    step.first_operand = static_cast<int32_t>(plan_->operands.size());
    step.num_inputs = 1;
    plan_->operands.push_back(slots_.SlotOf(n.input(1)));
    step.writes = {v};
    variables_.NoteAssigned(v);
    plan_->steps.push_back(std::move(step));
    return {};
  }

  Status EmitIsInitialized(const Node& n) {
    Step step;
    step.kind = StepKind::kIsInitialized;
    step.info = InfoOf(n);
    WEIR_RETURN_IF_ERROR(slots_.AddOutput({n.id(), 0}).status());
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    plan_->steps.push_back(std::move(step));
    return {};
  }

  Status EmitView(const Node& n) {
    // Prepare checks the contract even though there is nothing to run.
    WEIR_RETURN_IF_ERROR(Prepare(n, false).status());
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      int view = roles_.kernel(n.id())->ViewOf(static_cast<int>(i));
      if (view < 0) return Internal("is a view of some outputs only");
      Endpoint from = n.input(view);
      variables_.NoteView(slots_.Add({n.id(), static_cast<int>(i)}, slots_.MemoryOf(from), slots_.OffsetOf(from)));
    }
    return {};
  }

  // Whether kernels may keep a form of `e`, and which one of it somebody keeps already.
  void TellForms(Endpoint e, PrepareContext::Operand* o) {
    const Memory& memory = slots_.memory(slots_.MemoryOf(e));
    if (slots_.OffsetOf(e) != 0) return;
    if (memory.storage == Storage::kConstant) {
      o->stays = plan_->constants[memory.index].num_elements() == o->shape.num_elements();
    } else if (memory.storage == Storage::kVariable) {
      o->stays = !variables_.WrittenBetween(memory.index, -1, Memory::kForever);
      o->form = plan_->variables[memory.index].form.kind;
    }
  }

  // `forms`: kernels may keep forms of what stays.
  Result<PrepareContext> Prepare(const Node& n, bool forms) {
    std::vector<PrepareContext::Operand> in, out;
    const KernelDef& kernel = *roles_.kernel(n.id());
    const std::vector<std::string_view> names = kernel.by_name() ? InputNamesOf(n) : std::vector<std::string_view>();
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      Endpoint e = n.input(static_cast<int>(i));
      const OutputType& t = g_.type(e);
      if (IsObject(g_, e)) {
        in.push_back({kResource, Shape(), nullptr, true});
      } else if (IsHandle(g_, e)) {
        in.push_back({t.handle_dtype, *t.handle_shape.ToShape(), nullptr, true});
      } else {
        auto shape = t.shape.ToShape();
        if (!shape) return InvalidArgument(fmt::format("has an input of impossible shape {}", t.shape.ToString()));
        in.push_back({BaseType(t.dtype), *shape, ConstantValue(g_, e), true});
        if (forms) TellForms(e, &in.back());
      }
      if (kernel.by_name()) in.back().name = names[i];
    }
    for (const OutputType& t : n.outputs()) {
      auto shape = t.shape.ToShape();
      if (!shape) return ResourceExhausted(fmt::format("has an output of impossible shape {}", t.shape.ToString()));
      out.push_back({BaseType(t.dtype), *shape, nullptr, true});
    }
    PrepareContext c(&n.attrs(), std::move(in), std::move(out), &plan_->services);
    WEIR_ASSIGN_OR_RETURN(auto functions, CompileHeld(g_, n, env_));
    c.set_functions(std::move(functions));
    WEIR_RETURN_IF_ERROR(kernel.prepare()(c));
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      if (!(PartialShape(c.output_shape(static_cast<int>(i))) == n.output(static_cast<int>(i)).shape)) {
        return Internal(fmt::format("was inferred to give {} but its kernel gives {}",
                                    n.output(static_cast<int>(i)).shape.ToString(),
                                    c.output_shape(static_cast<int>(i)).ToString()));
      }
    }
    return c;
  }

  // Whether the node makes a loop's variable its next value, and nobody else reads either.
  bool UpdatesVariable(const Node& n) const {
    if (!env_.loop_body || !roles_.kernel(n.id())->updates()) return false;
    const Node& arg = g_.node(n.input(0).node);
    if (!arg.Is("_Arg") || arg.users().size() != 1 || n.users().size() != 1) return false;
    const Node& reader = g_.node(n.users().begin()->node);
    return reader.Is("_Retval") && reader.attr<int64_t>("index") == arg.attr<int64_t>("index");
  }

  // The memory of a kernel's outputs: what a part of an input or of a join has, else an input's that is read no more,
  // else new. Whether any was an input's.
  Result<bool> AddOutputs(const Node& n, const Prepared& prepared) {
    std::set<int32_t> taken;
    for (int i = 0; i < static_cast<int>(n.outputs().size()); ++i) {
      if (IsObject(g_, {n.id(), i})) continue;
      if (i == 0 && UpdatesVariable(n)) {
        slots_.AddInPlace({n.id(), 0}, slots_.MemoryOf(n.input(0)));
        plan_->feeds[g_.node(n.input(0).node).attr<int64_t>("index")].updated = true;
        taken.insert(slots_.MemoryOf(n.input(0)));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(bool shared, copies_.Share(n, i, prepared));
      if (shared) continue;
      int32_t reuse = -1;
      for (auto [out, in] : roles_.kernel(n.id())->in_place()) {
        if (out != i || in >= static_cast<int>(n.inputs().size()) || reuse >= 0) continue;
        int32_t m = slots_.Reusable(n, out, in);
        if (m >= 0 && !taken.count(m)) reuse = m;
      }
      if (reuse < 0) {
        WEIR_RETURN_IF_ERROR(slots_.AddOutput({n.id(), i}).status());
        continue;
      }
      taken.insert(reuse);
      slots_.AddInPlace({n.id(), i}, reuse);
    }
    return !taken.empty();
  }

  // Makes the forms of constants that the kernel wants; without any where there is no memory for them.
  Result<Prepared> PrepareWithForms(const Node& n) {
    // A join may be asked before its inputs have memory.
    const bool forms = env_.forms && !roles_.kernel(n.id())->joins();
    WEIR_ASSIGN_OR_RETURN(PrepareContext c, Prepare(n, forms));
    Prepared prepared = c.Take();
    for (const auto& [input, form] : prepared.forms) {
      const Memory& memory = slots_.memory(slots_.MemoryOf(n.input(input)));
      if (memory.storage == Storage::kVariable) continue;
      auto made = env_.forms->Of(plan_->constants[memory.index], form);
      if (!made.ok()) {
        WEIR_ASSIGN_OR_RETURN(PrepareContext plain, Prepare(n, false));
        return plain.Take();
      }
      forms_[{n.id(), input}] = std::move(*made);
    }
    return prepared;
  }

  // Puts the forms in place of the step's inputs.
  void AddForms(const Node& n, const Prepared& prepared, const Step& step) {
    for (const auto& [input, form] : prepared.forms) {
      const Memory& memory = slots_.memory(slots_.MemoryOf(n.input(input)));
      Slot slot{memory.storage, kUint8, Shape({form.bytes}), 0, memory.index};
      const auto number = static_cast<int32_t>(plan_->slots.size());
      if (memory.storage == Storage::kConstant) {
        slot.index = static_cast<int32_t>(plan_->constants.size());
        plan_->constants.push_back(Tensor::FromBuffer(kUint8, slot.shape, forms_.at({n.id(), input})));
      } else {
        slot.storage = Storage::kForm;
        plan_->variables[memory.index].form = form;
        plan_->variables[memory.index].form_slots.push_back(number);
      }
      plan_->slots.push_back(std::move(slot));
      plan_->operands[step.first_operand + input] = number;
    }
  }

  // By name; functions may have nodes of one name, and ':' is in none.
  NodeState* StateOf(const Node& n) const {
    if (!n.def()->keeps_state()) return nullptr;
    return env_.resources->StateOf(env_.function.empty() ? n.name() : env_.function + ":" + n.name());
  }

  Status EmitKernel(const Node& n) {
    WEIR_ASSIGN_OR_RETURN(Prepared prepared, copies_.PreparedOf(n));
    WEIR_ASSIGN_OR_RETURN(const bool in_place, AddOutputs(n, prepared));
    if (copies_.AllMade(n, prepared)) return {};
    Step step;
    auto info = InfoOf(n);
    if (in_place) info->note = "in place";
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    AddForms(n, prepared, step);
    WEIR_RETURN_IF_ERROR(AddWrites(n, &step));
    step.prepared = std::move(prepared);
    WEIR_ASSIGN_OR_RETURN(const int64_t workspace, Cut(step.prepared, env_.options.threads));
    if (workspace > 0) slots_.AddWorkspace(plan_->steps.size(), workspace, order_[n.id()]);
    step.state = StateOf(n);
    step.info = std::move(info);
    if (!step.prepared.phases.empty()) AddStep(n, std::move(step));
    return {};
  }

  Status EmitDynamic(const Node& n) {
    const KernelDef* kernel = roles_.kernel(n.id());
    Step step;
    step.kind = StepKind::kDynamic;
    auto info = InfoOf(n);
    info->kernel = kernel;
    info->attrs = n.attrs();
    info->input_names = InputNamesOf(n);
    info->infer = InferFunctionOf(n, ObjectsOf(n));
    WEIR_ASSIGN_OR_RETURN(info->functions, CompileHeld(g_, n, env_));
    // Not of what goes to the world for its shapes, as a restore op does.
    info->preparation_keeps = (n.def()->random() || !n.def()->stateful() || !n.def()->writes().empty()) &&
                              !kernel->while_running();
    int num_inputs = static_cast<int>(n.inputs().size());
    for (int i = 0; i < num_inputs; ++i) info->needs_value.push_back(kernel->NeedsValueOf(i, num_inputs));
    info->note = "shapes or parameters are known only while running";
    for (int i = 0; i < static_cast<int>(n.outputs().size()); ++i) {
      if (!IsObject(g_, {n.id(), i})) WEIR_RETURN_IF_ERROR(slots_.AddOutput({n.id(), i}).status());
    }
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    WEIR_RETURN_IF_ERROR(AddWrites(n, &step));
    step.state = StateOf(n);
    step.info = std::move(info);
    AddStep(n, std::move(step));
    return {};
  }

  // By input, what is known of the table, queue or reader that it is a handle of.
  std::vector<std::shared_ptr<const Resource>> ObjectsOf(const Node& n) const {
    std::vector<std::shared_ptr<const Resource>> objects;
    for (Endpoint e : n.inputs()) objects.push_back(IsObject(g_, e) ? g_.type(e).resource : nullptr);
    return objects;
  }

  // What a branch or a loop hands to its bodies.
  struct Arguments {
    std::vector<OutputType> types;
    std::vector<int> inputs;       // of the node
    std::set<int32_t> variables;  // whose handles are among them
  };
  Result<Arguments> ArgumentsOf(const Node& n, bool branch) {
    Arguments a;
    for (size_t i = branch ? 1 : 0; i < n.inputs().size(); ++i) {
      Endpoint e = n.input(static_cast<int>(i));
      OutputType t = g_.type(e);
      t.value.reset();
      if (IsHandle(g_, e) && !IsObject(g_, e)) {
        WEIR_ASSIGN_OR_RETURN(int32_t v, variables_.Of(e));
        a.variables.insert(v);
        variables_.NoteRead(v, n);
      } else if (!IsHandle(g_, e) && !roles_.Static(e)) {
        t.shape = PartialShape::Unknown();
      }
      // A loop variable keeps only what the loop keeps of its shape.
      if (!branch && !IsHandle(g_, e)) {
        const OutputType& kept = g_.type({n.id(), static_cast<int>(i)});
        t.shape = kept.shape, t.handle_shape = kept.handle_shape, t.handle_dtype = kept.handle_dtype;
      }
      a.types.push_back(std::move(t));
      a.inputs.push_back(static_cast<int>(i));
    }
    return a;
  }

  // Whether the nested plan's result is a handle of the same resource.
  Result<bool> HandsOn(Endpoint handle, const Plan& nested, const PlanFetch& result) {
    if (IsObject(g_, handle))
      return result.object >= 0 && nested.objects[result.object] == plan_->objects[ObjectOf(handle)];
    WEIR_ASSIGN_OR_RETURN(int32_t v, variables_.Of(handle));
    return result.variable >= 0 && nested.variables[result.variable].variable == plan_->variables[v].variable;
  }

  // The executor trusts that a nested plan gives what the node promises, and that a loop keeps its variables.
  Status CheckNested(const Node& n, const FuncRef& f, bool condition, const Plan& nested) {
    if (!nested.refused.ok()) return {};  // it gives nothing, and says why when a run gets there
    auto dtype = [&](size_t i) {
      return nested.fetches[i].slot < 0 ? kResource : nested.slots[nested.fetches[i].slot].dtype;
    };
    if (condition) {
      bool tensor = nested.fetches.size() == 1 && dtype(0) != kResource;
      return tensor ? Status() : InvalidArgument("has a condition that does not give one tensor");
    }
    if (nested.fetches.size() != n.outputs().size()) {
      return InvalidArgument(
          fmt::format("has {} outputs, but its '{}' gives {}", n.outputs().size(), f.name, nested.fetches.size()));
    }
    for (size_t i = 0; i < nested.fetches.size(); ++i) {
      if (dtype(i) != BaseType(n.outputs()[i].dtype)) {
        return InvalidArgument(fmt::format("has {} for output {}, but its '{}' gives {}",
                                           DTypeName(n.outputs()[i].dtype), i, f.name, DTypeName(dtype(i))));
      }
      if (n.def()->calls() != CallKind::kLoop || dtype(i) != kResource) continue;
      WEIR_ASSIGN_OR_RETURN(const bool same, HandsOn(n.input(static_cast<int>(i)), nested, nested.fetches[i]));
      if (!same) return Unimplemented(fmt::format("has a body that hands on another resource as loop variable {}", i));
    }
    return {};
  }

  Status EmitControl(const Node& n) {
    const CallKind kind = n.def()->calls();
    const bool loop = kind == CallKind::kLoop;
    WEIR_ASSIGN_OR_RETURN(Arguments args, ArgumentsOf(n, !loop));
    auto info = InfoOf(n);
    for (Endpoint e : n.inputs()) info->handles.push_back(IsHandle(g_, e));
    for (const FuncRef& f : CalledFunctions(g_, n)) {
      CompileEnv env = env_;
      env.loop_body = loop && !info->nested.empty();  // the condition comes first
      WEIR_ASSIGN_OR_RETURN(auto nested, CompileBody(g_, f, args.types, env));
      WEIR_RETURN_IF_ERROR(CheckNested(n, f, loop && info->nested.empty(), *nested));
      NestedPlan bound{nested, args.inputs, {}, {}};
      for (const PlanVariable& v : nested->variables) {
        const int32_t mine = variables_.AddNested(v);
        if (!v.written) continue;
        bound.writes.push_back(mine);
        if (args.variables.count(mine)) bound.lends.push_back(mine);
      }
      info->nested.push_back(std::move(bound));
    }
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      Endpoint e{n.id(), static_cast<int>(i)};
      if (IsHandle(g_, e)) {
        slots_.AddEmpty(e);
        continue;
      }
      WEIR_RETURN_IF_ERROR(slots_.AddOutput(e).status());
    }
    Step step;
    step.kind = loop ? StepKind::kWhile : kind == CallKind::kCase ? StepKind::kCase : StepKind::kIf;
    WEIR_RETURN_IF_ERROR(AddOperands(n, &step));
    const int64_t workspace = LayOutNested(*plan_, step, info.get());
    if (workspace > 0) slots_.AddWorkspace(plan_->steps.size(), workspace, order_[n.id()]);
    step.info = std::move(info);
    AddStep(n, std::move(step));
    return {};
  }

  const Graph& g_;
  const CompileEnv& env_;
  std::shared_ptr<Plan> plan_;
  Order order_;
  Roles roles_;
  SlotTable slots_;
  VariableTable variables_;
  Copies copies_;
  std::map<int32_t, int32_t> object_slots_;  // by object
  std::map<std::pair<NodeId, int>, std::shared_ptr<Buffer>> forms_;  // by node and input
};

}  // namespace

Result<std::shared_ptr<Plan>> BuildPlan(const Graph& g, const CompileEnv& env) {
  WEIR_ASSIGN_OR_RETURN(auto nodes, TopologicalOrder(g));
  WEIR_ASSIGN_OR_RETURN(Roles roles, Roles::Of(g, nodes));
  return PlanBuilder(g, env, Order(g, std::move(nodes)), std::move(roles)).Build();
}

}  // namespace weir
