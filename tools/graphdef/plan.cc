// graphdef plan: what a graph compiles to: steps, and memory over time as text and as a picture.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/base/file.h"
#include "weir/session/session_impl.h"
#include "weir/tools/graphdef/feeds.h"

namespace weir::tool {

namespace {

struct PlanOptions {
  ModelOptions model;
  FeedOptions feeds;
  std::vector<std::string> fetches, targets;
  std::string svg, save;
  bool json = false, optimize = true;
};

// The time in which a slot of the arena holds something: its first and last step.
struct Interval {
  int first = -1, last = -1;
  int64_t offset = 0, bytes = 0;
};

std::vector<Interval> Lifetimes(const Plan& plan) {
  std::vector<Interval> lives(plan.slots.size());
  for (size_t i = 0; i < plan.slots.size(); ++i) {
    const Slot& s = plan.slots[i];
    if (s.storage != Storage::kArena) continue;
    lives[i].offset = s.offset;
    lives[i].bytes = s.bytes();
  }
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    const Step& s = plan.steps[step];
    for (int i = 0; i < s.num_inputs + s.num_outputs; ++i) {
      int32_t slot = plan.operands[s.first_operand + i];
      if (slot < 0 || static_cast<size_t>(slot) >= lives.size()) continue;
      if (lives[slot].first < 0) lives[slot].first = static_cast<int>(step);
      lives[slot].last = static_cast<int>(step);
    }
  }
  for (const PlanFetch& f : plan.fetches) {
    if (f.slot >= 0 && lives[f.slot].first >= 0) lives[f.slot].last = static_cast<int>(plan.steps.size());
  }
  std::erase_if(lives, [](const Interval& l) { return l.bytes == 0 || l.first < 0; });
  return lives;
}

// Bytes of the arena in use at each step; memory that slots share (in place, views) counts once.
std::vector<int64_t> LiveBytes(const Plan& plan, std::vector<Interval> lives) {
  std::sort(lives.begin(), lives.end(), [](const Interval& a, const Interval& b) { return a.offset < b.offset; });
  std::vector<int64_t> bytes(plan.steps.size()), end(plan.steps.size());
  for (const Interval& l : lives) {
    for (int i = l.first; i <= l.last && i < static_cast<int>(bytes.size()); ++i) {
      int64_t from = std::max(l.offset, end[i]), to = std::max(from, l.offset + l.bytes);
      bytes[i] += to - from, end[i] = to;
    }
  }
  return bytes;
}

// A bar a step; at most 60 rows, of which each shows the largest of its steps.
std::string MemoryText(const std::vector<int64_t>& bytes) {
  if (bytes.empty()) return "";
  int64_t peak = std::max<int64_t>(*std::max_element(bytes.begin(), bytes.end()), 1);
  size_t rows = std::min<size_t>(bytes.size(), 60);
  std::string text = fmt::format("memory over time (a full bar: {} bytes)\n", Thousands(peak));
  for (size_t r = 0; r < rows; ++r) {
    size_t begin = r * bytes.size() / rows, end = std::max(begin + 1, (r + 1) * bytes.size() / rows);
    int64_t most =
        *std::max_element(bytes.begin() + static_cast<int64_t>(begin), bytes.begin() + static_cast<int64_t>(end));
    text += fmt::format(
        "{:>6} {:>14} {}\n", begin, Thousands(most),
        std::string(static_cast<size_t>(50.0 * static_cast<double>(most) / static_cast<double>(peak)), '#'));
  }
  return text;
}

std::string Svg(const Plan& plan, const std::vector<Interval>& lives) {
  double width = 1000, height = 500, dx = width / std::max<double>(1, static_cast<double>(plan.steps.size()) + 1);
  double dy = height / static_cast<double>(std::max<int64_t>(plan.arena_bytes, 1));
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-60 -30 {} {}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n",
      width + 80, height + 70);
  svg += fmt::format(
      "<text x=\"0\" y=\"-10\">arena of {} bytes over {} steps</text>\n<rect width=\"{}\" height=\"{}\" "
      "fill=\"#f4f4f4\"/>\n",
      Thousands(plan.arena_bytes), plan.steps.size(), width, height);
  for (size_t i = 0; i < lives.size(); ++i) {
    const Interval& l = lives[i];
    svg += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"hsl({},60%,70%)\" stroke=\"#555\" "
        "stroke-width=\"0.3\"><title>{} bytes at {}, steps {} to {}</title></rect>\n",
        l.first * dx, static_cast<double>(l.offset) * dy, (l.last - l.first + 1) * dx,
        static_cast<double>(l.bytes) * dy, i * 47 % 360, l.bytes, l.offset, l.first, l.last);
  }
  return svg + fmt::format("<text x=\"0\" y=\"{}\">step 0</text>\n<text x=\"-55\" y=\"10\">byte 0</text>\n</svg>\n",
                           height + 20);
}

// Variables count as holding values of their declared shapes, so that nothing has to run before.
Status Declare(const Graph& g, ResourceStore* store) {
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    if (!IsVariable(n)) continue;
    auto shape = n.attr<PartialShape>("shape").ToShape();
    if (!shape || !IsSupported(n.type_attr("dtype"))) continue;
    const Resource variable{ResourceKind::kVariable, n.attr<std::string>("container"), CheckpointName(n)};
    WEIR_ASSIGN_OR_RETURN(VariableRef v,
                          store->Variable(variable, n.type_attr("dtype"), n.attr<PartialShape>("shape")));
    WEIR_ASSIGN_OR_RETURN(v->value, Tensor::AllocateZeros(n.type_attr("dtype"), *shape));
  }
  return {};
}

// The plan that a session would run; the feeds are checked as there.
Result<std::shared_ptr<const Plan>> MakePlan(const PlanOptions& o, const NamedFeeds& feeds,
                                             const std::vector<std::string>& fetches, Session::Impl* session) {
  WEIR_RETURN_IF_ERROR(Declare(*session->graph_, &session->resources_));
  return session->PlanFor(feeds, fetches, o.targets);
}

// Which tensor each feed of the plan is, and whether the user gave it.
std::string FeedsText(const NamedFeeds& feeds, size_t given) {
  std::string text;
  for (size_t i = 0; i < feeds.size(); ++i) {
    text += fmt::format("feed {} is '{}', {}\n", i, feeds[i].first,
                        i < given ? "given" : "guessed: --feed gives it, --batch its unknown dimensions");
  }
  return text;
}

Json PlanJson(const Plan& plan, const std::vector<int64_t>& bytes, const NamedFeeds& fed, size_t given) {
  Json feeds = Json::array();
  for (size_t i = 0; i < fed.size(); ++i) {
    const auto& [name, value] = fed[i];
    feeds.push_back({{"name", name},
                     {"dtype", DTypeName(value.dtype())},
                     {"shape", value.shape().dims()},
                     {"guessed", i >= given}});
  }
  Json steps = Json::array();
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& s = plan.steps[i];
    steps.push_back({{"op", s.info ? s.info->op : ""},
                     {"name", s.info ? s.info->name : ""},
                     {"static", s.kind == StepKind::kKernel},
                     {"parts", s.prepared.MostParts()},
                     {"live_bytes", bytes[i]}});
  }
  return {{"schema", "graphdef.plan/1"},
          {"arena_bytes", plan.arena_bytes},
          {"arena_lower_bound", plan.arena_lower_bound},
          {"arena_without_reuse", plan.arena_sum},
          {"nodes", plan.num_nodes},
          {"compile_micros", plan.compile_micros},
          {"feeds", feeds},
          {"steps", steps},
          {"notes", plan.notes}};
}

int RunPlan(const PlanOptions& o) {
  auto model = Load(o.model);
  if (!model.ok()) return Report(model.status(), kBadFile);
  InferBestEffort(model->graph);
  AssumeSignatureShapes(*model, &model->graph);
  auto wanted = Want(*model, o.fetches, o.targets);
  if (!wanted.ok()) return Report(wanted.status(), kUsage);
  size_t given = 0;
  auto feeds = o.feeds.CollectAll(model->graph, NeededBy(model->graph, *wanted), &given);
  if (!feeds.ok()) return Report(feeds.status(), FeedExit(feeds.status()));
  Session::Impl session(std::move(model->graph), {.threads = 1, .optimize = o.optimize, .allow_file_ops = true});
  auto plan = MakePlan(o, *feeds, wanted->names, &session);
  if (!plan.ok()) return Report(plan.status(), kRunError);
  if (!o.save.empty()) {
    auto compiled = session.CompileGraph(*feeds, wanted->names, o.targets);
    if (!compiled.ok()) return Report(compiled.status(), kRunError);
    if (Status s = compiled->Save(o.save); !s.ok()) return Report(s, kBadFile);
  }
  std::vector<Interval> lives = Lifetimes(**plan);
  std::vector<int64_t> bytes = LiveBytes(**plan, lives);
  if (o.json) {
    PrintJson(PlanJson(**plan, bytes, *feeds, given));
  } else {
    Print(FeedsText(*feeds, given) + (*plan)->ToString() + MemoryText(bytes));
  }
  if (o.svg.empty()) return kOk;
  Status s = io::WriteFile(o.svg, Svg(**plan, lives));
  return s.ok() ? kOk : Report(s, kBadFile);
}

}  // namespace

void AddPlan(CLI::App& app, Action* action) {
  auto o = std::make_shared<PlanOptions>();
  CLI::App* verb =
      AddVerb(app, "plan", "Compiles a graph and prints the plan: steps, slots, memory over time.",
              {"graphdef plan model.pb --fetch y --batch=32", "graphdef plan model.pb --svg memory.svg --json",
               "graphdef plan model.pb --fetch y --batch=32 --save y32.meta"});
  o->model.AddTo(verb);
  o->feeds.AddTo(verb);
  verb->add_option("--fetch", o->fetches, "Tensors to compute; guessed when left out")->delimiter(',');
  verb->add_option("--target", o->targets, "Nodes to run")->delimiter(',');
  verb->add_option("--optimize", o->optimize, "0: the graph as it is");
  verb->add_option("--svg", o->svg, "Draw the arena: time to the right, addresses down");
  verb->add_option("--save", o->save, "Write what was compiled, for `graphdef run --plan`: .meta");
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunPlan(*o); }; });
}

}  // namespace weir::tool
