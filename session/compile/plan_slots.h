// The tensors of a plan in memory: who shares it with whom, how long it is in use, and where in the arena it lies.
#pragma once

#include <algorithm>
#include <map>
#include <unordered_map>

#include "weir/runtime/plan/plan.h"
#include "weir/session/compile/plan_roles.h"

namespace weir {

// The nodes in the order in which they run, and the place of each in it. Those that may wait for another run come as
// early as they can, before others read variables: what is read before a wait and wanted after it has to be copied.
struct Order {
  // `topological` prefers program order.
  Order(const Graph& g, std::vector<NodeId> topological);
  int operator[](NodeId id) const { return position[id.value]; }

  std::vector<NodeId> nodes;
  std::vector<int> position;  // by id
  std::vector<bool> waits;    // by id; of calls, whether the function may
};

// The memory that one or several tensors share.
struct Memory {
  static constexpr int kForever = 1 << 30;  // a last use: the run's end and after it

  Storage storage = Storage::kArena;
  int64_t bytes = 0;
  int first = 0, last = 0;  // positions in the order
  int32_t index = -1;       // constant, feed, variable, output, dynamic
  std::vector<int32_t> slots;
};

class SlotTable {
 public:
  SlotTable(const Graph& g, const Order& order, const Roles& roles, Plan& plan);

  int32_t AddMemory(Memory m);
  // A slot for the tensor `e` in a memory, `offset` bytes from its beginning.
  int32_t Add(Endpoint e, int32_t memory, int64_t offset = 0);
  // A slot for the tensor in memory of its own: the arena, a fetch's buffer, or dynamic.
  Result<int32_t> AddOutput(Endpoint e);
  // Memory as AddOutput makes for the static tensor `e`, in use from position `first` on, without a slot.
  Result<int32_t> AddMemoryFor(Endpoint e, int first);
  // The same in a memory whose last user makes `e`.
  void AddInPlace(Endpoint e, int32_t memory);
  // A slot for what has no value in memory.
  void AddEmpty(Endpoint e);
  void AddWorkspace(size_t step, int64_t bytes, int position);

  int32_t SlotOf(Endpoint e) const { return slot_of_.at(e); }
  int32_t MemoryOf(Endpoint e) const { return memory_of_.at(e); }
  int64_t OffsetOf(Endpoint e) const { return offset_of_.at(SlotOf(e)); }
  const Memory& memory(int32_t m) const { return memories_[m]; }
  // The memory is in use at least until `position`.
  void Extend(int32_t memory, int position) { memories_[memory].last = std::max(memories_[memory].last, position); }
  // The position at which a memory's tensor, or a view of it, is read last.
  int LastUse(Endpoint root) const;
  int64_t BytesOf(Endpoint e) const;
  // The memory of input `in` when output `out` may overwrite it: the node is its last user and it is ours. -1
  // otherwise.
  int32_t Reusable(const Node& n, int out, int in) const;

  // Places the memories in the arena; nothing may be added afterwards.
  void LayOut();

 private:
  const Graph& g_;
  const Order& order_;
  const Roles& roles_;
  Plan& plan_;
  std::unordered_map<Endpoint, int, EndpointHash> last_use_;
  std::unordered_map<Endpoint, int32_t, EndpointHash> slot_of_, memory_of_;
  std::vector<Memory> memories_;
  std::vector<int64_t> offset_of_;        // by slot: in its memory
  std::map<size_t, int32_t> workspaces_;  // by step
};

}  // namespace weir
