#include "weir/session/compile/plan_variables.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/functions.h"

namespace weir {

Result<int32_t> VariableTable::Of(Endpoint handle) {
  const OutputType& t = g_.type(handle);
  if (!t.resource) {
    return Unimplemented(fmt::format("takes the resource '{}', and which variable that is is not known",
                                     g_.EndpointName(handle)));
  }
  if (t.resource->kind != ResourceKind::kVariable)
    return InvalidArgument(fmt::format("takes '{}', which is no variable", g_.EndpointName(handle)));
  PlanVariable v;
  WEIR_ASSIGN_OR_RETURN(v.variable, resources_.Variable(*t.resource, t.handle_dtype, t.handle_shape));
  if (auto shape = t.handle_shape.ToShape()) v.has_shape = true, v.shape = *shape;
  const int32_t number = Add(v);
  WEIR_RETURN_IF_ERROR(Agree(number, v));
  return number;
}

// Handles of one name may say different things. What was planned by one of them must hold for all.
Status VariableTable::Agree(int32_t number, const PlanVariable& said) {
  PlanVariable& v = plan_.variables[number];
  if (!said.has_shape || (v.has_shape && v.shape == said.shape)) return {};
  if (v.has_shape) {
    return InvalidArgument(fmt::format("takes variable '{}' for one of shape {}, and another node for one of shape {}",
                                       v.variable->name(), said.shape.ToString(), v.shape.ToString()));
  }
  v.has_shape = true, v.shape = said.shape;
  if (auto slot = slots_.find(number); slot != slots_.end()) plan_.slots[slot->second].shape = said.shape;
  return {};
}

int32_t VariableTable::Add(PlanVariable v) {
  auto same = [&](const PlanVariable& have) { return have.variable == v.variable; };
  auto it = std::find_if(plan_.variables.begin(), plan_.variables.end(), same);
  if (it == plan_.variables.end()) it = plan_.variables.insert(it, std::move(v));
  return static_cast<int32_t>(it - plan_.variables.begin());
}

int32_t VariableTable::AddNested(const PlanVariable& nested) {
  PlanVariable v;
  v.variable = nested.variable, v.has_shape = nested.has_shape, v.shape = nested.shape;
  const int32_t mine = Add(std::move(v));
  plan_.variables[mine].written |= nested.written;
  return mine;
}

int32_t VariableTable::SlotOf(int32_t v) {
  auto it = slots_.find(v);
  if (it != slots_.end()) return it->second;
  const PlanVariable& pv = plan_.variables[v];
  Slot s;
  s.storage = Storage::kVariable;
  s.dtype = pv.variable->dtype;
  s.index = v;
  if (pv.has_shape) s.shape = pv.shape;
  int32_t slot = static_cast<int32_t>(plan_.slots.size());
  plan_.slots.push_back(std::move(s));
  plan_.variables[v].slots.push_back(slot);
  return slots_[v] = slot;
}

void VariableTable::NoteRead(int32_t v, const Node& reader) {
  PlanVariable& pv = plan_.variables[v];
  if (assigned_.count(v) || pv.read_first) return;
  pv.read_first = true;
  pv.first_reader = reader.name();
}

void VariableTable::NoteHandleReads(const Node& n) {
  for (Endpoint e : n.inputs()) {
    if (!IsHandle(g_, e)) continue;
    if (auto v = Of(e); v.ok()) NoteRead(*v, n);
  }
}

void VariableTable::NoteView(int32_t slot) {
  const Slot& s = plan_.slots[slot];
  if (s.storage == Storage::kVariable) plan_.variables[s.index].slots.push_back(slot);
}

void VariableTable::NoteAssigned(int32_t v) {
  plan_.variables[v].written = true;
  assigned_.insert(v);
}

std::vector<int32_t> VariableTable::WrittenBy(const Node& n) {
  std::vector<int32_t> written;
  const bool call = CallKindOf(g_, n) != CallKind::kNone;
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    if (!IsHandle(g_, n.input(static_cast<int>(i)))) continue;
    bool writes = call || (n.def() && std::find(n.def()->writes().begin(), n.def()->writes().end(),
                                                static_cast<int>(i)) != n.def()->writes().end());
    auto v = writes ? Of(n.input(static_cast<int>(i))) : Result<int32_t>(-1);
    if (v.ok() && *v >= 0) written.push_back(*v);
  }
  return written;
}

bool VariableTable::WrittenBetween(int32_t v, int after, int up_to) {
  if (!writes_found_) {
    for (NodeId id : order_.nodes) {
      for (int32_t w : WrittenBy(g_.node(id))) write_positions_[w].push_back(order_[id]);
      if (order_.waits[id.value]) waits_.push_back(order_[id]);
    }
    writes_found_ = true;
  }
  auto between = [&](int p) { return p > after && p <= up_to; };
  return std::any_of(write_positions_[v].begin(), write_positions_[v].end(), between) ||
         std::any_of(waits_.begin(), waits_.end(), between);
}

}  // namespace weir
