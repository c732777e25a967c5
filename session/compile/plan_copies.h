// Which copies a plan need not make: an output that is a part of an input is a view of it (Split, Unpack, Slice), and
// what a join wants of earlier nodes is computed inside the join's output (Concat, Pack). Kernels tell which bytes are
// the same (Copy); whether sharing them is sound follows from who reads and writes them when.
#pragma once

#include <functional>
#include <optional>

#include "weir/session/compile/plan_slots.h"
#include "weir/session/compile/plan_variables.h"

namespace weir {

class Copies {
 public:
  using PrepareNode = std::function<Result<Prepared>(const Node&)>;

  Copies(const Graph& g, const Order& order, const Roles& roles, SlotTable& slots, VariableTable& variables,
         PrepareNode prepare)
      : g_(g), order_(order), roles_(roles), slots_(slots), variables_(variables), prepare_(std::move(prepare)) {}

  // What the node's kernel prepares: already done where one of its inputs was to be computed inside its output.
  Result<Prepared> PreparedOf(const Node& n);
  // Adds the slot of output `out` where it shares memory: a part of an input, or in a join. Whether it did.
  Result<bool> Share(const Node& n, int out, const Prepared& prepared);
  // Whether the kernel has nothing to do: all its work is copies that are made already. Its slots are there.
  bool AllMade(const Node& n, const Prepared& prepared) const;

 private:
  struct Place {
    int32_t memory = -1;
    int64_t offset = 0;
  };
  struct Join {
    Prepared prepared;
    std::optional<Place> output;  // once an input is computed there
  };
  struct JoinInput {
    int position, input;
    NodeId node;
    bool operator<(const JoinInput& o) const { return std::tie(position, input) < std::tie(o.position, o.input); }
  };

  bool IsView(const Node& n, int out, const Copy& copy) const;
  void FindJoins(Endpoint e, std::vector<JoinInput>* found) const;
  Result<Join*> JoinOf(const Node& n);
  Result<std::optional<Place>> PlaceInJoin(Endpoint e, int first);

  const Graph& g_;
  const Order& order_;
  const Roles& roles_;
  SlotTable& slots_;
  VariableTable& variables_;
  PrepareNode prepare_;
  std::map<NodeId, Join> joins_;
};

}  // namespace weir
