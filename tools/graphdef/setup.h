// What the verbs that run a graph do before the first run: values for variables.
#pragma once

#include "weir/graph/import.h"
#include "weir/session/session.h"

namespace weir::tool {

// Sets the variables that a checkpoint has, which is given by its prefix or a folder (its latest), under the names that
// the graph's own saver gives them; others stay without a value, which a message tells.
Status RestoreVariables(Session& session, std::string path);
// As TensorFlow's loader does: restores the variables of a SavedModel by its own restore op, with the paths of its
// assets fed, and runs its init op. The session must allow file ops.
Status StartSavedModel(Session& session, const MetaGraph& meta, const std::string& path);
// Either, for a model of this path: its variables are those of the checkpoint, where one is given, or a SavedModel's
// own.
Status StartModel(Session& session, GraphFormat format, const std::shared_ptr<const MetaGraph>& meta,
                  const std::string& path, const std::string& checkpoint);
// The checkpoint that belongs to a graph of a .meta file, which lies beside it; "" where there is none.
std::string CheckpointBeside(const std::string& path);
// Runs the initialisers of tables that a MetaGraph lists; `meta` may be null.
Status FillTables(Session& session, const MetaGraph* meta, const NamedFeeds& feeds);
// Gives every variable of known shape that has no value a random one: the same in every session.
Status FillVariables(Session& session);

}  // namespace weir::tool
