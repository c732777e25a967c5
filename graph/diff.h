// DiffGraphs: what is different between two graphs.
//
//   InferBestEffort(a), InferBestEffort(b);   // of files, whose shapes are to be compared, too
//   GraphDifference d = DiffGraphs(a, b);
//   if (!d.equal()) std::cout << d.ToString();
//
// Nodes are the same by their names; of what is left, by what they compute (op, attributes and inputs, all the way
// back), which are renamed ones. Not looked at: the order of nodes, creation places, versions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/graph/base/distance.h"
#include "weir/graph/graph.h"

namespace weir {

enum class DifferenceKind { kAdded, kRemoved, kRenamed, kChanged };

struct NodeDifference {
  // Of a tensor in an attribute; the elements are too many to tell.
  struct Value {
    TensorDistance distance;
    Shape shape;
  };
  struct Change {
    std::string what;           // "op", "attr 'T'", "input 1", "control input", "device", "shape of output 0"
    std::string before, after;  // as the text form has them; empty where there is none
    std::optional<Value> value;
  };

  DifferenceKind kind = DifferenceKind::kChanged;
  std::string function;  // in whose body it is; empty for the graph itself
  std::string name;      // of a function, with `op` "function", where all of it is added or removed
  std::string op;
  std::string new_name = {};             // of a renamed one
  std::vector<Change> changes = {};  // of a renamed one, too

  std::string ToString() const;  // a line
};

struct GraphDifference {
  std::vector<NodeDifference> nodes;  // in the order of the graphs: of the first one, then those added

  bool equal() const { return nodes.empty(); }
  int Count(DifferenceKind kind) const;
  std::string ToString() const;  // a line a node
};

struct DiffOptions {
  double tolerance = 0;  // tensors in attributes may be this far away, relative to their largest value
  bool shapes = true;    // compare what is inferred of outputs
};

GraphDifference DiffGraphs(const Graph& a, const Graph& b, const DiffOptions& options = {});

}  // namespace weir
