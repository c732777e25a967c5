// graphdef convert: a graph, model or checkpoint in another form.
#include <fmt/format.h>

#include "weir/graph/base/file.h"
#include "weir/graph/export.h"
#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/ops/model/collections.h"
#include "weir/ops/registry.h"
#include "weir/session/save/saved_model.h"
#include "weir/tools/graphdef/ckpt.h"
#include "weir/tools/graphdef/setup.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct ConvertOptions {
  ModelOptions model;
  std::vector<std::string> inputs, outputs;
  std::string output, form, ckpt;
  bool constants_aside = false, json = false;
};

const std::set<std::string> kForms{"pb",          "pbtxt",             "weir", "meta",      "meta-pbtxt",
                                   "saved-model", "saved-model-pbtxt", "npz",  "checkpoint"};

// By the ending of the file; what has none is a folder, or a checkpoint where tensors are converted. "" for another
// ending.
std::string FormOf(const ConvertOptions& o, bool tensors) {
  if (!o.form.empty()) return o.form;
  for (const auto& [ending, form] : {std::pair{".pb", "pb"}, {".pbtxt", "pbtxt"}, {".weir", "weir"}, {".txt", "weir"},
                                     {".meta", "meta"}, {".npz", "npz"}}) {
    if (o.output.ends_with(ending)) return form;
  }
  if (tensors) return "checkpoint";
  // A version may have a dot: exported/1.5.
  const size_t dot = o.output.find_last_of("./");
  const bool ending = o.output == "-" || (dot != o.output.npos && o.output[dot] == '.' && dot + 1 < o.output.size() &&
                                          std::isalpha(static_cast<unsigned char>(o.output[dot + 1])));
  return ending ? "" : "saved-model";
}

// Whether that form can be made of what the model's path holds, and written where it is to go.
Status CheckForm(const ConvertOptions& o, const std::string& form, bool tensors) {
  const bool to_tensors = form == "npz" || form == "checkpoint";
  if (form.empty())
    return InvalidArgument(fmt::format("error[file]: the ending of '{}' tells no form", o.output))
        .Help("say it by --to");
  if (o.output == "-" && (to_tensors || form.starts_with("saved-model")))
    return InvalidArgument(fmt::format("error[file]: a {} does not go to stdout", form));
  if (o.constants_aside && (o.output == "-" || (form != "pb" && form != "pbtxt" && form != "weir")))
    return InvalidArgument("error[file]: constants go aside of a .pb, .pbtxt or .weir file only");
  if (to_tensors == tensors) return {};
  return InvalidArgument(fmt::format("error[file]: '{}' holds {}, of which no {} is made", o.model.path,
                                     tensors ? "tensors" : "a graph", form))
      .Help("say by --to which form is meant, if not by the ending of --out");
}

// ---- graphs

// What a graph without one is given as its signature: placeholders in, what is asked for or guessed out, by the names
// of the nodes.
Result<SignatureInfo> GuessedSignature(const ConvertOptions& o, const LoadedGraph& m) {
  SignatureInfo s{"tensorflow/serving/predict", {}, {}};
  const Graph& g = m.graph;
  auto add = [&](Endpoint e, std::map<std::string, TensorInfo>* to) {
    const std::string key = e.index == 0 ? g[e.node].name() : fmt::format("{}_{}", g[e.node].name(), e.index);
    (*to)[key] = {g.EndpointName(e), BaseType(g.type(e).dtype), g.ShapeOf(e)};
  };
  for (const std::string& name : o.inputs) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensor(g, name, "feed"));
    add(e, &s.inputs);
  }
  WEIR_ASSIGN_OR_RETURN(Wanted wanted, Want(m, o.outputs, {}));
  for (Endpoint e : wanted.fetches) add(e, &s.outputs);
  const std::vector<bool> needed = NeededBy(g, wanted);
  for (NodeId id : o.inputs.empty() ? Placeholders(g) : std::vector<NodeId>()) {
    if (needed[static_cast<size_t>(id.value)]) add({id, 0}, &s.inputs);
  }
  return s;
}

// A SavedModel of a graph that is not one's: with the values of a checkpoint, and save nodes of its own.
Status BuildSavedModel(const ConvertOptions& o, LoadedGraph m) {
  MetaGraphOptions options;
  if (m.meta && !m.meta->signatures.empty() && o.outputs.empty() && o.inputs.empty()) {
    options.signatures = m.meta->signatures;
  } else {
    WEIR_ASSIGN_OR_RETURN(options.signatures["serving_default"], GuessedSignature(o, m));
  }
  Session session(m.graph);
  const std::string ckpt = o.ckpt.empty() ? CheckpointBeside(o.model.path) : o.ckpt;
  if (!ckpt.empty()) WEIR_RETURN_IF_ERROR(RestoreVariables(session, ckpt));
  Builder b(std::move(m));
  SavedModelBuilder model(o.output);
  WEIR_RETURN_IF_ERROR(model.AddMetaGraph(b, options));
  return model.Save(session);
}

Status WriteSavedModel(const ConvertOptions& o, LoadedGraph m, bool text) {
  if (m.format != GraphFormat::kSavedModel) {
    if (text) {
      return Unimplemented("error[file]: text is written of SavedModels only").Help("make one first, then text of it");
    }
    return BuildSavedModel(o, std::move(m));
  }
  if (!o.ckpt.empty() || !o.outputs.empty() || !o.inputs.empty())
    return InvalidArgument("error[file]: a SavedModel has variables and signatures of its own");
  std::vector<LoadedGraph> graphs;
  if (o.model.tags.empty()) {
    WEIR_ASSIGN_OR_RETURN(graphs, LoadAllGraphs(o.model.path, &AllOps()));
  } else {
    graphs.push_back(std::move(m));
  }
  return CopySavedModel(FolderOf(o.model.path), graphs, o.output, text);
}

// A MetaGraphDef; a SavedModel's variables go beside it, where TensorFlow's Saver looks for them.
Status WriteMetaGraph(const ConvertOptions& o, LoadedGraph m, bool text) {
  const bool saved_model = m.format == GraphFormat::kSavedModel;
  MetaGraph meta = m.meta ? *m.meta : MetaGraph();
  if (!m.meta) {
    Builder b(m.graph);
    WEIR_ASSIGN_OR_RETURN(meta, MetaGraphOf(b));
  }
  WEIR_ASSIGN_OR_RETURN(const std::string content,
                        text ? ExportMetaGraphText(m.graph, meta) : ExportMetaGraph(m.graph, meta));
  const std::string variables = FolderOf(o.model.path) + "/variables/variables";
  const bool beside = saved_model && o.output.ends_with(".meta") && io::FileExists(io::BundleIndexPath(variables));
  if (beside) {
    const std::string prefix = o.output.substr(0, o.output.size() - 5);
    WEIR_RETURN_IF_ERROR(io::MergeBundles({variables}, prefix, io::MergedSources::kCopied));
  }
  return WriteResult(o.output, content);
}

Status WriteGraph(const ConvertOptions& o, LoadedGraph m, const std::string& form) {
  if (form.starts_with("saved-model")) return WriteSavedModel(o, std::move(m), form.ends_with("pbtxt"));
  if (form.starts_with("meta")) return WriteMetaGraph(o, std::move(m), form.ends_with("pbtxt"));
  if (o.constants_aside) return SaveGraph(m.graph, o.output, {.constants_aside = true});
  if (form == "weir") return WriteResult(o.output, PrintGraph(m.graph));
  auto content = form == "pb" ? ExportGraphDef(m.graph) : ExportGraphDefText(m.graph);
  return content.ok() ? WriteResult(o.output, *content) : content.status();
}

// ---- the verb

void Tell(const ConvertOptions& o, const std::string& form, const char* of, int64_t count) {
  if (o.json) {
    PrintJson({{"schema", "graphdef.convert/1"}, {"out", o.output}, {"form", form}, {of, count}});
  } else if (o.output != "-") {
    Print(fmt::format("{}: {} {} as {}\n", o.output, count, of, form));
  }
}

int RunConvert(const ConvertOptions& o) {
  const bool tensors = HoldsTensors(o.model.path);
  const std::string form = FormOf(o, tensors);
  if (Status s = CheckForm(o, form, tensors); !s.ok()) return Report(s, kUsage);
  if (tensors) {
    auto count = ConvertTensors(o.model.path, o.output);
    if (!count.ok()) return Report(count.status(), kBadFile);
    return Tell(o, form, "tensors", *count), kOk;
  }
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  InferBestEffort(model->graph);
  const int nodes = model->graph.num_nodes();
  if (Status s = WriteGraph(o, std::move(*model), form); !s.ok()) {
    const bool usage = s.message().starts_with("error[feed]") || s.message().starts_with("error[fetch]");
    return Report(s, usage ? kUsage : kBadFile);
  }
  return Tell(o, form, "nodes", nodes), kOk;
}

}  // namespace

void AddConvert(CLI::App& app, Action* action) {
  auto o = std::make_shared<ConvertOptions>();
  CLI::App* verb = AddVerb(
      app, "convert",
      "Writes a graph in another form: GraphDef (.pb, .pbtxt), the text form (.weir, .txt), MetaGraphDef (.meta; a "
      "SavedModel's variables go beside it as a checkpoint), SavedModel (a folder without an ending). A checkpoint, or "
      "an .npz file, becomes the other one; a checkpoint of the old V1 format a new one.",
      {"graphdef convert model.meta -o model.pbtxt", "graphdef convert model.meta --ckpt train -o exported/1",
       "graphdef convert exported/1 -o model.meta", "graphdef convert weights.npz -o model/net-1"});
  o->model.AddTo(verb);
  verb->add_option("-o,--out", o->output, "Where to write; - for stdout")->required();
  verb->add_option("--to", o->form, "The form, where the ending does not say it")->check(CLI::IsMember(kForms));
  verb->add_option("--ckpt", o->ckpt,
                   "For a SavedModel of a graph: the variables' values, a checkpoint's prefix or a folder (its "
                   "latest); of a .meta file the checkpoint beside it where none is given");
  verb->add_option("--inputs", o->inputs, "For the signature of a graph without one; none: the placeholders")
      ->delimiter(',');
  verb->add_option("--outputs", o->outputs, "For the signature of a graph without one; none: a guess")->delimiter(',');
  verb->add_flag("--constants-aside", o->constants_aside,
                 "Large constants in a file beside the graph's, which is mapped when loaded: for graphs over 2 GiB");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunConvert(*o); }; });
}

}  // namespace weir::tool
