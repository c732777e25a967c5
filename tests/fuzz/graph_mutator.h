// Bends a serialized GraphDef as a graph: nodes, inputs, attributes and ops change places, in it or in the body of a
// function, so that most of what results can be read and is wrong in one thing. Beside it, the bending of single fields
// (wire.h).
#pragma once

#include "weir/tests/fuzz/wire.h"

namespace weir::fuzz {

struct Seed {
  std::string name, bytes;
  std::vector<uint32_t>
      path;  // fields that lead from the file's message to its GraphDef: {} of a GraphDef, {2} of a MetaGraphDef
  std::string y;               // a tensor to fetch and differentiate, if the graph is still so
  bool has_variables = false;  // which a checkpoint may give values
  bool compiled = false;       // what graphdef plan --save writes
  std::vector<std::string> words =
      {};  // names, ops and such of the message: what a damaged text may become and still mean something
};

std::vector<std::string> WordsOf(const std::string& bytes);

// One to a few changes of a seed. The same seed and number give the same.
std::string Mutated(const Seed& seed, std::mt19937_64& rng);

}  // namespace weir::fuzz
