#include "weir/tests/fuzz/graph_seeds.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/ops/array/array.h"
#include "weir/ops/control/control.h"
#include "weir/ops/model/control_flow.h"
#include "weir/ops/model/input_data.h"
#include "weir/ops/model/layers.h"
#include "weir/ops/model/losses.h"
#include "weir/ops/math/math.h"
#include "weir/ops/linalg/linalg.h"
#include "weir/ops/nn/nn.h"
#include "weir/ops/model/optimizers.h"
#include "weir/ops/random/random.h"
#include "weir/ops/reduce/reduce.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/npy.h"
#include "weir/session/session.h"

namespace weir::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr size_t kOften = 20;  // so many are an op's cases

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

Seed Made(std::string name, std::string bytes, std::vector<uint32_t> path, std::string y) {
  Seed s{std::move(name), std::move(bytes), std::move(path), std::move(y)};
  s.words = WordsOf(s.bytes);
  return s;
}

// A pack (tests/oracle/make_pack.py) holds the nodes "case_7/op", "case_7/in_0" and so on of many cases: a graph each.
void AddPack(const fs::path& path, std::vector<Seed>* seeds) {
  auto pack = ParseMessage(ReadAll(path));
  if (!pack) return;
  std::map<std::string, Message> cases;
  for (const Field& f : *pack) {
    auto node = f.number == 1 ? ParseMessage(f.bytes) : std::nullopt;
    if (!node) continue;
    std::string name = TextOf(*node, 1);
    const std::string prefix = name.substr(0, name.find('/') + 1);
    if (prefix.empty() || name.find("/want") != name.npos) continue;
    for (Field& text : *node) {
      bool named = (text.number == 1 || text.number == 3) && text.bytes.starts_with(prefix);
      if (named) text.bytes = text.bytes.substr(prefix.size());
    }
    cases[prefix].push_back({1, 2, 0, Serialize(*node)});
  }
  for (const auto& [name, nodes] : cases) {
    std::string bytes = Serialize(nodes);
    if (bytes.size() < 20000) seeds->push_back(Made(path.stem().string() + "/" + name, std::move(bytes), {}, "op"));
  }
}

void AddText(const std::string& name, const std::string& text, std::vector<Seed>* seeds) {
  auto g = ParseGraph(text, &AllOps(), {.infer = false});
  auto bytes = g.ok() ? ExportGraphDef(*g) : Result<std::string>(g.status());
  if (bytes.ok()) seeds->push_back(Made(name, *std::move(bytes), {}, "y"));
}

// The graphs of a pass test: "--- before", then "--- after", which has ops that the compiler alone makes.
void AddPassTest(const fs::path& path, std::vector<Seed>* seeds) {
  const std::string text = ReadAll(path), before = "--- before\n", after = "--- after\n";
  size_t a = text.find(before), b = text.find(after);
  if (a == text.npos || b == text.npos) return;
  AddText(path.stem().string(), text.substr(a + before.size(), b - a - before.size()), seeds);
  AddText(path.stem().string() + "/after", text.substr(b + after.size()), seeds);
}

// TensorFlow's control flow, old and new (tests/oracle/make_control_flow.py).
void AddRecorded(const fs::path& path, std::vector<Seed>* seeds) {
  auto graphs = io::ReadNpz(path.string());
  if (!graphs.ok()) return;
  for (const auto& [name, bytes] : *graphs) {
    std::string graph(static_cast<const char*>(bytes.raw()), static_cast<size_t>(bytes.num_elements()));
    seeds->insert(seeds->end(), kOften / 2, Made("recorded/" + name, std::move(graph), {}, "got/0"));
  }
}

// The same without the op that saves, which becomes one that nobody knows: a graph that may write files is not run.
std::string WithoutSaving(std::string bytes) {
  const std::string op = "SaveV2";
  for (size_t at = 0; (at = bytes.find(op, at)) != bytes.npos;) bytes[at + op.size() - 1] = 'X';
  return bytes;
}

void AddFile(const fs::path& path, std::vector<Seed>* seeds) {
  std::string bytes = ReadAll(path);
  auto loaded = bytes.size() < 100000 ? LoadGraphFromString(bytes, &AllOps()) : Result<LoadedGraph>(NotFound(""));
  if (!loaded.ok() || loaded->text) return;
  std::vector<uint32_t> to_graph;
  if (loaded->format == GraphFormat::kMetaGraph) to_graph = {2};
  if (loaded->format == GraphFormat::kSavedModel) to_graph = {2, 2};
  std::string y;
  for (NodeId id : loaded->graph.nodes()) {
    const Node& n = loaded->graph[id];
    if (!n.outputs().empty() && IsFloating(n.output(0).dtype) && !n.inputs().empty()) y = n.name();
  }
  for (const char* likely : {"loss", "y"}) {
    if (loaded->graph.Find(likely).valid()) y = likely;
  }
  seeds->push_back(Made(path.string(), WithoutSaving(std::move(bytes)), std::move(to_graph), y));
}

// Graphs with savers of their own, often: they are few, and restoring has many ways.
void AddState(const fs::path& folder, std::vector<Seed>* seeds) {
  std::vector<Seed> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".meta") AddFile(entry.path(), &files);
  }
  for (Seed& s : files) {
    s.has_variables = true;
    seeds->insert(seeds->end(), kOften, s);
  }
}

// ---- graphs that builders make; each names its result "y"

void CallsAndBranches(Builder& g) {
  Output x = ops::Placeholder(g, kFloat, {None, 3}, {.name = "x"}), p = ops::Greater(ops::ReduceSum(x), 0.0f);
  FuncRef f = DefineFunction(g, "twice", {kFloat}, [](const Outputs& v) { return Outputs{v[0] + v[0]}; });
  Output c = Cond(p, [&] { return Call(g, f, {x})[0]; }, [&] { return ops::Tanh(-x); });
  ops::Identity(Call(g, f, {c})[0], {.name = "y"});
}

void Loops(Builder& g) {
  Output n = ops::Placeholder(g, kInt32, {}, {.name = "n"}), x = ops::Placeholder(g, kFloat, {2, 2}, {.name = "x"});
  Outputs w = WhileLoop(
      g, [&](const Outputs& v) { return ops::Less(v[0], n); },
      [&](const Outputs& v) {
        Output inner = Cond(
            ops::Equal(ops::FloorMod(v[0], 2), 0), [&] { return v[1] * 2.0f; }, [&] { return ops::MatMul(v[1], x); });
        return Outputs{v[0] + 1, inner, ops::Concat({v[2], v[2]}, 0)};
      },
      {0, x, ops::Constant(g, {1.0f})});
  ops::Add(w[1], ops::ReduceSum(w[2]), {.name = "y"});
}

void Pipelines(Builder& g) {
  const Iterator it = Dataset::OneShot(g, [](Builder& b) {
    const Dataset rows = Dataset::FromTensorSlices(b, {b.Constant(Tensor(std::vector<float>{1, 2, 3, 4, 5}))});
    return rows.Shuffle(int64_t{3}, {.seed = 1})
        .Map([](const Outputs& e) { return Outputs{e[0] * 2.0f}; })
        .Filter([](const Outputs& e) { return ops::Less(e[0], 9.0f); })
        .Interleave([](const Outputs& e) { return Dataset::FromTensors(*e[0].builder(), {e[0]}).Repeat(int64_t{2}); },
                    int64_t{2})
        .PaddedBatch(int64_t{2}, {{}}).Cache().Repeat().Prefetch();
  });
  ops::Identity(it.GetNext()[0], {.name = "y"});
}

void VariablesInLoops(Builder& g) {
  Variable v(ops::Zeros(g, {2}), {.name = "counted"});
  GlobalVariablesInitializer(g);
  Outputs w = WhileLoop(g, [](const Outputs& s) { return ops::Less(s[0], 3); },
                        [&](const Outputs& s) {
                          auto after = g.ControlDependencies({ops::AssignAdd(v, {1, 2})});
                          return Outputs{s[0] + 1};
                        }, {0});
  ops::Identity(ops::Cast(w[0], kFloat), {.name = "y"});
}

void Training(Builder& g) {
  Output x = ops::Placeholder(g, kFloat, {None, 8}, {.name = "x"}),
         labels = ops::Placeholder(g, kInt32, {None}, {.name = "labels"});
  Output h = layers::Dense(x, 6, {.activation = ops::Relu, .name = "hidden"});
  Output logits = layers::Dense(layers::Dropout(h, 0.5), 3);
  Output loss = ops::ReduceMean(ops::SparseSoftmaxCrossEntropyWithLogits(labels, logits));
  AdamOptimizer().Minimize(loss);
  GlobalVariablesInitializer(g);
  ops::Identity(loss, {.name = "y"});
}

void Images(Builder& g) {
  Output x = ops::Placeholder(g, kFloat, {None, 8, 8, 1}, {.name = "x"});
  Output h = layers::MaxPooling2D(layers::Conv2D(x, 4, 3, {.activation = ops::Relu}), 2, 2);
  Output loss = ops::ReduceSum(layers::Dense(layers::Flatten(h), 2, {.name = "last"}));
  MomentumOptimizer(0.1, 0.9).Minimize(loss);
  GlobalVariablesInitializer(g);
  ops::Identity(loss, {.name = "y"});
}

// What "y" compiles to, in a file; feeds are zeros, of size 2 where a size is not known.
std::string Compiled(const Builder& g) {
  Session session(g, {.threads = 1});
  if (g.graph().Find("init").valid()) session.Run(NamedFeeds{}, {}, {"init"}).status().Check();
  NamedFeeds feeds;
  for (NodeId id : g.graph().nodes()) {
    const Node& n = g.graph()[id];
    if (!n.Is("Placeholder")) continue;
    Dims dims;
    for (Dim d : n.output(0).shape.dims()) dims.push_back(Known(d) ? d : 2);
    feeds.emplace_back(n.name(), Tensor::AllocateZeros(n.output(0).dtype, Shape::Make(dims).value()).value());
  }
  session.CompileGraph(feeds, {"y"}, {}).value().Save("compiled.meta").Check();
  return ReadAll("compiled.meta");
}

void AddBuilt(std::vector<Seed>* seeds) {
  using Make = void (*)(Builder&);
  for (auto [name, make] : {std::pair<std::string, Make>{"calls", CallsAndBranches},
                            {"loops", Loops},
                            {"pipelines", Pipelines},
                            {"variables", VariablesInLoops},
                            {"training", Training},
                            {"images", Images}}) {
    Builder g;
    make(g);
    g.status().Check();
    Seed built = Made(name, ExportGraphDef(g.graph()).value(), {}, "y");
    built.has_variables = g.graph().Find("init").valid();
    Seed compiled = Made("compiled/" + name, Compiled(g), {2}, "y");
    compiled.compiled = true;
    seeds->insert(seeds->end(), kOften, built);
    seeds->insert(seeds->end(), kOften / 2, compiled);
  }
}

}  // namespace

std::vector<Seed> AllSeeds(const std::vector<std::string>& folders) {
  std::vector<Seed> seeds;
  const fs::path data = WEIR_TEST_DATA;
  std::vector<std::string> all = folders;
  all.push_back((data / "files").string());
  for (const auto& entry : fs::directory_iterator(data / "ops")) AddPack(entry.path(), &seeds);
  for (const auto& entry : fs::directory_iterator(data / "passes")) AddPassTest(entry.path(), &seeds);
  AddRecorded(data / "control_flow.npz", &seeds);
  for (const std::string& folder : all) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string ending = entry.path().extension().string();
      if (entry.is_regular_file() && (ending == ".pb" || ending == ".meta")) AddFile(entry.path(), &seeds);
    }
  }
  AddState(data / "state", &seeds);
  AddBuilt(&seeds);
  // The order of a folder's files is the file system's.
  std::stable_sort(seeds.begin(), seeds.end(), [](const Seed& a, const Seed& b) { return a.name < b.name; });
  return seeds;
}

}  // namespace weir::fuzz
