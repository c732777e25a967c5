// What the graph fuzzer starts from.
#pragma once

#include "weir/tests/fuzz/graph_mutator.h"

namespace weir::fuzz {

// Graphs of every kind that Weir has: each case of the packs in tests/data/ops (every op), the pass tests' graphs,
// functions, branches, loops, training, and these compiled; the files of tests/data and of `folders` below 100 kB that
// load, without the op that saves. Writes a file into the working folder.
std::vector<Seed> AllSeeds(const std::vector<std::string>& folders);

}  // namespace weir::fuzz
