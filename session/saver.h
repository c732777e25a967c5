// Saver: a session's variables in checkpoints that TensorFlow reads too, and back.
//
//   Saver saver(&session);
//   saver.Save("model/net", step).Check();                  // model/net-100.index and .data, model/checkpoint
//   saver.Restore(LatestCheckpoint("model").value()).Check();
//
// Beside the variables it saves the states of random ops (as `_weir/random/<node>`), so that a resumed training goes on
// bit for bit. A checkpoint appears whole or not at all, survives a power failure, and is read again before an older one
// is deleted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/graph/base/tensor.h"

namespace weir {

class Graph;
class Session;

struct SaverOptions {
  int max_to_keep = 5;                 // older checkpoints of the same prefix are deleted; 0: none is
  std::vector<std::string> variables;  // by checkpoint name; none: all of the graph
  bool random_states = true;
};

class Saver {
 public:
  // The session outlives the saver.
  explicit Saver(Session* session, SaverOptions options = {});

  // Writes `prefix`, or `prefix-step`, and returns that path. Errors: a variable without a value; files.
  Result<std::string> Save(const std::string& prefix, int64_t step = -1) const;
  // Sets every variable of the graph. Nothing is set unless all are in the checkpoint and sound.
  Status Restore(const std::string& path) const;

 private:
  std::vector<std::string> Variables() const;
  Status Write(const std::string& path) const;
  Status Retire(const std::string& prefix, const std::string& path) const;

  Session* session_;
  SaverOptions options_;
};

// The newest checkpoint of a folder whose files are all sound, by the folder's state file, or, where that is missing, by
// the files. Damaged ones are passed over; `skipped` tells why.
Result<std::string> LatestCheckpoint(const std::string& directory, std::vector<std::string>* skipped = nullptr);

// The checkpoint names of a graph's variables: the shared name of each, else its node's.
std::vector<std::string> CheckpointNames(const Graph& g);

}  // namespace weir
