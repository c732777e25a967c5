// Saver: a session's variables in checkpoints that TensorFlow reads too, and back.
//
//   Saver saver(&session);
//   saver.Save("model/net", step).Check();                  // model/net-100.index and .data, model/checkpoint
//   saver.Restore(LatestCheckpoint("model").value()).Check();
//
// Beside the variables it saves the states of random ops (as `_weir/random/<node>`), so that a resumed training goes
// on bit for bit. A checkpoint appears whole or not at all, survives a power failure, and is read again before an
// older one is deleted. What a killed save left is deleted by the next one of the same prefix; it touches no file of
// a live process.
//
// A graph of a MetaGraphDef (.meta) is saved and restored under the names that its own saver uses: an evaluation
// graph whose restore op reads `v/ExponentialMovingAverage` into `v` gets the averages; parts of partitioned
// variables are read from and written as slices, into any number of parts.
//
// Save and Restore are safe beside Run, from any thread: each variable is saved and restored as one whole value, but
// runs that go on meanwhile may change one variable before and another after it was read. For a checkpoint of one
// step, save between steps.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/graph/base/tensor.h"
#include "weir/ops/model/variables.h"

namespace weir {

class Graph;
class Session;
struct ReadValues;
struct SavedVariable;
namespace io {
class BundleReader;
}  // namespace io

// From names in a checkpoint to variables: {{"w/ExponentialMovingAverage", w}}, {{"old/w", "new/w"}}, or what
// ExponentialMovingAverage::VariablesToRestore gives.
class VariableMap : public std::map<std::string, std::string> {
 public:
  VariableMap() = default;
  VariableMap(std::initializer_list<std::pair<const std::string, std::string>> names) : map(names) {}  // NOLINT
  VariableMap(std::initializer_list<std::pair<const std::string, Variable>> variables) {               // NOLINT
    for (const auto& [name, v] : variables) emplace(name, NameOf(v));
  }
  VariableMap(const std::map<std::string, std::string>& names) : map(names) {}  // NOLINT
  VariableMap(const std::map<std::string, Variable>& variables) {               // NOLINT
    for (const auto& [name, v] : variables) emplace(name, NameOf(v));
  }

 private:
  static std::string NameOf(const Variable& v) { return v.valid() ? CheckpointName(v.handle().node()) : ""; }
};

struct SaverOptions {
  int max_to_keep = 5;  // older checkpoints of the same prefix are deleted; 0: none is
  // One of each so many hours stays for good; 0: none does.
  double keep_checkpoint_every_n_hours = 0;
  // What to save and restore: these variables under their own names, and those of the map under its names. Neither:
  // what the graph's MetaGraphDef lists, else all but the local variables (metrics' counters and such).
  std::vector<std::string> variables = {};
  VariableMap names = {};
  bool random_states = true;
};

// What was restored of a checkpoint, and what was not.
struct RestoreReport {
  struct Left {
    std::string variable, why;
  };
  std::vector<std::string> restored;  // variables
  std::vector<Left> missing;          // those that the checkpoint lacks, each with the nearest name that it has
  std::vector<Left> other;            // those that it has of another shape or dtype
  std::vector<std::string> unused;    // tensors of the checkpoint that no variable took

  // A line for each that was not restored or used, and one for the number of those that were.
  std::string ToString() const;
};

class Saver {
 public:
  // The session outlives the saver.
  explicit Saver(Session* session, SaverOptions options = {});

  // Writes `prefix`, or `prefix-step`, and returns that path. Errors: a variable without a value; files.
  Result<std::string> Save(const std::string& prefix, int64_t step = -1) const;
  // Sets the saver's variables. Nothing is set unless all are in the checkpoint and sound; of a MetaGraphDef's graph
  // those that it does not list (slots of an optimizer added later) keep their values where the checkpoint lacks
  // them.
  Status Restore(const std::string& path) const;
  // Sets those of the saver's variables that the checkpoint has in their shapes, leaves the others as they are, and
  // says which: to go on from a model that differs (a warm start). Errors: files, damage.
  Result<RestoreReport> RestorePartial(const std::string& path) const;

 private:
  Result<std::vector<SavedVariable>> Variables() const;
  Status Set(const io::BundleReader& reader, const std::vector<SavedVariable>& variables, const ReadValues& read) const;
  Result<std::vector<Tensor>> Values(const std::vector<SavedVariable>& variables) const;

  Session* session_;
  SaverOptions options_;
};

// Sets variables from a checkpoint of another graph, as TensorFlow's init_from_checkpoint does (but now, in place of
// their initialisers: run those before, for all others). `assignment` says which is which: {"old/w", "new/w"} a
// variable, {"old/", "new/"} all variables of a scope, {"/", "new/"} or {"old/", "/"} with the outermost scope as one.
// Returns the variables. Nothing is set unless all are in the checkpoint, in their shapes. Errors name what is not, and
// the nearest that is.
Result<std::vector<std::string>> InitFromCheckpoint(Session& session, const std::string& path,
                                                    const std::map<std::string, std::string>& assignment);

// The newest checkpoint of a folder whose files are all sound, by the folder's state file, or, where that is missing,
// by the files. Damaged ones are passed over; `skipped` tells why.
Result<std::string> LatestCheckpoint(const std::string& directory, std::vector<std::string>* skipped = nullptr);

// The checkpoint names of a graph's variables: the shared name of each, else its node's.
std::vector<std::string> CheckpointNames(const Graph& g);

}  // namespace weir
