// graphdef diff: what is different between two graphs.
#include "weir/graph/diff.h"

#include <fmt/format.h>

#include "weir/graph/infer.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct DiffVerbOptions {
  ModelOptions before, after;
  DiffOptions options;
  bool no_shapes = false, json = false;
};

constexpr DifferenceKind kKinds[] = {DifferenceKind::kAdded, DifferenceKind::kRemoved, DifferenceKind::kRenamed,
                                     DifferenceKind::kChanged};

const char* KindName(DifferenceKind kind) {
  static constexpr const char* kNames[] = {"added", "removed", "renamed", "changed"};
  return kNames[static_cast<int>(kind)];
}

Json ChangeJson(const NodeDifference::Change& c) {
  Json change{{"what", c.what}, {"before", c.before}, {"after", c.after}};
  if (!c.value) return change;
  const TensorDistance& d = c.value->distance;
  change["shape"] = c.value->shape.dims();
  change["different"] = d.different, change["first"] = d.first;
  change["max_abs"] = d.max_abs, change["relative"] = d.relative;  // null: infinite
  return change;
}

Json DifferenceJson(const NodeDifference& n) {
  Json json{{"kind", KindName(n.kind)}, {"name", n.name}, {"op", n.op}};
  if (!n.function.empty()) json["function"] = n.function;
  if (!n.new_name.empty()) json["new_name"] = n.new_name;
  if (n.changes.empty()) return json;
  json["changes"] = Json::array();
  for (const auto& c : n.changes) json["changes"].push_back(ChangeJson(c));
  return json;
}

// Names of signatures that one of the models has alone, or that differ.
std::vector<std::string> ChangedSignatures(const LoadedGraph& a, const LoadedGraph& b) {
  static const std::map<std::string, SignatureInfo> kNone;
  const auto &before = a.meta ? a.meta->signatures : kNone, &after = b.meta ? b.meta->signatures : kNone;
  std::set<std::string> names;
  for (const auto* signatures : {&before, &after}) {
    for (const auto& [name, s] : *signatures) names.insert(name);
  }
  std::erase_if(names, [&](const std::string& name) {
    auto i = before.find(name), j = after.find(name);
    return i != before.end() && j != after.end() && i->second == j->second;
  });
  return {names.begin(), names.end()};
}

int RunDiff(const DiffVerbOptions& o) {
  if (o.before.path == "-" && o.after.path == "-")
    return Report(InvalidArgument("error[file]: only one of the two can be read from stdin"), kUsage);
  auto before = Load(o.before), after = Load(o.after);
  for (const auto* m : {&before, &after}) {
    if (!m->ok()) return Report(m->status(), kBadFile);
  }
  InferBestEffort(before->graph), InferBestEffort(after->graph);
  const GraphDifference d = DiffGraphs(before->graph, after->graph, o.options);
  // A bare graph has none to compare.
  const bool models = before->meta && after->meta;
  const auto signatures = models ? ChangedSignatures(*before, *after) : std::vector<std::string>();
  const bool equal = d.equal() && signatures.empty();
  if (o.json) {
    Json nodes = Json::array();
    for (const NodeDifference& n : d.nodes) nodes.push_back(DifferenceJson(n));
    Json json{{"schema", "graphdef.diff/1"}, {"equal", equal}};
    for (auto k : kKinds)
      json[KindName(k)] = d.Count(k);
    json["differences"] = nodes, json["signatures"] = signatures;
    PrintJson(json);
    return equal ? kOk : kNegative;
  }
  Print(d.ToString());
  for (const std::string& name : signatures) Print(fmt::format("~ signature '{}'\n", name));
  std::string sum;
  for (auto k : kKinds) sum += fmt::format("{}{} {}", sum.empty() ? "" : ", ", d.Count(k), KindName(k));
  Print(equal ? fmt::format("equal: {} nodes\n", before->graph.num_nodes()) : sum + "\n");
  return equal ? kOk : kNegative;
}

}  // namespace

void AddDiff(CLI::App& app, Action* action) {
  auto o = std::make_shared<DiffVerbOptions>();
  CLI::App* verb = AddVerb(
      app, "diff",
      "Compares two graphs, node by node: ops, attributes, inputs, inferred shapes, how far constants are apart; "
      "finds renamed nodes. Exit code 1: they differ. Variables' values are in checkpoints: `graphdef ckpt diff`.",
      {"graphdef diff old.pb new.pb", "graphdef diff model.meta exported/1 --tolerance 1e-6 --json"});
  o->before.AddTo(verb);
  verb->add_option("other", o->after.path, "The graph to compare it with, in any of these forms")->required();
  verb->add_option("--tolerance", o->options.tolerance,
                   "Constants may be this far apart, relative to their largest value")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--no-shapes", o->no_shapes, "Without inferred types");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] {
    o->after.tags = o->before.tags;
    o->options.shapes = !o->no_shapes;
    *action = [o] { return RunDiff(*o); };
  });
}

}  // namespace weir::tool
