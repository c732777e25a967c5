#include "weir/session/save/saved_model.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "weir/graph/export.h"
#include "weir/graph/subgraph.h"
#include "weir/ops/model/collections.h"
#include "weir/runtime/io/bundle.h"
#include "weir/graph/base/file.h"
#include "weir/session/save/checkpoint_map.h"
#include "weir/session/save/save_nodes.h"
#include "weir/session/save/session_values.h"

namespace weir {

namespace {

namespace fs = std::filesystem;

constexpr char kVariables[] = "/variables/variables";
constexpr char kMainOp[] = "saved_model_main_op";

TensorInfo InfoOf(const Output& o) {
  if (!o.valid()) return {};
  return {o.name(), BaseType(o.dtype()), o.shape()};
}

std::string Joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

template <class Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

// A folder beside `folder` that becomes it, or goes.
class AsideFolder {
 public:
  explicit AsideFolder(const std::string& folder) : folder_(folder) {
    while (folder_.size() > 1 && folder_.back() == '/') folder_.pop_back();
    path_ = folder_ + ".tempXXXXXX";
  }
  ~AsideFolder() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  AsideFolder(const AsideFolder&) = delete;
  AsideFolder& operator=(const AsideFolder&) = delete;

  Status Make() {
    std::error_code error;
    if (fs::exists(folder_, error) && !fs::is_empty(folder_, error))
      return AlreadyExists(fmt::format("error[file]: '{}' has files already", folder_)).Help("save to a new folder");
    if (const fs::path parent = fs::path(folder_).parent_path(); !parent.empty()) fs::create_directories(parent, error);
    made_ = mkdtemp(path_.data()) != nullptr;
    if (!made_) return io::SystemError("make", path_);
    fs::permissions(path_, fs::perms(0755), error);
    for (const char* inside : {"/variables", "/assets"}) fs::create_directory(path_ + inside, error);
    return error ? FailedPrecondition(fmt::format("error[file]: cannot write '{}': {}", path_, error.message()))
                 : Status();
  }
  Status Commit() {
    std::error_code ignored;
    fs::remove(folder_, ignored);  // an empty one
    WEIR_RETURN_IF_ERROR(io::Rename(path_, folder_));
    made_ = false;
    return io::SyncDirectory(io::DirectoryOf(folder_));
  }
  const std::string& path() const { return path_; }

 private:
  std::string folder_, path_;
  bool made_ = false;
};

// Each variable once, of whichever graphs have it.
Status WriteVariables(const std::vector<SavedVariable>& variables, const Session& session, const std::string& prefix) {
  WEIR_ASSIGN_OR_RETURN(auto writer, io::BundleWriter::Create(prefix));
  for (const SavedVariable& v : variables) {
    WEIR_ASSIGN_OR_RETURN(const Tensor value, ValueToSave(session, v, "run its initialiser first"));
    WEIR_RETURN_IF_ERROR(AddVariable(v, value, &writer));
  }
  return writer.Finish();
}

}  // namespace

// ---- writing

SignatureInfo PredictSignature(const std::map<std::string, Output>& inputs,
                               const std::map<std::string, Output>& outputs, const std::string& method_name) {
  SignatureInfo signature{method_name, {}, {}};
  for (const auto& [key, o] : inputs) signature.inputs[key] = InfoOf(o);
  for (const auto& [key, o] : outputs) signature.outputs[key] = InfoOf(o);
  return signature;
}

namespace {

Status CheckSignatures(const Graph& g, const std::map<std::string, SignatureInfo>& signatures) {
  for (const auto& [name, signature] : signatures) {
    for (const auto* tensors : {&signature.inputs, &signature.outputs}) {
      for (const auto& [key, t] : *tensors) {
        if (g.ParseEndpoint(t.name).ok()) continue;
        return InvalidArgument(fmt::format("error[graph]: '{}' of the signature '{}' is '{}', which the graph has not",
                                           key, name, t.name));
      }
    }
  }
  return {};
}

}  // namespace

SavedModelBuilder::SavedModelBuilder(std::string folder) : folder_(std::move(folder)) {}
SavedModelBuilder::~SavedModelBuilder() = default;

Status SavedModelBuilder::AddMetaGraph(Builder& b, const MetaGraphOptions& options) {
  WEIR_ASSIGN_OR_RETURN(MetaGraph meta, MetaGraphOf(b));
  const std::set<std::string> tags(options.tags.begin(), options.tags.end());
  for (const Part& part : parts_) {
    if (std::set<std::string>(part.meta.tags.begin(), part.meta.tags.end()) == tags)
      return AlreadyExists(fmt::format("error[graph]: the model has a graph tagged '{}'", Joined(options.tags)));
  }
  WEIR_ASSIGN_OR_RETURN(Graph g, StrippedGraph(b.graph(), options.clear_devices, options.strip_default_attrs));
  WEIR_RETURN_IF_ERROR(CheckSignatures(g, options.signatures));
  meta.tags = options.tags, meta.signatures = options.signatures;
  for (const auto& [tensor, file] : options.assets) {
    const std::string name = fs::path(file).filename().string();
    if (!tensor.valid() || tensor.builder() != &b || BaseType(tensor.dtype()) != kString)
      return InvalidArgument(fmt::format("error[graph]: the asset '{}' has no string tensor of this graph", name));
    if (!io::FileExists(file)) return NotFound(fmt::format("error[file]: there is no asset '{}'", file));
    if (auto [it, added] = assets_.emplace(name, file); !added && it->second != file)
      return AlreadyExists(fmt::format("error[file]: two assets are called '{}': '{}', '{}'", name, it->second, file));
    meta.assets[tensor.name()] = name;
  }
  if (options.init_op.valid()) {
    meta.init_op = options.init_op.name();
    meta.collections[kMainOp] = {.nodes = {meta.init_op}};
  }
  WEIR_ASSIGN_OR_RETURN(auto variables, CheckpointMap(g));
  meta.saver.reset();
  if (!variables.empty()) {
    WEIR_ASSIGN_OR_RETURN(meta.saver, AddSaveNodes(g, variables));
  }
  parts_.push_back({std::move(g), std::move(meta), std::move(variables)});
  return {};
}

Status SavedModelBuilder::Save(const Session& session) {
  if (parts_.empty()) return FailedPrecondition("error[graph]: a model without a graph was to be saved");
  AsideFolder aside(folder_);
  WEIR_RETURN_IF_ERROR(aside.Make());
  std::vector<SavedVariable> variables;
  std::set<std::pair<std::string, std::string>> known;
  std::vector<std::pair<const Graph*, const MetaGraph*>> graphs;
  for (const Part& part : parts_) {
    graphs.emplace_back(&part.graph, &part.meta);
    for (const SavedVariable& v : part.variables) {
      if (known.emplace(v.key, v.variable).second) variables.push_back(v);
    }
  }
  if (!variables.empty()) WEIR_RETURN_IF_ERROR(WriteVariables(variables, session, aside.path() + kVariables));
  for (const auto& [name, file] : assets_) {
    std::error_code error;
    fs::copy_file(file, aside.path() + "/assets/" + name, error);
    if (error) return FailedPrecondition(fmt::format("error[file]: cannot copy '{}': {}", file, error.message()));
  }
  WEIR_ASSIGN_OR_RETURN(const std::string content, ExportSavedModel(graphs));
  WEIR_RETURN_IF_ERROR(io::WriteFile(aside.path() + "/saved_model.pb", content));
  return aside.Commit();
}

Status CopySavedModel(const std::string& source, const std::vector<LoadedGraph>& graphs, const std::string& folder,
                      bool text) {
  GraphsWithMeta parts;
  for (const LoadedGraph& g : graphs) {
    if (!g.meta) return InvalidArgument("error[graph]: a graph without tags and signatures is none of a SavedModel");
    parts.emplace_back(&g.graph, g.meta.get());
  }
  WEIR_ASSIGN_OR_RETURN(const std::string content, text ? ExportSavedModelText(parts) : ExportSavedModel(parts));
  AsideFolder aside(folder);
  WEIR_RETURN_IF_ERROR(aside.Make());
  for (const char* inside : {"/variables", "/assets", "/assets.extra"}) {
    std::error_code error;
    if (!io::IsDirectory(source + inside)) continue;
    fs::copy(source + inside, aside.path() + inside, fs::copy_options::recursive, error);
    if (error) {
      return FailedPrecondition(
          fmt::format("error[file]: cannot copy '{}{}' to '{}': {}", source, inside, folder, error.message()));
    }
  }
  WEIR_RETURN_IF_ERROR(io::WriteFile(aside.path() + (text ? "/saved_model.pbtxt" : "/saved_model.pb"), content));
  return aside.Commit();
}

// ---- reading

Status RestoreWhatIsThere(Session& session, const std::string& checkpoint, std::vector<std::string>* notes) {
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(checkpoint));
  WEIR_ASSIGN_OR_RETURN(auto variables, CheckpointMap(session.graph()));
  WEIR_ASSIGN_OR_RETURN(const ReadValues read, ReadVariables(reader, variables));
  if (!read.other.empty()) return read.other[0].second;
  const std::vector<size_t>& missing = read.missing;
  if (!variables.empty() && missing.size() == variables.size()) {
    return NotFound(fmt::format("error[file]: the checkpoint '{}' has none of the graph's {} variables", checkpoint,
                                variables.size()))
        .Detail(fmt::format("the first is '{}'", variables[0].key));
  }
  WEIR_RETURN_IF_ERROR(SetVariables(session, reader, variables, read));
  for (size_t i = 0; i < missing.size() && i < 5; ++i)
    notes->push_back(fmt::format("variable '{}' is not in the checkpoint", variables[missing[i]].key));
  for (const std::string& table : SavedTables(session.graph()))
    notes->push_back(fmt::format("table '{}' is not filled, which the graph's restore op does", table));
  return {};
}

namespace {

// Runs a node that prepares the model. One that needs an op that Weir does not have is left out and told:
// what does without it runs all the same.
Status RunKnown(const Session& session, const NamedFeeds& feeds, const std::string& node, const RunConfig& config,
                bool* ran, std::vector<std::string>* notes) {
  Status s = session.Run(feeds, {}, {node}, config).status();
  *ran = s.code() != Code::kUnimplemented;
  if (*ran) return s;
  notes->push_back(fmt::format("'{}' was not run, which prepares the model: {}", node, s.message()));
  return {};
}

}  // namespace

Status StartSavedModel(Session& session, const MetaGraph& meta, const std::string& folder, const RunConfig& config,
                       std::vector<std::string>* notes) {
  const std::string prefix = folder + kVariables;
  NamedFeeds assets;
  for (const auto& [tensor, file] : meta.assets) {
    if (file.find("..") != file.npos || file.starts_with("/"))
      return InvalidArgument(fmt::format("error[file]: the asset '{}' lies outside the model's folder", file));
    assets.emplace_back(tensor, Tensor(folder + "/assets/" + file));
  }
  const bool saved = io::FileExists(io::BundleIndexPath(prefix));
  bool ran = false;
  if (saved && meta.saver && !meta.saver->restore_op.empty()) {
    NamedFeeds feeds = assets;
    feeds.emplace_back(meta.saver->filename_tensor, Tensor(prefix));
    WEIR_RETURN_IF_ERROR(RunKnown(session, feeds, meta.saver->restore_op, config, &ran, notes));
  }
  if (saved && !ran) WEIR_RETURN_IF_ERROR(RestoreWhatIsThere(session, prefix, notes));
  return meta.init_op.empty() ? Status() : RunKnown(session, assets, meta.init_op, config, &ran, notes);
}

Result<SavedModel> LoadSavedModel(const std::string& folder, const std::vector<std::string>& tags,
                                  SessionOptions options) {
  WEIR_ASSIGN_OR_RETURN(LoadedGraph loaded, LoadGraph(folder, LoadOptions{.tags = tags}));
  if (loaded.format != GraphFormat::kSavedModel || !io::IsDirectory(folder))
    return InvalidArgument(fmt::format("error[file]: '{}' is no SavedModel's folder", folder));
  options.allow_file_ops = true;
  SavedModel model;
  model.meta_ = loaded.meta;
  model.session_ = std::make_unique<Session>(std::move(loaded.graph), std::move(options));
  WEIR_RETURN_IF_ERROR(StartSavedModel(*model.session_, *model.meta_, folder, {}, &model.notes_));
  return model;
}

Result<std::map<std::string, Tensor>> SavedModel::Run(const std::string& signature,
                                                      const std::map<std::string, Tensor>& inputs,
                                                      const RunConfig& config) const {
  WEIR_ASSIGN_OR_RETURN(const SignatureInfo* found, meta_->FindSignature(signature));
  const SignatureInfo& s = *found;
  if (KeysOf(inputs) != KeysOf(s.inputs)) {
    return InvalidArgument(fmt::format("error[feed]: signature '{}' takes {}, not {}", signature,
                                       Joined(KeysOf(s.inputs)), inputs.empty() ? "nothing" : Joined(KeysOf(inputs))));
  }
  NamedFeeds feeds;
  for (const auto& [key, value] : inputs) feeds.emplace_back(s.inputs.at(key).name, value);
  std::vector<std::string> fetches;
  for (const auto& [key, t] : s.outputs) fetches.push_back(t.name);
  WEIR_ASSIGN_OR_RETURN(auto values, session_->Run(feeds, fetches, {}, config));
  std::map<std::string, Tensor> outputs;
  for (const auto& [key, t] : s.outputs) outputs.emplace(key, std::move(values[outputs.size()]));
  return outputs;
}

}  // namespace weir
