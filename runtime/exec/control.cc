// Branches and loops: nested plans, each with a context of its own that is kept between runs, and whose arena is a part
// of the step's workspace. Where all that goes in and out is static (StepInfo::direct), nothing is allocated or counted
// on the way.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "weir/runtime/exec/executor.h"

namespace weir {

namespace {

// TensorFlow's truth of any tensor: a scalar that is not zero, a string that is not empty, else having elements.
bool Truth(DType dtype, const Shape& shape, const void* data) {
  if (shape.rank() > 0) return shape.num_elements() > 0;
  return dtype == kBool ? *static_cast<const bool*>(data) : !IsZero(dtype, data);
}
bool Truth(const Tensor& t) { return Truth(t.dtype(), t.shape(), t.raw()); }

// Which of a branch's nested plans to run.
size_t Chosen(const Step& s, DType dtype, const Shape& shape, const void* data) {
  if (s.kind == StepKind::kIf) return Truth(dtype, shape, data) ? 0 : 1;
  const size_t last = s.info->nested.size() - 1;
  return std::min(static_cast<size_t>(*static_cast<const int32_t*>(data)), last);  // a negative number is the last, too
}

void CopyBytes(const void* from, void* to, int64_t bytes) {
  if (from != to && bytes > 0) std::memcpy(to, from, static_cast<size_t>(bytes));
}

// Lets go what a nested context holds, also of a run that fails.
struct Finisher {
  RunContext* context;
  ~Finisher() { context->Finish(); }
};

// A nested plan trusts the dtype and the static shape that it was compiled for.
Status CheckArgument(const PlanFeed& feed, const Tensor& value) {
  if (feed.Takes(value)) return {};
  std::string got = value.valid() ? DTypeShortName(value.dtype()) + value.shape().ToString() : "nothing";
  return Internal(fmt::format("gives {} to '{}', which was compiled for {}{}", got, feed.name,
                              DTypeShortName(feed.dtype), feed.shape.ToString()));
}

}  // namespace

Result<RunContext*> RunContext::Nested(size_t step, size_t which) {
  auto& contexts = nested_[step];
  const std::vector<NestedPlan>& plans = plan_->steps[step].info->nested;
  contexts.resize(plans.size());
  if (!contexts[which]) {
    WEIR_RETURN_IF_ERROR(plans[which].plan->refused);
    contexts[which] = std::make_unique<RunContext>(plans[which].plan);
    contexts[which]->nested_run_ = true;
    if (has_own_states_) contexts[which]->OwnStates();
  }
  contexts[which]->PlaceArena(static_cast<char*>(args_[step].workspace_data));
  return contexts[which].get();
}

// What a nested plan writes, our own plan must not hold meanwhile: who writes a variable does so in place when nobody
// else holds its buffer.
void RunContext::Lend(const NestedPlan& nested) {
  for (int32_t v : nested.lends) pins_[v] = nullptr;
}

// A nested plan may know the variable by another handle, one that does not tell the shape, and assign another.
Status RunContext::RepinWritten(const std::vector<int32_t>& writes) {
  for (int32_t v : writes) {
    const PlanVariable& pv = plan_->variables[v];
    std::lock_guard lock(pv.variable->mutex);
    const Tensor& value = pv.variable->value;
    if (pv.has_shape && value.valid() && !(value.shape() == pv.shape)) {
      return InvalidArgument(fmt::format("gives variable '{}' the shape {}, but around it that is {}",
                                         pv.variable->name(), value.shape().ToString(), pv.shape.ToString()));
    }
    Repin(v);
  }
  return {};
}

// ---- nested plans that take and give tensors

Status RunContext::CallNested(size_t step, size_t which, const std::vector<Tensor>& inputs, const RunOptions& options,
                              std::vector<Tensor>* results) {
  WEIR_ASSIGN_OR_RETURN(RunContext * nested, Nested(step, which));
  const Finisher finisher{nested};
  const NestedPlan& bound = plan_->steps[step].info->nested[which];
  for (size_t i = 0; i < bound.feeds.size(); ++i) {
    WEIR_RETURN_IF_ERROR(CheckArgument(nested->plan().feeds[i], inputs[bound.feeds[i]]));
    nested->SetFeed(static_cast<int>(i), inputs[bound.feeds[i]]);
  }
  Lend(bound);
  WEIR_RETURN_IF_ERROR(nested->Run(options));
  results->clear();
  for (size_t i = 0; i < nested->plan().fetches.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(Tensor t, nested->Fetch(static_cast<int>(i)));
    results->push_back(std::move(t));
  }
  return RepinWritten(bound.writes);
}

// Of handles nothing, since a tensor would hold the variable's buffer.
std::vector<Tensor> RunContext::Arguments(size_t step) const {
  const Step& s = plan_->steps[step];
  std::vector<Tensor> inputs;
  for (int k = 0; k < s.num_inputs; ++k) {
    inputs.push_back(s.info->handles[k] ? Tensor() : SlotTensor(input_slot(s, k)));
  }
  return inputs;
}

Status RunContext::RunBranch(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  if (s.info->direct) return RunDirectBranch(i, options);
  std::vector<Tensor> inputs = Arguments(i), results;
  const Tensor& choice = inputs[0];
  if (s.kind == StepKind::kCase && choice.rank() != 0)
    return InvalidArgument(fmt::format("wants a scalar branch_index, not shape {}", choice.shape().ToString()));
  WEIR_RETURN_IF_ERROR(
      CallNested(i, Chosen(s, choice.dtype(), choice.shape(), choice.raw()), inputs, options, &results));
  for (int k = 0; k < s.num_outputs; ++k) WEIR_RETURN_IF_ERROR(PutOutput(output_slot(s, k), results[k]));
  return {};
}

Status RunContext::RunWhile(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  if (s.info->direct) return RunDirectWhile(i, options);
  std::vector<Tensor> state = Arguments(i), results;
  const NestedPlan& body = s.info->nested[1];
  for (size_t k = 0; k < body.feeds.size() && body.plan->refused.ok(); ++k) {
    if (!body.plan->feeds[k].updated) continue;
    Tensor& own = state[static_cast<size_t>(body.feeds[k])];
    WEIR_ASSIGN_OR_RETURN(own, own.Clone());
  }
  while (true) {
    WEIR_RETURN_IF_ERROR(CallNested(i, 0, state, options, &results));
    if (!Truth(results[0])) break;
    WEIR_RETURN_IF_ERROR(CallNested(i, 1, state, options, &results));
    state.swap(results);
    WEIR_RETURN_IF_ERROR(options.limits.Check());
  }
  for (int k = 0; k < s.num_outputs; ++k) WEIR_RETURN_IF_ERROR(PutOutput(output_slot(s, k), state[k]));
  return {};
}

// ---- direct ones, which read and write where the outer plan keeps it

// A nested plan whose feeds and outputs are bound.
Status RunContext::RunBound(const RunOptions& options) {
  BeginRun(options);
  if (!pins_.empty()) WEIR_RETURN_IF_ERROR(PinVariables());
  return RunSteps(options);
}

Status RunContext::RunDirectBranch(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  const int32_t condition = input_slot(s, 0);
  const Slot& c = plan_->slots[condition];
  const size_t which = Chosen(s, c.dtype, c.shape, pointers_[condition]);
  const NestedPlan& bound = s.info->nested[which];
  WEIR_ASSIGN_OR_RETURN(RunContext * nested, Nested(i, which));
  const Finisher finisher{nested};
  for (size_t k = 0; k < bound.feeds.size(); ++k) {
    nested->SetFeedData(static_cast<int>(k), pointers_[input_slot(s, bound.feeds[k])]);
  }
  const std::vector<PlanFetch>& fetches = bound.plan->fetches;
  for (int k = 0; k < s.num_outputs; ++k) {
    if (fetches[k].output >= 0) nested->BindOutput(fetches[k].output, pointers_[output_slot(s, k)]);
  }
  Lend(bound);
  WEIR_RETURN_IF_ERROR(nested->RunBound(options));
  for (int k = 0; k < s.num_outputs; ++k) {
    if (fetches[k].slot < 0) continue;
    CopyBytes(nested->pointers_[fetches[k].slot], pointers_[output_slot(s, k)],
              plan_->slots[output_slot(s, k)].bytes());
  }
  return RepinWritten(bound.writes);
}

Status RunContext::RunDirectWhile(size_t i, const RunOptions& options) {
  const Step& s = plan_->steps[i];
  const StepInfo& info = *s.info;
  WEIR_ASSIGN_OR_RETURN(RunContext * condition, Nested(i, 0));
  WEIR_ASSIGN_OR_RETURN(RunContext * body, Nested(i, 1));
  const Finisher finishers[] = {{condition}, {body}};
  char* workspace = static_cast<char*>(args_[i].workspace_data);
  const PlanFetch& result = condition->plan().fetches[0];
  if (result.output >= 0) condition->BindOutput(result.output, workspace + info.condition_offset);
  loop_state_.resize(std::max(loop_state_.size(), info.loop.size()));
  void** state = loop_state_.data();
  auto bind = [&](int k) {
    for (RunContext* c : {condition, body}) c->SetFeedData(k, state[k]);
  };
  const int count = static_cast<int>(info.loop.size());
  for (int k = 0; k < count; ++k) {
    state[k] = pointers_[input_slot(s, k)];
    if (info.loop[k].updated) {
      const int32_t out = output_slot(s, k);
      CopyBytes(state[k], pointers_[out], plan_->slots[out].bytes());
      state[k] = pointers_[out];
    }
    bind(k);
  }
  for (const NestedPlan& nested : info.nested) Lend(nested);
  const Slot& truth = condition->plan_->slots[result.slot];
  for (int turn = 0;; turn ^= 1) {
    WEIR_RETURN_IF_ERROR(condition->RunBound(options));
    const bool on = Truth(truth.dtype, truth.shape, condition->pointers_[result.slot]);
    condition->Rest();
    if (!on) break;
    for (int k = 0; k < count; ++k) {
      const LoopVariable& v = info.loop[k];
      if (v.computed) body->BindOutput(body->plan_->fetches[k].output, workspace + v.offset[turn]);
    }
    WEIR_RETURN_IF_ERROR(body->RunBound(options));
    for (int k = 0; k < count; ++k) {
      const LoopVariable& v = info.loop[k];
      if (v.handed_on) continue;
      state[k] = workspace + v.offset[turn];
      if (!v.computed) CopyBytes(body->pointers_[body->plan_->fetches[k].slot], state[k], v.bytes);
    }
    body->Rest();
    for (int k = 0; k < count; ++k) {
      if (!info.loop[k].handed_on) bind(k);
    }
    WEIR_RETURN_IF_ERROR(options.limits.Check());
  }
  for (int k = 0; k < count; ++k) {
    const Slot& out = plan_->slots[output_slot(s, k)];
    if (out.storage != Storage::kNone) CopyBytes(state[k], pointers_[output_slot(s, k)], out.bytes());
  }
  WEIR_RETURN_IF_ERROR(RepinWritten(info.nested[0].writes));
  return RepinWritten(info.nested[1].writes);
}

}  // namespace weir
