// The variables of a plan: which one a handle stands for, when it is written, and its slots.
#pragma once

#include <map>
#include <set>

#include "weir/runtime/plan/plan.h"
#include "weir/session/compile/plan_builder.h"
#include "weir/session/compile/plan_slots.h"

namespace weir {

class VariableTable {
 public:
  VariableTable(const Graph& g, const Order& order, ResourceStore& resources, Plan& plan)
      : g_(g), order_(order), resources_(resources), plan_(plan) {}

  // The variable's number in the plan. Errors: a handle of which inference does not tell what it is; two handles of one
  // variable that say different shapes.
  Result<int32_t> Of(Endpoint handle);
  // The number of a nested plan's variable in this plan, which locks what the nested one writes.
  int32_t AddNested(const PlanVariable& nested);
  // The slot through which kernels see the whole variable.
  int32_t SlotOf(int32_t v);
  void NoteRead(int32_t v, const Node& reader);
  // All variables whose handles `n` takes.
  void NoteHandleReads(const Node& n);
  void NoteAssigned(int32_t v);
  // A slot that may be in a variable's memory, whose address it then follows.
  void NoteView(int32_t slot);
  // Whether it changes at a position in (after, up_to], or may: a step that waits lets others write.
  bool WrittenBetween(int32_t v, int after, int up_to);

 private:
  int32_t Add(PlanVariable v);
  Status Agree(int32_t number, const PlanVariable& said);
  std::vector<int32_t> WrittenBy(const Node& n);

  const Graph& g_;
  const Order& order_;
  ResourceStore& resources_;
  Plan& plan_;
  std::map<int32_t, int32_t> slots_;
  std::map<int32_t, std::vector<int>> write_positions_;
  std::vector<int> waits_;  // positions
  bool writes_found_ = false;
  std::set<int32_t> assigned_;
};

}  // namespace weir
