#include "weir/runtime/io/checkpoint_state.h"

#include <fmt/format.h>

#include "weir/runtime/io/bundle.h"
#include "weir/graph/base/file.h"
#include "weir/runtime/io/messages.h"

namespace weir::io {

Result<CheckpointState> ReadCheckpointState(const std::string& directory) {
  std::string path = directory + "/checkpoint";
  WEIR_ASSIGN_OR_RETURN(std::string text, ReadFile(path, 1 << 24));
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  auto state = messages->parse_state(text);
  if (!state.ok()) return DataLoss(fmt::format("error[file]: '{}' is malformed: {}", path, state.status().message()));
  return state;
}

Status WriteCheckpointState(const std::string& directory, const CheckpointState& state) {
  WEIR_ASSIGN_OR_RETURN(const Messages* messages, GetMessages());
  WEIR_ASSIGN_OR_RETURN(std::string text, messages->state_text(state));
  return WriteFile(directory + "/checkpoint", text);
}

std::string ResolveCheckpoint(const std::string& directory, const std::string& path) {
  if (!path.starts_with("/")) return directory == "." ? path : directory + "/" + path;
  if (CheckpointExists(path)) return path;
  return directory + "/" + path.substr(path.rfind('/') + 1);
}

}  // namespace weir::io
