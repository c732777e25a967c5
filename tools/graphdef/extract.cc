// graphdef extract: the part of a graph that computes some tensors from others, as a graph of its own.
#include <fmt/format.h>

#include "weir/graph/export.h"
#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct ExtractOptions {
  ModelOptions model;
  std::vector<std::string> inputs, outputs, targets;
  std::string output;
  bool json = false;
};

// Inputs as asked for, by what stands for them now; then placeholders that the part needs beside.
Json InputsJson(const ExtractOptions& o, const GraphPart& part) {
  Json list = Json::array();
  std::set<std::string> told;
  auto add = [&](const std::string& tensor, bool asked) {
    auto e = part.graph.ParseEndpoint(tensor);
    if (!e.ok() || !told.insert(part.graph.EndpointName(*e)).second) return;
    list.push_back({{"name", tensor}, {"type", TypeText(part.graph, *e)}, {"asked", asked}});
  };
  for (size_t i = 0; i < part.inputs.size(); ++i) {
    add(part.inputs[i], true);
    list.back()["of"] = o.inputs[i];
  }
  for (NodeId id : Placeholders(part.graph)) add(part.graph.EndpointName({id, 0}), false);
  return list;
}

void Tell(const ExtractOptions& o, const GraphPart& part, const std::vector<std::string>& outputs, int before) {
  const Json inputs = InputsJson(o, part);
  if (o.json) {
    PrintJson({{"schema", "graphdef.extract/1"},
               {"nodes_before", before},
               {"nodes_after", part.graph.num_nodes()},
               {"inputs", inputs},
               {"outputs", outputs}});
    return;
  }
  for (const Json& in : inputs) {
    const std::string name = in["name"];
    const std::string of = in.value("of", name);
    const bool moved = of != name && of + ":0" != name;
    Print(fmt::format("input {} : {}{}{}\n", name, in["type"].get<std::string>(), moved ? ", for " + of : "",
                      in["asked"].get<bool>() ? "" : ", needed, too"));
  }
  for (const std::string& name : outputs) Print(fmt::format("output {}\n", name));
  Print(fmt::format("{} of {} nodes\n", part.graph.num_nodes(), before));
}

int RunExtract(const ExtractOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  Graph& g = model->graph;
  InferBestEffort(g);
  SubgraphEnds ends;
  for (const std::string& name : o.inputs) {
    auto e = ParseTensor(g, name, "feed");
    if (!e.ok()) return Report(e.status(), kUsage);
    ends.feeds.push_back(*e);
  }
  auto wanted = Want(*model, o.outputs, o.targets);
  if (!wanted.ok()) return Report(wanted.status(), kUsage);
  ends.fetches = wanted->fetches, ends.targets = wanted->targets;
  if (ends.fetches.empty() && ends.targets.empty())
    return Report(NothingToCompute(), kUsage);
  auto part = ExtractPart(g, ends);
  if (!part.ok()) {
    const bool usage = part.status().message().starts_with("error[feed]");
    return Report(part.status(), usage ? kUsage : kNegative);
  }
  InferBestEffort(part->graph);
  if (!o.output.empty()) {
    if (Status s = SaveGraph(part->graph, o.output); !s.ok()) return Report(s, kBadFile);
  }
  Tell(o, *part, wanted->names, g.num_nodes());
  return kOk;
}

}  // namespace

void AddExtract(CLI::App& app, Action* action) {
  auto o = std::make_shared<ExtractOptions>();
  CLI::App* verb = AddVerb(
      app, "extract",
      "Writes the part of a graph that computes --outputs from --inputs, which become placeholders under the names of "
      "their nodes. Exit code 1: what is left is no graph (an assignment to an input, say).",
      {"graphdef extract model.pb --inputs pool5 --outputs softmax -o top.pb",
       "graphdef extract model.meta --outputs loss,accuracy -o forward.pbtxt --json"});
  o->model.AddTo(verb);
  verb->add_option("--inputs", o->inputs, "Tensors that are given; none: only what --outputs need not is left out")
      ->delimiter(',');
  verb->add_option("--outputs", o->outputs, "Tensors to compute; none: the results of serving_default, else of all "
                   "signatures, else a guess")
      ->delimiter(',');
  verb->add_option("--targets", o->targets, "Nodes to run")->delimiter(',');
  verb->add_option("-o,--out", o->output, "Write the part: .pb, .pbtxt or .weir");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunExtract(*o); }; });
}

}  // namespace weir::tool
