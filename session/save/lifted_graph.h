// LiftedGraph: a graph whose loops and branches can be differentiated, of one with TensorFlow 1's.
//
//   LoadedGraph file = LoadGraph("tagger.meta").value();
//   Builder g(LiftedGraph(file.graph, {"logits"}).value());
//   Output loss = ops::ReduceMean(…g.FindOutput("logits:0")…);
//   AdamOptimizer(0.001).Minimize(loss);
//
// A session runs the one as well as the other; Gradients goes through While, If and lists only.
#pragma once

#include <string>
#include <vector>

#include "weir/graph/graph.h"

namespace weir {

// The part of the graph that computes `outputs` ("node:0" or "node"), under the names that nodes have there, with While
// in place of Enter … Exit, If in place of Switch and Merge, lists in place of TensorArrays and stacks. Reference
// variables that go through these become handles, under which checkpoints have the same names. Errors: no such output,
// one inside a loop or branch; a graph that is not sound; what cannot be lifted, with the reason.
Result<Graph> LiftedGraph(Graph g, const std::vector<std::string>& outputs);

}  // namespace weir
