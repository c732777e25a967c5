// Subgraphs: parts of a graph that become parts of another. All that copies nodes goes by one mechanism, SubgraphCopy.
//
// A copy has all that its node has: op, attributes, name, device, creation place, origins, output types. What is to be
// different is told as a rule for the node (`Edit`: a name in another scope, other attributes) and as substitutions for
// the edges: where an original reads an output that stays behind, its copy reads what takes that output's place. So
// cutting out (fed outputs become arguments), inlining (arguments become the call's inputs) and importing (outputs
// become those that input_map names) differ in their rules only. Copies stand in the order in which nodes were given;
// all nodes are there before any edge, so that order is free and loops are allowed.
//
// What is copied is not inferred anew, but for importing, whose types the caller infers.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "weir/graph/graph.h"

namespace weir {

class SubgraphCopy {
 public:
  // Changes what the copy of node n is made of, but its edges; an error ends copying.
  using Edit = std::function<Status(const Node& n, NodeSpec& copy)>;
  // Changes the edges of the copy of node n, given as nodes of the target.
  using EditEdges = std::function<void(const Node& n, std::vector<Endpoint>& inputs, std::vector<NodeId>& control)>;
  // The outputs' types, where no edit changes an attribute that they follow from; or their dtypes alone.
  enum class Types { kKept,
                     kDTypes };

  // Both graphs outlive this; they are two.
  SubgraphCopy(const Graph& from, Graph& to)
      : from_(from), to_(to), copies_(from.num_ids()), inferred_(from.num_ids()) {}

  // Copies read `to` where their originals read `from`, be that copied or not.
  void Substitute(Endpoint from, Endpoint to) { endpoints_[from] = to; }
  // Copies wait for `to` where their originals wait for `from`; for nothing if it is invalid.
  void SubstituteControl(NodeId from, NodeId to) { controls_[from] = to; }

  // Adds copies, without edges. Errors: of `edit`, and of names that the target has.
  Status AddNodes(std::span<const NodeId> ids, const Edit& edit = {}, Types types = Types::kKept);
  // Gives all copies their edges. A copy one of whose inputs would be neither copied nor substituted stays without any;
  // nobody waits for what is not copied.
  Status Connect(const EditEdges& edit = {});

  // What stands for a node or an output in the target; invalid where nothing does.
  NodeId operator[](NodeId id) const { return copies_[id.value]; }
  Endpoint operator[](Endpoint e) const;
  // Those added, by their originals, in order.
  const std::vector<NodeId>& originals() const { return originals_; }

 private:
  const Graph& from_;
  Graph& to_;
  std::vector<NodeId> copies_, originals_;
  std::vector<bool> inferred_;  // by original: its copy, if its inputs are as they were, need not be inferred
  std::map<Endpoint, Endpoint> endpoints_;
  std::map<NodeId, NodeId> controls_;
};

// ---- ends of a body

// Argument `index` of a body; its elements are not known.
Result<NodeId> AddArg(Graph& body, std::string name, int64_t index, OutputType type);
// Result `index` of a body.
Result<NodeId> AddRetval(Graph& body, std::string name, int64_t index, Endpoint value);
// The node of a part that waits for what must run; Prune knows it by its name.
inline constexpr char kSinkName[] = "_targets";
Result<NodeId> AddSink(Graph& g, std::span<const NodeId> after);
// Lets the tensor be called `name` ("node:0"), by an Identity where it is called otherwise. False where that cannot be:
// a node has the name, or it is not that of a first output.
Result<bool> KeepName(Graph& g, Endpoint tensor, const std::string& name);

// ---- operations

// Where a part of a graph begins and ends: outputs that are given from outside, outputs that are asked for, nodes that
// must run. Fed outputs may be asked for.
struct SubgraphEnds {
  std::vector<Endpoint> feeds, fetches;
  std::vector<NodeId> targets;
};

// The part of `g` that the ends need, as a graph of its own with the library of `g`: `_Arg` nodes `_feed_i` for the
// feeds, `_Retval` nodes `_fetch_i` for the fetches, a sink that waits for the targets. Nodes keep their names. Feeds'
// and fetches' own nodes are there even if nothing needs them. Error: `g` is a body itself.
Result<Graph> CutOut(const Graph& g, const SubgraphEnds& ends);

// A part of a graph that is a graph for a file: see ExtractPart.
struct GraphPart {
  Graph graph;
  std::vector<std::string> inputs;  // by feed: the placeholder that stands for it ("x:0")
};
// The part of `g` that computes the fetches and runs the targets, given the feeds. A feed is a Placeholder of its dtype
// and shape, which has the name of its node where the part has no other use for that node, or is that node if it is a
// placeholder. Nothing before the feeds is there, be it waited for or not; functions that the part does not call and
// what the file said beside the graph are gone, too. Errors: a feed that nothing needs, or that is a fetch; a reader of
// a feed that takes no placeholder (an assignment); a node of the part that is malformed.
Result<GraphPart> ExtractPart(const Graph& g, const SubgraphEnds& ends);
// Takes away colocations with nodes that the graph does not have: TensorFlow refuses to place a node beside those.
Status DropLostColocations(Graph& g);

// A body as a function: arguments and results as its `_Arg` and `_Retval` nodes say, called arg0 …, ret0 …; stateful if
// a node of it is. The body may not be polymorphic.
Function ToFunction(std::string name, Graph body);

// The part of `g` between the ends as a function; targets are its control results. Error as of CutOut.
Result<Function> Outline(const Graph& g, const SubgraphEnds& ends, std::string name);

// Puts the body of the function that node `call` calls in its place. The body's nodes are called `call/node` and come
// from the call (origins). An entry NoOp carries the call's control inputs, an exit NoOp what must have run when the
// call is done.
Status Inline(Graph& g, NodeId call);

}  // namespace weir
