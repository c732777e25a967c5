#include "weir/runtime/exec/executor.h"
#include "weir/graph/base/names.h"
#include "weir/runtime/exec/run_hold.h"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <cstring>

namespace weir {

RunContext::RunContext(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {
  const Plan& p = *plan_;
  pointers_.resize(p.slots.size(), nullptr);
  dynamic_.resize(p.num_dynamic);
  outputs_.resize(p.outputs.size());
  recycled_.resize(p.outputs.size());
  output_bound_.resize(p.outputs.size(), nullptr);
  pins_.resize(p.variables.size());
  held_.resize(p.variables.size());
  fetched_pins_.resize(p.variables.size());
  pin_shapes_.resize(p.variables.size());
  for (const PlanVariable& v : p.variables) {
    if (!v.form.kind.empty()) form_pins_.resize(p.variables.size());
  }
  feed_tensors_.resize(p.feeds.size());
  nested_.resize(p.steps.size());
  dynamic_ops_.resize(p.steps.size());
  args_.resize(p.steps.size());
  quick_.resize(p.steps.size());
  for (const Slot& s : p.slots) offsets_.push_back(s.offset);
  FindResting();
  for (size_t i = 0; i < p.slots.size(); ++i) {
    const Slot& s = p.slots[i];
    if (s.storage == Storage::kConstant) Place(static_cast<int32_t>(i), p.constants[s.index].raw());
    if (s.storage == Storage::kObject) Place(static_cast<int32_t>(i), p.objects[s.index].get());
  }
  for (size_t i = 0; i < p.steps.size(); ++i) {
    const Step& s = p.steps[i];
    args_[i].slots = pointers_.data();
    args_[i].operands = p.operands.data() + s.first_operand;
    args_[i].num_inputs = s.num_inputs;
    args_[i].state = s.state;
    args_[i].error = &error_;
    const auto& phases = s.prepared.phases;
    if (s.kind != StepKind::kKernel || !s.writes.empty() || s.waits) continue;
    if (phases.size() != 1 || phases[0].parts != 1) continue;
    quick_[i] = {phases[0].run.call, phases[0].run.closure.get()};
    args_[i].end = phases[0].items;
    args_[i].own_lines = OwnLines(s.prepared, 0);
  }
}

void RunContext::OwnStates() {
  has_own_states_ = true;
  for (RunArgs& args : args_) {
    if (args.state) args.state = own_states_.emplace_back(std::make_unique<NodeState>()).get();
  }
}

void RunContext::FindResting() {
  const Plan& p = *plan_;
  std::vector<bool> pins(p.variables.size(), true), dynamic(dynamic_.size(), true);
  fetched_dynamic_.resize(dynamic_.size());
  for (const PlanFetch& f : p.fetches) {
    if (f.slot < 0) continue;
    const Slot& s = p.slots[f.slot];
    if (s.storage == Storage::kVariable) {
      pins[s.index] = false;
      fetched_variables_.push_back({static_cast<int>(&f - p.fetches.data()), s.index});
    }
    if (s.storage == Storage::kDynamic) dynamic[s.index] = false, fetched_dynamic_[s.index] = true;
  }
  for (const PlanFeed& f : p.feeds) {
    if (f.dynamic >= 0) dynamic[f.dynamic] = false;
  }
  for (size_t v = 0; v < pins.size(); ++v) {
    held_[v] = p.variables[v].written && pins[v];
    if (pins[v] && !held_[v]) resting_pins_.push_back(static_cast<int32_t>(v));
  }
  for (size_t d = 0; d < dynamic.size(); ++d) {
    if (dynamic[d]) resting_dynamic_.push_back(static_cast<int32_t>(d));
  }
  rests_ = !resting_pins_.empty() || !fetched_variables_.empty() || !resting_dynamic_.empty() || !form_pins_.empty();
}

Status RunContext::Init(std::shared_ptr<Buffer> arena) {
  WEIR_RETURN_IF_ERROR(plan_->refused);
  if (arena) arena_ = std::move(arena);
  if (!arena_) {
    auto made = Buffer::Allocate(plan_->arena_bytes, "the arena");
    if (!made.ok()) return ArenaError(made.status());
    arena_ = std::move(*made);
  }
  PlaceArena(static_cast<char*>(arena_->data()));
  return {};
}

void RunContext::PlaceArena(char* base) {
  if (base == arena_base_) return;
  arena_base_ = base;
  for (size_t i = 0; i < pointers_.size(); ++i) {
    if (plan_->slots[i].storage == Storage::kArena) Place(static_cast<int32_t>(i), base);
  }
  for (size_t i = 0; i < args_.size(); ++i) args_[i].workspace_data = base + plan_->steps[i].workspace_offset;
}

// What a user can change of an arena that there is no memory for is its largest tensor.
Status RunContext::ArenaError(const Status& s) const {
  const Slot* largest = nullptr;
  const StepInfo* maker = nullptr;
  for (const Step& step : plan_->steps) {
    for (int k = 0; k < step.num_outputs; ++k) {
      const Slot& slot = plan_->slots[output_slot(step, k)];
      if (slot.storage != Storage::kArena || (largest && slot.bytes() <= largest->bytes())) continue;
      largest = &slot, maker = step.info.get();
    }
  }
  Status error(s.code(), fmt::format("error[memory]: there is {}", s.message()));
  if (largest) {
    error = std::move(error).Detail(fmt::format("its largest tensor is {}{}, made by {} '{}'{}",
                                                DTypeShortName(largest->dtype), largest->shape.ToString(), maker->op,
                                                maker->name, maker->loc.empty() ? "" : ", created at " + maker->loc));
  }
  return std::move(error).Detail(s.details()).Help(s.help());
}

std::shared_ptr<Buffer> RunContext::TakeArena() {
  if (plan_->arena_bytes == 0) return nullptr;
  return std::move(arena_);
}

int64_t RunContext::bytes() const {
  size_t bytes = sizeof(*this) + pointers_.size() * (sizeof(void*) + sizeof(int64_t)) +
                 args_.size() * (sizeof(RunArgs) + sizeof(QuickStep)) + dynamic_.size() * sizeof(Tensor);
  for (const auto& pool : recycled_) {
    for (const auto& b : pool) bytes += b->bytes();
  }
  if (scratch_) bytes += scratch_->bytes();
  for (const auto& op : dynamic_ops_) {
    if (!op) continue;
    for (const auto& b : op->memory) bytes += b ? b->bytes() : 0;
  }
  for (const auto& contexts : nested_) {
    for (const auto& c : contexts) bytes += c ? static_cast<size_t>(c->bytes()) : 0;
  }
  return static_cast<int64_t>(bytes);
}

void RunContext::SetFeed(int i, const Tensor& value) {
  const PlanFeed& f = plan_->feeds[i];
  feed_tensors_[i] = value;
  if (f.dynamic >= 0) {
    dynamic_[f.dynamic] = value;
  } else {
    SetFeedData(i, value.raw());
  }
}

void RunContext::SetFeedData(int i, const void* data) {
  for (int32_t slot : plan_->feeds[i].slots) Place(slot, data);
}

void RunContext::SetOutputData(int i, void* data) { output_bound_[i] = data; }

Status RunContext::FetchError(size_t fetch, const Status& s) const {
  const std::string name = NodeNameOf(plan_->fetches[fetch].name);
  return Status(s.code(), fmt::format("error[memory]: '{}' is fetched, and there is {}", name, s.message()))
      .Detail(s.details())
      .Help(s.help());
}

Status RunContext::PrepareOutputs() {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    void* data = output_bound_[i];
    if (!data) {
      outputs_[i] = nullptr;
      for (auto& b : recycled_[i]) {
        if (b.use_count() == 1) outputs_[i] = b;
      }
      if (!outputs_[i]) {
        auto made = Buffer::Allocate(plan_->output_bytes[i], "a fetched tensor");
        if (!made.ok()) {
          size_t fetch = 0;
          while (plan_->fetches[fetch].output != static_cast<int32_t>(i)) ++fetch;
          return FetchError(fetch, made.status());
        }
        outputs_[i] = std::move(*made);
        if (recycled_[i].size() < 4) recycled_[i].push_back(outputs_[i]);
      }
      data = outputs_[i]->data();
    }
    BindOutput(static_cast<int>(i), data);
  }
  return {};
}

void RunContext::Repin(int v) {
  const PlanVariable& pv = plan_->variables[v];
  const Tensor& value = pv.variable->value;
  if (!held_[v]) pins_[v] = value.buffer();
  if (!pv.has_shape) pin_shapes_[v] = value.shape();
  for (int32_t slot : pv.slots) Place(slot, value.buffer() ? value.buffer()->data() : nullptr);
}

Status RunContext::PinVariables() {
  for (size_t v = 0; v < plan_->variables.size(); ++v) {
    const PlanVariable& pv = plan_->variables[v];
    // What this run writes nobody else changes, since the run holds `writing`.
    std::unique_lock lock(pv.variable->mutex, std::defer_lock);
    if (!pv.written) lock.lock();
    const Tensor& value = pv.variable->value;
    if (!value.valid()) {
      if (!pv.read_first) continue;
      return FailedPrecondition(fmt::format("error[run]: variable '{}' has no value yet; '{}' reads it",
                                            pv.variable->name(), pv.first_reader))
          .Help("run GlobalVariablesInitializer (graphdef run --init) or restore a checkpoint first");
    }
    stale_ = pv.has_shape && !(value.shape() == pv.shape);
    if (stale_) {
      return FailedPrecondition(fmt::format("finds variable '{}' of shape {}, but was compiled for {}",
                                            pv.variable->name(), value.shape().ToString(), pv.shape.ToString()));
    }
    Repin(static_cast<int>(v));
    if (!pv.form.kind.empty()) WEIR_RETURN_IF_ERROR(PinForm(static_cast<int>(v)));
  }
  return {};
}

// The variable's form, made anew where the value has changed since. Under the cell's mutex.
Status RunContext::PinForm(int v) {
  const PlanVariable& pv = plan_->variables[v];
  VariableCell& cell = *pv.variable;
  if (!cell.form || cell.form_kind != pv.form.kind || cell.form_version != cell.version) {
    cell.form = nullptr;
    auto made = Buffer::Allocate(pv.form.bytes, "a form of variable '" + cell.name() + "'");
    formless_ = !made.ok();
    if (formless_) return made.status();
    pv.form.make(cell.value.raw(), (*made)->data());
    cell.form = std::move(*made), cell.form_kind = pv.form.kind, cell.form_version = cell.version;
  }
  form_pins_[v] = cell.form;
  for (int32_t slot : pv.form_slots) Place(slot, cell.form->data());
  return {};
}

void RunContext::LetGo(std::span<const Tensor> copied) {
  for (int32_t v : resting_pins_) pins_[v] = nullptr;
  if (!copied.empty() && !fetched_variables_.empty()) RestCopied(copied);
  for (int32_t d : resting_dynamic_) dynamic_[d] = Tensor();
  for (auto& p : form_pins_) p = nullptr;
}

// Lets go of the variables of which each fetch has been copied.
void RunContext::RestCopied(std::span<const Tensor> copied) {
  for (auto [fetch, v] : fetched_variables_) {
    if (!copied[fetch].valid()) fetched_pins_[v] = true;
  }
  for (auto [fetch, v] : fetched_variables_) {
    if (!fetched_pins_[v]) pins_[v] = nullptr;
  }
  fetched_pins_.assign(pins_.size(), false);
}

void RunContext::Finish() {
  for (auto& p : pins_) p = nullptr;
  for (auto& p : form_pins_) p = nullptr;
  for (auto& b : outputs_) b = nullptr;
  for (auto& t : dynamic_) t = Tensor();
  for (auto& t : feed_tensors_) t = Tensor();
}

Status RunContext::Run(const RunOptions& options) {
  BeginRun(options);
  WEIR_RETURN_IF_ERROR(PrepareOutputs());
  // Nested runs: the caller holds the variables already.
  if (nested_run_) {
    WEIR_RETURN_IF_ERROR(PinVariables());
    return RunSteps(options);
  }
  RunHold hold(*plan_, plan_->written, options.pool);
  WEIR_RETURN_IF_ERROR(PinVariables());
  RunOptions mine = options;
  mine.hold = &hold;
  if (mine.trace) mine.trace_start = std::chrono::steady_clock::now();
  return RunSteps(mine);
}

namespace {

Status StepError(const StepInfo& info, Status s) {
  if (s.ok() || s.decorated()) return s;
  if (s.message().starts_with("error[")) {  // a file's error, complete but for who asked
    std::string who = s.message().find("'" + info.name + "'") == std::string::npos
                          ? fmt::format("in {} '{}'", info.op, info.name)
                          : "";
    return std::move(s).Detail(std::move(who));
  }
  const char* verb = s.code() == Code::kResourceExhausted ? "cannot run: there is " : "";
  std::string headline = fmt::format("error[run]: {} '{}' {}{}", info.op, info.name, verb, s.message());
  if (!info.loc.empty()) s = std::move(s).Detail("created at " + info.loc);
  if (!info.origins.empty()) s = std::move(s).Detail(fmt::format("made from '{}'", fmt::join(info.origins, "', '")));
  return std::move(s).Decorated(std::move(headline));
}

constexpr size_t kMostTraced = size_t{1} << 20;  // steps: a loop may run for ever

int64_t Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Status RunContext::RunSteps(const RunOptions& options) {
  const bool poll = options.limits.any();
  const bool slow = poll || options.trace || options.check_numerics;
  const auto start = options.trace_start;
  const Step* steps = plan_->steps.data();
  for (size_t i = 0, n = quick_.size(); i < n; ++i) {
    int64_t begin_ns = options.trace ? Since(start) : 0;
    if (const QuickStep& quick = quick_[i]; quick.call) {
      quick.call(quick.closure, args_[i]);
    } else {
      if (Status status = RunStep(i, options); !status.ok()) return StepError(*steps[i].info, std::move(status));
    }
    if (error_.failed.load(std::memory_order_relaxed)) return StepError(*steps[i].info, error_.status);
    if (!slow) continue;
    const Step& s = steps[i];
    if (options.trace && options.trace->size() < kMostTraced) options.trace->push_back({&s, begin_ns, Since(start)});
    if (poll) {
      if (Status status = options.limits.Check(); !status.ok())
        return std::move(status).Detail(fmt::format("after {} '{}'", s.info->op, s.info->name));
    }
    if (options.check_numerics) WEIR_RETURN_IF_ERROR(CheckNumerics(i));
  }
  return {};
}

Status RunContext::RunStep(size_t i, const RunOptions& options) {
  return plan_->steps[i].waits ? RunWaiting(i, options) : DoStep(i, options);
}

// A step that may wait for another run, which may want to write what this one does: the run holds no variable
// meanwhile, and afterwards takes them as they are then. What was read before and is still wanted has been copied
// (VariableTable::WrittenBetween).
Status RunContext::RunWaiting(size_t i, const RunOptions& options) {
  const bool nested = !plan_->steps[i].info->nested.empty();  // whose own steps do that
  if (!nested) {
    for (auto& p : pins_) p = nullptr;
    options.hold->LetGo();
  }
  Status status = DoStep(i, options);
  if (!nested) options.hold->TakeAgain();
  if (!status.ok() || error_.failed.load(std::memory_order_relaxed)) return status;
  status = PinVariables();
  stale_ = formless_ = false;  // the run cannot begin anew
  return status;
}

Status RunContext::DoStep(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  switch (s.kind) {
    case StepKind::kKernel:
      if (!s.writes.empty()) return RunWriter(i, options);
      RunPhases(s.prepared, args_[i], options.hold->team());
      return {};
    case StepKind::kDynamic: return s.writes.empty() ? RunDynamic(i, options) : RunWriter(i, options);
    case StepKind::kAssign: return RunAssign(i);
    case StepKind::kReadVariable: RunReadVariable(i); return {};
    case StepKind::kIsInitialized: RunIsInitialized(i); return {};
    case StepKind::kIf:
    case StepKind::kCase: return RunBranch(i, options);
    case StepKind::kWhile: return RunWhile(i, options);
  }
  return Internal("a step of unknown kind");
}

namespace {

// A use count is read relaxed. What others read before they let go of the buffer must come before what is written now.
void AcquireBuffer([[maybe_unused]] const std::shared_ptr<Buffer>& buffer) {
#ifdef WEIR_THREAD_SANITIZER  // knows no fences
  std::shared_ptr<Buffer> acquired = buffer;
#else
  std::atomic_thread_fence(std::memory_order_acquire);
#endif
}

}  // namespace

// Whether nobody but the variable and this run's pin, if it needs one, holds the buffer, so that it may be written.
bool RunContext::OnlyOurs(int v) const {
  const std::shared_ptr<Buffer>& buffer = plan_->variables[v].variable->value.buffer();
  if (!held_[v] && buffer != pins_[v]) return false;
  if (buffer.use_count() > (held_[v] ? 1 : 2)) return false;
  AcquireBuffer(buffer);
  return true;
}

// A kernel that changes variables: alone with their buffers while it runs.
Status RunContext::RunWriter(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  VariableLocks<&VariableCell::mutex> locks(*plan_, s.writes);
  for (int32_t v : s.writes) {
    VariableCell& cell = *plan_->variables[v].variable;
    if (!cell.value.valid()) {
      return FailedPrecondition(fmt::format("changes variable '{}', which has no value yet", cell.name()))
          .Help("run GlobalVariablesInitializer first");
    }
    if (!OnlyOurs(v)) {
      // Somebody else reads this buffer: write aside.
      WEIR_ASSIGN_OR_RETURN(cell.value, cell.value.Clone());
      Repin(v);
    }
    cell.Changed();
  }
  if (s.kind == StepKind::kDynamic) return RunDynamic(i, options);
  RunPhases(s.prepared, args_[i], options.hold->team());
  return {};
}

Tensor RunContext::SlotTensor(int32_t slot) const {
  const Slot& s = plan_->slots[slot];
  if (s.offset != 0) return Tensor::Wrap(s.dtype, s.shape, pointers_[slot]);  // a part of a buffer
  switch (s.storage) {
    case Storage::kDynamic: return dynamic_[s.index];
    case Storage::kConstant: return Tensor::FromBuffer(s.dtype, s.shape, plan_->constants[s.index].buffer());
    case Storage::kVariable: {
      const PlanVariable& pv = plan_->variables[s.index];
      return Tensor::FromBuffer(s.dtype, pv.has_shape ? s.shape : pin_shapes_[s.index],
                                held_[s.index] ? pv.variable->value.buffer() : pins_[s.index]);
    }
    case Storage::kFeed:
      if (feed_tensors_[s.index].valid()) return Tensor::FromBuffer(s.dtype, s.shape, feed_tensors_[s.index].buffer());
      [[fallthrough]];
    default: return Tensor::Wrap(s.dtype, s.shape, pointers_[slot]);
  }
}

// Stores a computed tensor as a step's output.
Status RunContext::PutOutput(int32_t slot, Tensor value) {
  const Slot& s = plan_->slots[slot];
  if (s.storage == Storage::kNone) return {};
  if (s.storage == Storage::kDynamic) {
    // Why: what lies in the arena (a loop's variable whose body has not run) is somebody else's after this step.
    if (value.buffer() && !value.buffer()->owning()) {
      WEIR_ASSIGN_OR_RETURN(value, value.Clone());
    }
    dynamic_[s.index] = std::move(value);
    return {};
  }
  if (value.dtype() != s.dtype || !(value.shape() == s.shape)) {
    return Internal(fmt::format("gave {}{} where {}{} was planned", DTypeShortName(value.dtype()),
                                value.shape().ToString(), DTypeShortName(s.dtype), s.shape.ToString()));
  }
  if (value.raw() != pointers_[slot]) value.CopyTo(pointers_[slot]);
  return {};
}

Status RunContext::RunAssign(size_t i) {
  const Step& s = plan_->steps[i];
  int32_t v = s.writes[0];
  const PlanVariable& pv = plan_->variables[v];
  VariableCell& cell = *pv.variable;
  const Slot& from = plan_->slots[input_slot(s, 0)];
  std::lock_guard lock(cell.mutex);
  const Shape& shape = from.is_static() ? from.shape : dynamic_[from.index].shape();
  if (pv.has_shape && !(pv.shape == shape)) {
    return InvalidArgument(fmt::format("cannot assign a value of shape {} to variable '{}' of shape {}",
                                       shape.ToString(), cell.name(), pv.shape.ToString()));
  }
  if (cell.value.dtype() == from.dtype && cell.value.shape() == shape && OnlyOurs(v)) {
    const void* data = from.is_static() ? pointers_[input_slot(s, 0)] : dynamic_[from.index].raw();
    CopyElements(from.dtype, data, cell.value.mutable_raw(), shape.num_elements());
    cell.Changed();
    return {};
  }
  WEIR_ASSIGN_OR_RETURN(cell.value, SlotTensor(input_slot(s, 0)).Clone());
  cell.Changed();
  Repin(v);
  return {};
}

void RunContext::RunReadVariable(size_t i) {
  const Step& s = plan_->steps[i];
  VariableCell& cell = *plan_->variables[plan_->slots[input_slot(s, 0)].index].variable;
  std::lock_guard lock(cell.mutex);
  if (!cell.value.valid()) {
    RunArgs& args = args_[i];
    args.Fail(FailedPrecondition(fmt::format("reads variable '{}', which has no value yet", cell.name()))
                  .Help("run GlobalVariablesInitializer first"));
    return;
  }
  SetDynamic(output_slot(s, 0), cell.value);
}

void RunContext::RunIsInitialized(size_t i) {
  const Step& s = plan_->steps[i];
  VariableCell& cell = *plan_->variables[plan_->slots[input_slot(s, 0)].index].variable;
  std::lock_guard lock(cell.mutex);
  *args_[i].out<bool>(0) = cell.value.valid();
}

Status RunContext::CheckNumerics(size_t i) const {
  const Step& s = plan_->steps[i];
  for (int k = 0; k < s.num_outputs; ++k) {
    const Storage storage = plan_->slots[output_slot(s, k)].storage;
    if (storage == Storage::kNone || storage == Storage::kObject) continue;
    Tensor t = SlotTensor(output_slot(s, k));
    int64_t bad = -1;
    auto scan = [&](auto zero) {
      using T = decltype(zero);
      for (int64_t e = 0; e < t.num_elements() && bad < 0; ++e) {
        const T v = t.data<T>()[e];
        if constexpr (kIsComplexType<T>) bad = std::isfinite(v.real()) && std::isfinite(v.imag()) ? -1 : e;
        else bad = std::isfinite(static_cast<double>(v)) ? -1 : e;
      }
    };
    DispatchType(t.dtype(), FloatTypes() + ComplexTypes(), scan);
    if (bad >= 0) {
      return StepError(
          *s.info, InvalidArgument(fmt::format("computed NaN or infinity in output {} ({}{}), first at element {}", k,
                                               DTypeShortName(t.dtype()), t.shape().ToString(), bad)));
    }
  }
  return {};
}

const void* RunContext::FetchData(int i) const {
  int32_t slot = plan_->fetches[i].slot;
  return slot >= 0 && plan_->slots[slot].is_static() ? pointers_[slot] : nullptr;
}

Result<Tensor> RunContext::Fetch(int i) {
  int32_t slot = plan_->fetches[i].slot;
  if (slot < 0) return Tensor();  // a handle
  const Slot& s = plan_->slots[slot];
  if (s.storage == Storage::kOutput && !output_bound_[s.index])
    return Tensor::FromBuffer(s.dtype, s.shape, outputs_[s.index]);
  Tensor t = SlotTensor(slot);
  if (t.valid() && t.buffer() && t.buffer()->owning() && s.storage != Storage::kArena) return t;
  return t.Clone();
}

Status RunContext::TakeFetches(std::vector<Tensor>* values) {
  Status status;
  for (size_t i = 0; status.ok() && i < plan_->fetches.size(); ++i) {
    auto t = Fetch(static_cast<int>(i));
    if (t.ok()) values->push_back(std::move(*t));
    else status = t.status();
  }
  Finish();
  for (size_t i = 0; status.ok() && i < values->size(); ++i) {
    Tensor& t = (*values)[i];
    if (!t.buffer()) continue;
    // Beside the fetched tensor only the pool of recycled buffers may hold the memory; it does not touch what is in
    // use.
    const int holders = plan_->fetches[i].output >= 0 ? 2 : 1;
    if (t.buffer()->owning() && t.buffer().use_count() <= holders) {
      AcquireBuffer(t.buffer());
      continue;
    }
    auto copy = t.Clone();
    if (copy.ok()) t = std::move(*copy);
    else status = FetchError(i, copy.status());
  }
  return status;
}

}  // namespace weir
