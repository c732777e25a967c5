#include "weir/session/compile/plan_slots.h"

#include <algorithm>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/runtime/plan/memory_planner.h"

namespace weir {

namespace {

// Before all else what the first node that waits needs, then that itself, then what the second one needs, …
void PutWaitingFirst(const Graph& g, const std::vector<bool>& waits, std::vector<NodeId>* nodes) {
  const size_t never = nodes->size();
  std::vector<size_t> turn(static_cast<size_t>(g.num_ids()), never);
  size_t turns = 0;
  for (NodeId waiting : *nodes) {
    if (!waits[static_cast<size_t>(waiting.value)] || turn[static_cast<size_t>(waiting.value)] != never) continue;
    const std::vector<bool> needed = NeededBy(g, {waiting});
    for (size_t i = 0; i < needed.size(); ++i) {
      if (needed[i] && turn[i] == never) turn[i] = turns;
    }
    ++turns;
  }
  if (turns == 0) return;
  std::stable_sort(nodes->begin(), nodes->end(), [&](NodeId a, NodeId b) {
    return turn[static_cast<size_t>(a.value)] < turn[static_cast<size_t>(b.value)];
  });
}

}  // namespace

Order::Order(const Graph& g, std::vector<NodeId> topological)
    : nodes(std::move(topological)), position(g.num_ids()), waits(WaitingNodes(g)) {
  PutWaitingFirst(g, waits, &nodes);
  for (size_t i = 0; i < nodes.size(); ++i) position[nodes[i].value] = static_cast<int>(i);
}

SlotTable::SlotTable(const Graph& g, const Order& order, const Roles& roles, Plan& plan)
    : g_(g), order_(order), roles_(roles), plan_(plan) {
  for (NodeId id : order.nodes) {
    for (Endpoint e : g.node(id).inputs()) {
      int& last = last_use_[roles.RootOf(e)];
      last = std::max(last, roles[id] == Role::kFetch ? Memory::kForever : order[id]);
    }
  }
}

int SlotTable::LastUse(Endpoint root) const {
  auto it = last_use_.find(root);
  return it == last_use_.end() ? order_[root.node] : it->second;
}

int64_t SlotTable::BytesOf(Endpoint e) const {
  return *g_.type(e).shape.num_elements() * static_cast<int64_t>(SizeOf(BaseType(g_.type(e).dtype)));
}

int32_t SlotTable::AddMemory(Memory m) {
  memories_.push_back(std::move(m));
  return static_cast<int32_t>(memories_.size() - 1);
}

int32_t SlotTable::Add(Endpoint e, int32_t memory, int64_t offset) {
  Slot s;
  s.storage = memories_[memory].storage;
  s.dtype = BaseType(g_.type(e).dtype);
  if (auto shape = g_.type(e).shape.ToShape()) s.shape = *shape;
  s.index = memories_[memory].index;
  int32_t slot = static_cast<int32_t>(plan_.slots.size());
  plan_.slots.push_back(std::move(s));
  offset_of_.resize(plan_.slots.size());
  offset_of_[slot] = offset;
  memories_[memory].slots.push_back(slot);
  slot_of_[e] = slot;
  memory_of_[e] = memory;
  return slot;
}

Result<int32_t> SlotTable::AddOutput(Endpoint e) {
  if (roles_.Static(e)) {
    WEIR_ASSIGN_OR_RETURN(int32_t m, AddMemoryFor(e, order_[e.node]));
    return Add(e, m);
  }
  Memory m;
  m.first = order_[e.node];
  m.storage = Storage::kDynamic;
  m.index = plan_.num_dynamic++;
  return Add(e, AddMemory(std::move(m)));
}

Result<int32_t> SlotTable::AddMemoryFor(Endpoint e, int first) {
  WEIR_RETURN_IF_ERROR(Shape::Make(g_.type(e).shape.dims()).status());
  Memory m;
  m.first = first;
  m.bytes = BytesOf(e);
  m.last = LastUse(e);
  if (m.last == Memory::kForever) {
    m.storage = Storage::kOutput;
    m.index = static_cast<int32_t>(plan_.output_bytes.size());
    plan_.output_bytes.push_back(m.bytes);
    plan_.outputs.emplace_back();
  }
  return AddMemory(std::move(m));
}

void SlotTable::AddInPlace(Endpoint e, int32_t memory) {
  memories_[memory].last = LastUse(e);
  Add(e, memory);
}

void SlotTable::AddEmpty(Endpoint e) {
  slot_of_[e] = static_cast<int32_t>(plan_.slots.size());
  plan_.slots.emplace_back();
}

void SlotTable::AddWorkspace(size_t step, int64_t bytes, int position) {
  Memory m;
  m.bytes = bytes;
  m.first = m.last = position;
  workspaces_[step] = AddMemory(std::move(m));
}

int32_t SlotTable::Reusable(const Node& n, int out, int in) const {
  Endpoint from = n.input(in), to{n.id(), out};
  // Elements of the same size and as many: element i of the output then lies where element i of the input did.
  if (IsHandle(g_, from) || SizeOf(BaseType(g_.type(from).dtype)) != SizeOf(BaseType(g_.type(to).dtype)) ||
      BytesOf(from) != BytesOf(to))
    return -1;
  int32_t m = memory_of_.at(from);
  const Memory& memory = memories_[m];
  if (memory.storage != Storage::kArena || memory.last != order_[n.id()] || memory.bytes != BytesOf(to)) return -1;
  if (LastUse(to) == Memory::kForever) return -1;  // a fetch has a buffer of its own
  // Another input may view the same memory at other elements.
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    Endpoint other = n.input(static_cast<int>(i));
    if (static_cast<int>(i) == in || IsHandle(g_, other) || memory_of_.at(other) != m) continue;
    if (!(other == from)) return -1;
    bool also = false;
    for (auto [o, k] : roles_.kernel(n.id())->in_place()) also |= o == out && k == static_cast<int>(i);
    if (!also) return -1;
  }
  return m;
}

void SlotTable::LayOut() {
  std::vector<Interval> intervals;
  std::vector<int32_t> which;
  for (size_t i = 0; i < memories_.size(); ++i) {
    const Memory& m = memories_[i];
    if (m.storage != Storage::kArena) continue;
    intervals.push_back({m.bytes, m.first, std::max(m.first, m.last)});
    which.push_back(static_cast<int32_t>(i));
    plan_.arena_sum += memory::Aligned(m.bytes);
  }
  plan_.arena_lower_bound = MemoryLowerBound(intervals);
  plan_.arena_bytes = PlanMemory(intervals);
  std::map<int32_t, int64_t> offsets;
  for (size_t i = 0; i < which.size(); ++i) offsets[which[i]] = intervals[i].offset;
  for (size_t i = 0; i < memories_.size(); ++i) {
    for (int32_t slot : memories_[i].slots) {
      Slot& s = plan_.slots[slot];
      s.offset = offset_of_[slot];
      if (s.storage == Storage::kArena) s.offset += offsets[static_cast<int32_t>(i)];
      if (s.storage == Storage::kFeed) plan_.feeds[s.index].slots.push_back(slot);
      if (s.storage == Storage::kOutput) plan_.outputs[s.index].push_back(slot);
    }
  }
  for (const auto& [step, memory] : workspaces_) {
    if (step < plan_.steps.size()) plan_.steps[step].workspace_offset = offsets[memory];
  }
}

}  // namespace weir
