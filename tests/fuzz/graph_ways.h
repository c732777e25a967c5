// What is done with a graph's file while fuzzing: every verb of graphdef that reads one, in this process, and what the
// library does beside the verbs: saving, restoring, freezing, importing, training, running what was compiled.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>

#include "weir/tests/fuzz/graph_mutator.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::fuzz {

struct Way {
  std::string line;     // for people
  tool::Action action = nullptr;  // gives an exit code, as verbs do
  bool runs = false;  // kernels, and so what the graph's file ops do
  std::shared_ptr<Way> then = nullptr;  // follows where this one ends well
  std::shared_ptr<CLI::App> app = nullptr;
};

// Writes the checkpoint "ckpt" into the working folder: small values for the variables of the seeds that have some.
void WriteCheckpoint(const std::vector<Seed>& seeds);

// The ways to treat the file at `file`, parsed once: each then reads it anew. Other files go to the working folder.
class Ways {
 public:
  explicit Ways(std::string file);
  // Of each verb one way by chance, with tensor `seed.y`, too, where there is one; of the library's, one for every
  // other graph. The first tells whether the graph loads.
  std::vector<const Way*> For(const Seed& seed, std::mt19937_64& rng);

 private:
  using Group = std::vector<Way>;
  Way Parse(const std::string& line) const;
  const std::vector<Group>& OfTensor(const std::string& y);

  std::string file_;
  std::vector<Group> verbs_;
  Group compiled_;
  std::map<std::string, std::vector<Group>> of_tensor_;
};

}  // namespace weir::fuzz
