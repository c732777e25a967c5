// Collections: the named lists that a program keeps beside its graph (TensorFlow's GraphKeys): variables, losses,
// updates, training steps, whatever the user names. They say what nodes cannot: which variables train, what a step must
// run beside the optimizer.
//
//   OutputCollection(g, "activations").push_back(y);            // variables.h
//   SaveMetaGraph(g, "model.meta").Check();                     // tf.compat.v1.train.import_meta_graph("model.meta") …
//   Builder again(LoadGraph("model.meta"));                     // … and this have the same collections
//
// One list of TensorFlow's may hold things of all kinds; here it has a part for each kind, in the order of insertion.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/graph/queue_runner_info.h"
#include "weir/ops/model/variables.h"

namespace weir {

struct CollectionLists {
  std::vector<Variable> variables;
  std::vector<Output> outputs;
  std::vector<Operation> operations;
  bool empty() const { return variables.empty() && outputs.empty() && operations.empty(); }
};

using Collections = std::map<std::string, CollectionLists, std::less<>>;  // a collection stays at its address

// Those of the builder's graph, with what the file it was loaded from brought.
Collections& CollectionsOf(Builder& b);

// The collection "queue_runners": who fills the graph's queues (session/queue_runner.h runs them). Error: what the file
// has there is no QueueRunnerDef.
void AddQueueRunner(Builder& b, QueueRunnerInfo runner);
Result<std::vector<QueueRunnerInfo>> QueueRunnersOf(Builder& b);

// What a MetaGraphDef says beside the graph: the collections, and what the file said that the graph was loaded from
// (signatures, its saver, lists of values). Error: one of TensorFlow's collections of variables holds something else.
Result<MetaGraph> MetaGraphOf(Builder& b);

}  // namespace weir
