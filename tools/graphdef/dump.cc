// graphdef dump: a graph as text, one line a node, or in another form.
#include <fmt/format.h>

#include "weir/graph/export.h"
#include "weir/graph/infer.h"
#include "weir/graph/text/text.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct DumpOptions {
  ModelOptions model;
  std::string scope, output, order = "program";
  bool json = false, pbtxt = false, proto = false, full = false, no_shapes = false;
};

Json NodeJson(const Graph& g, const Node& n) {
  Json inputs = Json::array(), controls = Json::array(), attrs = Json::object(), outputs = Json::array();
  for (Endpoint e : n.inputs()) inputs.push_back(g.EndpointName(e));
  for (NodeId c : n.control_inputs()) controls.push_back(g[c].name());
  for (const auto& [name, value] : n.attrs()) attrs[name] = PrintAttr(value, 100);
  for (const OutputType& t : n.outputs()) outputs.push_back(t.ToString());
  Json node{{"name", n.name()}, {"op", n.op()}, {"inputs", inputs}, {"outputs", outputs}, {"attrs", attrs}};
  if (!controls.empty()) node["control_inputs"] = controls;
  if (!n.device().empty()) node["device"] = n.device();
  if (n.loc()) node["created_at"] = n.loc().ToString();
  return node;
}

std::vector<NodeId> Chosen(const Graph& g, const DumpOptions& o) {
  auto order = o.order == "topo" ? TopologicalOrder(g) : Result<std::vector<NodeId>>(g.nodes());
  std::vector<NodeId> ids = order.ok() ? *order : g.nodes();
  std::erase_if(ids, [&](NodeId id) { return !std::string_view(g[id].name()).starts_with(o.scope); });
  return ids;
}

Result<std::string> TextOf(const Graph& g, const DumpOptions& o) {
  if (o.proto) return ExportGraphDef(g);
  if (o.pbtxt) return ExportGraphDefText(g);
  GraphTextOptions print{.types = !o.no_shapes, .max_elements = o.full ? -1 : 8};
  if (o.scope.empty() && o.order == "program") return PrintGraph(g, print);
  std::string text;
  for (NodeId id : Chosen(g, o)) text += PrintNode(g, id, print) + "\n";
  return text;
}

int RunDump(const DumpOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  Graph& g = model->graph;
  if (!o.no_shapes) InferBestEffort(g);
  if (o.json) {
    Json nodes = Json::array(), functions = Json::array();
    for (NodeId id : Chosen(g, o)) nodes.push_back(NodeJson(g, g[id]));
    for (const auto& [name, f] : g.functions()) functions.push_back({{"name", name}, {"nodes", f->body.num_nodes()}});
    PrintJson({{"schema", "graphdef.dump/1"}, {"nodes", nodes}, {"functions", functions}});
    return kOk;
  }
  if (!o.output.empty() && o.output != "-" && !o.proto && !o.pbtxt && o.scope.empty()) {
    Status s = SaveGraph(g, o.output);
    return s.ok() ? kOk : Report(s, kBadFile);
  }
  auto text = TextOf(g, o);
  if (!text.ok()) return Report(text.status(), kBadFile);
  Status s = WriteResult(o.output, *text);
  return s.ok() ? kOk : Report(s, kBadFile);
}

}  // namespace

void AddDump(CLI::App& app, Action* action) {
  auto o = std::make_shared<DumpOptions>();
  CLI::App* verb =
      AddVerb(app, "dump", "Prints a graph, one line a node: name = Op(inputs) {attributes} : shapes.",
              {"graphdef dump model.pb --scope=dense/", "graphdef dump model.meta --pbtxt -o model.pbtxt"});
  o->model.AddTo(verb);
  verb->add_option("--scope", o->scope, "Only nodes whose names begin so");
  verb->add_option("--order", o->order, "program (as in the file) or topo")->check(CLI::IsMember({"program", "topo"}));
  verb->add_flag("--full", o->full, "Whole tensors, so that the text can be read again");
  verb->add_flag("--no-shapes", o->no_shapes, "Without inferred types");
  verb->add_flag("--json", o->json, "As JSON");
  verb->add_flag("--pbtxt", o->pbtxt, "As protobuf text, as TensorFlow reads it");
  verb->add_flag("--proto", o->proto, "As a binary GraphDef");
  verb->add_option("-o,--out", o->output, "Write here; without a form chosen by the ending: .pb, .pbtxt, .weir");
  verb->callback([=] { *action = [o] { return RunDump(*o); }; });
}

}  // namespace weir::tool
