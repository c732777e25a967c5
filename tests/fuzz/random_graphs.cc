// random_graphs: random graphs (graph_generator.h), each run in many ways that must give the same bits:
//
//   plain      as it is, step by step, one thread: what the others are compared with
//   exact      optimised at Precision::kExact, by 1, 2, 3 and 8 threads; with steps cut into 1 to 7 parts;
//              without some of the passes
//   standard   optimised as by default: within 1e-5 of the tensor's largest element (16-bit floats: 1e-2)
//   saved      compiled, written to a file and run from there
//   text, wire printed and parsed, exported and imported
//   shapeless  placeholders of unknown shapes or ranks, fed the same
//   hidden     some inputs with shapes that only running tells
//   constant   some placeholders are constants
//
// Each runs twice in one session, with variables that go on; all fetches, then all variables are compared. Any NaN is
// as good as another.
//
//   random_graphs [--seconds=10] [--cases=N] [--first=0] [--seed=1] [--nodes=200] [--write=FILE] [--verbose]
//
// On a difference stderr names case, way and fetch, and has the graph as text; exit 1. --write=FILE writes the text (of
// the last case, also without a difference), with what is fed and what variables hold as comments.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/ops/registry.h"
#include "weir/runtime/exec/phases.h"
#include "weir/session/compile/passes.h"
#include "weir/tests/fuzz/graph_generator.h"

namespace weir::fuzz {

namespace {

struct Results {
  Status status;
  std::vector<std::pair<std::string, Tensor>> tensors;  // named for messages
};

struct Way {
  std::string name;
  Precision precision = Precision::kExact;
  bool optimize = true;
  int threads = 1;
  int64_t parts = 0;  // that phases are cut into; negative: unequal ones
  std::set<std::string> disabled_passes = {};
  bool saved = false;  // compiled, written to a file, and run from there
  bool forms = true;   // kernels keep forms of what stays
};

// What a session compiles to, by a file. Takes feeds whose values are compiled in out of `feeds`.
Result<CompiledGraph> Saved(const Session& s, const RandomGraph& r, NamedFeeds* feeds) {
  const std::string path = (std::filesystem::temp_directory_path() / fmt::format("random_{}.meta", getpid())).string();
  WEIR_ASSIGN_OR_RETURN(CompiledGraph compiled, s.CompileGraph(*feeds, r.fetches, r.targets));
  WEIR_RETURN_IF_ERROR(compiled.Save(path));
  auto loaded = CompiledGraph::Load(path);
  std::filesystem::remove(path);
  std::erase_if(*feeds, [&](const auto& f) {
    return std::find(compiled.fixed.begin(), compiled.fixed.end(), f.first + ":0") != compiled.fixed.end();
  });
  return loaded;
}

Status SetVariables(Session& s, const RandomGraph& r) {
  for (const auto& [name, value] : r.variables) {
    WEIR_ASSIGN_OR_RETURN(Tensor own, value.Clone());
    WEIR_RETURN_IF_ERROR(s.SetVariable(name, own));
  }
  return {};
}

Results Run(Graph graph, NamedFeeds feeds, const RandomGraph& r, const Way& way) {
  ForceCutsForTesting(std::abs(way.parts), way.parts < 0);
  const SessionOptions options{.threads = way.threads,
                               .optimize = way.optimize,
                               .precision = way.precision,
                               .disabled_passes = way.disabled_passes,
                               .keep_forms = way.forms,
                               .print = [](const std::string&) {}};
  std::optional<Session> session(std::in_place, std::move(graph), options);
  Results results;
  results.status = SetVariables(*session, r);
  if (way.saved && results.status.ok()) {
    auto compiled = Saved(*session, r, &feeds);
    results.status = compiled.status();
    if (!compiled.ok()) return results;
    session.emplace(std::move(*compiled), options);
    results.status = SetVariables(*session, r);
  }
  if (!results.status.ok()) return results;
  Session& s = *session;
  for (int time = 1; time <= 2; ++time) {
    Result<std::vector<Tensor>> got = s.Run(feeds, r.fetches, r.targets, {.timeout = std::chrono::seconds(30)});
    results.status = got.status();
    if (!got.ok()) return results;
    for (size_t i = 0; i < got->size(); ++i) {
      results.tensors.emplace_back(fmt::format("{}, run {}", r.fetches[i], time), std::move((*got)[i]));
    }
  }
  for (const auto& [name, value] : r.variables) {
    Result<Tensor> v = s.GetVariable(name);
    if (v.ok()) results.tensors.emplace_back("variable " + name, *v);
  }
  return results;
}

// ---- differences

bool BothNan(double a, double b) { return std::isnan(a) && std::isnan(b); }

bool Same(const Tensor& a, const Tensor& b, bool exact) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.Identical(b)) return true;
  bool same = false;
  DispatchType(a.dtype(), FloatTypes{}, [&](auto zero) {
    using T = decltype(zero);
    auto x = a.span<T>(), y = b.span<T>();
    double largest = 0;
    for (T v : x) {
      if (std::isfinite(double(v))) largest = std::max(largest, std::abs(double(v)));
    }
    const double allowed = largest * (sizeof(T) == 2 ? 1e-2 : 1e-5);
    same = true;
    for (size_t i = 0; i < x.size(); ++i) {
      const double p = double(x[i]), q = double(y[i]);
      const bool bits = std::memcmp(&x[i], &y[i], sizeof(T)) == 0 || BothNan(p, q);
      same &= bits || (!exact && (p == q || std::abs(p - q) <= allowed));
    }
  });
  return same;
}

std::string Difference(const Results& want, const Results& got, bool exact) {
  if (want.status.ok() != got.status.ok()) return (want.status.ok() ? got : want).status.ToString();
  if (!want.status.ok()) return {};
  if (want.tensors.size() != got.tensors.size()) return "other numbers of results";
  for (size_t i = 0; i < want.tensors.size(); ++i) {
    const auto& [name, w] = want.tensors[i];
    const Tensor& g = got.tensors[i].second;
    if (!Same(w, g, exact)) return fmt::format("{}: {}\n  became {}", name, w.ToString(60), g.ToString(60));
  }
  return {};
}

// ---- the same graph, put differently

std::string Text(const Graph& g) { return PrintGraph(g, {.types = false, .locs = false}); }
Result<Graph> Parsed(const Graph& g) { return ParseGraph(Text(g), &AllOps()); }

Result<Graph> Wired(const Graph& g) {
  WEIR_ASSIGN_OR_RETURN(std::string bytes, ExportGraphDef(g));
  return ImportGraphDef(bytes, &AllOps());
}

Result<Graph> Shapeless(const RandomGraph& r, std::mt19937_64& rng) {
  Graph g = r.graph;
  for (const auto& [name, value] : r.feeds) {
    const bool rank = rng() % 2;
    PartialShape shape = rank ? PartialShape::UnknownOfRank(value.rank()) : PartialShape::Unknown();
    g.SetAttr(g.Find(name), "shape", std::move(shape)).Check();
  }
  return Parsed(g);
}

Result<Endpoint> Add(Graph& g, const std::string& op, std::vector<Endpoint> inputs, AttrMap attrs) {
  NodeSpec spec;
  spec.op = op, spec.name = g.UniqueName("hidden_" + op), spec.inputs = std::move(inputs),
  spec.attrs = std::move(attrs);
  WEIR_ASSIGN_OR_RETURN(NodeId id, g.AddNode(std::move(spec)));
  return Endpoint{id, 0};
}

// The inputs, through a Gather of all rows that a Where finds.
Result<Graph> Hidden(const RandomGraph& r, NamedFeeds* feeds, std::mt19937_64& rng) {
  Graph g = r.graph;
  for (const auto& [name, value] : r.feeds) {
    if (value.rank() == 0 || !IsSupported(value.dtype()) || rng() % 3 == 0) continue;
    const Endpoint x{g.Find(name), 0};
    const Users& now = g[x.node].users();
    const std::vector<Use> users(now.begin(), now.end());  // before they change
    WEIR_ASSIGN_OR_RETURN(Endpoint keep, Add(g, "Placeholder", {}, {{"dtype", kBool}}));
    WEIR_ASSIGN_OR_RETURN(Endpoint where, Add(g, "Where", {keep}, {{"T", kBool}}));
    WEIR_ASSIGN_OR_RETURN(Endpoint rows,
                          Add(g, "Squeeze", {where}, {{"T", kInt64}, {"squeeze_dims", std::vector<int64_t>{1}}}));
    WEIR_ASSIGN_OR_RETURN(Endpoint axis, Add(g, "Const", {}, {{"value", Tensor(0)}, {"dtype", kInt32}}));
    AttrMap types{{"Tparams", value.dtype()}, {"Tindices", kInt64}, {"Taxis", kInt32}};
    WEIR_ASSIGN_OR_RETURN(Endpoint all, Add(g, "GatherV2", {x, rows, axis}, std::move(types)));
    for (const Use& u : users) {
      if (u.input >= 0) WEIR_RETURN_IF_ERROR(g.SetInput(u.node, u.input, all));
    }
    Tensor yes = Tensor::Zeros(kBool, {value.shape()[0]});
    std::fill_n(yes.mutable_data<bool>(), yes.num_elements(), true);
    feeds->emplace_back(g[keep.node].name(), yes);
  }
  return Parsed(g);
}

Result<Graph> Constant(const RandomGraph& r, NamedFeeds* feeds, std::mt19937_64& rng) {
  Graph g = r.graph;
  feeds->clear();
  for (const auto& [name, value] : r.feeds) {
    if (rng() % 3 == 0) feeds->emplace_back(name, value);
    else g.SetOp(g.Find(name), "Const", {{"value", value}, {"dtype", value.dtype()}}).Check();
  }
  return Parsed(g);
}

// ---- one case

struct Found {
  std::string way, what;
};

class Case {
 public:
  Case(const RandomGraph& r, uint64_t seed) : r_(r), rng_(seed) {}

  // The first difference there is. `failed` tells whether the graph runs at all.
  std::optional<Found> Check(bool* failed) {
    plain_ = Run(r_.graph, r_.feeds, r_, {.name = "plain", .optimize = false, .forms = false});
    *failed = !plain_.status.ok();
    for (int threads : {1, 2, 3, 8})
      Try({fmt::format("exact, {} threads", threads), Precision::kExact, true, threads}, r_.graph, r_.feeds);
    constexpr int64_t kParts[] = {1, 2, -2, 3, -3, 7, -7};
    const int64_t parts = kParts[rng_() % std::size(kParts)];
    Try({fmt::format("exact, {} parts", parts), Precision::kExact, true, 3, parts}, r_.graph, r_.feeds);
    Try({fmt::format("plain, {} parts", parts), Precision::kExact, false, 3, parts}, r_.graph, r_.feeds);
    std::set<std::string> disabled;
    for (const Pass& p : AllPasses()) {
      if (rng_() % 3 == 0) disabled.insert(p.name);
    }
    Try({fmt::format("exact without {}", fmt::join(disabled, ", ")), Precision::kExact, true, 2, 0, disabled}, r_.graph,
        r_.feeds);
    Try({"standard", Precision::kStandard, true, 2}, r_.graph, r_.feeds);
    Try({.name = "saved", .threads = 2, .saved = true}, r_.graph, r_.feeds);
    Try({"text"}, Parsed(r_.graph), r_.feeds);
    Try({"wire"}, Wired(r_.graph), r_.feeds);
    Result<Graph> shapeless = Shapeless(r_, rng_);
    Try({"shapeless", Precision::kExact, true, 2}, shapeless, r_.feeds);
    Try({"shapeless, plain", Precision::kExact, false, 1}, shapeless, r_.feeds);
    NamedFeeds feeds = r_.feeds;
    Result<Graph> hidden = Hidden(r_, &feeds, rng_);
    Try({"hidden", Precision::kExact, true, 2}, hidden, feeds);
    Try({"hidden, plain", Precision::kExact, false, 1}, hidden, feeds);
    Result<Graph> constant = Constant(r_, &feeds, rng_);
    Try({"constant", Precision::kExact, true, 2}, constant, feeds);
    return found_;
  }

 private:
  void Try(const Way& way, const Result<Graph>& graph, const NamedFeeds& feeds) {
    if (found_) return;
    std::string what = graph.ok() ? Difference(plain_, Run(*graph, feeds, r_, way), way.precision == Precision::kExact)
                                  : graph.status().ToString();
    if (!what.empty()) found_ = Found{way.name, what};
  }

  const RandomGraph& r_;
  std::mt19937_64 rng_;
  Results plain_;
  std::optional<Found> found_;
};

// The graph, what it is fed and what is fetched.
std::string Described(const RandomGraph& r) {
  std::string text;
  for (const auto& [name, value] : r.feeds)
    text += fmt::format("# feed {} {}{}: {}\n", name, DTypeShortName(value.dtype()), value.shape().ToString(),
                        value.ToString());
  for (const auto& [name, value] : r.variables) text += fmt::format("# variable {}: {}\n", name, value.ToString());
  for (const std::string& f : r.fetches) text += fmt::format("# fetch {}\n", f);
  for (const std::string& t : r.targets) text += fmt::format("# target {}\n", t);
  return text + PrintGraph(r.graph, {.types = true, .locs = false});
}

// The same graph with fewer fetches and targets, as long as it differs.
RandomGraph Reduced(RandomGraph r, uint64_t seed) {
  for (auto* names : {&r.targets, &r.fetches}) {
    for (size_t i = names->size(); i-- > 0;) {
      RandomGraph less = r;
      auto& of_less = names == &r.targets ? less.targets : less.fetches;
      of_less.erase(of_less.begin() + int64_t(i));
      bool failed = false;
      if (!of_less.empty() || names == &r.targets) {
        if (Case(less, seed).Check(&failed)) *names = of_less;
      }
    }
  }
  // Nodes that nothing asks for any more.
  std::vector<NodeId> roots;
  for (const std::string& f : r.fetches) roots.push_back(r.graph.ParseEndpoint(f)->node);
  for (const std::string& t : r.targets) roots.push_back(r.graph.Find(t));
  std::vector<bool> needed = NeededBy(r.graph, roots);
  std::erase_if(r.feeds, [&](const auto& f) { return !needed[size_t(r.graph.Find(f.first).value)]; });
  std::erase_if(r.variables, [&](const auto& v) { return !needed[size_t(r.graph.Find(v.first).value)]; });
  r.graph.Retain(needed).Check();
  return r;
}

struct Options {
  double seconds = 10;
  int64_t cases = INT64_MAX, first = 0;
  uint64_t seed = 1;
  int nodes = 200;
  std::string write;
  bool verbose = false;
};

int Fuzz(const Options& o) {
  TemplateStore store;
  const auto start = std::chrono::steady_clock::now();
  int64_t done = 0, failures = 0, nodes = 0;
  for (; done < o.cases && std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < o.seconds;
       ++done) {
    const std::string what = fmt::format("random_graphs: --seed={} --first={}", o.seed, o.first + done);
    if (o.verbose) fmt::print(stderr, "{}\n", what);
    const uint64_t seed = o.seed * 1000003 + uint64_t(o.first + done);
    Result<RandomGraph> r =
        MakeRandomGraph(store, seed, 5 + int(seed * 0x9E3779B97F4A7C15ull >> 33) % std::max(o.nodes - 4, 1));
    if (!r.ok()) return fmt::print(stderr, "{}: {}\n", what, r.status().ToString()), 1;
    if (!o.write.empty()) std::ofstream(o.write) << Described(*r);
    bool failed = false;
    if (auto found = Case(*r, seed).Check(&failed)) {
      RandomGraph less = Reduced(*r, seed);
      fmt::print(stderr, "{}: {}: {}\n{}", what, found->way, found->what, Described(less));
      if (!o.write.empty()) std::ofstream(o.write) << Described(less);
      return 1;
    }
    if (failed && o.verbose) fmt::print(stderr, "{}: fails in every way\n", what);
    failures += failed, nodes += r->graph.num_nodes();
  }
  fmt::print("{} graphs of {} nodes, 0 differences; {} failed in every way\n", done, nodes, failures);
  return 0;
}

int Main(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i], value = arg.substr(arg.find('=') + 1);
    if (arg.starts_with("--seconds=")) o.seconds = std::stod(value);
    else if (arg.starts_with("--cases=")) o.cases = std::stoll(value), o.seconds = 1e9;
    else if (arg.starts_with("--first=")) o.first = std::stoll(value);
    else if (arg.starts_with("--seed=")) o.seed = std::stoull(value);
    else if (arg.starts_with("--nodes=")) o.nodes = std::stoi(value);
    else if (arg.starts_with("--write=")) o.write = value;
    else if (arg == "--verbose") o.verbose = true;
    else return fmt::print(stderr, "random_graphs: unknown argument {}\n", arg), 2;
  }
  return Fuzz(o);
}

}  // namespace
}  // namespace weir::fuzz

int main(int argc, char** argv) { return weir::fuzz::Main(argc, argv); }
