// graphdef grad: adds the gradients of tensors by tensors to a graph, and writes it.
#include <fmt/format.h>

#include "weir/graph/export.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct GradOptions {
  ModelOptions model;
  std::vector<std::string> ys, xs;
  std::string output;
  bool json = false;
};

Result<std::vector<Output>> Outputs(Builder& b, const std::vector<std::string>& names) {
  std::vector<Output> outputs;
  for (const std::string& name : names) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, b.graph().ParseEndpoint(name));
    outputs.emplace_back(&b, e);
  }
  return outputs;
}

// All float variables, else all float placeholders: what one most likely differentiates by.
std::vector<std::string> GuessXs(const Graph& g) {
  std::vector<std::string> variables, placeholders;
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    if (IsVariable(n) && IsFloating(n.type_attr("dtype"))) variables.push_back(n.name());
    if (n.def() && n.def()->fed() && IsFloating(n.type_attr("dtype"))) placeholders.push_back(n.name());
  }
  return variables.empty() ? placeholders : variables;
}

std::string TextOf(const Grad& grad) {
  if (!grad.valid()) return "none: no path leads there";
  if (!grad.is_slices()) return grad.dense().name();
  return fmt::format("slices {} at {}", grad.slices().values.name(), grad.slices().indices.name());
}

int RunGrad(const GradOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  InferBestEffort(model->graph);
  Builder b(std::move(model->graph));
  std::vector<std::string> names = o.xs.empty() ? GuessXs(b.graph()) : o.xs;
  auto ys = Outputs(b, o.ys), xs = Outputs(b, names);
  if (!ys.ok() || !xs.ok()) return Report(ys.ok() ? xs.status() : ys.status(), kUsage);
  int before = b.graph().num_nodes();
  auto grads = GradientsOf(b, *ys, *xs);
  if (!grads.ok()) return Report(grads.status(), kNegative);
  Json list = Json::object();
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    const Grad& grad = (*grads)[i];
    list[names[i]] = grad.valid() ? Json(grad.is_slices() ? grad.slices().values.name() : grad.dense().name()) : Json();
    text += fmt::format("{} -> {}\n", names[i], TextOf(grad));
  }
  text += fmt::format("{} nodes added to {}\n", b.graph().num_nodes() - before, before);
  if (o.json) {
    PrintJson({{"schema", "graphdef.grad/1"},
               {"gradients", list},
               {"nodes_before", before},
               {"nodes_after", b.graph().num_nodes()}});
  } else {
    Print(text);
  }
  if (o.output.empty()) return kOk;
  Status s = SaveGraph(b.graph(), o.output);
  return s.ok() ? kOk : Report(s, kBadFile);
}

}  // namespace

void AddGrad(CLI::App& app, Action* action) {
  auto o = std::make_shared<GradOptions>();
  CLI::App* verb = AddVerb(
      app, "grad",
      "Adds the gradients of the sum of --y by each --x, and writes the graph. Exit code 1: an op on the way has none.",
      {"graphdef grad model.pb --y loss --x w --x b -o with_gradients.pb", "graphdef grad model.meta --y loss --json"});
  o->model.AddTo(verb);
  verb->add_option("--y", o->ys, "Tensors to differentiate")->required()->delimiter(',');
  verb->add_option("--x", o->xs,
                   "Tensors or variables to differentiate by; none: all float variables, else placeholders")
      ->delimiter(',');
  verb->add_option("-o,--out", o->output, "Write the graph: .pb, .pbtxt or .weir");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunGrad(*o); }; });
}

}  // namespace weir::tool
