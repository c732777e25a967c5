// Graphs that tests leave for TensorFlow to run: tests/oracle/check_state.py sets the folder and looks at them.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "weir/graph/export.h"
#include "weir/runtime/io/npy.h"

namespace weir {

inline bool KeepsForTensorFlow() { return std::getenv("WEIR_KEEP_FOR_TENSORFLOW") != nullptr; }

// Writes `name`.pb and, with what is fed and expected by tensor names, `name`.npz; nothing when no folder is set.
inline void KeepForTensorFlow(const std::string& name, const Graph& g,
                              const std::vector<std::pair<std::string, Tensor>>& arrays) {
  const char* folder = std::getenv("WEIR_KEEP_FOR_TENSORFLOW");
  if (!folder) return;
  SaveGraph(g, std::string(folder) + "/" + name + ".pb").Check();
  io::WriteNpz(std::string(folder) + "/" + name + ".npz", arrays).Check();
}

}  // namespace weir
