#include "weir/runtime/io/checkpoint_state.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include "weir/proto/model.pb.h"
#include "weir/runtime/io/bundle.h"
#include "weir/runtime/io/file.h"

namespace weir::io {

namespace {

struct FirstError : google::protobuf::io::ErrorCollector {
  std::string text;
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
};

}  // namespace

Result<CheckpointState> ReadCheckpointState(const std::string& directory) {
  std::string path = directory + "/checkpoint";
  WEIR_ASSIGN_OR_RETURN(std::string text, ReadFile(path, 1 << 24));
  pb::CheckpointState p;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(100);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (!parser.Parse(&stream, &p)) return DataLoss(fmt::format("error[file]: '{}' is malformed: {}", path, error.text));
  CheckpointState state;
  state.paths.assign(p.all_model_checkpoint_paths().begin(), p.all_model_checkpoint_paths().end());
  state.timestamps.assign(p.all_model_checkpoint_timestamps().begin(), p.all_model_checkpoint_timestamps().end());
  if (state.timestamps.size() != state.paths.size()) state.timestamps.clear();
  state.latest = p.model_checkpoint_path();
  return state;
}

Status WriteCheckpointState(const std::string& directory, const CheckpointState& state) {
  pb::CheckpointState p;
  p.set_model_checkpoint_path(state.latest);
  for (const std::string& path : state.paths) p.add_all_model_checkpoint_paths(path);
  for (double t : state.timestamps) p.add_all_model_checkpoint_timestamps(t);
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(p, &text))
    return Internal("error[file]: the checkpoint state cannot be printed");
  return WriteFile(directory + "/checkpoint", text);
}

std::string ResolveCheckpoint(const std::string& directory, const std::string& path) {
  if (!path.starts_with("/")) return directory == "." ? path : directory + "/" + path;
  if (FileExists(BundleIndexPath(path))) return path;
  return directory + "/" + path.substr(path.rfind('/') + 1);
}

}  // namespace weir::io
