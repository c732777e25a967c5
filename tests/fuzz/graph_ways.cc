#include "weir/tests/fuzz/graph_ways.h"

#include <fmt/format.h>

#include "weir/graph/export.h"
#include "weir/ops/array/array.h"
#include "weir/ops/model/collections.h"
#include "weir/ops/model/import_graph.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/bundle.h"
#include "weir/session/save/checkpoint_map.h"
#include "weir/session/save/compiled_graph.h"
#include "weir/session/save/freeze.h"
#include "weir/session/save/saver.h"
#include "weir/tools/graphdef/feeds.h"
#include "weir/tools/graphdef/setup.h"

namespace weir::fuzz {

namespace {

constexpr const char* kPasses =
    "prune,infer_shapes,inline_calls,fill_defaults,lower_tensor_arrays,lower_references,lift_control_flow,lower_stacks,"
    "order_effects,relax_order,expand_batch_norm,fold_padding,fold_constants,simplify,merge_duplicates,"
    "fuse_elementwise";

// Of each verb one of these ways to call it, by chance. FILE is the graph's.
const std::vector<std::vector<std::string>> kVerbs{
    {"check FILE", "check FILE --json --strict"},
    {"dump FILE", "dump FILE --full --order=topo -o dump.pbtxt", "dump FILE --json", "dump FILE --proto"},
    {"summary FILE --json", "summary FILE --depth=1"},
    {"run FILE --threads=1", "run FILE --threads=1 --optimize=0 --json"},
    {"opt FILE --verify=1 -o opt.pb", fmt::format("opt FILE --passes={}", kPasses)},
    {"plan FILE", "plan FILE --optimize=0 --json", "plan FILE --save=plan.meta"},
    {"bench FILE --warmup=0 --runs=1 --threads=1", "bench FILE --warmup=0 --runs=1 --threads=2 --optimize=0"},
    {"draw FILE", "draw FILE --depth=1 --constants"},
    {"show FILE", "show FILE --json"},
    {"diff FILE opt.pb", "diff FILE dump.pbtxt --json --no-shapes", "diff FILE FILE"},
    {"convert FILE -o to.pb", "convert FILE -o to.pbtxt", "convert FILE -o to.weir", "convert FILE -o to.meta",
     "convert FILE -o to.pbtxt --to=meta-pbtxt", "convert FILE -o model --ckpt=ckpt"},
};
// The same of those that need a tensor's name, which follows.
const std::vector<std::vector<std::string>> kTensorVerbs{
    {"grad FILE --json -o grad.pb --y"},
    {"run FILE --threads=1 --fetch", "bench FILE --warmup=0 --runs=1 --threads=1 --fetch", "plan FILE --fetch",
     "plan FILE --save=plan.meta --fetch", "opt FILE --passes=inline_calls,simplify --fetch"},
    {"extract FILE -o part.pb --outputs", "extract FILE --json --targets", "extract FILE --inputs"},
    {"freeze FILE --ckpt=ckpt -o frozen.pb --outputs", "freeze FILE --json --outputs"},
};
// And of graphs that have variables.
const std::vector<std::string> kVariableVerbs{"run FILE --threads=1 --ckpt=ckpt --fetch",
                                              "run FILE --threads=1 --init --fetch",
                                              "bench FILE --warmup=0 --runs=1 --threads=1 --ckpt=ckpt --fetch"};

enum : size_t { kOfLibrary = 0, kOfVariables = 1 };  // places in OfTensor's groups

int ExitOf(const Status& s) { return s.ok() ? tool::kOk : tool::kRunError; }

// ---- the library's ways; errors are what is to be expected

// Does `use` with the file's graph.
template <class F>
int WithGraph(const std::string& file, F use) {
  auto loaded = LoadGraph(file, &AllOps());
  return loaded.ok() ? ExitOf(use(*std::move(loaded))) : tool::kBadFile;
}

// Does `use` with a session of the graph whose variables have values, of the checkpoint where they can be restored.
template <class F>
int WithValues(const std::string& file, F use) {
  return WithGraph(file, [&](LoadedGraph loaded) -> Status {
    Session session(std::move(loaded.graph), {.threads = 1});
    Saver(&session).Restore("ckpt").IgnoreError();
    WEIR_RETURN_IF_ERROR(tool::FillVariables(session));
    return use(session);
  });
}

Status SaveAndRestore(Session& session) {
  Saver saver(&session, {.max_to_keep = 1});
  WEIR_ASSIGN_OR_RETURN(std::string path, saver.Save("saved"));
  return saver.Restore(path);
}

Status Freeze(const Session& session, const std::string& y) {
  WEIR_ASSIGN_OR_RETURN(Graph frozen, FreezeGraph(session, {y}));
  WEIR_ASSIGN_OR_RETURN(std::string bytes, ExportGraphDef(frozen));
  return ImportGraphDef(bytes, &AllOps()).status();
}

// Twice, so that names and functions meet, and then as a file with all its collections.
Status ImportTwice(const LoadedGraph& loaded) {
  Builder b;
  for (int i = 0; i < 2; ++i) ImportGraph(b, loaded.graph);
  WEIR_ASSIGN_OR_RETURN(MetaGraph meta, MetaGraphOf(b));
  return ExportMetaGraph(b.graph(), meta).status();
}

Status ImportInto(const LoadedGraph& loaded, const std::string& y) {
  Builder b;
  Output x = ops::Placeholder(b, kFloat, {2, 2});
  ImportGraph(b, loaded.graph, {.prefix = "", .input_map = {{y, x}}});
  return b.status();
}

Status Train(LoadedGraph loaded, const std::string& y) {
  Builder b(std::move(loaded));
  AdamOptimizer().Minimize(b.FindOutput(y));
  return b.status();
}

// The plan's file on random feeds.
Status RunCompiled(const std::string& file) {
  WEIR_ASSIGN_OR_RETURN(CompiledGraph compiled, CompiledGraph::Load(file));
  NamedFeeds feeds;
  for (const auto& [name, tensor] : compiled.feeds) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, compiled.graph.ParseEndpoint(tensor));
    WEIR_ASSIGN_OR_RETURN(Shape shape, tool::Concrete(compiled.graph.type(e), 2));
    WEIR_ASSIGN_OR_RETURN(Tensor value, tool::Generate("uniform", 1, compiled.graph.type(e).dtype, shape));
    feeds.emplace_back(name, std::move(value));
  }
  std::vector<std::string> fetches;
  for (const auto& [name, tensor] : compiled.fetches) fetches.push_back(name);
  const std::vector<std::string> targets = compiled.targets;
  Session session(std::move(compiled), {.threads = 1});
  WEIR_RETURN_IF_ERROR(tool::FillVariables(session));
  return session.Run(feeds, fetches, targets, {.cancel = &tool::interrupted}).status();
}

std::vector<Way> LibraryWays(const std::string& file, const std::string& y) {
  return {
      {"Saver", [=] { return WithValues(file, SaveAndRestore); }},
      {"ImportGraph", [=] { return WithGraph(file, ImportTwice); }},
      {"FreezeGraph of " + y, [=] { return WithValues(file, [&](const Session& s) { return Freeze(s, y); }); }},
      {"ImportGraph with " + y,
       [=] { return WithGraph(file, [&](const LoadedGraph& loaded) { return ImportInto(loaded, y); }); }},
      {"Minimize of " + y,
       [=] { return WithGraph(file, [&](LoadedGraph loaded) { return Train(std::move(loaded), y); }); }},
  };
}

}  // namespace

void WriteCheckpoint(const std::vector<Seed>& seeds) {
  std::map<std::string, Tensor> values;
  for (const Seed& seed : seeds) {
    auto loaded = seed.has_variables ? LoadGraphFromString(seed.bytes, &AllOps()) : Result<LoadedGraph>(NotFound(""));
    if (!loaded.ok()) continue;
    std::vector<SavedVariable> all = VariablesByName(loaded->graph);
    if (auto mapped = CheckpointMap(loaded->graph); mapped.ok()) all.insert(all.end(), mapped->begin(), mapped->end());
    for (const SavedVariable& v : all) {
      auto shape = v.slice.start.empty() ? v.type.shape.ToShape() : v.full;
      if (!shape || shape->num_elements() > 4096 || !IsPlain(v.type.dtype) || v.type.dtype == kResource) continue;
      values.emplace(v.key, Tensor::AllocateZeros(v.type.dtype, *shape).value());
    }
  }
  auto writer = io::BundleWriter::Create("ckpt").value();
  for (const auto& [key, value] : values) writer.Add(key, value).Check();
  writer.Finish().Check();
}

Ways::Ways(std::string file) : file_(std::move(file)) {
  for (const auto& lines : kVerbs) {
    Group& group = verbs_.emplace_back();
    for (const std::string& line : lines) group.push_back(Parse(line));
  }
  compiled_.push_back(Parse("run --threads=1 --plan=" + file_));
  compiled_.push_back({"a session of the plan", [file = file_] { return ExitOf(RunCompiled(file)); }, true});
}

Way Ways::Parse(const std::string& line) const {
  Way way{.line = line, .app = std::make_shared<CLI::App>("", "graphdef")};
  way.runs = line.starts_with("run") || line.starts_with("bench") || line.starts_with("opt FILE --verify") ||
             line.starts_with("freeze");  // a SavedModel's init op
  tool::AddVerbs(*way.app, &way.action);
  std::string given = line;
  for (size_t at; (at = given.find("FILE")) != given.npos;) given.replace(at, 4, file_);
  way.app->parse(given);
  if (line.find("--save") == line.npos) return way;
  const bool fetches = line.find("--fetch") != line.npos;
  way.then = std::make_shared<Way>(
      fetches ? Way{line + ", run", [] { return ExitOf(RunCompiled("plan.meta")); }, true}
              : Parse("run --threads=1 --plan=plan.meta"));
  return way;
}

const std::vector<Ways::Group>& Ways::OfTensor(const std::string& y) {
  std::vector<Group>& groups = of_tensor_[y];
  if (!groups.empty()) return groups;
  groups.push_back(LibraryWays(file_, y));
  if (y.empty()) return groups;
  auto add = [&](const std::vector<std::string>& lines) {
    Group& group = groups.emplace_back();
    for (const std::string& line : lines) group.push_back(Parse(line + " " + y));
  };
  add(kVariableVerbs);
  for (const auto& lines : kTensorVerbs) add(lines);
  return groups;
}

std::vector<const Way*> Ways::For(const Seed& seed, std::mt19937_64& rng) {
  std::vector<const Way*> ways;
  auto choose = [&](const Group& group) { ways.push_back(&group[rng() % group.size()]); };
  for (const Group& group : verbs_) choose(group);
  if (seed.compiled) choose(compiled_);
  const std::vector<Group>& of_tensor = OfTensor(seed.y);
  for (size_t i = 0; i < of_tensor.size(); ++i) {
    if ((i == kOfLibrary && rng() % 2) || (i == kOfVariables && !seed.has_variables)) continue;
    choose(of_tensor[i]);
  }
  return ways;
}

}  // namespace weir::fuzz
