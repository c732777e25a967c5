#include "weir/tools/graphdef/setup.h"

#include "weir/graph/base/file.h"
#include "weir/runtime/io/bundle.h"
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
  std::vector<std::string> notes;
  Status s = weir::StartSavedModel(session, meta, FolderOf(path), {.cancel = &interrupted}, &notes);
  return Tell(notes), s;
}

Status StartModel(Session& session, GraphFormat format, const std::shared_ptr<const MetaGraph>& meta,
                  const std::string& path, const std::string& checkpoint) {
  if (!checkpoint.empty()) return RestoreVariables(session, checkpoint);
  return format == GraphFormat::kSavedModel ? StartSavedModel(session, *meta, path) : Status();
}

std::string CheckpointBeside(const std::string& path) {
  const std::string prefix = path.ends_with(".meta") ? path.substr(0, path.size() - 5) : "";
  return !prefix.empty() && io::FileExists(io::BundleIndexPath(prefix)) ? prefix : "";
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
