// graphdef bench: how fast a graph runs: percentiles, and a table of the ops that take the time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "weir/tools/graphdef/feeds.h"
#include "weir/tools/graphdef/setup.h"

namespace weir::tool {

namespace {

struct BenchOptions {
  ModelOptions model;
  FeedOptions feeds;
  std::string ckpt, init;
  std::vector<std::string> fetches, targets;
  int warmup = 10, runs = 100, threads = 0;
  bool json = false, optimize = true;
};

double Percentile(const std::vector<double>& sorted, double p) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(p * static_cast<double>(sorted.size())))];
}

struct OpTime {
  double us = 0;
  int calls = 0;
};

struct Measured {
  std::vector<double> us;  // sorted
  std::vector<std::pair<std::string, OpTime>> ops;
};

Result<std::vector<double>> Time(const BenchOptions& o, const Session& session, const NamedFeeds& feeds,
                                 const std::vector<std::string>& fetches) {
  std::vector<std::string> names;
  for (const auto& [name, value] : feeds) names.push_back(name);
  WEIR_ASSIGN_OR_RETURN(Callable call, session.MakeCallable(names, fetches, o.targets));
  for (size_t i = 0; i < feeds.size(); ++i) WEIR_RETURN_IF_ERROR(call.BindFeed(static_cast<int>(i), feeds[i].second));
  RunConfig config{.cancel = &interrupted};
  std::vector<double> us;
  for (int i = -o.warmup; i < o.runs; ++i) {
    auto start = std::chrono::steady_clock::now();
    WEIR_RETURN_IF_ERROR(call.Run(config));
    if (i >= 0)
      us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(us.begin(), us.end());
  return us;
}

Result<Measured> Measure(const BenchOptions& o, LoadedGraph model, const NamedFeeds& feeds,
                         const std::vector<std::string>& fetches) {
  Session session(std::move(model.graph), {.threads = o.threads, .optimize = o.optimize});
  if (!o.ckpt.empty()) WEIR_RETURN_IF_ERROR(RestoreVariables(session, o.ckpt));
  if (!o.init.empty()) WEIR_RETURN_IF_ERROR(session.Run(NamedFeeds{}, {}, {o.init}, {.cancel = &interrupted}).status());
  WEIR_RETURN_IF_ERROR(FillVariables(session));
  Measured m;
  WEIR_ASSIGN_OR_RETURN(m.us, Time(o, session, feeds, fetches));
  constexpr int kTraced = 5;
  std::map<std::string, OpTime> ops;
  for (int i = 0; i < kTraced; ++i) {
    RunMetadata metadata;
    WEIR_RETURN_IF_ERROR(
        session.Run(feeds, fetches, o.targets, {.cancel = &interrupted, .metadata = &metadata}).status());
    for (const StepStats& s : metadata.steps) ops[s.op].us += s.duration_us / kTraced, ops[s.op].calls += i == 0;
  }
  m.ops.assign(ops.begin(), ops.end());
  std::sort(m.ops.begin(), m.ops.end(), [](const auto& a, const auto& b) { return a.second.us > b.second.us; });
  return m;
}

int RunBench(const BenchOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  InferBestEffort(model->graph);
  AssumeSignatureShapes(*model, &model->graph);
  auto wanted = Want(*model, o.fetches, o.targets);
  if (!wanted.ok()) return Report(wanted.status(), kUsage);
  auto feeds = o.feeds.CollectAll(model->graph, NeededBy(model->graph, *wanted));
  if (!feeds.ok()) return Report(feeds.status(), FeedExit(feeds.status()));
  auto m = Measure(o, std::move(*model), *feeds, wanted->names);
  if (!m.ok()) return Report(m.status(), kRunError);
  double total = 0;
  for (const auto& [op, t] : m->ops) total += t.us;
  if (o.json) {
    Json ops = Json::array();
    for (const auto& [op, t] : m->ops) ops.push_back({{"op", op}, {"steps", t.calls}, {"us", t.us}});
    PrintJson({{"schema", "graphdef.bench/1"},
               {"runs", o.runs},
               {"min_us", m->us[0]},
               {"p50_us", Percentile(m->us, 0.5)},
               {"p90_us", Percentile(m->us, 0.9)},
               {"p99_us", Percentile(m->us, 0.99)},
               {"ops", ops}});
    return kOk;
  }
  std::string text = fmt::format(
      "{} runs: min {:.1f} us, p50 {:.1f} us, p90 {:.1f} us, p99 {:.1f} us\n\n{:<36} {:>6} {:>12} {:>7}\n", o.runs,
      m->us[0], Percentile(m->us, 0.5), Percentile(m->us, 0.9), Percentile(m->us, 0.99), "op", "steps", "us", "share");
  for (const auto& [op, t] : m->ops)
    text += fmt::format("{:<36} {:>6} {:>12.2f} {:>6.1f}%\n", op, t.calls, t.us, 100 * t.us / std::max(total, 1e-9));
  Print(text);
  return kOk;
}

}  // namespace

void AddBench(CLI::App& app, Action* action) {
  auto o = std::make_shared<BenchOptions>();
  CLI::App* verb = AddVerb(
      app, "bench",
      "Times a graph: percentiles over many runs, and a table of its ops. What is not fed or restored gets random "
      "values.",
      {"graphdef bench model.pb --batch=32 --runs=1000", "graphdef bench model.pb --fetch y --threads=1 --json"});
  o->model.AddTo(verb);
  o->feeds.AddTo(verb);
  verb->add_option("--ckpt", o->ckpt, "Set the variables from this checkpoint");
  verb->add_option("--init", o->init, "First run this node");
  verb->add_option("--fetch", o->fetches, "Tensors to compute; guessed when left out")->delimiter(',');
  verb->add_option("--target", o->targets, "Nodes to run")->delimiter(',');
  verb->add_option("--warmup", o->warmup, "Runs before timing")->check(CLI::Range(0, 1000000));
  verb->add_option("--runs", o->runs, "Timed runs")->check(CLI::Range(1, 10000000));
  verb->add_option("--threads", o->threads, "Threads, the caller's included; 0: as many as processors")
      ->check(CLI::Range(0, 1024));
  verb->add_option("--optimize", o->optimize, "0: run the graph as it is");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunBench(*o); }; });
}

}  // namespace weir::tool
