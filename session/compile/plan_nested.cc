#include "weir/session/compile/plan_nested.h"

#include <algorithm>
#include <set>

namespace weir {

namespace {

// A tensor whose bytes lie where its slot says, before the run or when the slot was written.
bool IsDirect(const Plan& plan, int32_t slot) {
  const Slot& s = plan.slots[slot];
  if (!s.is_static() || s.storage == Storage::kNone || !IsPlain(s.dtype)) return false;
  return s.storage != Storage::kVariable || plan.variables[s.index].has_shape;
}

// What goes into the nested plan and comes out of it, handles apart.
bool IsDirect(const NestedPlan& nested) {
  const Plan& p = *nested.plan;
  auto feed = [](const PlanFeed& f) { return f.dtype == DType::kInvalid || f.dynamic < 0; };
  auto fetch = [&](const PlanFetch& f) { return f.slot < 0 || IsDirect(p, f.slot); };
  return p.refused.ok() && std::all_of(p.feeds.begin(), p.feeds.end(), feed) &&
         std::all_of(p.fetches.begin(), p.fetches.end(), fetch);
}

bool SameType(const Slot& a, const Slot& b) { return a.dtype == b.dtype && a.shape == b.shape; }

bool IsDirect(const Plan& plan, const Step& step, const StepInfo& info) {
  // First, since a body that is refused has no fetches.
  if (!std::all_of(info.nested.begin(), info.nested.end(), [](const NestedPlan& n) { return IsDirect(n); }))
    return false;
  auto slot = [&](int k) { return plan.operands[step.first_operand + k]; };
  for (int k = 0; k < step.num_inputs; ++k) {
    if (!info.handles[k] && !IsDirect(plan, slot(k))) return false;
  }
  const NestedPlan& results = info.nested.back();
  for (int k = 0; k < step.num_outputs; ++k) {
    const int32_t out = slot(step.num_inputs + k);
    if (plan.slots[out].storage == Storage::kNone) continue;  // a handle
    if (!IsDirect(plan, out)) return false;
    const bool loop = step.kind == StepKind::kWhile;
    if (loop && !SameType(plan.slots[slot(k)], plan.slots[out])) return false;
    for (const NestedPlan& nested : info.nested) {
      if (loop && &nested != &results) continue;  // a condition
      const int32_t from = nested.plan->fetches[k].slot;
      if (from < 0 || !SameType(nested.plan->slots[from], plan.slots[out])) return false;
    }
  }
  return true;
}

std::vector<LoopVariable> LoopVariables(const Plan& body) {
  std::vector<LoopVariable> variables;
  std::set<int32_t> outputs;
  for (size_t i = 0; i < body.fetches.size(); ++i) {
    LoopVariable v;
    const PlanFetch& fetch = body.fetches[i];
    v.handed_on = fetch.slot < 0;
    if (!v.handed_on) {
      const Slot& s = body.slots[fetch.slot];
      v.handed_on = s.storage == Storage::kFeed && s.index == static_cast<int32_t>(i);
      v.updated = v.handed_on && body.feeds[i].updated;
      v.computed = fetch.output >= 0 && outputs.insert(fetch.output).second;
      v.bytes = s.bytes();
    }
    variables.push_back(v);
  }
  return variables;
}

}  // namespace

int64_t LayOutNested(const Plan& plan, const Step& step, StepInfo* info) {
  int64_t bytes = 0;
  for (const NestedPlan& nested : info->nested) bytes = std::max(bytes, memory::Aligned(nested.plan->arena_bytes));
  info->direct = IsDirect(plan, step, *info);
  if (!info->direct || step.kind != StepKind::kWhile) return bytes;
  info->condition_offset = bytes;
  const Plan& condition = *info->nested[0].plan;
  bytes += memory::Aligned(condition.slots[condition.fetches[0].slot].bytes());
  info->loop = LoopVariables(*info->nested[1].plan);
  for (LoopVariable& v : info->loop) {
    if (v.handed_on) continue;
    for (int64_t& offset : v.offset) offset = bytes, bytes += memory::Aligned(v.bytes);
  }
  return bytes;
}

}  // namespace weir
