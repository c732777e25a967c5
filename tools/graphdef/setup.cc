#include "weir/tools/graphdef/setup.h"

#include "weir/runtime/io/file.h"
#include "weir/session/save/saved_model.h"
#include "weir/session/save/saver.h"
#include "weir/tools/graphdef/feeds.h"

namespace weir::tool {

namespace {

void Tell(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) Message("note: " + note);
}

}  // namespace

Status RestoreVariables(Session& session, std::string path) {
  if (io::IsDirectory(path)) {
    WEIR_ASSIGN_OR_RETURN(path, LatestCheckpoint(path));
  }
  std::vector<std::string> notes;
  WEIR_RETURN_IF_ERROR(RestoreWhatIsThere(session, path, &notes));
  return Tell(notes), Status();
}

Status StartSavedModel(Session& session, const MetaGraph& meta, const std::string& path) {
  const std::string folder = io::IsDirectory(path) ? path : io::DirectoryOf(path);
  std::vector<std::string> notes;
  Status s = weir::StartSavedModel(session, meta, folder, {.cancel = &interrupted}, &notes);
  return Tell(notes), s;
}

Status FillTables(Session& session, const MetaGraph* meta, const NamedFeeds& feeds) {
  if (!meta || !meta->collections.count("table_initializer")) return {};
  const std::vector<std::string>& nodes = meta->collections.at("table_initializer").nodes;
  return nodes.empty() ? Status() : session.Run(feeds, {}, nodes, {.cancel = &interrupted}).status();
}

Status FillVariables(Session& session) {
  for (NodeId id : session.graph().nodes()) {
    const Node& n = session.graph()[id];
    if (!IsVariable(n)) continue;
    std::string name = CheckpointName(n);
    OutputType type = VariableType(n);
    auto shape = type.shape.ToShape();
    if (session.GetVariable(name).ok() || !shape || !IsSupported(type.dtype) || type.dtype == kString) continue;
    WEIR_ASSIGN_OR_RETURN(Tensor value, Generate("uniform", std::hash<std::string>()(name), type.dtype, *shape));
    WEIR_RETURN_IF_ERROR(session.SetVariable(name, value));
  }
  return {};
}

}  // namespace weir::tool
