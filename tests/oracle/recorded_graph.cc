#include "weir/tests/oracle/recorded_graph.h"

#include <fmt/format.h>

#include "weir/graph/import.h"
#include "weir/ops/registry.h"
#include "weir/session/session.h"
#include "weir/tests/oracle/pack_runner.h"

namespace weir::testing {

namespace {

// The values of want/0, want/1, …
std::vector<Tensor> Wanted(const Graph& g) {
  std::vector<Tensor> wanted;
  for (;;) {
    const NodeId id = g.Find(fmt::format("want/{}", wanted.size()));
    if (!id.valid()) return wanted;
    wanted.push_back(g.node(id).attr<Tensor>("value"));
  }
}

std::string CompareRun(const Graph& g, const std::vector<Tensor>& wanted, bool optimize) {
  Session session(g, {.threads = 1, .optimize = optimize, .print = [](const std::string&) {}});
  if (g.Find("init").valid()) {
    if (Status s = session.Run(NamedFeeds{}, {}, std::vector<std::string>{"init"}).status(); !s.ok())
      return "init: " + s.ToString();
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < wanted.size(); ++i) names.push_back(fmt::format("got/{}:0", i));
  auto got = session.Run(NamedFeeds{}, names);
  if (!got.ok()) return got.status().ToString();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Difference d = Compare((*got)[i], wanted[i], Closeness::kAccumulated);
    if (!d.empty()) return fmt::format("{}: {}", names[i], d.text);
  }
  return "";
}

}  // namespace

std::string CompareRecorded(std::string_view graph_def) {
  auto g = ImportGraphDef(graph_def, &AllOps());
  if (!g.ok()) return g.status().ToString();
  const std::vector<Tensor> wanted = Wanted(*g);
  if (wanted.empty()) return "holds no want/0";
  for (bool optimize : {false, true}) {
    if (std::string d = CompareRun(*g, wanted, optimize); !d.empty())
      return (optimize ? "optimised: " : "as it is: ") + d;
  }
  return "";
}

}  // namespace weir::testing
