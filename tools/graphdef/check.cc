// graphdef check: everything that is wrong with a graph, and what may surprise.
#include <fmt/format.h>

#include <set>

#include "weir/graph/functions.h"
#include "weir/graph/gradients.h"
#include "weir/graph/infer.h"
#include "weir/graph/pass.h"
#include "weir/graph/verify.h"
#include "weir/ops/kernels.h"
#include "weir/ops/rewrites/rewrites.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct CheckOptions {
  ModelOptions model;
  bool json = false, strict = false;
};

struct Finding {
  bool error = false;
  std::string rule, text;
};

// ---- pairs of effects that only program order separates

// Whether one walks from `from` to any of `to` along the edges of the graph.
bool Reaches(const Graph& g, NodeId from, const std::set<NodeId>& to, std::set<NodeId>* seen) {
  std::vector<NodeId> stack{from};
  seen->insert(from);
  while (!stack.empty()) {
    NodeId id = stack.back();
    stack.pop_back();
    if (to.count(id)) return true;
    for (const Use& u : g[id].users()) {
      if (seen->insert(u.node).second) stack.push_back(u.node);
    }
  }
  return false;
}

// Two effects matter to one another when one run can have both: when something depends on both.
bool Unordered(const Graph& g, NodeId before, NodeId after) {
  std::set<NodeId> from_before, from_after;
  if (Reaches(g, before, {after}, &from_before)) return false;
  return Reaches(g, after, from_before, &from_after);
}

void FindEffectPairs(const Graph& g, std::vector<Finding>* findings) {
  constexpr int kLimit = 2000;  // each pair may walk the whole graph
  Graph ordered = g;
  PassContext context;
  if (auto lowered = LowerReferences(ordered, context); !lowered.ok()) return;
  if (auto changed = OrderEffects(ordered, context); !changed.ok()) return;
  int pairs = 0;
  for (NodeId id : ordered.nodes()) {
    NodeId after = g.Find(ordered[id].name());
    if (!after.valid()) continue;
    const auto& had = g[after].control_inputs();
    for (NodeId c : ordered[id].control_inputs()) {
      NodeId before = g.Find(ordered[c].name());
      if (!before.valid() || std::find(had.begin(), had.end(), before) != had.end() || ++pairs > kLimit) continue;
      if (!Unordered(g, before, after)) continue;
      findings->push_back(
          {false, "effect-order",
           fmt::format("'{}' and '{}' touch one variable and only their order in the graph separates them",
                       g[before].name(), g[after].name())});
    }
  }
  if (pairs > kLimit)
    Message(fmt::format("note: only the first {} of {} pairs of effects were looked at", kLimit, pairs));
}

// ---- the rest

// The nodes of the graph, then those of its functions.
void ForEachNode(const Graph& g, const std::function<void(const Node&)>& look) {
  for (NodeId id : g.nodes()) look(g[id]);
  for (const auto& [name, f] : g.functions()) {
    for (NodeId id : f->body.nodes()) look(f->body[id]);
  }
}

// Attributes that an op does not have here, by op: a newer producer wrote them, and what they ask for is not done.
void FindUnknownAttrs(const Graph& g, std::vector<Finding>* findings) {
  std::map<std::pair<std::string, std::string>, int> unknown;
  ForEachNode(g, [&](const Node& n) {
    for (const std::string& attr : UnknownAttrs(n)) ++unknown[{n.op(), attr}];
  });
  for (const auto& [key, count] : unknown)
    findings->push_back({false, "unknown-attr",
                         fmt::format("op '{}' has no attribute '{}', which is passed over ({} nodes)", key.first,
                                     key.second, count)});
}

void FindUnreadFunctions(const Graph& g, std::vector<Finding>* findings) {
  for (const auto& [name, f] : g.functions()) {
    if (HasBody(*f)) continue;
    findings->push_back(
        {false, "unread-function",
         fmt::format("function '{}' cannot be run: it has lists of a length that its caller tells", name)});
  }
}

void FindUnknownOps(const Graph& g, std::vector<Finding>* findings) {
  std::map<std::string, int> unknown, without_kernel;
  ForEachNode(g, [&](const Node& n) {
    if (IsUnknownOp(g, n)) {
      ++unknown[n.op()];
    } else if (n.def() && !AllKernels().Find(n.op()) && !n.def()->compiled_away()) {
      ++without_kernel[n.op()];
    }
  });
  for (const auto& [op, count] : unknown)
    findings->push_back({false, "unknown-op", fmt::format("op '{}' is not known ({} nodes)", op, count)});
  for (const auto& [op, count] : without_kernel)
    findings->push_back({false, "no-kernel", fmt::format("op '{}' has no kernel ({} nodes)", op, count)});
}

// Nodes whose gradient is not that of their op: `grad` refuses them unless an op of that name has one.
void FindCustomGradients(const Graph& g, std::vector<Finding>* findings, const std::string& where = "") {
  for (NodeId id : g.nodes()) {
    auto type = CustomGradientType(g[id]);
    const OpDef* def = type ? g.registry().Find(*type) : nullptr;
    if (!type || (def && (def->has_gradient() || def->gradient_is_zero()))) continue;
    findings->push_back(
        {false, "custom-gradient",
         fmt::format("{}'{}' ({}) asks for the gradient '{}', which only the program that made the graph has",
                     where, g[id].name(), g[id].op(), *type)});
  }
  for (const auto& [name, f] : g.functions()) {
    // Bodies share the library of the graph around them.
    if (where.empty()) FindCustomGradients(f->body, findings, fmt::format("in function '{}': ", name));
  }
}

// Sqrt, Log and the like behind a Select: where the branch is not taken, 0 * inf makes NaN of the gradient.
void FindUnsafeSelects(const Graph& g, std::vector<Finding>* findings) {
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    if (!n.def() || !n.def()->chooses()) continue;
    for (size_t i = 1; i < n.inputs().size(); ++i) {
      const Node& from = g[n.inputs()[i].node];
      if (!from.def() || !from.def()->has_poles()) continue;
      findings->push_back({false, "unsafe-select",
                           fmt::format("'{}' ({}) feeds '{}': where it is not chosen its gradient may still be NaN",
                                       from.name(), from.op(), n.name())});
    }
  }
}

int RunCheck(const CheckOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  Graph& g = model->graph;
  std::vector<Finding> findings;
  for (const Status& s : Problems(g)) findings.push_back({true, "graph", s.ToString()});
  for (const Status& s : InferBestEffort(g)) {
    bool known =
        std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return f.text == s.ToString(); });
    if (!known) findings.push_back({true, "shape", s.ToString()});
  }
  auto errors = static_cast<size_t>(findings.size());
  FindUnknownOps(g, &findings);
  FindUnknownAttrs(g, &findings);
  FindUnreadFunctions(g, &findings);
  FindCustomGradients(g, &findings);
  FindUnsafeSelects(g, &findings);
  if (errors == 0) FindEffectPairs(g, &findings);
  if (o.json) {
    Json list = Json::array();
    for (const Finding& f : findings)
      list.push_back({{"severity", f.error ? "error" : "warning"}, {"rule", f.rule}, {"text", f.text}});
    PrintJson({{"schema", "graphdef.check/1"},
               {"nodes", g.num_nodes()},
               {"errors", errors},
               {"warnings", findings.size() - errors},
               {"findings", list}});
  } else {
    for (const Finding& f : findings) Print(f.error ? f.text + "\n" : fmt::format("warning[{}]: {}\n", f.rule, f.text));
    Print(fmt::format("{} nodes, {} errors, {} warnings\n", g.num_nodes(), errors, findings.size() - errors));
  }
  return errors || (o.strict && !findings.empty()) ? kNegative : kOk;
}

}  // namespace

void AddCheck(CLI::App& app, Action* action) {
  auto o = std::make_shared<CheckOptions>();
  CLI::App* verb =
      AddVerb(app, "check", "Checks a graph: structure, attributes, dtypes, shapes; warns of what may surprise.",
              {"graphdef check model.pb", "graphdef check model.meta --json --strict"});
  o->model.AddTo(verb);
  verb->add_flag("--strict", o->strict, "Warnings too make the exit code 1");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunCheck(*o); }; });
}

}  // namespace weir::tool
