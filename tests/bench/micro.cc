// weir_bench: what a run and a compilation cost beside the arithmetic; one table.
//
//   weir_bench             everything, with times (a quiet machine)
//   weir_bench --counts    only what can be counted: allocations and arenas. Exit status 1 when a bound is broken.
#include <fmt/format.h>

#include <cstring>
#include <string>

#include "weir/graph/gradients.h"
#include "weir/ops/math/math.h"
#include "weir/session/session.h"
#include "weir/tests/bench/bench_main.h"
#include "weir/tests/bench/count_mallocs.h"
#include "weir/tests/bench/micro_graphs.h"

namespace weir::bench {
namespace {

constexpr double kNoBound = 1e300;
bool all_held = true;

void Line(const std::string& what, double value, const char* unit, double bound) {
  bool held = value <= bound;
  all_held &= held;
  fmt::print("{:56} {:10.4g} {:3}", what, value, unit);
  if (bound != kNoBound) fmt::print(" bound {:g}{}", bound, held ? "" : "  BROKEN");
  fmt::print("\n");
}

// A prepared run with feeds and fetches bound, that has run once.
struct Prepared {
  explicit Prepared(const Model& m, SessionOptions options = {.threads = 1})
      : session(m.graph, std::move(options)), call(Make(m)) {
    if (!m.init.empty()) session.Run({}, {}, {m.init}).value();
    for (size_t i = 0; i < m.feeds.size(); ++i) call.BindFeed(static_cast<int>(i), m.feeds[i].second).Check();
    call.Run().Check();
    for (size_t i = 0; i < m.fetches.size(); ++i) {
      call.BindFetch(static_cast<int>(i), call.Fetch(static_cast<int>(i)).value().Clone().value()).Check();
    }
    call.Run().Check();
  }
  Callable Make(const Model& m) {
    std::vector<std::string> feeds;
    for (const auto& [name, value] : m.feeds) feeds.push_back(name);
    return session.MakeCallable(feeds, m.fetches, m.targets).value();
  }
  void Run() { call.Run().Check(); }

  Session session;
  Callable call;
};

double RunSeconds(const Model& m, SessionOptions options = {.threads = 1}) {
  Prepared p(m, std::move(options));
  int calls = static_cast<int>(std::max(1.0, 0.02 / BestOf(3, 3, [&] { p.Run(); })));
  return BestOf(9, std::min(calls, 100000), [&] { p.Run(); });
}

void Mallocs() {
  for (int threads : {1, 2}) {
    for (auto make : {Empty, LinearAdam, MlpAdam, DigitsAdam}) {
      auto m = make();
      Prepared p(*m, {.threads = threads});
      // The fewest of some tries: a worker allocates what it keeps when it takes its first chunk, and that may be late.
      int64_t fewest = INT64_MAX;
      for (int round = 0; round < 20 && fewest > 0; ++round) {
        int64_t before = MallocCount();
        for (int i = 0; i < 10; ++i) p.Run();
        fewest = std::min(fewest, MallocCount() - before);
      }
      Line(fmt::format("mallocs of 10 prepared runs, T={}: {}", threads, m->name), static_cast<double>(fewest), "", 0);
    }
  }
}

void Arenas() {
  for (auto make : {+[] { return LinearAdam(); }, +[] { return MlpAdam(); }, +[] { return DigitsAdam(); },
                    +[] { return Recurrent(20); }}) {
    auto m = make();
    Session s(m->graph, {.threads = 1});
    Session::PlanStats stats = s.GetPlanStats(m->feeds, m->fetches, m->targets).value();
    double ratio = stats.arena_lower_bound
                       ? static_cast<double>(stats.arena_bytes) / static_cast<double>(stats.arena_lower_bound)
                       : 1;
    Line(fmt::format("arena / lower bound: {} ({} bytes)", m->name, stats.arena_bytes), ratio, "", 1.01);
  }
}

void Runs() {
  Line("prepared run of an empty plan", RunSeconds(*Empty()) * 1e9, "ns", 150);
  SessionOptions unfused{.threads = 1, .disabled_passes = {"fuse_elementwise"}}, fused{.threads = 1};
  auto per_node = [](bool tanh, const SessionOptions& o) {
    return (RunSeconds(*Chain(420, tanh), o) - RunSeconds(*Chain(20, tanh), o)) / 400 * 1e9;
  };
  Line("a node of a chain of [2,1], not fused", per_node(false, unfused), "ns", 10);
  Line("the same, fused", per_node(false, fused), "ns", 10);
  Line("a node of the peers' chain, a quarter of them Tanh", per_node(true, unfused), "ns", kNoBound);
  Line("the same, fused", per_node(true, fused), "ns", kNoBound);
  Line("linear, Adam: a prepared step", RunSeconds(*LinearAdam()) * 1e6, "us", 1);
}

// From a fresh session to a plan.
double CompileSeconds(const Model& m) {
  return BestOf(15, 1, [&] {
    Session s(m.graph, {.threads = 1});
    s.GetPlanStats(m.feeds, m.fetches, m.targets).value();
  });
}

void Compilations() {
  auto tiny = LinearAdam(), large = Recurrent(96);
  Line("compiling linear, Adam", CompileSeconds(*tiny) * 1e3, "ms", 1);
  std::vector<double> shares;
  Session::PlanStats stats;
  for (int i = 0; i < 15; ++i) {
    Session s(large->graph, {.threads = 1});
    stats = s.GetPlanStats(large->feeds, large->fetches, large->targets).value();
    shares.push_back(static_cast<double>(stats.verify_micros) / static_cast<double>(stats.compile_micros));
  }
  Line(fmt::format("compiling a graph of {} nodes ({} steps)", stats.nodes, stats.steps), CompileSeconds(*large) * 1e3,
       "ms", 50);
  std::nth_element(shares.begin(), shares.begin() + shares.size() / 2, shares.end());
  Line("verifier's share of compiling it, the median", 100 * shares[shares.size() / 2], "%", 10);
}

void Gradient() {
  constexpr int kNodes = 100000;
  auto m = Chain(kNodes);
  Builder& g = m->graph;
  Output x = g.FindOutput("x"), y = g.FindOutput(m->fetches[0]);
  double start = Seconds();
  GradientsOf(g, {y}, {x}).value();
  Line(fmt::format("gradient of a graph of {} nodes", kNodes), Seconds() - start, "s", 1);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  bool counts = argc > 1 && std::strcmp(argv[1], "--counts") == 0;
  if (argc > 1 && !counts) return fmt::print(stderr, "usage: weir_bench [--counts]\n"), 2;
  try {
    Mallocs();
    Arenas();
    if (!counts) {
      Runs();
      Compilations();
      Gradient();
    }
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
  return all_held || !counts ? 0 : 1;
}
