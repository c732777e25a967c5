// The file `checkpoint` of a folder, which says which checkpoints are in it: TensorFlow's text form.
#pragma once

#include <string>
#include <vector>

#include "weir/graph/base/status.h"

namespace weir::io {

struct CheckpointState {
  std::vector<std::string> paths;  // oldest first; absolute, or relative to the folder
  std::vector<double> timestamps;  // seconds since 1970, one a path, or none
  std::string latest;              // one of the paths
  double last_preserved = 0;       // the time of the last one that was kept for good; 0: unknown
};

// NotFound when there is no such file.
Result<CheckpointState> ReadCheckpointState(const std::string& directory);
// Atomic and durable.
Status WriteCheckpointState(const std::string& directory, const CheckpointState& state);
// A path of the state as one to open: absolute ones whose folder has moved are looked for in `directory`.
std::string ResolveCheckpoint(const std::string& directory, const std::string& path);

}  // namespace weir::io
