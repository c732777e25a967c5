// graphdef draw: a graph as DOT, or as SVG where Graphviz is installed.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>

#include "weir/graph/base/file.h"
#include "weir/graph/infer.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct DrawOptions {
  ModelOptions model;
  std::string output;
  int depth = 0;
  bool constants = false;
};

std::string Quoted(const std::string& s) {
  std::string out = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// The box a node is in: itself, or its scope of `depth` names.
std::string BoxOf(const std::string& name, int depth) {
  size_t end = 0;
  for (int i = 0; i < depth; ++i) {
    size_t slash = name.find('/', end);
    if (slash == name.npos) return name;
    end = slash + 1;
  }
  return depth == 0 ? name : name.substr(0, end - 1);
}

// A pastel of the op's name: equal ops look equal.
std::string ColorOf(const std::string& op) {
  return fmt::format("{:.3f} 0.25 0.95", static_cast<double>(std::hash<std::string>()(op) % 997) / 997);
}

std::string Dot(const Graph& g, const DrawOptions& o) {
  std::string out =
      "digraph g {\n  rankdir=TB; node [shape=box style=filled fontname=Helvetica fontsize=10]; edge "
      "[fontname=Helvetica fontsize=8];\n";
  auto hidden = [&](const Node& n) { return n.Is("Const") && !o.constants; };
  std::map<std::string, std::vector<NodeId>> boxes;
  for (NodeId id : g.nodes()) {
    if (!hidden(g[id])) boxes[BoxOf(g[id].name(), o.depth)].push_back(id);
  }
  for (const auto& [box, ids] : boxes) {
    const Node& n = g[ids[0]];
    std::string what = ids.size() == 1 ? n.op() : fmt::format("{} nodes", ids.size());
    std::string label = Quoted(box);
    label.insert(label.size() - 1, "\\n" + what);
    out += fmt::format("  {} [label={} fillcolor=\"{}\"];\n", Quoted(box), label,
                       ColorOf(ids.size() == 1 ? n.op() : "scope"));
  }
  std::set<std::string> edges;
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    if (hidden(n)) continue;
    std::string to = BoxOf(n.name(), o.depth);
    for (Endpoint e : n.inputs()) {
      if (hidden(g[e.node])) continue;
      std::string from = BoxOf(g[e.node].name(), o.depth);
      if (from != to)
        edges.insert(fmt::format("  {} -> {} [label={}];\n", Quoted(from), Quoted(to), Quoted(TypeText(g, e))));
    }
    for (NodeId c : n.control_inputs()) {
      std::string from = BoxOf(g[c].name(), o.depth);
      if (from != to && !hidden(g[c]))
        edges.insert(fmt::format("  {} -> {} [style=dashed];\n", Quoted(from), Quoted(to)));
    }
  }
  for (const std::string& e : edges) out += e;
  return out + "}\n";
}

Status Render(const std::string& dot, const std::string& svg) {
  std::string source = svg + ".dot";
  WEIR_RETURN_IF_ERROR(io::WriteFile(source, dot));
  pid_t child = fork();
  if (child == 0) {
    execlp("dot", "dot", "-Tsvg", "-o", svg.c_str(), source.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int state = 0;
  if (child < 0 || waitpid(child, &state, 0) < 0) return Internal("error[file]: cannot start 'dot'");
  if (WIFEXITED(state) && WEXITSTATUS(state) == 127)
    return NotFound(fmt::format("error[file]: Graphviz's 'dot' is not installed; the drawing is in '{}'", source));
  unlink(source.c_str());
  if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) return Internal("error[file]: 'dot' failed");
  return {};
}

int RunDraw(const DrawOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  InferBestEffort(model->graph);
  std::string dot = Dot(model->graph, o);
  Status s = o.output.ends_with(".svg") ? Render(dot, o.output) : WriteResult(o.output, dot);
  return s.ok() ? kOk : Report(s, kRunError);
}

}  // namespace

void AddDraw(CLI::App& app, Action* action) {
  auto o = std::make_shared<DrawOptions>();
  CLI::App* verb =
      AddVerb(app, "draw", "Draws a graph as DOT, or as SVG where Graphviz is installed.",
              {"graphdef draw model.pb -o model.svg", "graphdef draw model.pb --depth=1 | dot -Tpng -o model.png"});
  o->model.AddTo(verb);
  verb->add_option("--depth", o->depth, "One box a scope of this many names; 0: one a node")->check(CLI::Range(0, 100));
  verb->add_flag("--constants", o->constants, "Constants too");
  verb->add_option("-o,--out", o->output, "A .dot or .svg file instead of stdout")->check([](const std::string& path) {
    bool known = path == "-" || path.ends_with(".dot") || path.ends_with(".svg");
    return known ? "" : fmt::format("'{}' ends neither in .dot nor in .svg; for a PNG: dot -Tpng m.dot -o m.png", path);
  });
  verb->callback([=] { *action = [o] { return RunDraw(*o); }; });
}

}  // namespace weir::tool
