// SavedModels: folders that TensorFlow, TensorFlow Serving and Weir load: graphs with signatures, variables and assets.
//
//   SavedModelBuilder model("export/1");
//   model.AddMetaGraph(g, {.signatures = {{"serving_default", PredictSignature({{"x", x}}, {{"y", y}})}}}).Check();
//   model.Save(session).Check();
//
//   SavedModel loaded = LoadSavedModel("export/1").value();
//   Tensor y = loaded.Run("serving_default", {{"x", value}}).value().at("y");
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/graph/import.h"
#include "weir/session/session.h"

namespace weir {

struct SavedVariable;  // checkpoint_map.h

// ---- writing

// What a caller feeds and what comes of it, by the names that the caller knows.
SignatureInfo PredictSignature(const std::map<std::string, Output>& inputs,
                               const std::map<std::string, Output>& outputs,
                               const std::string& method_name = "tensorflow/serving/predict");

struct MetaGraphOptions {
  std::vector<std::string> tags = {"serve"};
  std::map<std::string, SignatureInfo> signatures = {};
  // Files that go along, each with the string tensor that loaders feed with its path then.
  std::vector<std::pair<Output, std::string>> assets = {};
  Operation init_op = {};  // what loaders run once variables are restored
  bool clear_devices = false;
  bool strip_default_attrs = false;  // so that older versions of TensorFlow load it
};

class SavedModelBuilder {
 public:
  // The folder is made by Save.
  explicit SavedModelBuilder(std::string folder);
  ~SavedModelBuilder();

  // The builder's graph as it is now, with its collections and with nodes that save and restore its variables; those
  // that another graph of the model has, too, are the same variables. Errors: the builder's; a signature's tensor or
  // an asset's of another graph; tags that another one has; an asset's file that is not there, or two of one name.
  Status AddMetaGraph(Builder& b, const MetaGraphOptions& options = {});
  // Writes the model, with the session's values of all graphs' variables. Errors: the folder has files already; no
  // graph was added; a variable without a value; files. After an error there is no model.
  Status Save(const Session& session);

 private:
  struct Part {
    Graph graph;
    MetaGraph meta;
    std::vector<SavedVariable> variables;
  };
  std::string folder_;
  std::vector<Part> parts_;
  std::map<std::string, std::string> assets_;  // name -> where it is
};

// Writes these graphs of the SavedModel in the folder `source` as a model of their own, with its variables and assets:
// whichever of its graphs, in another form. `text`: as saved_model.pbtxt. Errors: the folder has files already; files.
Status CopySavedModel(const std::string& source, const std::vector<LoadedGraph>& graphs, const std::string& folder,
                      bool text = false);

// ---- reading

// Sets the variables that a checkpoint has under the names that the graph's own saver gives them. Those that it lacks
// stay as they are; `notes` says which. Error: it has none of them.
Status RestoreWhatIsThere(Session& session, const std::string& checkpoint, std::vector<std::string>* notes);
// As TensorFlow's loader does: restores the variables of the SavedModel in this folder by its own restore op, with the
// paths of its assets fed, and runs its init op. What needs an op that Weir does not have is left out, which `notes`
// says. The session must allow file ops. Errors: those of files and of the runs; an asset outside the folder.
Status StartSavedModel(Session& session, const MetaGraph& meta, const std::string& folder, const RunConfig& config,
                       std::vector<std::string>* notes);

class SavedModel {
 public:
  const Session& session() const { return *session_; }
  Session& session() { return *session_; }
  const std::map<std::string, SignatureInfo>& signatures() const { return meta_->signatures; }
  // What was left out when it was loaded.
  const std::vector<std::string>& notes() const { return notes_; }

  // Feeds a signature's inputs and gives its outputs, by the names that the signature has. Errors: no such signature,
  // or inputs other than its own (they say which there are); the run's. Safe beside other runs.
  Result<std::map<std::string, Tensor>> Run(const std::string& signature, const std::map<std::string, Tensor>& inputs,
                                            const RunConfig& config = {}) const;

 private:
  friend Result<SavedModel> LoadSavedModel(const std::string&, const std::vector<std::string>&, SessionOptions);
  SavedModel() = default;

  std::unique_ptr<Session> session_;
  std::shared_ptr<const MetaGraph> meta_;
  std::vector<std::string> notes_;
};

// Loads a model's graph of exactly these tags (none: its only one, or the one tagged "serve") with its variables. The
// model may read the files that its graph names: load what you trust.
Result<SavedModel> LoadSavedModel(const std::string& folder, const std::vector<std::string>& tags = {},
                                  SessionOptions options = {});

}  // namespace weir
