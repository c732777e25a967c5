#include "weir/tools/graphdef/setup.h"

#include <fmt/format.h>

#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/file.h"
#include "weir/session/save/checkpoint_map.h"
#include "weir/session/save/saver.h"
#include "weir/tools/graphdef/feeds.h"

namespace weir::tool {

namespace {

// Runs a node that prepares the model. One that needs an op that Weir does not have (a table's) is left out and told:
// what does without it runs all the same.
Status RunKnown(const Session& session, const NamedFeeds& feeds, const std::string& node, bool* ran) {
  Status s = session.Run(feeds, {}, {node}, {.cancel = &interrupted}).status();
  bool unknown = s.code() == Code::kUnimplemented;
  if (ran) *ran = !unknown;
  if (!unknown) return s;
  Message(fmt::format("note: '{}' was not run, which prepares the model: {}", node, s.message()));
  return {};
}

}  // namespace

Status RestoreVariables(Session& session, std::string path) {
  if (io::IsDirectory(path)) {
    WEIR_ASSIGN_OR_RETURN(path, LatestCheckpoint(path));
  }
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(path));
  WEIR_ASSIGN_OR_RETURN(auto variables, CheckpointMap(session.graph()));
  std::vector<size_t> missing;
  WEIR_ASSIGN_OR_RETURN(auto values, ReadVariables(reader, variables, &missing));
  if (!variables.empty() && missing.size() == variables.size()) {
    return NotFound(fmt::format("error[file]: the checkpoint '{}' has none of the graph's {} variables", path,
                                variables.size()))
        .Detail(fmt::format("the first is '{}'", variables[0].key));
  }
  for (const auto& [name, value] : values) WEIR_RETURN_IF_ERROR(session.SetVariable(name, value));
  for (size_t i = 0; i < missing.size() && i < 5; ++i)
    Message(fmt::format("note: variable '{}' is not in the checkpoint", variables[missing[i]].key));
  return {};
}

Status StartSavedModel(Session& session, const MetaGraph& meta, const std::string& path) {
  std::string folder = io::IsDirectory(path) ? path : io::DirectoryOf(path), prefix = folder + "/variables/variables";
  NamedFeeds assets;
  for (const auto& [tensor, file] : meta.assets) {
    if (file.find("..") != file.npos || file.starts_with("/"))
      return InvalidArgument(fmt::format("error[file]: the asset '{}' lies outside the model's folder", file));
    assets.emplace_back(tensor, Tensor(folder + "/assets/" + file));
  }
  bool saved = io::FileExists(io::BundleIndexPath(prefix)), restored = false;
  if (saved && meta.saver && !meta.saver->restore_op.empty()) {
    NamedFeeds feeds = assets;
    feeds.emplace_back(meta.saver->filename_tensor, Tensor(prefix));
    WEIR_RETURN_IF_ERROR(RunKnown(session, feeds, meta.saver->restore_op, &restored));
  }
  if (saved && !restored) WEIR_RETURN_IF_ERROR(RestoreVariables(session, prefix));
  return meta.init_op.empty() ? Status() : RunKnown(session, assets, meta.init_op, nullptr);
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
