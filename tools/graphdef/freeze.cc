// graphdef freeze: a graph for inference alone, its variables become constants.
#include "weir/session/save/freeze.h"

#include <fmt/format.h>

#include "weir/graph/export.h"
#include "weir/tools/graphdef/setup.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct FreezeOptions {
  ModelOptions model;
  std::vector<std::string> outputs;
  std::string signature, ckpt, output;
  bool json = false;
};

// What the frozen graph is to compute: by name, of a signature, or guessed.
Result<std::vector<std::string>> OutputsOf(const FreezeOptions& o, const LoadedGraph& model) {
  std::vector<std::string> names = o.outputs;
  if (!o.signature.empty()) {
    static const MetaGraph kNone;
    WEIR_ASSIGN_OR_RETURN(const SignatureInfo* s, (model.meta ? *model.meta : kNone).FindSignature(o.signature));
    for (const auto& [key, t] : s->outputs) names.push_back(t.name);
  }
  WEIR_ASSIGN_OR_RETURN(Wanted wanted, Want(model, names, {}));
  if (wanted.names.empty()) return NothingToCompute();
  return wanted.names;
}

void Tell(const FreezeOptions& o, const Graph& before, const Graph& frozen, const std::vector<std::string>& outputs) {
  int64_t constants = 0, bytes = 0;
  const Json inputs = TypesJson(frozen, Inputs(frozen));
  for (NodeId id : frozen.nodes()) {
    const Node& n = frozen[id];
    const NodeId was = before.Find(n.name());
    if (!n.Is("Const") || !was.valid() || !IsVariable(before[was])) continue;
    ++constants, bytes += n.attr<Tensor>("value").bytes();
  }
  if (o.json) {
    PrintJson({{"schema", "graphdef.freeze/1"},
               {"nodes_before", before.num_nodes()},
               {"nodes_after", frozen.num_nodes()},
               {"constants", constants},
               {"constant_bytes", bytes},
               {"inputs", inputs},
               {"outputs", outputs}});
    return;
  }
  for (const Json& in : inputs)
    Print(fmt::format("input {} : {}\n", in["name"].get<std::string>(), in["type"].get<std::string>()));
  for (const std::string& name : outputs)
    Print(fmt::format("output {} : {}\n", name, TypeText(frozen, *frozen.ParseEndpoint(name))));
  Print(fmt::format("{} nodes became {}; {} variables became constants of {} bytes\n", before.num_nodes(),
                    frozen.num_nodes(), constants, Thousands(bytes)));
}

int RunFreeze(const FreezeOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  auto outputs = OutputsOf(o, *model);
  if (!outputs.ok()) return Report(outputs.status(), kUsage);
  Session session(std::move(model->graph), {.allow_file_ops = true});
  const std::string ckpt = o.ckpt.empty() ? CheckpointBeside(o.model.path) : o.ckpt;
  if (Status s = StartModel(session, model->format, model->meta, o.model.path, ckpt); !s.ok())
    return Report(s, kBadFile);
  auto frozen = FreezeGraph(session, *outputs);
  if (!frozen.ok()) return Report(frozen.status(), kNegative);
  if (!o.output.empty()) {
    if (Status s = SaveGraph(*frozen, o.output); !s.ok()) return Report(s, kBadFile);
  }
  Tell(o, session.graph(), *frozen, *outputs);
  return kOk;
}

}  // namespace

void AddFreeze(CLI::App& app, Action* action) {
  auto o = std::make_shared<FreezeOptions>();
  CLI::App* verb = AddVerb(
      app, "freeze",
      "Writes the part of a graph that computes --outputs, with values in place of its variables: a SavedModel's own, "
      "or those of a checkpoint. Exit code 1: that cannot be frozen.",
      {"graphdef freeze exported/1 --signature serving_default -o frozen.pb",
       "graphdef freeze model.meta --ckpt train --outputs softmax -o frozen.pb"});
  o->model.AddTo(verb);
  CLI::Option* outputs =
      verb->add_option("--outputs", o->outputs, "Tensors to compute; none: the results of serving_default, else of all "
                   "signatures, else a guess")
          ->delimiter(',');
  verb->add_option("--signature", o->signature, "Compute what this signature gives")->excludes(outputs);
  verb->add_option("--ckpt", o->ckpt,
                   "Values of the variables: a checkpoint's prefix, or a folder (its latest); for a .meta file the "
                   "checkpoint beside it where none is given");
  verb->add_option("-o,--out", o->output, "Write the graph: .pb, .pbtxt or .weir");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunFreeze(*o); }; });
}

}  // namespace weir::tool
