// The executor, on plans made by hand of kernels that write down what they were given: items, operands, workspaces,
// what comes first and what no longer comes after an error.
#include "weir/runtime/exec/executor.h"

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <tuple>

namespace weir {
namespace {

// What one call of a kernel saw.
struct Seen {
  int step, phase;
  int64_t begin, end;
  const void *in, *out, *workspace, *own;
};

struct Log {
  std::mutex mutex;
  std::vector<Seen> seen;

  std::vector<Seen> Of(int step, int phase = 0) {
    std::lock_guard lock(mutex);
    std::vector<Seen> found;
    for (const Seen& s : seen) {
      if (s.step == step && s.phase == phase) found.push_back(s);
    }
    return found;
  }
};

using Then = std::function<void(RunArgs&)>;

RunFunction Recorder(Log* log, int step, int phase, Then then = {}) {
  return RunFunction::Of([=](RunArgs& a) {
    {
      std::lock_guard lock(log->mutex);
      log->seen.push_back(
          {step, phase, a.begin, a.end, a.in<char>(0), a.out<char>(0), a.workspace<char>(), a.own<char>()});
    }
    if (then) then(a);
  });
}

// feed -> arena -> arena -> output, all of six floats; the second step has a workspace behind the slots.
class Executor : public ::testing::Test {
 protected:
  static constexpr int64_t kBytes = 24, kWorkspace = 128;

  Executor() {
    const Shape six({6});
    plan_->slots = {{Storage::kFeed, kFloat, six, 0, 0},
                    {Storage::kArena, kFloat, six, 0, -1},
                    {Storage::kArena, kFloat, six, 64, -1},
                    {Storage::kOutput, kFloat, six, 0, 0}};
    plan_->operands = {0, 1, 1, 2, 2, 3};
    plan_->arena_bytes = 192;
    plan_->feeds = {{"x", kFloat, six, {0}, -1}};
    plan_->fetches = {{"y:0", 3, -1, 0}};
    plan_->outputs = {{3}};
    plan_->output_bytes = {kBytes};
  }

  // Of one phase, or of one for each number of items.
  void AddStep(std::vector<int64_t> items, Then then = {}) {
    const int i = int(plan_->steps.size());
    Step s;
    for (int64_t n : items) {
      Phase phase{Recorder(&log_, i, int(s.prepared.phases.size()), then), n};
      phase.parts = n;
      s.prepared.phases.push_back(std::move(phase));
    }
    s.prepared.own_bytes = 8;
    s.workspace_offset = kWorkspace;
    s.first_operand = 2 * i;
    s.num_inputs = s.num_outputs = 1;
    auto info = std::make_shared<StepInfo>();
    info->op = "Fake", info->name = "step_" + std::to_string(i);
    s.info = info;
    plan_->steps.push_back(std::move(s));
  }

  Status Run(RunContext& context, const RunOptions& options = {}) {
    WEIR_RETURN_IF_ERROR(context.Init());
    context.SetFeed(0, x_);
    return context.Run(options);
  }

  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  Tensor x_ = Tensor::Of<float>({6}, {0, 1, 2, 3, 4, 5});
  Log log_;
};

TEST_F(Executor, GivesEachItemOnceForAnyNumberOfThreads) {
  AddStep({1}), AddStep({7}), AddStep({2});
  for (int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    RunContext context(plan_);
    log_.seen.clear();
    ASSERT_TRUE(Run(context, {.pool = &pool}).ok());
    for (int step = 0; step < 3; ++step) {
      std::vector<int> times(size_t(plan_->steps[size_t(step)].prepared.phases[0].items));
      for (const Seen& s : log_.Of(step)) {
        for (int64_t i = s.begin; i < s.end; ++i) ++times[size_t(i)];
      }
      for (int t : times) EXPECT_EQ(t, 1);
    }
  }
}

TEST_F(Executor, GivesEachStepItsOperandsAndAlignedWorkspaces) {
  AddStep({1}), AddStep({3}), AddStep({1});
  RunContext context(plan_);
  ASSERT_TRUE(Run(context).ok());
  const char* arena = static_cast<const char*>(log_.Of(0)[0].out);
  EXPECT_EQ(log_.Of(0)[0].in, x_.raw()) << "a feed is read where it lies";
  std::vector<Seen> parts = log_.Of(1);
  ASSERT_EQ(parts.size(), 3u);
  for (size_t k = 0; k < parts.size(); ++k) {
    EXPECT_EQ(parts[k].in, arena) << "what the first step wrote";
    EXPECT_EQ(parts[k].out, arena + 64);
    EXPECT_EQ(parts[k].workspace, arena + kWorkspace);
    EXPECT_EQ(parts[k].own, arena + kWorkspace + 64 * k);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(parts[k].own) % 64, 0u);
  }
  EXPECT_EQ(log_.Of(2)[0].in, arena + 64);
  EXPECT_EQ(context.Fetch(0).value().raw(), log_.Of(2)[0].out) << "a fetch is written where it is given";
}

TEST_F(Executor, WritesWhereOutputsAreBound) {
  AddStep({1}), AddStep({1}), AddStep({1}, [](RunArgs& a) { std::fill_n(a.out<float>(0), 6, 3.f); });
  RunContext context(plan_);
  Tensor mine = Tensor::Zeros(kFloat, {6});
  context.SetOutputData(0, mine.mutable_raw());
  ASSERT_TRUE(Run(context).ok());
  EXPECT_EQ(log_.Of(2)[0].out, mine.raw());
  EXPECT_EQ(mine.at<float>(5), 3.f);
}

TEST_F(Executor, LeavesWhatIsHeldOfTheLastRunAlone) {
  AddStep({1}), AddStep({1}), AddStep({1});
  RunContext context(plan_);
  ASSERT_TRUE(Run(context).ok());
  Tensor held = context.Fetch(0).value();
  context.Finish();
  ASSERT_TRUE(Run(context).ok());
  std::vector<Seen> seen = log_.Of(2);
  EXPECT_NE(seen[0].out, seen[1].out);
}

TEST_F(Executor, EndsAPhaseBeforeTheNext) {
  AddStep({1, 4, 3}), AddStep({1, 1}), AddStep({5, 1});
  ThreadPool pool(3);
  for (int round = 0; round < 50; ++round) {
    RunContext context(plan_);
    log_.seen.clear();
    ASSERT_TRUE(Run(context, {.pool = &pool}).ok());
    auto later = [](const Seen& a, const Seen& b) { return std::tie(a.step, a.phase) < std::tie(b.step, b.phase); };
    EXPECT_TRUE(std::is_sorted(log_.seen.begin(), log_.seen.end(), later));
    EXPECT_EQ(log_.seen.size(), 8u + 2u + 6u);
  }
}

TEST_F(Executor, TellsTheErrorOfTheFirstItemAndStops) {
  AddStep({5, 2}, [](RunArgs& a) {
    if (a.begin == 1 || a.begin == 3) a.Fail(InvalidArgument("dislikes item " + std::to_string(a.begin)));
  });
  AddStep({1}), AddStep({1});
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    RunContext context(plan_);
    log_.seen.clear();
    Status s = Run(context, {.pool = &pool});
    EXPECT_NE(s.ToString().find("Fake 'step_0' dislikes item 1"), std::string::npos) << s.ToString();
    EXPECT_TRUE(log_.Of(0, 1).empty()) << "no phase comes after an error";
    EXPECT_TRUE(log_.Of(1).empty()) << "no step comes after an error";
  }
}

TEST_F(Executor, StopsBetweenPartsWhenCancelled) {
  std::atomic<bool> cancel{false};
  AddStep({6}, [&](RunArgs& a) { cancel = cancel || a.begin == 2; });
  AddStep({1}, [](RunArgs& a) { EXPECT_TRUE(a.cancelled()); });
  AddStep({1});
  RunContext context(plan_);
  Status s = Run(context, {.limits = {.cancel = &cancel}});
  EXPECT_EQ(s.code(), Code::kCancelled) << s.ToString();
  EXPECT_EQ(log_.Of(0).size(), 3u);
  EXPECT_TRUE(log_.Of(1).empty());
}

// What Cut decides follows from items, their cost and grain, and the threads at hand.
// x (dynamic) -> y (dynamic), twice x.
TEST(DynamicStep, IsPreparedOnceForTheSameShapes) {
  int prepared = 0;
  KernelDef kernel([&](PrepareContext& c) {
    ++prepared;
    EXPECT_EQ(c.input_dtype(0), kFloat);
    const int64_t n = c.input_shape(0).num_elements();
    c.SetRun([n](RunArgs& a) {
      for (int64_t i = 0; i < n; ++i) a.out<float>(0)[i] = 2 * a.in<float>(0)[i];
    });
    return OkStatus();
  });
  auto info = std::make_shared<StepInfo>();
  info->op = "Fake", info->name = "twice", info->kernel = &kernel, info->preparation_keeps = true;
  info->needs_value = {false}, info->input_names = {"x"};
  info->infer = [](const std::vector<DynamicInput>& in, std::vector<PartialShape>* out) {
    *out = {PartialShape(in[0].shape)};
    return OkStatus();
  };
  auto plan = std::make_shared<Plan>();
  plan->slots = {{Storage::kDynamic, kFloat, {}, 0, 0}, {Storage::kDynamic, kFloat, {}, 0, 1}};
  plan->operands = {0, 1};
  plan->feeds = {{"x", kFloat, PartialShape::Unknown(), {}, 0}};
  plan->fetches = {{"y:0", 1, -1, -1}};
  plan->num_dynamic = 2;
  Step step;
  step.kind = StepKind::kDynamic, step.num_inputs = step.num_outputs = 1, step.info = info;
  plan->steps.push_back(step);
  RunContext context(plan);
  ASSERT_TRUE(context.Init().ok());
  auto run = [&](std::vector<float> x) {
    context.SetFeed(0, Tensor(x));
    EXPECT_TRUE(context.Run({}).ok());
    for (float& v : x) v *= 2;
    EXPECT_TRUE(context.Fetch(0).value().Identical(Tensor(x)));
    return prepared;
  };
  EXPECT_EQ(run({1, 2}), 1);
  EXPECT_EQ(run({3, 4}), 1);
  EXPECT_EQ(run({1, 2, 3}), 2) << "another shape";
  EXPECT_EQ(run({4, 5, 6}), 2);
  EXPECT_EQ(run({1, 2}), 3) << "the last one is kept";
}

// A kernel that changes a variable is given its memory, and a copy where somebody holds that.
TEST(Writer, ChangesInPlaceWhatNobodyElseHolds) {
  ResourceStore store;
  auto plan = std::make_shared<Plan>();
  PlanVariable v;
  v.variable = store.Variable({.name = "v"}, kFloat, {2}).value();
  v.has_shape = v.read_first = v.written = true, v.shape = Shape({2}), v.slots = {0}, v.first_reader = "add";
  plan->variables = {v};
  plan->written = {0};
  plan->slots = {{Storage::kVariable, kFloat, Shape({2}), 0, 0}};
  plan->operands = {0};
  Step step;
  const void* given = nullptr;
  Phase phase{RunFunction::Of([&given](RunArgs& a) { given = a.var<float>(0), a.var<float>(0)[0] += 1; }), 1};
  step.prepared.phases.push_back(std::move(phase));
  step.num_inputs = 1, step.writes = {0};
  auto info = std::make_shared<StepInfo>();
  info->op = "Fake", info->name = "add";
  step.info = info;
  plan->steps.push_back(std::move(step));
  RunContext context(plan);
  ASSERT_TRUE(context.Init().ok());
  const Status unset = context.Run({});
  EXPECT_NE(unset.ToString().find("'v' has no value yet; 'add' reads it"), std::string::npos) << unset.ToString();
  VariableCell& cell = *plan->variables[0].variable;
  cell.value = Tensor(std::vector<float>{1, 2});
  const void* first = cell.value.raw();
  ASSERT_TRUE(context.Run({}).ok());
  context.Finish();
  EXPECT_EQ(given, first);
  const Tensor held = cell.value;
  ASSERT_TRUE(context.Run({}).ok());
  context.Finish();
  EXPECT_NE(given, first);
  EXPECT_EQ(held.at<float>(0), 2) << "as it was";
  EXPECT_EQ(cell.value.at<float>(0), 3);
}

TEST(Phases, AreCutForTheThreadsAtHand) {
  auto parts = [](Phase p, int threads) {
    Prepared prepared;
    prepared.phases = {std::move(p)};
    EXPECT_TRUE(Cut(prepared, threads).ok());
    return prepared.phases[0].parts;
  };
  EXPECT_EQ(parts({{}, 1000, 1}, 4), 1) << "a microsecond is worth no second part";
  EXPECT_EQ(parts({{}, 1000, 100}, 4), 5) << "20 us a part";
  EXPECT_EQ(parts({{}, 1000, 1e5}, 4), 32) << "eight parts a thread";
  EXPECT_EQ(parts({{}, 1000, 100}, 1), 1) << "a thread alone cuts only to see that it is cancelled";
  EXPECT_EQ(parts({{}, 1000, 1e5}, 1), 5) << "20 ms a look";
  EXPECT_EQ(parts({{}, 1000, 1e5, 300}, 4), 3) << "300 items a part at least";
  EXPECT_EQ(parts({{}, 0, 1e5}, 4), 1);
}

TEST(Phases, CountSharedAndOwnWorkspace) {
  Prepared p;
  p.phases = {{{}, 1000, 100}, {{}, 1000, 1e5}};
  p.workspace_bytes = 100, p.own_bytes = 65;
  EXPECT_EQ(Cut(p, 2).value(), 128 + 16 * 128);
  EXPECT_EQ(OwnLines(p, 2), (128 + 2 * 128) / 64u);
  p.own_bytes = int64_t{1} << 36;
  EXPECT_EQ(Cut(p, 2).status().code(), Code::kResourceExhausted);
}

// Parts cover all items once, in order; unequal and grained ones, too.
TEST(Phases, PartsCoverAllItems) {
  for (bool unequal : {false, true}) {
    for (int64_t parts : {1, 2, 3, 7}) {
      for (int64_t items : {0, 1, 6, 7, 100}) {
        for (int64_t best : {1, 4}) {
          std::vector<std::pair<int64_t, int64_t>> seen;
          Prepared p;
          p.phases = {{RunFunction::Of([&](RunArgs& a) { seen.push_back(a.Range()); }), items, 0, 1, best}};
          ForceCutsForTesting(parts, unequal);
          ASSERT_TRUE(Cut(p, 1).ok());
          RunError error;
          RunArgs args;
          args.error = &error;
          RunPhases(p, args, nullptr);
          ForceCutsForTesting(0);
          int64_t at = 0;
          for (auto [begin, end] : seen) {
            EXPECT_EQ(begin, at);
            const bool grained = !unequal && items >= parts * best;
            EXPECT_TRUE(!grained || end == items || end % best == 0) << end;
            at = end;
          }
          EXPECT_EQ(at, items);
        }
      }
    }
  }
}

TEST_F(Executor, HandsItsArenaOn) {
  AddStep({1}), AddStep({1}), AddStep({1});
  RunContext one(plan_), two(plan_);
  ASSERT_TRUE(Run(one).ok());
  std::shared_ptr<Buffer> arena = one.TakeArena();
  ASSERT_TRUE(arena);
  ASSERT_TRUE(two.Init(arena).ok());
  two.SetFeed(0, x_);
  ASSERT_TRUE(two.Run({}).ok());
  EXPECT_EQ(log_.Of(0)[0].out, log_.Of(0)[1].out);
  EXPECT_EQ(two.last_arena(), arena->data());
}

}  // namespace
}  // namespace weir
