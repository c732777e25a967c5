#include "weir/session/compile/plan_variables.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/functions.h"

namespace weir {

Result<int32_t> VariableTable::Of(Endpoint handle) {
  Endpoint e = handle;
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
  for (size_t i = 0; i < plan_.variables.size(); ++i) {
    if (plan_.variables[i].variable == ref) return static_cast<int32_t>(i);
  }
  PlanVariable v;
  v.variable = ref;
  if (auto shape = g_.type({n.id(), 0}).handle_shape.ToShape()) {
    v.has_shape = true, v.shape = *shape;
  }
  plan_.variables.push_back(std::move(v));
  return static_cast<int32_t>(plan_.variables.size() - 1);
}

int32_t VariableTable::SlotOf(int32_t v, Endpoint handle) {
  auto it = slots_.find(v);
  if (it != slots_.end()) return it->second;
  const PlanVariable& pv = plan_.variables[v];
  Slot s;
  s.storage = Storage::kVariable;
  s.dtype = pv.variable->dtype;
  s.index = v;
  if (auto shape = g_.type(handle).handle_shape.ToShape()) s.shape = *shape;
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

void VariableTable::NoteAssigned(int32_t v) {
  plan_.variables[v].written = true;
  assigned_.insert(v);
}

std::vector<int32_t> VariableTable::WrittenBy(const Node& n) {
  std::vector<int32_t> written;
  bool call = FunctionAttrs(n).size() == 2;
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    if (!IsHandle(g_, n.input(static_cast<int>(i)))) continue;
    bool writes = call || (n.def() && std::find(n.def()->writes().begin(), n.def()->writes().end(), static_cast<int>(i)) != n.def()->writes().end());
    auto v = writes ? Of(n.input(static_cast<int>(i))) : Result<int32_t>(-1);
    if (v.ok() && *v >= 0) written.push_back(*v);
  }
  return written;
}

bool VariableTable::WrittenBetween(int32_t v, int after, int up_to) {
  if (!writes_found_) {
    for (NodeId id : order_.nodes) {
      for (int32_t w : WrittenBy(g_.node(id))) write_positions_[w].push_back(order_[id]);
    }
    writes_found_ = true;
  }
  for (int p : write_positions_[v]) {
    if (p > after && p <= up_to) return true;
  }
  return false;
}

}  // namespace weir
