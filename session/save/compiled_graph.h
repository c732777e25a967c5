// CompiledGraph: what a session's passes make of a graph for one set of feeds, fetches, targets and shapes of the
// feeds. It is a graph again, which a file can hold; what runs it prepares its kernels and lays out their memory, but
// no pass optimises it again. (The functions of branches and loops are in it as they were declared; a session compiles
// them for the types that come.)
//
//   session.CompileGraph({{"x", Tensor::Zeros(kFloat, {32, 784})}}, {"y"}).value().Save("net.plan").Check();
//
//   Session fast(CompiledGraph::Load("net.plan").value());
//   Tensor y = fast.Run({{"x", images}}, {"y"}).value()[0];
//
// The file is a MetaGraphDef with a signature `plan`; variables are not in it (Saver).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/graph/graph.h"

namespace weir {

struct CompiledGraph {
  Graph graph;
  // By the names they have in the graph that was compiled ("x:0"): the tensors of `graph`.
  std::map<std::string, std::string> feeds, fetches;
  // The node of `graph` that waits for all of these targets; empty without any.
  std::string target;
  std::vector<std::string> targets;
  // Feeds whose values have decided shapes, so that they are compiled in: they cannot be fed any more.
  std::vector<std::string> fixed;

  // Of what the passes left of a part that was cut out (graph/subgraph.h) for these feeds, fetches and targets.
  static Result<CompiledGraph> Of(Graph optimised, const std::vector<std::string>& feeds,
                                  const std::vector<std::string>& fetches, const std::vector<std::string>& targets,
                                  const std::vector<bool>& by_value);
  Status Save(const std::string& path) const;
  // Errors: not such a file, or one whose graph Weir cannot run.
  static Result<CompiledGraph> Load(const std::string& path);
};

}  // namespace weir
