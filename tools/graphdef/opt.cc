// graphdef opt: optimises a graph by named passes and writes it; a result keeps its name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <optional>

#include "weir/graph/base/distance.h"
#include "weir/graph/export.h"
#include "weir/graph/infer.h"
#include "weir/graph/verify.h"
#include "weir/session/compile/passes.h"
#include "weir/tools/graphdef/feeds.h"
#include "weir/tools/graphdef/setup.h"

namespace weir::tool {

namespace {

struct OptOptions {
  ModelOptions model;
  std::vector<std::string> fetches, targets, passes;
  std::string output, level = "standard";
  int verify = 0;
  int64_t batch = 2;
  bool json = false, list = false;
};

// Those whose results any runtime can run.
const std::vector<std::string> kDefaultPasses{"infer_shapes", "fold_constants", "simplify", "merge_duplicates"};

struct PassReport {
  std::string name;
  bool changed = false;
  int before = 0, after = 0;
};

// Drops what neither fetches nor targets need.
Status RetainNeeded(Graph& g, const Wanted& wanted) {
  return g.Retain(NeededBy(g, wanted));
}

Result<std::vector<PassReport>> RunPasses(Graph& g, const OptOptions& o) {
  PassContext context = MakePassContext(o.level == "exact"  ? Precision::kExact
                                        : o.level == "fast" ? Precision::kFast
                                                            : Precision::kStandard);
  std::vector<PassReport> reports;
  for (const std::string& name : o.passes.empty() ? kDefaultPasses : o.passes) {
    WEIR_ASSIGN_OR_RETURN(const Pass* pass, FindPass(name));
    PassReport r{.name = name, .before = g.num_nodes()};
    WEIR_ASSIGN_OR_RETURN(r.changed, RunPass(*pass, g, context));
    WEIR_RETURN_IF_ERROR(Prune(g, context).status());
    r.after = g.num_nodes();
    reports.push_back(r);
  }
  return reports;
}

// ---- --verify

// The largest difference relative to the largest value; infinity where shapes, dtypes, NaNs or exact values differ.
double Difference(const Tensor& a, const Tensor& b) {
  const TensorDistance d = DistanceOf(a, b);
  if (d.equal()) return 0;
  return IsFloating(a.dtype()) || IsComplex(a.dtype()) ? d.relative : INFINITY;
}

// The fetches without those that need an op that Weir does not have, which are told. In a session of its own: what runs
// may have effects.
Result<std::vector<std::string>> Runnable(const Graph& g, const NamedFeeds& feeds,
                                          const std::vector<std::string>& fetches) {
  Session session(g, {.optimize = false});
  WEIR_RETURN_IF_ERROR(FillVariables(session));
  std::vector<std::string> known;
  for (const std::string& name : fetches) {
    Status s = session.Run(feeds, {name}, {}, {.cancel = &interrupted}).status();
    if (s.ok()) {
      known.push_back(name);
    } else if (s.code() == Code::kUnimplemented) {
      Message(fmt::format("note: '{}' is not verified: {}", name, s.message()));
    } else {
      return s;
    }
  }
  return known;
}

Result<double> CompareRuns(const OptOptions& o, const Graph& original, const Graph& optimised, const Wanted& wanted) {
  Session before(original, {.optimize = false}), after(optimised, {.optimize = false});
  WEIR_RETURN_IF_ERROR(FillVariables(before));
  WEIR_RETURN_IF_ERROR(FillVariables(after));
  double worst = 0;
  std::vector<std::string> fetches;
  const std::vector<bool> needed = NeededBy(original, wanted);
  for (int i = 0; i < o.verify; ++i) {
    NamedFeeds feeds;
    WEIR_RETURN_IF_ERROR(FeedTheRest(original, needed, o.batch, 1 + 1000 * static_cast<uint64_t>(i), &feeds));
    if (i == 0) {
      WEIR_ASSIGN_OR_RETURN(fetches, Runnable(original, feeds, wanted.names));
    }
    WEIR_ASSIGN_OR_RETURN(auto want, before.Run(feeds, fetches, {}, {.cancel = &interrupted}));
    std::erase_if(feeds, [&](const auto& f) { return !optimised.ParseEndpoint(f.first).ok(); });
    WEIR_ASSIGN_OR_RETURN(auto got, after.Run(feeds, fetches, {}, {.cancel = &interrupted}));
    for (size_t k = 0; k < fetches.size(); ++k) worst = std::max(worst, Difference(want[k], got[k]));
  }
  return worst;
}

// ---- the verb

int ListPasses() {
  for (const Pass& p : AllPasses()) Print(fmt::format("{:<20} {}\n", p.name, p.why));
  return kOk;
}

int Output(const OptOptions& o, const Graph& g, const std::vector<PassReport>& reports,
           const std::vector<std::string>& moved, int before, std::optional<double> difference) {
  Json list = Json::array();
  std::string text = fmt::format("{:<20} {:>8} {:>8}\n", "pass", "before", "after");
  for (const PassReport& r : reports) {
    list.push_back({{"pass", r.name}, {"changed", r.changed}, {"before", r.before}, {"after", r.after}});
    text += fmt::format("{:<20} {:>8} {:>8}{}\n", r.name, r.before, r.after, r.changed ? "" : "  unchanged");
  }
  text += fmt::format("{} nodes became {}\n", before, g.num_nodes());
  for (const std::string& m : moved) text += m + "\n";
  if (difference)
    text += fmt::format("verified on {} random feeds: largest difference {:.1e}\n", o.verify, *difference);
  if (o.json) {
    Json json{{"schema", "graphdef.opt/1"},
              {"nodes_before", before},
              {"nodes_after", g.num_nodes()},
              {"passes", list},
              {"moved", moved}};
    if (difference) json["largest_difference"] = *difference;
    PrintJson(json);
  } else {
    Print(text);
  }
  return difference && *difference > 1e-5 ? kNegative : kOk;
}

int RunOpt(const OptOptions& o) {
  if (o.list) return ListPasses();
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  Graph& g = model->graph;
  if (Status s = Verify(g); !s.ok()) return Report(s, kBadFile);
  InferBestEffort(g);
  Graph original = g;
  AssumeSignatureShapes(*model, &original);
  auto wanted = Want(*model, o.fetches, o.targets, /*all=*/true);
  if (!wanted.ok()) return Report(wanted.status(), kUsage);
  const auto& [fetches, targets, names] = *wanted;
  int before = g.num_nodes();
  if (Status s = RetainNeeded(g, *wanted); !s.ok()) return Report(s, kRunError);
  if (Status s = MarkResults(g, fetches, targets); !s.ok()) return Report(s, kRunError);
  auto reports = RunPasses(g, o);
  if (!reports.ok()) return Report(reports.status(), kRunError);
  auto moved = UnmarkResults(g, names);
  if (!moved.ok()) return Report(moved.status(), kRunError);
  std::optional<double> difference;
  if (o.verify > 0) {
    auto d = CompareRuns(o, original, g, *wanted);
    if (!d.ok()) return Report(d.status(), kRunError);
    difference = *d;
  }
  int code = Output(o, g, *reports, *moved, before, difference);
  if (o.output.empty()) return code;
  Status s = SaveGraph(g, o.output);
  return s.ok() ? code : Report(s, kBadFile);
}

}  // namespace

void AddOpt(CLI::App& app, Action* action) {
  auto o = std::make_shared<OptOptions>();
  CLI::App* verb =
      AddVerb(app, "opt", "Optimises a graph for what it computes (--fetch; guessed when left out) and writes it.",
              {"graphdef opt model.pb --fetch=softmax --verify=3 -o small.pb",
               "graphdef opt model.pb --passes=fold_constants,simplify"});
  o->model.AddTo(verb);
  verb->get_option("model")->required(false);
  verb->add_option("--fetch", o->fetches, "Tensors that must be computed as before")->delimiter(',');
  verb->add_option("--target", o->targets, "Nodes that must run as before")->delimiter(',');
  verb->add_option("--passes", o->passes, "Only these, in this order")->delimiter(',');
  verb->add_flag("--list", o->list, "List the passes");
  verb->add_option("--level", o->level, "exact, standard or fast")->check(CLI::IsMember({"exact", "standard", "fast"}));
  verb->add_option("--verify", o->verify, "Run both graphs on so many random feeds and compare")
      ->check(CLI::Range(0, 1000));
  verb->add_option("--batch", o->batch, "What unknown dimensions are for --verify")->check(CLI::PositiveNumber);
  verb->add_option("-o,--out", o->output, "Write the graph: .pb, .pbtxt or .weir");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] {
    if (!o->list && o->model.path.empty()) throw CLI::RequiredError("model");
    *action = [o] { return RunOpt(*o); };
  });
}

}  // namespace weir::tool
