// Lifting: TensorFlow 1's control flow, tensors that are dead or go round in frames, becomes loops and branches with
// functions. Loops first, the innermost before those around it, then the branches of each body.
#pragma once

#include <set>

#include "weir/graph/graph.h"

namespace weir {

// The library that functions are added to, and names for them.
class Library {
 public:
  explicit Library(Graph& g) : g_(g) {}
  // Adds the body as a function called `name`, or like that.
  Result<FuncRef> Add(const std::string& name, Graph body);
  const Function* Find(const std::string& name) const { return g_.FindFunction(name); }

 private:
  Graph& g_;
};

// The constant that the output is, where nothing but Identity and Enter lies between: copied into bodies, it is known
// there. Invalid: it is none.
NodeId ConstantBehind(const Graph& g, Endpoint e);
// An argument of a body for each output of the graph around that it reads; constants are copied.
class Captures {
 public:
  explicit Captures(const Graph& outer, int first) : outer_(outer), first_(first) {}
  // Notes that some body reads `e`.
  void Note(Endpoint e);
  const std::vector<Endpoint>& all() const { return all_; }
  // Adds the arguments to a body, which may read then what Find gives.
  Status AddTo(Graph& body);
  // What stands for `e` in the body that arguments were added to last; constants are copied when asked for.
  Result<Endpoint> Find(Graph& body, Endpoint e);

 private:
  const Graph& outer_;
  int first_;
  std::vector<Endpoint> all_;
  std::map<Endpoint, size_t> number_;
  std::vector<NodeId> args_;
  std::map<NodeId, NodeId> constants_;
};

// `While` (or StatelessWhile) for every frame. False where there is none.
Result<bool> LiftLoops(Graph& g, Library& library);
// `If` (or StatelessIf) for what Switch and Merge choose; in a graph without frames. A result that is dead is an error
// of the run, unless it is one of those that are `optional`.
Result<bool> LiftBranches(Graph& g, Library& library, const std::set<int64_t>& optional = {});

}  // namespace weir
